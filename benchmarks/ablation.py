"""What each optimisation of training gains: ours with one of them switched off, in turn."""

import contextlib
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any
from unittest.mock import patch

import torch
from torch import nn

from benchmarks.material import Material, Sample, Shape
from benchmarks.measure import Report
from benchmarks.training import OURS, Contender, compare, counted, fit_steps, format_note
from bert_min import BertForSequenceClassification, load_model
from speed.replicas import Replica
from speed.threads import Workers

Switch = Callable[[], contextlib.AbstractContextManager[Any]]


def _every_token() -> Any:
    """Whoever asks for hidden states gets every token of the last layer."""
    forward = BertForSequenceClassification.forward
    return patch.object(
        BertForSequenceClassification,
        "forward",
        lambda self, ids, mask, **asked: forward(self, ids, mask, None, True),
    )


def _one_after_the_other() -> Any:
    """The parts in turn, each on all cores."""
    return patch.object(Workers, "map", lambda self, function, items: map(function, items))


def _dense_embedding() -> Any:
    make = Replica.__init__

    def dense(self: Replica, *arguments: Any) -> None:
        make(self, *arguments)
        for module in self.model.modules():
            if isinstance(module, nn.Embedding):
                module.sparse = False

    return patch.object(Replica, "__init__", dense)


@contextlib.contextmanager
def _as_it_is() -> Iterator[None]:
    yield


WITHOUT: dict[str, Switch] = {
    "parts side by side": _one_after_the_other,
    "16-bit dropout draws": lambda: patch("speed.replicas.Dropout", lambda p, _: nn.Dropout(p)),
    "last layer for [CLS] alone": _every_token,
    "sparse embedding gradient": _dense_embedding,
}
BF16 = "bf16"


def steps_without(switch: Switch, dtype: torch.dtype, shape: Shape, sample: Sample) -> list[Any]:
    model = load_model(shape.folder)
    with switch():
        return fit_steps(model, sample, dtype)


def ablation(material: Material) -> Report:
    """Training of the first model; the gains do not multiply, each hides part of another."""
    shape = material.shapes[0]
    kinds: dict[str, tuple[Switch, torch.dtype]] = {OURS: (_as_it_is, material.dtype)}
    for name, switch in WITHOUT.items():
        kinds[f"ours without {name}"] = (switch, material.dtype)
    kinds[f"ours without {BF16}"] = (_as_it_is, torch.float32)
    full = counted(shape.folder, ours=False)
    own = counted(shape.folder, ours=True)
    contenders = {
        name: Contender(
            partial(steps_without, switch, dtype, shape),
            full if switch is _every_token else own,
        )
        for name, (switch, dtype) in kinds.items()
    }
    report = Report(compare(material, shape, contenders), [format_note(material)])
    speed = {row.name: row.tokens_per_s or 0 for row in report.rows}
    report.extra["what each makes faster, by"] = [
        {"optimisation": name.removeprefix("ours without "), "factor": speed[OURS] / speed[name]}
        for name in kinds
        if name != OURS
    ]
    return report
