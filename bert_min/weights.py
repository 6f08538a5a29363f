"""Weights in and out of safetensors files, strictly: each tensor used or ignored by name."""

import json
from collections.abc import Callable, Collection
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from bert_min.config import BertConfig, ModelError
from bert_min.head import begin
from bert_min.model import BertForSequenceClassification

# The pretraining heads, and a constant 0, 1, 2, ... that old checkpoints carry as a tensor.
IGNORED_PREFIX = "cls."
IGNORED_SUFFIX = "position_ids"


INDEX = "model.safetensors.index.json"  # of a checkpoint in several files


def weight_files(path: Path) -> list[Path]:
    """The files that weights are read from: of a folder `model.safetensors`, or else its shards.

    `path` may also be one file, or the index that names shards. Raises ModelError where a file is
    missing, or the index damaged.
    """
    whole, index = path / "model.safetensors", path / INDEX
    if path.is_dir():
        path = whole if whole.exists() or not index.exists() else index
    files = _shards(path) if path.name == INDEX else [path]
    for file in files:
        if not file.is_file():
            others = [p.name for p in file.parent.glob("*.bin")]
            hint = f" (hint: {others[0]} is a pickle; only safetensors is read)" if others else ""
            raise ModelError(f"no {file.name} in {file.parent}{hint}")
    return files


def _shards(index: Path) -> list[Path]:
    try:
        table = json.loads(index.read_text(encoding="utf-8"))["weight_map"]
        shards = sorted({str(shard) for shard in table.values()})
    except (OSError, ValueError, KeyError, AttributeError, TypeError, RecursionError) as error:
        raise ModelError(f"{index} is not an index of safetensors files: {error!r}") from None
    for shard in shards:
        if Path(shard).name != shard:
            raise ModelError(f"{index} names {shard!r}, which is not a file beside it")
    return [index.parent / shard for shard in shards]


def read_tensors(path: Path) -> dict[str, Tensor]:
    """Read the tensors of `weight_files`.

    Raises ModelError where a file is missing or damaged; pickled files are never opened.
    """
    tensors: dict[str, Tensor] = {}
    for file in weight_files(path):
        try:
            tensors |= load_file(file)
        except (SafetensorError, OSError) as error:
            raise ModelError(f"{file} is not a readable safetensors file: {error}") from None
    return tensors


