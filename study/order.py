"""The study in its order: nothing is trained before what it is chosen by."""

from collections.abc import Iterable
from typing import Any

from experiment.cli import UsageError
from study.afterwards import floors, layers_and_times
from study.arms import (
    MAIN,
    ROBUST,
    TEACHER,
    Arm,
    grid_arms,
    lora_arms,
    reference_arms,
    robust_arms,
    student_arms,
)
from study.choices import choose_loss, choose_recipe, with_lost
from study.data_report import describe as data_figures
from study.record import write_record
from study.runner import Study


def describe(study: Study, **choices: Any) -> None:
    """Write what holds for all records: model, data, repeats, and the choices made so far."""
    folder, data, before = study.settings.records, study.data, study.facts()
    for what, own in (("data_sha256", study.sha256), ("model", study.settings.model)):
        if before.get(what, own) != own:
            kind = what.removesuffix("_sha256")
            raise UsageError(f"{folder} holds records of other {kind} (hint: another --results)")
    train, test = data.splits["train"], data.splits["test"]
    known, places = set(train.texts), range(len(test.texts))
    # In the order of the records: the positive texts first.
    ordered = sorted(places, key=lambda place: test.labels[place] != 1)
    facts = {
        "model": study.settings.model,
        "data": data.name,
        "data_sha256": study.sha256,
        "label_names": list(data.label_names),
        "train_positive_rate": sum(train.labels) / len(train.labels),
        "test_repeats_training": [n for n, i in enumerate(ordered) if test.texts[i] in known],
    }
    write_record(folder / "study.json", {**before, **facts, **choices})
    if not (folder / "data.json").is_file():
        write_record(folder / "data.json", data_figures(data, study.tokenizer.encode))


def train_arms(study: Study) -> None:
    """All arms, in an order that asks for no run before what it is chosen by."""

    def wanted(names: Iterable[str]) -> bool:
        return any(map(study.wanted, names))

    describe(study)
    study.run([TEACHER], seeds=1)
    loss = (1.0, 0.0, 0.0)  # of students that nobody asked for
    taught = [a.name for a in (*student_arms(*loss), *grid_arms()) if not a.name.endswith("-ce")]
    if wanted([*taught, "lora-student", *ROBUST]):
        loss = choose_loss(study)
        describe(study, loss=dict(zip(("temperature", "alpha", "beta"), loss, strict=True)))
    arms = [TEACHER, *student_arms(*loss), *lora_arms(), *reference_arms()]
    main_arms = [arm for arm in arms if arm.seeds == MAIN]
    study.run(main_arms, seeds=2)
    robust: list[Arm] = []
    if wanted(ROBUST):
        recipe, log = choose_recipe(study)
        log = with_lost(log, study.facts().get("recipe_log", []))
        chosen = {row["step"]: row["chosen"] for row in log}
        prior = chosen.pop("prior", "keep")
        describe(study, recipe=chosen, prior=prior, recipe_log=log)
        robust = robust_arms(recipe, *loss)
        study.run(robust, seeds=2)
    study.run([*main_arms, *robust])
    study.run([arm for arm in arms if arm.seeds < MAIN])
    floors(study)
    layers_and_times(study)
