"""One process or several (`torchrun`): who we are, on which device, and how gradients are shared."""

from __future__ import annotations

import os
from dataclasses import dataclass

import torch
import torch.distributed as distributed
from torch import nn
from torch.nn.parallel import DistributedDataParallel


@dataclass(frozen=True)
class Ranks:
    """This process among its siblings."""

    rank: int
    world_size: int
    device: torch.device

    @property
    def is_first(self) -> bool:
        """Whether this process writes files."""
        return self.rank == 0


def join_ranks() -> Ranks:
    """Join the group that `torchrun` describes in the environment (once; later calls find it); alone without it.

    One GPU per process where there are any (NCCL), else CPU (gloo).
    """
    world_size = int(os.environ.get("WORLD_SIZE", "1"))
    local_rank = int(os.environ.get("LOCAL_RANK", "0"))
    has_gpu = torch.cuda.is_available()
    device = torch.device("cuda", local_rank) if has_gpu else torch.device("cpu")
    if has_gpu:
        torch.cuda.set_device(device)
    if world_size > 1:
        if not distributed.is_initialized():
            distributed.init_process_group("nccl" if has_gpu else "gloo")
        return Ranks(distributed.get_rank(), world_size, device)
    return Ranks(0, 1, device)


def leave_ranks() -> None:
    """Undo `join_ranks`, once all ranks have come this far: the first one may still be validating."""
    if distributed.is_initialized():
        distributed.barrier()
        distributed.destroy_process_group()


def share_gradients(module: nn.Module, ranks: Ranks) -> nn.Module:
    """Wrap for several processes; as it is for one.

    Steps use different parts of the model (memory only in clips), hence the search for unused parameters.
    """
    if ranks.world_size == 1:
        return module
    devices = [ranks.device.index] if ranks.device.type == "cuda" else None
    return DistributedDataParallel(module, device_ids=devices, find_unused_parameters=True)


def agree_to_stop(wants_to_stop: bool, ranks: Ranks) -> bool:
    """All ranks stop after the same step as soon as one wants to."""
    if ranks.world_size == 1:
        return wants_to_stop
    flag = torch.tensor([int(wants_to_stop)], device=ranks.device)
    distributed.all_reduce(flag, op=distributed.ReduceOp.MAX)
    return bool(flag.item())
