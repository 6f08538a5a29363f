"""The models that the page offers: found, loaded and checked before anything is served."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from bert_min import ModelError
from data.names import among, is_negative
from experiment.agreement import Disagreement, check_int8
from experiment.classifier import MOST_WINDOWS, Classifier
from experiment.cli import LEAST, say
from experiment.errors import UsageError
from experiment.loading import classes_of, load_classifier
from experiment.rundir import find_runs, is_run, read_json, read_results, weights_sha256
from webapp.records import is_number, read_epochs, read_scores, read_text, score_constant

HINT = "(hint: make demo makes some under runs/demo, python train.py --mode odd makes one)"


@dataclass(frozen=True)
class Model:
    """A classifier under its name, and what its run directory says of it."""

    name: str
    sha256: str  # of its safetensors file: for LoRA, of the adapter
    classifier: Classifier
    card: str
    record: dict[str, Any]  # train_args.json
    results: dict[str, Any]  # results.json
    epochs: list[dict[str, Any]]  # the end of every epoch, from metrics.jsonl
    constant: tuple[str, float] | None  # a class, and the macro-F1 of calling every test text so
    toxic: tuple[int, ...] = (1,)  # the ids of the classes that count as toxic
    dtype: str = "float32"  # of the products

    @property
    def max_tokens(self) -> int:
        return self.classifier.tokenizer.max_length

    @property
    def most_tokens(self) -> int:
        """The tokens of a text that are read in all windows, [CLS] and [SEP] included."""
        tokenizer = self.classifier.tokenizer
        more = tokenizer.max_length - 2 - tokenizer.overlap
        return int(tokenizer.max_length + (MOST_WINDOWS - 1) * more)

    @property
    def names(self) -> tuple[str, ...]:
        return self.classifier.label_names

    @property
    def toxic_names(self) -> list[str]:
        return [self.names[label] for label in self.toxic]

    @property
    def threshold(self) -> float:
        """The probability of toxic from which a text is called so."""
        own = self.classifier.decision.threshold  # of the second of two classes
        return own if 1 in self.toxic or len(self.names) > 2 else 1 - own

    @property
    def layers(self) -> str:
        depth = self.classifier.model.config.num_hidden_layers
        return ", ".join(map(str, self.record.get("layers", range(1, depth + 1))))


def choose_runs(paths: Sequence[Path] | None) -> list[Path]:
    """The runs that `paths` name, each a run or a folder of runs.

    Without `paths` these are the runs under runs/, or else those under runs/demo/, the best first.
    Raises ModelError where there is none, UsageError where two have one name.
    """
    chosen = bool(paths)
    if not paths:
        paths = [Path("runs")] if find_runs(Path("runs")) else [Path("runs/demo")]
    runs = [
        run.absolute() if run.name not in ("", "..") else run.resolve()  # a link keeps its name
        for path in paths
        for run in ([path] if is_run(path) else find_runs(path))
    ]
    for path in paths:
        if not is_run(path) and not find_runs(path):
            raise ModelError(f"no trained model in {path} {HINT}")
    names = [run.name for run in runs]
    if twice := [name for name in names if names.count(name) > 1]:
        raise UsageError(f"two runs are called {twice[0]} (hint: rename the folder of one)")
    return runs if chosen else sorted(runs, key=lambda run: run != min(runs, key=rank))


def rank(run: Path) -> tuple[bool, bool, float]:
    """Less for a better run: a whole one before one that was interrupted, real data before the
    sample, then by the score on validation."""
    record, scores = read_json(run / "train_args.json"), read_results(run).get("validation")
    score: Any = scores.get("macro_f1") if isinstance(scores, dict) else 0.0
    made_up = record.get("data_name") in (None, "sample")
    return bool(record.get("interrupted")), made_up, -score if is_number(score) else 0.0


def choose_toxic(run: Path, names: Sequence[str], toxic: str = "") -> tuple[int, ...]:
    """The ids of the classes that count as toxic: those asked for, or all but the negative ones.

    Of two classes it is the second where none of them is asked for. Raises UsageError where the
    words of the names do not tell a negative class from a toxic one.
    """
    wanted = among(toxic, names) if toxic else []
    asked = [name for name in wanted if name in names]
    if wanted and not asked:
        say(f"{run.name} has no class {toxic}: it keeps its own")
    elif asked != wanted:
        say(f"{run.name}: toxic means {', '.join(asked)}, which are those of {toxic} that it has")
    if len(names) == 2 and not asked:
        return (1,)
    found = [
        label
        for label, name in enumerate(names)
        if (name in asked if asked else not is_negative(name))
    ]
    if not 0 < len(found) < len(names):
        reason = "every class is toxic" if asked else "which of the classes are toxic"
        raise UsageError(f"{run}: {reason}, {', '.join(names)}? (hint: --toxic NAME,NAME)")
    if not asked:
        toxic = ", ".join(names[label] for label in found)
        say(f"{run.name}: toxic means {toxic} (--toxic NAME,NAME says otherwise)")
    return tuple(found)


def load_one(
    run: Path,
    device: torch.device | str,
    base: str | None,
    dtype: torch.dtype,
    least_agreement: float,
) -> Classifier:
    """A run in the number format asked for; in fp32 where int8 changes too many of its labels."""
    classifier = load_classifier(run, None, device=device, dtype=dtype, base=base)
    try:
        if dtype == torch.int8:
            check_int8(run, classifier, least_agreement)
    except Disagreement as error:
        say(f"warning: {error}: it answers in fp32")
        classifier = load_classifier(run, None, device=device, base=base)
    return classifier


def load_models(
    runs: Sequence[Path],
    device: torch.device | str = "cpu",
    toxic: str = "",
    base: str | None = None,
    dtype: torch.dtype = torch.float32,
    least_agreement: float = LEAST,
) -> dict[str, Model]:
    """Load every run and score one text with it; `toxic` names classes, as in `choose_toxic`.

    `base` is what the adapters were trained on. Raises ModelError, AdapterError, HubError,
    UsageError.
    """
    if toxic:
        known = [name for run in runs for name in classes_of(run, base)]
        if unknown := [name for name in among(toxic, known) if name not in known]:
            shown = ", ".join(dict.fromkeys(known))
            raise UsageError(f"--toxic {unknown[0]}: the classes are {shown}")
    models: dict[str, Model] = {}
    pool: dict[str, list[torch.nn.Parameter]] = {}
    for run in runs:
        classifier = load_one(run, device, base, dtype, least_agreement)
        if not np.isfinite(classifier.predict(["I hate you"])[0].score):
            raise ModelError(f"{run} gives a score that is no number")
        share_weights(classifier.model, pool)
        if torch.device(device).type == "cpu":
            classifier.unpad()
        counted = choose_toxic(run, classifier.label_names, toxic)
        classifier.positive = list(counted)
        models[run.name] = Model(
            name=run.name,
            sha256=weights_sha256(run),
            classifier=classifier,
            card=read_text(run / "README.md") or f"{run.name} has no model card.",
            record=read_json(run / "train_args.json"),
            results=read_scores(run, len(classifier.label_names)),
            epochs=read_epochs(run / "metrics.jsonl"),
            constant=score_constant(run, classifier.label_names),
            toxic=counted,
            dtype=str(classifier.dtype).removeprefix("torch."),
        )
    return models


def share_weights(model: torch.nn.Module, pool: dict[str, list[torch.nn.Parameter]]) -> None:
    """Replace parameters that equal one in `pool` by it, and add the others to the pool.

    Adapters that were trained on one base differ in few matrices: the rest is kept once.
    """
    for module_name, module in model.named_modules():
        for name, own in list(module.named_parameters(recurse=False)):
            held = pool.setdefault(f"{module_name}.{name}", [])
            equal = next((parameter for parameter in held if torch.equal(parameter, own)), None)
            if equal is None:
                held.append(own)
            else:
                setattr(module, name, equal)
