"""Several adapters on one base model in one process, one of them in use at a time."""

import copy
from pathlib import Path

from torch import nn

from lora.adapt import lora_layers
from lora.adapter import load_adapter, read_adapter_config


class AdapterSet:
    """Adapters by name; the base's weights are held once, whatever their number.

    The adapter in use is merged, so the model then computes, bit for bit, what a model that was
    loaded with it alone and merged computes. With none in use it computes what the base computes.
    Move the model to its device first: adapters in waiting do not move with it.
    """

    def __init__(self, model: nn.Module) -> None:
        self.model = model
        self._base = dict(model.named_children())  # with the base's own head
        self._modules: dict[str, dict[str, nn.Module]] = {}  # adapter: module at each path
        self.in_use: str | None = None

    def add(self, name: str, folder: Path) -> None:
        """Read an adapter folder, ours or PEFT's. Raises AdapterError, and is then as before."""
        before = self.in_use
        self.use(None)
        # What an adapter trains in full, a head, is overwritten by reading it: read into a copy.
        for child in read_adapter_config(folder).get("modules_to_save") or []:
            if child in self._base:
                self._put(child, copy.deepcopy(self._base[child]))
        try:
            load_adapter(self.model, folder)
            found: dict[str, nn.Module] = dict(lora_layers(self.model))
            heads = {c: m for c, m in self.model.named_children() if m is not self._base[c]}
            self._modules[name] = found | heads
        finally:
            for path, layer in list(lora_layers(self.model)):
                self._put(path, layer.base)
            for child, module in self._base.items():
                self._put(child, module)
            self.use(before)

    def use(self, name: str | None) -> None:
        """Compute with this adapter from now on, or with none. Raises KeyError for an unknown."""
        wanted = self._modules[name] if name is not None else {}
        for path, layer in list(lora_layers(self.model)):
            layer.unmerge()
            self._put(path, layer.base)
        for child, module in self._base.items():
            self._put(child, module)
        for path, module in wanted.items():
            self._put(path, module)
        for _, layer in lora_layers(self.model):
            layer.merge()
        self.in_use = name

    def _put(self, path: str, module: nn.Module) -> None:
        parent, _, child = path.rpartition(".")
        setattr(self.model.get_submodule(parent), child, module)
