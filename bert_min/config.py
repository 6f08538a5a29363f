"""The shape of a BERT, under the field names that its `config.json` uses."""

import json
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any


class ModelError(Exception):
    """A model, tokenizer or checkpoint is missing, damaged or of another shape."""


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
        for name, supported in (("hidden_act", "gelu"), ("position_embedding_type", "absolute")):
            if getattr(self, name) != supported:
                raise ModelError(f"{name} {getattr(self, name)!r} is not BERT's {supported!r}")

    @property
    def num_labels(self) -> int:
        return len(self.label_names)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "BertConfig":
        """Read the keys of a Hugging Face `config.json`; keys that BERT does not have are left out.

        Raises ModelError for a model of another kind or a value out of range.
        """
        if values.get("model_type", "bert") != "bert":
            raise ModelError(f"model_type {values['model_type']!r} is not 'bert'")
        known = {f.name for f in fields(cls)} - {"label_names"}
        chosen = {name: value for name, value in values.items() if name in known}
        if values.get("id2label"):
            id2label = {int(index): str(name) for index, name in values["id2label"].items()}
            if sorted(id2label) != list(range(len(id2label))):
                raise ModelError(f"id2label has the ids {sorted(id2label)}, not 0 to n - 1")
            chosen["label_names"] = tuple(id2label[index] for index in range(len(id2label)))
        return cls(**chosen)

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
        values = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "label_names"}
        return {
            "architectures": ["BertForSequenceClassification"],
            "model_type": "bert",
            **values,
            "id2label": {str(index): name for index, name in enumerate(self.label_names)},
            "label2id": {name: index for index, name in enumerate(self.label_names)},
            "dtype": "float32",
        }