def canonical_names(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Rename a published checkpoint's tensors to this project's names and drop the ignored ones.

    Adds the `bert.` prefix that encoders saved alone lack, and turns the original TensorFlow
    names LayerNorm.gamma and LayerNorm.beta into LayerNorm.weight and LayerNorm.bias. Raises
    ModelError where two tensors come to have one name.
    """
    renamed = {}
    for name, tensor in tensors.items():
        if name.startswith(IGNORED_PREFIX) or name.endswith(IGNORED_SUFFIX):
            continue
        if name.startswith(("embeddings.", "encoder.", "pooler.")):
            name = "bert." + name
        name = name.replace("LayerNorm.gamma", "LayerNorm.weight")
        name = name.replace("LayerNorm.beta", "LayerNorm.bias")
        if name in renamed:
            raise ModelError(f"two tensors of the checkpoint are both {name}")
        renamed[name] = tensor
    return renamed


def _refuse(problem: str, offenders: list[str]) -> None:
    if offenders:
        more = f" and {len(offenders) - 5} more" if len(offenders) > 5 else ""
        raise ModelError(f"{problem}: {', '.join(offenders[:5])}{more}")


def _refuse_other_families(tensors: dict[str, Tensor], source: Path) -> None:
    if not any(name.startswith("bert.encoder.layer.") for name in tensors):
        names = ", ".join(sorted({f"{name.split('.')[0]}.*" for name in tensors})[:5]) or "none"
        raise ModelError(f"{source} holds no BERT, and only BERT is taken: its tensors are {names}")


def _refuse_giants(config: BertConfig, tensors: dict[str, Tensor], source: Path) -> None:
    """Raise ModelError where a config asks for far more than its file holds.

    `fill` names what differs, but needs a model to compare with, and that one would not fit.
    """
    rows = config.vocab_size + config.max_position_embeddings + config.type_vocab_size
    layer = 4 * config.hidden_size**2 + 2 * config.hidden_size * config.intermediate_size
    asked = rows * config.hidden_size + config.num_hidden_layers * layer
    held = sum(tensor.numel() for tensor in tensors.values())
    if asked > 4 * held:
        raise ModelError(f"the config beside {source} asks for {asked:,} values, it has {held:,}")


def fill(
    model: BertForSequenceClassification,
    tensors: dict[str, Tensor],
    source: str,
    drawn: Collection[str] = (),
) -> None:
    """Make every tensor its parameter, in float32, or change nothing and raise ModelError.

    Parameters in `drawn` keep the random values of the model: they may not be among the tensors.
    """
    wanted = {name: own for name, own in model.named_parameters() if name not in drawn}
    _refuse(f"{source} lacks tensors of this model", [n for n in wanted if n not in tensors])
    _refuse(
        f"{source} has tensors that this model does not", [n for n in tensors if n not in wanted]
    )
    _refuse(
        f"{source} has tensors of another shape",
        [
            f"{name} is {tuple(tensors[name].shape)}, the config asks for {tuple(own.shape)}"
            for name, own in wanted.items()
            if tensors[name].shape != own.shape
        ],
    )
    _refuse(
        f"{source} has tensors that are not floating point",
        [f"{name} is {t.dtype}" for name, t in tensors.items() if not t.is_floating_point()],
    )
    _refuse(
        f"{source} has tensors of fewer than 16 bits",
        [f"{name} is {t.dtype}" for name, t in tensors.items() if t.element_size() < 2],
    )
    _refuse(
        f"{source} has values that are not finite",
        [name for name, tensor in tensors.items() if not is_finite(tensor)],
    )
    # Copied: what the library gives is a window on the file.
    own = {name: tensor.to(torch.float32, copy=True) for name, tensor in tensors.items()}
    model.load_state_dict(own, strict=False, assign=True)


def is_finite(tensor: Tensor) -> bool:
    """Whether there is no infinity and no NaN; either would be in the sum, which is soon made."""
    return bool(tensor.sum().isfinite()) or bool(tensor.isfinite().all())


class Undrawn(TorchFunctionMode):
    """While a model is built: no random values, where those of a file take their place."""

    def __torch_function__(self, func: Any, types: Any, plain: Any = (), named: Any = None) -> Any:
        given = named or {}
        if func in (nn.init.normal_, nn.init.uniform_, nn.init.kaiming_uniform_):
            return given["tensor"]
        return func(*plain, **given)


def load_model(
    path: Path,
    label_names: tuple[str, ...] | None = None,
    say: Callable[[str], object] = lambda text: None,
    config: BertConfig | None = None,
) -> BertForSequenceClassification:
    """Build the model of a folder, or of a weights file or index, by `config` or the config.json.

    With `label_names` the model begins a training on these classes: of head and pooler what the
    checkpoint does not have is drawn, as head.begin tells `say`. Without, the checkpoint must
    carry both. Raises ModelError.
    """
    folder = path.parent if path.is_file() else path
    config = config or BertConfig.from_file(folder / "config.json")
    # Before the model is built: a bad file is refused at once.
    tensors = canonical_names(read_tensors(path))
    _refuse_other_families(tensors, path)
    drawn: list[str] = []
    if label_names is None:
        config.check_head()
    else:
        tensors, drawn = begin(tensors, config, label_names, lambda text: say(f"{path}: {text}"))
        config = replace(config, label_names=tuple(label_names), problem_type=None)
    _refuse_giants(config, tensors, path)
    with nullcontext() if drawn else Undrawn():
        model = BertForSequenceClassification(config)
    fill(model, tensors, str(path), drawn)
    model.drawn = tuple(drawn)
    return model.eval()


def save_model(model: BertForSequenceClassification, folder: Path) -> None:
    """Write `config.json` and `model.safetensors`, under the names that transformers reads."""
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(model.config.to_dict(), indent=2)
    (folder / "config.json").write_text(text + "\n", encoding="utf-8")
    save_tensors(model.state_dict(), folder / "model.safetensors")


def save_tensors(tensors: dict[str, Tensor], path: Path) -> None:
    """Write a safetensors file that everyone may read (the library itself leaves mode 0600).

    Raises OSError, which says how many bytes were to be written.
    """
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    try:
        save_file(tensors, path, {"format": "pt"})
        path.chmod(0o644)
    except (OSError, SafetensorError) as error:
        size = sum(tensor.nbytes for tensor in tensors.values())
        raise OSError(f"cannot write {path} of {size:,} bytes: {error}") from None
