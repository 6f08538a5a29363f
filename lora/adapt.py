"""Put LoRA layers into a model by name, and take their update back out."""

from collections.abc import Iterable, Iterator, Sequence

from torch import nn

from lora.layer import LoRALinear


def add_lora(
    model: nn.Module,
    target_modules: Sequence[str],
    r: int = 16,
    lora_alpha: float = 32,
    lora_dropout: float = 0.1,
    modules_to_save: Sequence[str] = ("classifier",),
) -> None:
    """Freeze `model`, give the `target_modules` an adapter each, train `modules_to_save` in full.

    A module is meant by its name or the end of its dotted path (PEFT's rule): `query` means every
    `...attention.self.query`. With query and value the pooler stays frozen, as in PEFT.
    Raises ValueError, the model as it was, for no target, a name that matches nothing, a target
    that is no nn.Linear or trained in full, and an `r` or `lora_dropout` out of range.
    """
    layers = target_layers(model, target_modules, modules_to_save)
    adapted = {
        name: LoRALinear(layer, r, lora_alpha, lora_dropout).train(layer.training)
        for name, layer in layers.items()
    }
    model.requires_grad_(False)
    for name, wrapped in adapted.items():
        parent, _, child = name.rpartition(".")
        setattr(model.get_submodule(parent), child, wrapped)
    for target in modules_to_save:
        for module in named(model, target).values():
            module.requires_grad_(True)


def target_layers(
    model: nn.Module, target_modules: Sequence[str], modules_to_save: Sequence[str]
) -> dict[str, nn.Linear]:
    """The layers that `add_lora` wraps, by dotted path; raises the ValueError that it raises."""
    if not target_modules:
        raise ValueError("LoRA without a target would train the head alone")
    in_full = [name for target in modules_to_save for name in named(model, target)]
    layers = {}
    for target in dict.fromkeys(target_modules):
        for name, module in named(model, target).items():
            if not isinstance(module, nn.Linear):
                raise ValueError(f"LoRA target {target} is {name}, a {type(module).__name__}")
            if any(f"{name}.".startswith(f"{own}.") for own in in_full):
                raise ValueError(f"LoRA target {target} is {name}, which is trained in full")
            layers[name] = module
    return layers


def named(model: nn.Module, target: str) -> dict[str, nn.Module]:
    """The modules of this name, or with a path that ends in it; raises ValueError for none."""
    found = {
        name: module
        for name, module in model.named_modules()
        if name == target or name.endswith("." + target)
    }
    if not found:
        raise ValueError(f"no module of the model is called {target!r}")
    return found


def lora_layers(model: nn.Module) -> Iterator[tuple[str, LoRALinear]]:
    """Every LoRALinear of the model with its dotted path."""
    return ((name, m) for name, m in model.named_modules() if isinstance(m, LoRALinear))


def merge_lora(model: nn.Module) -> None:
    """Add every update to its frozen weight; the model is then as fast as its base."""
    for _, layer in lora_layers(model):
        layer.merge()


def unmerge_lora(model: nn.Module) -> None:
    """Undo `merge_lora` exactly."""
    for _, layer in lora_layers(model):
        layer.unmerge()


def unload_lora(model: nn.Module) -> None:
    """Put the plain nn.Linear of every merged layer in its place: the adapter's memory is free.

    Raises ValueError, the model as it was, where a layer is not merged: its update would be lost.
    """
    layers = dict(lora_layers(model))
    for name, layer in layers.items():
        if not layer.merged:
            raise ValueError(f"{name} is not merged")
    for name, layer in layers.items():
        parent, _, child = name.rpartition(".")
        setattr(model.get_submodule(parent), child, layer.base)


def count_parameters(parameters: Iterable[nn.Parameter]) -> tuple[int, int]:
    """How many values there are: (all, trainable)."""
    sizes = [(p.numel(), p.requires_grad) for p in parameters]
    return sum(n for n, _ in sizes), sum(n for n, trainable in sizes if trainable)
