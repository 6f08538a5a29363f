"""What a training is told: every setting once, with its default, and which of them decide it."""

import hashlib
import json
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

STUDENT_MODES = ("odd", "even", "first", "last", "hybrid", "random")
# LoRA's papers and guides use about ten times the rate of full fine-tuning.
LEARNING_RATES = {"teacher": 5e-5, **dict.fromkeys(STUDENT_MODES, 5e-5), "lora": 5e-4}

TOLD = {  # kinds of training that have flags of their own
    "student": f"students: --mode {', '.join(STUDENT_MODES)}",
    "matched": "students that learn from their teacher: --mode odd or another student, "
    "--objective kd, no --targets",
    "taught": "what learns from logits: a student with --objective kd, or with --targets",
    "lora": "--mode lora",
}


def decides(default: Any = None, training: str = "every") -> Any:
    """A setting that decides how a training goes: every one, or one of the named kind alone."""
    return field(default=default, metadata={"decides": training})


@dataclass(frozen=True)
class Settings:
    """The flags of `train.py`; what they mean, and their units, stands in its `--help`."""

    mode: str = decides("teacher")
    layers: str = decides("all")
    model: str = "google-bert/bert-base-uncased"
    data: str = "cardiffnlp/tweet_eval:hate"
    revision: str | None = None
    data_revision: str | None = None
    text_column: str | None = None  # None: found, as are the other three
    label_column: str | None = None
    positive: str | None = None
    positive_from: float | None = None
    split: str = "80,10,10"
    skip_bad: bool = False
    out: Path = Path("runs/teacher")
    overwrite: bool = False

    epochs: int = decides(5)
    lr: float | None = None  # None: the one of LEARNING_RATES
    weight_decay: float = decides(0.01)
    warmup: float = decides(0.1)
    seed: int = decides(0)
    limit: int | None = None
    accumulate: int = 1
    save_every: int | None = None
    keep: int = 2
    resume: str | None = None
    max_steps: int | None = decides(None)

    device: str = "auto"
    dtype: str = "auto"
    batch_size: int = decides(64)
    max_length: int = decides(128)
    hashtags: str = decides("keep")
    class_weights: str = decides("none", "balanced")

    teacher: Path | None = None
    targets: Path | None = None
    unlabelled: str | None = None
    teacher_cache: int = 4_000_000_000  # bytes
    objective: str = decides("kd", "student")
    temperature: float = decides(5.0, "taught")
    alpha: float = decides(0.5, "taught")
    beta: float = decides(1.0, "matched")

    lora_r: int = decides(16, "lora")
    lora_alpha: float = decides(32.0, "lora")
    lora_dropout: float = decides(0.1, "lora")
    lora_targets: str = decides("query,value", "lora")

    command: str = ""  # as it was given, for the record

    @property
    def learning_rate(self) -> float:
        """The peak rate."""
        return LEARNING_RATES[self.mode] if self.lr is None else self.lr

    @property
    def is_student(self) -> bool:
        """Made of a fine-tuned teacher's layers, whatever it learns from."""
        return self.mode in STUDENT_MODES

    @property
    def is_taught(self) -> bool:
        """Learning from somebody's logits, beside the labels."""
        return bool(self.targets) or (self.is_student and self.objective == "kd")

    @property
    def matches_states(self) -> bool:
        """Learning from the hidden states of a teacher too."""
        return self.is_taught and self.targets is None and self.beta > 0

    @property
    def is_balanced(self) -> bool:
        """Whether every class weighs alike in the loss on the labels, however rare."""
        return self.class_weights == "balanced"

    @property
    def kinds(self) -> dict[str, bool]:
        """Which kinds of training this is: those that `decides` may name."""
        kinds = {"every": True, "student": self.is_student, "taught": self.is_taught}
        kinds["matched"] = self.is_student and self.is_taught and not self.targets
        return kinds | {"lora": self.mode == "lora", "balanced": self.is_balanced}

    def without_effect(self) -> str:
        """Which flag was given though this training does not look at it; empty for none."""
        for f in fields(self):
            others = {"teacher": "student", "teacher_cache": "matched", "unlabelled": "matched"}
            kind = others.get(f.name, f.metadata.get("decides"))
            if kind in TOLD and not self.kinds[kind] and getattr(self, f.name) != f.default:
                return f"--{f.name.replace('_', '-')} is for {TOLD[kind]}"
        return ""

    def identity(self, **material: Any) -> dict[str, Any]:
        """All that decides how a training goes, but for the parts that a batch is cut into.

        Those decide which dropout masks are drawn, and no more. `material` is what settings stand
        for.
        """
        found = {
            f.name: getattr(self, f.name)
            for f in fields(self)
            if "decides" in f.metadata and self.kinds[f.metadata["decides"]]
        }
        if self.matches_states:
            found["teacher_states"] = "bf16"  # what they are rounded to
        # The format is that of a checkpoint's files.
        return {"format": 1, **found, "lr": self.learning_rate, **material}


def digest(identity: dict[str, Any]) -> str:
    """SHA-256 of an identity."""
    return hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()
