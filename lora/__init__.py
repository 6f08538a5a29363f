"""Low-rank adaptation of any model made of nn.Linear layers."""

from lora.adapt import (
    add_lora,
    count_parameters,
    lora_layers,
    merge_lora,
    unload_lora,
    unmerge_lora,
)
from lora.adapter import AdapterError, head_rows, load_adapter, read_adapter_config, save_adapter
from lora.layer import LoRALinear

__all__ = [
    "AdapterError",
    "LoRALinear",
    "add_lora",
    "count_parameters",
    "head_rows",
    "load_adapter",
    "lora_layers",
    "merge_lora",
    "read_adapter_config",
    "save_adapter",
    "unload_lora",
    "unmerge_lora",
]
