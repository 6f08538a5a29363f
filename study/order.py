"""The study in its order: first what the questions hang on, then the rest."""

from typing import Any

from experiment.errors import UsageError
from study.afterwards import floors, layers_and_times
from study.arms import CHOSEN, MAIN, TEACHER, all_arms
from study.data_report import describe as data_figures
from study.record import write_record
from study.runner import Study


def describe(study: Study) -> None:
    """Write what holds for all records: model, data, repeats, and the settings that were chosen."""
    folder, data, before = study.settings.records, study.data, study.facts()
    for what, own in (("data_sha256", study.sha256), ("model", study.settings.model)):
        if before.get(what, own) != own:
            kind = what.removesuffix("_sha256")
            raise UsageError(f"{folder} holds records of other {kind} (hint: another --results)")
    train, test = data.splits["train"], data.splits["test"]
    known, places = set(train.texts), range(len(test.texts))
    # In the order of the records: the positive texts first.
    ordered = sorted(places, key=lambda place: test.labels[place] != 1)
    facts: dict[str, Any] = {
        "model": study.settings.model,
        "data": data.name,
        "data_sha256": study.sha256,
        "label_names": list(data.label_names),
        "train_positive_rate": sum(train.labels) / len(train.labels),
        "test_repeats_training": [n for n, i in enumerate(ordered) if test.texts[i] in known],
    }
    write_record(folder / "study.json", {**CHOSEN, **before, **facts})
    if not (folder / "data.json").is_file():
        write_record(folder / "data.json", data_figures(data, study.tokenizer.encode))


def train_arms(study: Study) -> None:
    """All arms: two seeds of those that questions hang on, then all of theirs, then the rest."""
    arms = all_arms()
    main = [arm for arm in arms if arm.seeds == MAIN]
    describe(study)
    study.run([TEACHER], seeds=1)
    study.run(main, seeds=2)
    study.run(arms)
    floors(study)
    layers_and_times(study)
