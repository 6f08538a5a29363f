"""What each optimisation of training gains: ours with one of them switched off, in turn."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import Any
from unittest.mock import patch

import torch
from torch import nn

from benchmarks.flops import flops_of
from benchmarks.material import Material, Sample, Shape
from benchmarks.measure import Report
from benchmarks.peers import Step
from benchmarks.training import OURS, Contender, compare, format_note, train_steps
from bert_min import BertForSequenceClassification, load_model
from speed.replicas import Replica
from speed.threads import Workers

Switch = Callable[[], AbstractContextManager]


def _one_after_the_other() -> Any:
    """The parts in turn, each on all cores."""
    return patch.object(Workers, "map", lambda self, function, items: map(function, items))


def _every_token() -> Any:
    """Whoever asks for hidden states gets every token of the last layer."""
    forward = BertForSequenceClassification.forward
    return patch.object(
        BertForSequenceClassification,
        "forward",
        lambda self, ids, mask, **asked: forward(self, ids, mask, output_hidden_states=True),
    )


def _dense_embedding() -> Any:
    make = Replica.__init__

    def dense(self: Replica, *arguments: Any) -> None:
        make(self, *arguments)
        for module in self.model.modules():
            if isinstance(module, nn.Embedding):
                module.sparse = False

    return patch.object(Replica, "__init__", dense)


WITHOUT: dict[str, Switch] = {
    "parts side by side": _one_after_the_other,
    "16-bit dropout draws": lambda: patch("speed.replicas.Dropout", lambda p, _: nn.Dropout(p)),
    "last layer for [CLS] alone": _every_token,
    "sparse embedding gradient": _dense_embedding,
    "bf16": nullcontext,
}


def steps_without(switch: Switch, dtype: torch.dtype, shape: Shape, sample: Sample) -> list[Step]:
    model = load_model(shape.folder)
    with switch():
        return train_steps(model, sample, dtype)


def ablation(material: Material) -> Report:
    """Training of the first model; the gains do not multiply, each hides part of another."""
    shape = material.shapes[0]
    model = load_model(shape.folder)
    own, full = flops_of(model, every_token=False), flops_of(model)
    run = partial(steps_without, nullcontext, material.dtype, shape)
    contenders = {OURS: Contender(run, own)}
    for name, switch in WITHOUT.items():
        dtype = torch.float32 if name == "bf16" else material.dtype
        run = partial(steps_without, switch, dtype, shape)
        contenders[f"ours without {name}"] = Contender(run, full if "[CLS]" in name else own)
    report = Report(compare(material, shape, contenders), [format_note(material)])
    speed = [row.tokens_per_s or 0 for row in report.rows]
    report.extra["what each makes faster, by"] = [
        {"optimisation": name, "factor": speed[0] / other}
        for name, other in zip(WITHOUT, speed[1:], strict=True)
    ]
    return report
