"""Put LoRA layers into a model by name, and take their update back out."""

from collections.abc import Iterable, Iterator, Sequence

from torch import nn

from lora.layer import LoRALinear


def add_lora(
    model: nn.Module,
    targets: Sequence[str],
    r: int = 16,
    lora_alpha: float = 32,
    lora_dropout: float = 0.1,
    train_too: Sequence[str] = ("classifier",),
) -> None:
    """Freeze `model`, wrap the linear layers that `targets` name, leave `train_too` trainable.

    A target is a module's name or the end of its dotted path (PEFT's rule): `query` means every
    `...attention.self.query`. With BERT's default targets the pooler stays frozen, as in PEFT.
    Raises ValueError where a name matches nothing or something that is no nn.Linear.
    """
    model.requires_grad_(False)
    for target in dict.fromkeys(targets):
        for name, module in _named(model, target):
            if not isinstance(module, nn.Linear):
                raise ValueError(f"LoRA target {target} is {name}, a {type(module).__name__}")
            if name.split(".")[0] in train_too:
                raise ValueError(f"LoRA target {target} is {name}, which is trained in full")
            parent, _, child = name.rpartition(".")
            wrapped = LoRALinear(module, r, lora_alpha, lora_dropout).train(module.training)
            setattr(model.get_submodule(parent), child, wrapped)
    for target in train_too:
        for _, module in _named(model, target):
            module.requires_grad_(True)


def _named(model: nn.Module, target: str) -> list[tuple[str, nn.Module]]:
    found = [
        (name, module)
        for name, module in model.named_modules()
        if name == target or name.endswith("." + target)
    ]
    if not found:
        raise ValueError(f"no module of the model is called {target!r}")
    return found


def lora_layers(model: nn.Module) -> Iterator[tuple[str, LoRALinear]]:
    """Every LoRALinear of the model with its dotted path."""
    return ((name, m) for name, m in model.named_modules() if isinstance(m, LoRALinear))


def merge_lora(model: nn.Module) -> None:
    """Add every update to its frozen weight; the model then costs what its base costs."""
    for _, layer in lora_layers(model):
        layer.merge()


def unmerge_lora(model: nn.Module) -> None:
    """Undo `merge_lora` exactly."""
    for _, layer in lora_layers(model):
        layer.unmerge()


def unload_lora(model: nn.Module) -> None:
    """Put the plain nn.Linear of every merged layer in its place: the adapter's memory is free.

    Raises ValueError where a layer is not merged: its update would be lost.
    """
    for name, layer in list(lora_layers(model)):
        if not layer.merged:
            raise ValueError(f"{name} is not merged")
        parent, _, child = name.rpartition(".")
        setattr(model.get_submodule(parent), child, layer.base)


def count_parameters(parameters: Iterable[nn.Parameter]) -> tuple[int, int]:
    """How many values there are: (all, trainable)."""
    sizes = [(p.numel(), p.requires_grad) for p in parameters]
    return sum(n for n, _ in sizes), sum(n for n, trainable in sizes if trainable)
