"""Adapter folders in PEFT's format: `adapter_config.json` and `adapter_model.safetensors`."""

import json
import re
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from lora.adapt import add_lora, named, target_layers

PREFIX = "base_model.model."  # PEFT wraps the model twice, and its files say so


class AdapterError(Exception):
    """An adapter folder is missing, damaged or made for another model."""


def _tensors(model: nn.Module) -> dict[str, Tensor]:
    """What was trained, under PEFT's names: the adapter, and what is trained in full."""
    return {
        PREFIX + name + ".weight" * name.endswith((".lora_A", ".lora_B")): parameter
        for name, parameter in model.named_parameters()
        if parameter.requires_grad
    }


def save_adapter(
    model: nn.Module,
    folder: Path,
    settings: dict[str, Any],
    base: str,
    revision: str | None = None,
) -> None:
    """Write the adapter and the fully trained head, not the base.

    `settings` are the arguments of `add_lora`; `base` is what a reader must load first, at this
    `revision` where it is on the Hub.
    """
    config = {
        "peft_type": "LORA",
        "task_type": "SEQ_CLS",
        "base_model_name_or_path": base,
        "revision": revision,
        "r": settings["r"],
        "lora_alpha": settings["lora_alpha"],
        "lora_dropout": settings["lora_dropout"],
        "target_modules": sorted(settings["target_modules"]),
        "modules_to_save": list(settings.get("modules_to_save", ["classifier"])),
        "bias": "none",
        "fan_in_fan_out": False,
        "init_lora_weights": True,
        "inference_mode": True,
        "use_rslora": False,
        "use_dora": False,
    }
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(config, indent=2) + "\n"
    (folder / "adapter_config.json").write_text(text, encoding="utf-8")
    tensors = {n: t.detach().cpu().contiguous() for n, t in _tensors(model).items()}
    path = folder / "adapter_model.safetensors"
    save_file(tensors, path, {"format": "pt"})
    path.chmod(0o644)  # the library leaves 0600, which another user's server cannot read


# Fields that we obey, or that say nothing of what a saved adapter computes on a BERT. Any other,
# of this PEFT or a later one, must be off or hold what we compute with.
READ = {
    *("r", "lora_alpha", "lora_dropout", "target_modules", "exclude_modules", "modules_to_save"),
    *("base_model_name_or_path", "revision", "peft_type", "task_type", "init_lora_weights"),
    *("auto_mapping", "peft_version", "inference_mode", "eva_config"),
}
TASKS = (None, "SEQ_CLS", "FEATURE_EXTRACTION")  # others answer each token, or write
OFF: tuple[Any, ...] = (None, False, {}, [])
COMPUTED = {"bias": "none", "megatron_core": "megatron.core", "qalora_group_size": 16}
# Beginnings that leave the base as it was; of others the file is no update of the untouched base.
PLAIN_BEGINNINGS = (True, False, None, "gaussian", "orthogonal", "eva")


def read_adapter_config(folder: Path) -> dict[str, Any]:
    """Read and check `adapter_config.json`; raises AdapterError for what is not plain LoRA."""
    path = folder / "adapter_config.json"
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
        if config.get("peft_type") != "LORA":
            raise AdapterError(f"{path} is of type {config.get('peft_type')!r}, not 'LORA'")
        if config.get("task_type") not in TASKS:
            raise AdapterError(f"{path} is for the task {config['task_type']!r}, not 'SEQ_CLS'")
        for key in config.keys() - READ:
            if config[key] not in (*OFF, COMPUTED.get(key)):
                raise AdapterError(f"{path} has {key} = {config[key]!r:.60}, which is not known")
        if (begun := config.get("init_lora_weights")) not in PLAIN_BEGINNINGS:
            hint = "(hint: PEFT's save_pretrained can convert it to plain LoRA)"
            raise AdapterError(f"{path} was begun with {begun!r}, which changes its base {hint}")
        if not (type(config["r"]) is int and config["r"] > 0):
            raise AdapterError(f"{path} has r = {config['r']!r}")
        for key, default, most in (("lora_alpha", None, 1e6), ("lora_dropout", 0.0, 0.999)):
            value = config.get(key, default)
            if type(value) not in (int, float) or not 0 <= value <= most:
                raise AdapterError(f"{path} has {key} = {value!r}")
        _check_names(path, "target_modules", config["target_modules"])
        for key in ("exclude_modules", "modules_to_save"):
            _check_names(path, key, config.get(key))
        for key in ("base_model_name_or_path", "revision"):
            if not isinstance(config.get(key), str | None):
                raise AdapterError(f"{path} has {key} = {config[key]!r}")
        return config
    except FileNotFoundError:
        raise AdapterError(f"no adapter_config.json in {folder}") from None
    except (ValueError, KeyError, AttributeError, TypeError, RecursionError) as error:
        raise AdapterError(f"{path} is not an adapter's configuration: {error!r}") from None


