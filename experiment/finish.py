"""What comes after the last epoch: the best weights back, scores, and a whole run directory."""

import json
import os
import platform
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch

from bert_min import BertForSequenceClassification, commit_of, save_model
from bert_min.find import MINILM, MINILM_ID
from data import repeats
from data.sources import SPLIT_SEED
from experiment import rundir
from experiment.build import Trainee
from experiment.card import model_card
from experiment.classifier import Decision
from experiment.material import Material
from experiment.progress import Progress
from experiment.settings import Settings
from lora import save_adapter
from scoring import (
    choose_threshold,
    compute_metrics,
    decide,
    evaluate,
    fit_temperature,
    predict_logits,
    score_of,
    softmax,
)
from speed.packing import packed


def score(
    model: BertForSequenceClassification,
    done: Progress,
    material: Material,
    batch_size: int,
    folder: Path,
) -> dict[str, Any]:
    """Score the last epoch, put back the best one, score it, and write its predictions.

    Temperature and threshold are fitted on the validation split; `decided` scores both.
    """
    last: dict[str, Any] = {"epoch": done.last_epoch, "train_loss": done.last_train_loss}
    last["validation"] = done.last_validation
    if done.best_epoch != done.last_epoch:
        labels = material.data.splits["test"].labels
        last["test"] = evaluate(model, material.ids["test"], labels, batch_size)
        model.load_state_dict(done.best_state, strict=False)
    results: dict[str, Any] = {"best_epoch": done.best_epoch, "train_loss": done.best_train_loss}
    decided: dict[str, Any] = {}
    reader = packed(model)
    temperature, threshold = 1.0, 0.5
    for name in ("validation", "test"):
        split = material.data.splits[name]
        logits = predict_logits(reader, material.ids[name], batch_size)
        if name == "validation":
            temperature, threshold = fit_decision(logits, np.array(split.labels))
        results[name] = compute_metrics(logits, split.labels)
        decided[name] = compute_metrics(logits / temperature, split.labels, threshold)
        names = material.data.label_names
        write_predictions(folder / "predictions", name, logits, split.labels, names)
    results["decided"] = decided | {"temperature": temperature, "threshold": threshold}
    last.setdefault("test", results["test"])
    return results | {"last_epoch": last}


def fit_decision(logits: np.ndarray, labels: np.ndarray) -> tuple[float, float]:
    """Temperature and threshold that suit these logits (N, K) and labels (N,).

    Of more classes than two the threshold stays at 1/2: nothing uses it.
    """
    temperature = round(fit_temperature(logits, labels), 4)
    if logits.shape[1] > 2:
        return temperature, 0.5
    threshold = choose_threshold(softmax(logits / temperature)[:, 1], labels)
    return temperature, round(threshold, 4)


def write_predictions(
    folder: Path, split: str, logits: np.ndarray, labels: Sequence[int], names: Sequence[str]
) -> None:
    """Write `SPLIT.txt`, one label id a line as TweetEval scores it, and `SPLIT.jsonl`.

    A line's `score` is as in a classifier.Prediction, without temperature and threshold.
    """
    folder.mkdir(exist_ok=True)
    probabilities = softmax(logits)
    predicted = decide(probabilities)
    (folder / f"{split}.txt").write_text("".join(f"{p}\n" for p in predicted), encoding="utf-8")
    lines = (
        {
            "label": names[p],
            "gold": names[gold],
            "score": round(float(probability), 6),
            "logits": [round(float(value), 6) for value in row],
        }
        for p, gold, row, probability in zip(
            predicted, labels, logits, score_of(probabilities, predicted), strict=True
        )
    )
    text = "".join(json.dumps(line) + "\n" for line in lines)
    (folder / f"{split}.jsonl").write_text(text, encoding="utf-8")


def make_record(
    settings: Settings, material: Material, trainee: Trainee, done: Progress, identity: str
) -> dict[str, Any]:
    """What train_args.json says: the settings, what they stood for, and how far training came."""
    data = material.data
    told = {n: str(v) if isinstance(v, Path) else v for n, v in vars(settings).items()}
    unlabelled: dict[str, Any] = {}
    if material.unlabelled:
        unlabelled["unlabelled_sha256"] = material.unlabelled.sha256
        unlabelled["unlabelled_texts"] = len(material.unlabelled.ids)
    return {
        **told,
        "lr": settings.learning_rate,
        "layers": trainee.layers,
        "base_model": base_model(settings.model),
        **record_base(settings, material),
        **record_data(settings),
        "revision": commit_of(material.folder),
        "data_revision": data.revision,
        **vars(data.choice),
        "model_sha256": material.model_sha256,
        "described_sha256": material.described_sha256,
        "data_name": data.name,
        "data_sha256": material.data_sha256,
        "split_sizes": {name: len(split.texts) for name, split in data.splits.items()},
        "splits_made": list(data.made),
        "split_seed": SPLIT_SEED if data.made else None,
        "rows_skipped": data.skipped,
        **unlabelled,
        "label_names": list(data.label_names),
        "label_names_by_id": list(data.by_id),
        "repeats": repeats(data),
        "teacher": str(trainee.teacher) if trainee.teacher else None,
        "training_dtype": str(material.dtype).removeprefix("torch."),
        "steps": done.steps,
        "interrupted": done.interrupted,
        "identity": identity,
        "python": platform.python_version(),
        "torch": torch.__version__,
    }


def base_model(source: str) -> str:
    """What other programs call a model: its Hub id, or the absolute path of a local one."""
    if source == MINILM:
        return MINILM_ID
    return str(Path(source).resolve()) if Path(source).exists() else source


def record_base(settings: Settings, material: Material) -> dict[str, str]:
    """Where an adapter's base lies, seen from the run: both may move together.

    Nothing for a base that other programs know by an id, or that has not even a folder in common.
    """
    base, out = (os.path.realpath(path) for path in (material.folder, settings.out))
    with suppress(ValueError):  # two drives
        common = Path(os.path.commonpath([base, out]))
        local = Path(base_model(settings.model)).is_absolute()
        if settings.mode == "lora" and local and common != common.parent:
            return {"base": Path(os.path.relpath(base, out)).as_posix()}
    return {}


def record_data(settings: Settings) -> dict[str, str]:
    """Where the training texts lie, seen from the run; nothing for what is no file or folder."""
    if settings.data == "sample" or not os.path.exists(settings.data):
        return {}
    with suppress(ValueError):  # two drives
        data, out = (os.path.realpath(path) for path in (settings.data, settings.out))
        return {"data_from_run": Path(os.path.relpath(data, out)).as_posix()}
    return {}


def save_run(
    folder: Path,
    out: Path,
    trainee: Trainee,
    material: Material,
    record: dict[str, Any],
    results: dict[str, Any],
) -> None:
    """Write model or adapter, tokenizer, record, results and model card."""
    if trainee.adapter:
        own_base = (folder / "base").is_dir()
        base = str((out / "base").resolve()) if own_base else record["base_model"]
        revision = None if own_base else record["revision"]
        save_adapter(trainee.model, folder, trainee.adapter, base, revision)
    else:
        save_model(trainee.model, folder)
    chosen = results["decided"]
    decision = Decision(record["hashtags"], chosen["temperature"], chosen["threshold"])
    config = trainee.model.config.to_dict() | {"decision": asdict(decision)}
    rundir.write_json(folder / "config.json", config)
    material.tokenizer.save(folder)
    rundir.write_json(folder / "train_args.json", record)
    rundir.write_json(folder / "results.json", results)
    (folder / "README.md").write_text(model_card(record, results), encoding="utf-8")
