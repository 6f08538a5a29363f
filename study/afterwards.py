"""What is measured once on finished models of the study: layer similarity, and time for a text."""

import statistics
import time
from pathlib import Path
from typing import Any

from bert_min import BertForSequenceClassification
from distill import choose_layers, make_student
from experiment.classifier import load_classifier, load_run_model
from experiment.rundir import is_run
from study.similarity import similarity

TEXTS = 256
TIMED = ("teacher", "odd-kd-hidden", "even-kd-hidden", "lora", "lora-odd")
COMPARED = ("odd", "even", "first")


def layer_maps(
    runs: Path, teacher: BertForSequenceClassification, ids: list[list[int]]
) -> dict[str, Any]:
    """CKA with the teacher, of students as copied and as distilled; seed 0."""
    maps = {}
    for name in COMPARED:
        layers = choose_layers(name, teacher.config.num_hidden_layers)
        maps[f"{name}, copied"] = similarity(make_student(teacher, layers), teacher, ids)
    for objective in ("kd", "kd-hidden"):
        for name in COMPARED:
            run = runs / f"{name}-{objective}" / "seed-0"
            if is_run(run):
                student, _ = load_run_model(run)
                maps[f"{name}-{objective}"] = similarity(student, teacher, ids)
    return maps


def times(runs: Path, texts: list[str]) -> dict[str, Any]:
    """Median milliseconds of one text at a time, tokenisation included, in fp32; seed 0.

    On as many cores as a run of the study had.
    """
    found = {}
    for name in TIMED:
        run = runs / name / "seed-0"
        if not is_run(run):
            continue
        classifier = load_classifier(run)
        classifier.pack()
        spent = []
        for text in texts * 2:  # the first round warms up
            started = time.perf_counter()
            classifier.predict([text])
            spent.append(1000 * (time.perf_counter() - started))
        found[name] = {"ms_per_text": round(statistics.median(spent[len(texts) :]), 3)}
    return {"texts": len(texts), "arms": found}
