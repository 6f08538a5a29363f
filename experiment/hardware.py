"""The device and the number format that flags mean on this machine."""

import torch

from experiment.errors import UsageError
from speed.int8 import has_int8

FORMATS = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


def pick_device(name: str) -> torch.device:
    """The device that `--device` means; raises UsageError where it is not there."""
    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if name == "auto":
        name = next((device for device, available in there.items() if available), "cpu")
    elif not there.get(name, True):
        raise UsageError(f"this machine has no {name} device (hint: --device auto)")
    return torch.device(name)


def pick_dtype(name: str, device: torch.device, training: bool) -> torch.dtype:
    """The number format that `--dtype` means for matrix products on a device.

    Raises UsageError for int8 where there is none, and for fp16 on a CPU.
    """
    if name == "int8":
        if not has_int8(device):
            raise UsageError(
                f"there is no int8 on {device} here: it needs a CPU with VNNI (hint: --dtype fp32)"
            )
        return torch.int8
    if name == "fp16" and device.type == "cpu":
        raise UsageError("fp16 is for GPUs: a CPU is slow in it (hint: --dtype bf16 or fp32)")
    if name == "auto":
        name = fastest(device) if training else "fp32"
    return FORMATS[name]


def fastest(device: torch.device) -> str:
    """bf16 where the hardware multiplies it itself, else fp16 on GPUs that are made for that."""
    if has_native_bf16(device):
        return "bf16"
    made_for = device.type == "cuda" and torch.cuda.get_device_capability(device) >= (7, 0)
    return "fp16" if made_for else "fp32"


def has_native_bf16(device: torch.device) -> bool:
    """Whether the hardware multiplies bf16 itself: emulated, it is slower than fp32."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    try:
        with open("/proc/cpuinfo", encoding="ascii", errors="replace") as file:
            words = set(file.read().split())
    except OSError:
        return False
    return device.type == "cpu" and not words.isdisjoint({"avx512_bf16", "amx_bf16", "bf16"})
