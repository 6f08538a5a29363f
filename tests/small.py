"""experiment.training on a few encoded texts, without a file: lines and states stay in memory."""

import copy
import json
import random
from pathlib import Path
from typing import Any

import torch

from data import Data, Split
from experiment.build import Trainee
from experiment.material import Material
from experiment.progress import Progress, State
from experiment.settings import Settings
from experiment.training import train_epochs

SETTINGS = Settings(epochs=3, batch_size=8, lr=5e-3, warmup=0.1, seed=1)


class Notes:
    """A journal in memory. States are copies: training gives live tensors."""

    def __init__(self):
        self.lines: list[dict[str, Any]] = []
        self.states: dict[int, State] = {}

    def write(self, line):
        self.lines.append(line)

    def save(self, state):
        values = json.loads(json.dumps(state.values))
        tensors = {name: tensor.clone() for name, tensor in state.tensors.items()}
        self.states[values["steps"]] = State(tensors, values)

    @property
    def steps(self):
        return [line for line in self.lines if "step" in line]

    @property
    def epochs(self):
        return [line for line in self.lines if "validation" in line]


def material_of(ids, labels, dtype=torch.float32) -> Material:
    """Texts that are training and validation split at once."""
    splits = {name: Split([""] * len(ids), labels) for name in ("train", "validation")}
    return Material(
        device=torch.device("cpu"),
        dtype=dtype,
        folder=Path(),
        model_sha256="",
        described_sha256="",
        depth=4,
        tokenizer=None,  # type: ignore[arg-type]
        data=Data("small", splits, ("not-hate", "hate")),
        data_sha256="",
        ids={"train": ids, "validation": ids},
    )


def train_small(
    model, task, settings=SETTINGS, targets=None, dtype=torch.float32, start=None, stop=None
) -> tuple[Progress, Notes]:
    """Train a model on (ids, labels); how far it came, and what was noted."""
    torch.manual_seed(settings.seed)
    notes, trainee = Notes(), Trainee(model, [], targets)
    stop = stop or (lambda: False)
    done = train_epochs(trainee, material_of(*task, dtype), settings, notes, start, stop)
    return done, notes


def without_dropout(model):
    """A copy whose dropout does nothing."""
    model = copy.deepcopy(model)
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    return model


def stop_after(monkeypatch, steps):
    """Make training believe that someone asked it to stop."""
    calls = iter([False] * (steps - 1))
    monkeypatch.setattr("experiment.signals.Stop.__call__", lambda self: next(calls, True))


FOUR = ("none", "hate", "insult", "joke")
OPENINGS = ("thank you all for", "we hate them in", "you stupid fool of", "haha what about")


def write_four(folder: Path) -> Path:
    """A folder of four classes, the first more frequent than the others, that are easily told."""
    folder.mkdir()
    for split, size in (("train", 120), ("validation", 40), ("test", 40)):
        rows = [(i % 5 % 4, i) for i in range(size)]
        lines = [f"{OPENINGS[k]} number {split} {i},{FOUR[k]}\n" for k, i in rows]
        (folder / f"{split}.csv").write_text("text,label\n" + "".join(lines))
    return folder


WORDS = (
    *("hate", "HATE", "Women", "the", "iPhone", "unbelievably", "antidisestablishmentarianism"),
    *(
        "caf\u00e9",
        "nai\u0308ve",
        "\u00dcBER",
        "\u0130stanbul",
        "stra\u00dfe",
        "\u4ec7\u6068",
        "\u0646\u0641",
    ),
    *("\U0001f600", "\u2764\ufe0f", "#BuildThatWall", "@user", "&#39;", "http://t.co/x", "don't"),
    *("...", "!!1", "10,000", "\u00bd", "\u200b", "a\u00a0b", "x" * 120, "\t", "\n"),
)


def draw_texts(number: int) -> list[str]:
    """Texts of words that tokenizers differ on, always the same; eight are too long for 128 ids."""
    rng = random.Random(0)
    lengths = [*(rng.randint(1, 40) for _ in range(number - 8)), *[200] * 8]
    return [" ".join(rng.choices(WORDS, k=length)) for length in lengths]
