"""Processes that train side by side, on one machine or on many; torchrun calls them ranks.

`torchrun --nproc-per-node=2 train.py --mode odd`
"""

import os
import sys

import torch
import torch.distributed as dist
from torch import Tensor

TOLD = ("RANK", "MASTER_ADDR", "MASTER_PORT")  # what torchrun tells a process beside WORLD_SIZE


class RanksError(Exception):
    """The environment speaks of several processes, but nobody started them."""


def join_ranks(device: torch.device) -> torch.device:
    """Meet the other processes where torchrun started this one; the device of this rank.

    Only rank 0 speaks: the others' output is dropped, their errors end the job through torchrun.
    Raises RanksError where WORLD_SIZE was set by something else.
    """
    size = os.environ.get("WORLD_SIZE", "1")
    if size == "1" or dist.is_initialized():
        return device
    told = (*TOLD, "LOCAL_RANK") if device.type == "cuda" else TOLD
    missing = [name for name in told if name not in os.environ]
    if missing or not size.isdecimal() or int(size) < 1:
        reason = f"and {', '.join(missing)} not" if missing else "which is no number of processes"
        hint = "unset it, or start by torchrun --nproc-per-node=N"
        raise RanksError(f"WORLD_SIZE is set to {size}, {reason} (hint: {hint})")
    if device.type == "cuda":
        device = torch.device("cuda", int(os.environ["LOCAL_RANK"]))
        torch.cuda.set_device(device)
    dist.init_process_group("nccl" if device.type == "cuda" else "gloo")
    if rank() > 0:
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115 (open while we live)
    return device


def rank() -> int:
    """The number of this process among all; 0 where there is one."""
    return dist.get_rank() if dist.is_initialized() else 0


def world() -> int:
    """How many processes there are."""
    return dist.get_world_size() if dist.is_initialized() else 1


def wait_for_all() -> None:
    """Go on when every process has come here."""
    if dist.is_initialized():
        dist.barrier()


def any_rank(flag: bool, device: torch.device) -> bool:
    """Whether the flag is set in any process."""
    if world() == 1:
        return flag
    total = torch.tensor([float(flag)], device=device)
    dist.all_reduce(total)
    return bool(total)


def agree(number: int, device: torch.device) -> bool:
    """Whether the number is the same in all processes."""
    if world() == 1:
        return True
    largest = torch.tensor([number, -number], device=device)
    dist.all_reduce(largest, dist.ReduceOp.MAX)
    return bool(largest[0] == -largest[1])


def add_up(tensor: Tensor) -> None:
    """Put into the tensor its sum over all processes."""
    if world() > 1:
        dist.all_reduce(tensor)


def add_up_rows(matrix: Tensor, rows: Tensor) -> None:
    """The same for an (N, C) matrix that is zero outside `rows` (R,), which each process names.

    Only those rows travel: a batch has few of the vocabulary's words.
    """
    if world() == 1:
        return
    rows = rows.unique()
    counts = [torch.zeros(1, dtype=torch.long, device=matrix.device) for _ in range(world())]
    dist.all_gather(counts, torch.tensor([len(rows)], device=matrix.device))
    most = int(max(counts))
    padded = torch.zeros(most, dtype=torch.long, device=matrix.device)
    padded[: len(rows)] = rows
    names = [torch.empty_like(padded) for _ in counts]
    dist.all_gather(names, padded)
    values = [matrix.new_empty(most, matrix.shape[1]) for _ in counts]
    dist.all_gather(values, matrix[padded])
    matrix.zero_()
    for count, name, value in zip(counts, names, values, strict=True):
        matrix.index_add_(0, name[: int(count)], value[: int(count)])
