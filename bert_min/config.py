"""The shape of a BERT, under the field names that its `config.json` uses."""

import json
import re
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any


class ModelError(Exception):
    """A model, tokenizer or checkpoint is missing, damaged or of another shape."""


SINGLE = "single_label_classification"
OTHER_TASKS = ("TokenClassification", "QuestionAnswering", "MultipleChoice")
# What would change the answer if it were ignored: each must be absent, null, or what we compute.
SUPPORTED: dict[str, Any] = {
    "hidden_act": "gelu",
    "position_embedding_type": "absolute",
    "is_decoder": False,
    "add_cross_attention": False,
    "pruned_heads": {},
    "quantization_config": None,
}


@dataclass(frozen=True)
class BertConfig:
    """Sizes and rates of a BERT encoder with a classification head (defaults: bert-base-uncased).

    Raises ModelError where the values do not make a BERT of the paper.
    Source: Devlin et al. 2019, section 3, https://arxiv.org/abs/1810.04805
    """

    vocab_size: int = 30522
    hidden_size: int = 768
    num_hidden_layers: int = 12
    num_attention_heads: int = 12
    intermediate_size: int = 3072
    hidden_act: str = "gelu"
    hidden_dropout_prob: float = 0.1
    attention_probs_dropout_prob: float = 0.1
    classifier_dropout: float | None = None  # None: the head uses hidden_dropout_prob
    max_position_embeddings: int = 512
    type_vocab_size: int = 2
    initializer_range: float = 0.02
    layer_norm_eps: float = 1e-12
    pad_token_id: int = 0
    position_embedding_type: str = "absolute"
    label_names: tuple[str, ...] = ("LABEL_0", "LABEL_1")
    problem_type: str | None = None  # of the head; None: one of its classes is right

    def __post_init__(self) -> None:
        for name in (
            "vocab_size",
            "hidden_size",
            "num_hidden_layers",
            "num_attention_heads",
            "intermediate_size",
            "max_position_embeddings",
            "type_vocab_size",
        ):
            value = getattr(self, name)
            if type(value) is not int or value < 1:
                raise ModelError(f"{name} must be a positive whole number, not {value!r}")
        for name in ("hidden_dropout_prob", "attention_probs_dropout_prob", "classifier_dropout"):
            value = getattr(self, name)
            if value is None and name == "classifier_dropout":
                continue
            if not (isinstance(value, int | float) and 0 <= value < 1):
                raise ModelError(f"{name} must lie in [0, 1), not {value!r}")
        for name in ("initializer_range", "layer_norm_eps"):
            value = getattr(self, name)
            if not (isinstance(value, int | float) and value > 0):
                raise ModelError(f"{name} must be a positive number, not {value!r}")
        if type(self.pad_token_id) is not int or not 0 <= self.pad_token_id < self.vocab_size:
            raise ModelError(
                f"pad_token_id {self.pad_token_id!r} is no id below vocab_size {self.vocab_size}"
            )
        if self.hidden_size % self.num_attention_heads:
            raise ModelError(
                f"hidden_size {self.hidden_size} is not a multiple of "
                f"num_attention_heads {self.num_attention_heads}"
            )
        for name in ("hidden_act", "position_embedding_type"):
            _refuse_other(name, getattr(self, name))
        if len(set(self.label_names)) < len(self.label_names):
            raise ModelError(f"id2label gives one name to two classes: {self.label_names}")

    @property
    def num_labels(self) -> int:
        return len(self.label_names)

    @property
    def is_named(self) -> bool:
        """Whether somebody gave names to the classes: not LABEL_0, LABEL_1, ..."""
        return not all(re.fullmatch(r"LABEL_\d+", name) for name in self.label_names)

    def check_head(self) -> None:
        """Raise ModelError where a head does not choose one of several classes."""
        if self.problem_type not in (None, SINGLE):
            raise ModelError(f"problem_type {self.problem_type!r}, and only {SINGLE!r} is scored")
        if self.num_labels < 2:
            raise ModelError("a single class, and nothing to choose from")

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "BertConfig":
        """Read the keys of a Hugging Face `config.json`; keys that BERT does not have are left out.

        Raises ModelError for a model of another kind or a value out of range.
        """
        family, kinds = values.get("model_type"), values.get("architectures") or []
        if family is None:  # older files name the class alone
            for kind in kinds:
                if not str(kind).startswith("Bert"):
                    raise ModelError(f"it is of a {kind}, and only BERT is taken")
        elif family != "bert":
            raise ModelError(f"model_type {family!r} is not 'bert', and only BERT is taken")
        for name in SUPPORTED:
            if values.get(name) is not None:
                _refuse_other(name, values[name])
        known = {f.name for f in fields(cls)} - {"label_names"}
        null = {name for name in SUPPORTED if values.get(name) is None}
        chosen = {name: value for name, value in values.items() if name in known - null}
        if values.get("id2label"):
            id2label = {int(index): str(name) for index, name in values["id2label"].items()}
            if sorted(id2label) != list(range(len(id2label))):
                raise ModelError(f"id2label has the ids {sorted(id2label)}, not 0 to n - 1")
            chosen["label_names"] = tuple(id2label[index] for index in range(len(id2label)))
        elif (number := values.get("num_labels")) is not None:
            if type(number) is not int or not 0 < number <= 10_000:
                raise ModelError(f"num_labels cannot be {number!r:.40}")
            chosen["label_names"] = tuple(f"LABEL_{index}" for index in range(number))
        # Older checkpoints of token classification have all tensors of ours, and no problem_type.
        others = [kind for kind in kinds if str(kind).endswith(OTHER_TASKS)]
        return cls(**(chosen | ({"problem_type": str(others[0])} if others else {})))

    @classmethod
    def from_file(cls, path: Path) -> "BertConfig":
        """Read a `config.json`; raises ModelError, naming the file, where it is not a BERT's."""
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
            if not isinstance(values, dict):
                raise ModelError("it is not a JSON object")
            return cls.from_dict(values)
        except FileNotFoundError:
            raise ModelError(f"no config.json in {path.parent}") from None
        except (ModelError, ValueError, TypeError, AttributeError, RecursionError) as error:
            raise ModelError(f"{path} is not the config.json of a BERT: {error}") from None

    def to_dict(self) -> dict[str, Any]:
        """The `config.json` that transformers reads as a BertForSequenceClassification."""
        ours = ("label_names", "problem_type")
        values = {f.name: getattr(self, f.name) for f in fields(self) if f.name not in ours}
        return {
            "architectures": ["BertForSequenceClassification"],
            "model_type": "bert",
            **values,
            "id2label": {str(index): name for index, name in enumerate(self.label_names)},
            "label2id": {name: index for index, name in enumerate(self.label_names)},
            "dtype": "float32",
        }


def _refuse_other(name: str, value: Any) -> None:
    if value != SUPPORTED[name]:
        raise ModelError(f"{name} {value!r:.60} is not BERT's {SUPPORTED[name]!r}")