def _check_names(path: Path, key: str, names: Any) -> None:
    """Raise AdapterError for what is neither a list of names nor, of LoRA's layers, a pattern."""
    if isinstance(names, str) and key != "modules_to_save":
        try:
            re.compile(names)
        except re.error as error:
            raise AdapterError(f"{path}: {key} is no pattern: {error}") from None
    elif not isinstance(names, list | None) or not all(
        isinstance(n, str) and n for n in names or []
    ):
        raise AdapterError(f"{path}: {key} is not a list of names")


def _matches(name: str, names: list[str] | str | None) -> bool:
    """PEFT's rule: a pattern fits a whole dotted path, a name the path or its end."""
    if isinstance(names, str):
        return re.fullmatch(names, name) is not None
    return any(name == end or name.endswith("." + end) for end in names or [])


def head_rows(folder: Path) -> int | None:
    """How many classes the head has that an adapter brings; None where it brings none."""
    try:
        with safe_open(folder / "adapter_model.safetensors", "pt") as file:
            return int(file.get_slice(f"{PREFIX}classifier.weight").get_shape()[0])
    except (SafetensorError, OSError, IndexError):
        return None  # what is wrong with the file, load_adapter says


def load_adapter(model: nn.Module, folder: Path) -> None:
    """Add the adapter of a folder, ours or PEFT's, to the base model that it was made for.

    Raises AdapterError where a tensor is missing, left over, of another shape or not finite; the
    model is then as it was.
    """
    config = read_adapter_config(folder)
    path = folder / "adapter_model.safetensors"
    if not path.is_file():
        raise AdapterError(f"no adapter_model.safetensors in {folder}")
    try:
        tensors = load_file(path)
    except (SafetensorError, OSError) as error:
        raise AdapterError(f"{path} is not a readable safetensors file: {error}") from None
    try:
        targets, modules_to_save = _chosen(model, config)
        layers = target_layers(model, targets, modules_to_save)
    except ValueError as error:
        raise AdapterError(f"{folder} does not fit this model: {error}") from None
    wanted: dict[str, tuple[int, ...]] = {}
    for name, layer in layers.items():
        wanted[f"{PREFIX}{name}.lora_A.weight"] = (config["r"], layer.in_features)
        wanted[f"{PREFIX}{name}.lora_B.weight"] = (layer.out_features, config["r"])
    for target in modules_to_save:
        for name, module in named(model, target).items():
            parameters = module.named_parameters(f"{PREFIX}{name}")
            wanted |= {key: tuple(parameter.shape) for key, parameter in parameters}
    _check(path, tensors, wanted)
    dropout = config.get("lora_dropout", 0.0)
    add_lora(model, targets, config["r"], config["lora_alpha"], dropout, modules_to_save)
    with torch.no_grad():
        for name, own in _tensors(model).items():
            own.copy_(tensors[name])


def _chosen(model: nn.Module, config: dict[str, Any]) -> tuple[list[str], list[str]]:
    """The layers that get an adapter, and the modules trained in full. Raises ValueError."""
    names = [name for name, _ in model.named_modules()]
    targets = config["target_modules"]
    if isinstance(targets, str):
        targets = [name for name in names if _matches(name, targets)]
    if not targets:
        raise ValueError(f"target_modules {config['target_modules']!r} fits no layer of this model")
    if config.get("exclude_modules"):
        every = [name for target in targets for name in names if _matches(name, [target])]
        targets = [name for name in every if not _matches(name, config["exclude_modules"])]
    # PEFT lists every head name it knows of; a BERT has only some of them. Without a list it takes
    # those of the task.
    in_full = config.get("modules_to_save")
    if in_full is None and config.get("task_type") == "SEQ_CLS":
        in_full = ["classifier", "score"]
    return targets, [n for n in in_full or [] if any(_matches(name, [n]) for name in names)]


def _check(path: Path, tensors: dict[str, Tensor], wanted: dict[str, tuple[int, ...]]) -> None:
    """Raise AdapterError where the tensors are not those that are wanted."""
    offenders = [f"{n} is missing" for n in wanted if n not in tensors]
    offenders += [f"{n} has no place" for n in tensors if n not in wanted]
    offenders += [
        f"{n} is {tuple(tensors[n].shape)}, the model asks for {shape}"
        for n, shape in wanted.items()
        if n in tensors and tuple(tensors[n].shape) != shape
    ]
    for name, tensor in tensors.items():
        if not tensor.is_floating_point() or tensor.element_size() < 2:
            offenders.append(f"{name} is {tensor.dtype}")
        elif not bool(tensor.isfinite().all()):
            offenders.append(f"{name} is not finite")
    if offenders:
        more = f" and {len(offenders) - 5} more" if len(offenders) > 5 else ""
        raise AdapterError(f"{path} does not fit this model: {'; '.join(offenders[:5])}{more}")
