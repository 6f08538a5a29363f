"""What needs no training loop: heads on a frozen encoder, layer similarity, time for a text."""

import statistics
import time
from pathlib import Path
from typing import Any

import torch

from distill import choose_layers, make_student
from experiment.classifier import Classifier
from experiment.cli import say
from experiment.loading import load_classifier, load_run_model
from experiment.rundir import is_run
from study.floors import FLOORS, floor_margins
from study.record import SPLITS, by_label, write_record
from study.runner import Study
from study.similarity import similarity

TEXTS = 256
TIMED = ("teacher", "odd-kd-hidden", "even-kd-hidden", "lora", "lora-odd")
COMPARED = ("odd", "even", "first")


def floors(study: Study) -> None:
    """A record of each floor that is asked for."""
    for name, about in FLOORS.items():
        if study.record(name) or not study.wanted(name):
            continue
        say(f"{name}: {about}")
        margins = floor_margins(name, study.data, study.encoder, study.tokenizer)
        kept = {s: by_label(margins[s], study.data.splits[s].labels) for s in SPLITS}
        write_record(study.record_path(name, 0), {"arm": name, "seed": 0, "margins": kept})


def layers_and_times(study: Study) -> None:
    """Layer similarity and times of the finished models that are there; seed 0."""
    texts = list(study.data.splits["validation"].texts[:TEXTS])
    ids = [encoded.ids for encoded in study.tokenizer.encode(texts)]
    if is_run(study.settings.runs / "teacher" / "seed-0"):
        say("comparing layers, timing models")
        records = study.settings.records
        write_record(records / "similarity.json", layer_maps(study.settings.runs, ids))
        write_record(records / "latency.json", times(study.settings.runs, texts))


def layer_maps(runs: Path, ids: list[list[int]]) -> dict[str, Any]:
    """CKA with the teacher, of students as copied and as distilled."""
    teacher, _ = load_run_model(runs / "teacher" / "seed-0")
    maps = {}
    for name in COMPARED:
        layers = choose_layers(name, teacher.config.num_hidden_layers)
        maps[f"{name}, copied"] = similarity(make_student(teacher, layers), teacher, ids)
    for arm in [f"{name}-{objective}" for objective in ("kd", "kd-hidden") for name in COMPARED]:
        if is_run(runs / arm / "seed-0"):
            student, _ = load_run_model(runs / arm / "seed-0")
            maps[arm] = similarity(student, teacher, ids)
    return maps


def times(runs: Path, texts: list[str]) -> dict[str, Any]:
    """Median milliseconds of one text at a time, of the finished models that are there; seed 0."""
    found = {}
    for name in TIMED:
        if is_run(run := runs / name / "seed-0"):
            found[name] = {"ms_per_text": ms_per_text(load_classifier(run), texts)}
    return {"texts": len(texts), "arms": found}


def ms_per_text(classifier: Classifier, texts: list[str]) -> float:
    """Median milliseconds of one text at a time, tokenisation included, after a round of them all.

    As the page asks a model, with one core for a text.
    """
    cores, spent = torch.get_num_threads(), list[float]()
    torch.set_num_threads(1)
    classifier.unpad()
    for text in texts * 2:
        started = time.perf_counter()
        classifier.predict([text])
        spent.append(1000 * (time.perf_counter() - started))
    torch.set_num_threads(cores)
    return round(statistics.median(spent[len(texts) :]), 3)
