"""Which layers of the teacher a student keeps, and the student made of copies of them."""

import copy
from dataclasses import replace

from torch import nn

from bert_min import BertForSequenceClassification


def choose_layers(spec: str, depth: int) -> list[int]:
    """The layers, counted from 1, that a name or a list such as `1,3,5` means at a depth.

    For 12 layers: odd {1,3,5,7,9,11}, even {2,4,6,8,10,12} (the question of this project);
    first {1..6}, last {7..12} (Sajjad et al. 2020, https://arxiv.org/abs/2004.03844, who name
    odd and even after the layers that are dropped, we after those that are kept);
    hybrid {1,3,5,8,10,12}, odd below and even above (DistilBERT's `extract_distilbert.py`);
    random those of even, as places and targets for layers that `reinitialize_layers` then fills.
    Raises ValueError for anything else.
    """
    half = depth // 2
    odd, even = list(range(1, depth + 1, 2)), list(range(2, depth + 1, 2))
    top = list(range(depth, 0, -2))[: half // 2]  # every second layer, from the last one down
    by_name = {
        "all": list(range(1, depth + 1)),
        "odd": odd,
        "even": even,
        "random": even,
        "first": list(range(1, half + 1)),
        "last": list(range(depth - half + 1, depth + 1)),
        "hybrid": odd[: half - half // 2] + top[::-1],
    }
    try:
        layers = by_name[spec] if spec in by_name else list(map(int, spec.split(",")))
    except ValueError:
        names = ", ".join(by_name)
        raise ValueError(f"layers {spec!r} is not one of {names} or a list like 1,3,5") from None
    if not layers:
        raise ValueError(f"a model of {depth} layers has no layers {spec!r}")
    check_layers(layers, depth)
    return layers


def check_layers(layers: list[int], depth: int) -> None:
    """Raise ValueError for what is no choice of layers from 1 to `depth`, in their order."""
    if layers != sorted(set(layers)) or not {*layers} <= {*range(1, depth + 1)} or not layers:
        raise ValueError(f"layers {layers} must rise from 1 or more to {depth} or less")


def make_student(
    teacher: BertForSequenceClassification, layers: list[int]
) -> BertForSequenceClassification:
    """A model of the chosen layers (from 1), embeddings, pooler and head, all of them copies.

    Raises ValueError where the layers are not some of the teacher's, in their order.
    """
    check_layers(layers, teacher.config.num_hidden_layers)
    student = copy.deepcopy(teacher)
    student.bert.encoder.layer = nn.ModuleList(
        student.bert.encoder.layer[number - 1] for number in layers
    )
    student.config = replace(teacher.config, num_hidden_layers=len(layers))
    return student.requires_grad_(True)  # whatever was frozen in the teacher


def reinitialize_layers(student: BertForSequenceClassification) -> None:
    """Put random weights, as before pretraining, in every layer; the control of all copies."""
    for module in student.bert.encoder.modules():
        if isinstance(module, nn.Linear):
            nn.init.normal_(module.weight, std=student.config.initializer_range)
            nn.init.zeros_(module.bias)
        if isinstance(module, nn.LayerNorm):
            module.reset_parameters()
