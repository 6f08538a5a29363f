"""Adapter folders in PEFT's format: `adapter_config.json` and `adapter_model.safetensors`."""

import json
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from lora.adapt import add_lora, lora_layers

PREFIX = "base_model.model."  # PEFT wraps the model twice, and its files say so


class AdapterError(Exception):
    """An adapter folder is missing, damaged or made for another model."""


def _tensors(model: nn.Module, train_too: list[str]) -> dict[str, Tensor]:
    """The adapter's tensors under PEFT's names, sharing storage with the model."""
    found: dict[str, Tensor] = {}
    for name, layer in lora_layers(model):
        found[f"{PREFIX}{name}.lora_A.weight"] = layer.lora_A
        found[f"{PREFIX}{name}.lora_B.weight"] = layer.lora_B
    for name, parameter in model.named_parameters():
        if name.split(".")[0] in train_too:
            found[PREFIX + name] = parameter
    return found


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
    train_too = list(settings.get("train_too", ["classifier"]))
    config = {
        "peft_type": "LORA",
        "task_type": "SEQ_CLS",
        "base_model_name_or_path": base,
        "revision": revision,
        "r": settings["r"],
        "lora_alpha": settings["lora_alpha"],
        "lora_dropout": settings["lora_dropout"],
        "target_modules": sorted(settings["targets"]),
        "modules_to_save": train_too,
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
    tensors = {n: t.detach().cpu().contiguous() for n, t in _tensors(model, train_too).items()}
    path = folder / "adapter_model.safetensors"
    save_file(tensors, path, {"format": "pt"})
    path.chmod(0o644)  # the library leaves 0600, which another user's server cannot read


# What would change the answer if it were ignored: each must hold the value that we compute with.
UNSUPPORTED = {
    "bias": "none",
    "fan_in_fan_out": False,
    "use_rslora": False,
    "use_dora": False,
    "rank_pattern": {},
    "alpha_pattern": {},
    "layers_to_transform": None,
    "lora_bias": False,
}


def read_adapter_config(folder: Path) -> dict[str, Any]:
    """Read and check `adapter_config.json`; raises AdapterError for what is not plain LoRA."""
    path = folder / "adapter_config.json"
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
        if config.get("peft_type") != "LORA":
            raise AdapterError(f"{path} is of type {config.get('peft_type')!r}, not 'LORA'")
        for key, value in UNSUPPORTED.items():
            if config.get(key, value) not in (value, None):
                raise AdapterError(f"{path} has {key} = {config[key]!r}; only {value!r} is known")
        if not (type(config["r"]) is int and config["r"] > 0):
            raise AdapterError(f"{path} has r = {config['r']!r}")
        for key, default, most in (("lora_alpha", None, 1e6), ("lora_dropout", 0.0, 0.999)):
            value = config.get(key, default)
            if type(value) not in (int, float) or not 0 <= value <= most:
                raise AdapterError(f"{path} has {key} = {value!r}")
        for key, names in (
            ("target_modules", config["target_modules"]),
            ("modules_to_save", config.get("modules_to_save") or []),
        ):
            if not isinstance(names, list) or not all(isinstance(n, str) and n for n in names):
                raise AdapterError(f"{path}: {key} is not a list of names")
        for key in ("base_model_name_or_path", "revision"):
            if not isinstance(config.get(key), str | None):
                raise AdapterError(f"{path} has {key} = {config[key]!r}")
        return config
    except FileNotFoundError:
        raise AdapterError(f"no adapter_config.json in {folder}") from None
    except (ValueError, KeyError, AttributeError, TypeError, RecursionError) as error:
        raise AdapterError(f"{path} is not an adapter's configuration: {error!r}") from None


def load_adapter(model: nn.Module, folder: Path) -> None:
    """Add the adapter of a folder, ours or PEFT's, to the base model that it was made for.

    Raises AdapterError where a tensor is missing, left over, of another shape or not finite.
    """
    config = read_adapter_config(folder)
    path = folder / "adapter_model.safetensors"
    if not path.is_file():
        raise AdapterError(f"no adapter_model.safetensors in {folder}")
    try:
        tensors = load_file(path)
    except (SafetensorError, OSError) as error:
        raise AdapterError(f"{path} is not a readable safetensors file: {error}") from None
    ranks = {t.shape[0] for n, t in tensors.items() if n.endswith("lora_A.weight") and t.dim() == 2}
    if config["r"] not in ranks:
        raise AdapterError(f"{path} has lora_A of rank {sorted(ranks)}, not r = {config['r']}")
    # PEFT lists every head name it knows of; a BERT has only some of them.
    present = {name for name, _ in model.named_children()}
    train_too = [name for name in config.get("modules_to_save") or [] if name in present]
    try:
        add_lora(
            model,
            config["target_modules"],
            config["r"],
            config["lora_alpha"],
            config.get("lora_dropout", 0.0),
            train_too,
        )
    except ValueError as error:
        raise AdapterError(f"{folder} does not fit this model: {error}") from None
    wanted = _tensors(model, train_too)
    offenders = [f"{n} is missing" for n in wanted if n not in tensors]
    offenders += [f"{n} has no place" for n in tensors if n not in wanted]
    offenders += [
        f"{n} is {tuple(tensors[n].shape)}, the model asks for {tuple(own.shape)}"
        for n, own in wanted.items()
        if n in tensors and tensors[n].shape != own.shape
    ]
    for name, tensor in tensors.items():
        if not tensor.is_floating_point() or tensor.element_size() < 2:
            offenders.append(f"{name} is {tensor.dtype}")
        elif not bool(tensor.isfinite().all()):
            offenders.append(f"{name} is not finite")
    if offenders:
        more = f" and {len(offenders) - 5} more" if len(offenders) > 5 else ""
        raise AdapterError(f"{path} does not fit this model: {'; '.join(offenders[:5])}{more}")
    with torch.no_grad():
        for name, own in wanted.items():
            own.copy_(tensors[name])
