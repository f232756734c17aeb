"""Run by `torchrun` from `train_run_test.py`: do two processes train one model?

Arguments: configuration, output folder. Prints one sentence when all gradients are the mean over both ranks' own.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import torch
import torch.distributed as distributed

from masklet_export.train.batches import Progress, StepStream
from masklet_export.train.clip_unroll import ClipUnroll
from masklet_export.train.clips.clip_generator import ClipGenerator
from masklet_export.train.command_line import build_model, main
from masklet_export.train.configuration import read_run_settings
from masklet_export.train.data_loading import load_banks
from masklet_export.train.ranks import agree_to_stop, join_ranks, share_gradients


def compare_gradients(config: Path) -> None:
    settings = read_run_settings(config)
    ranks = join_ranks()
    assert ranks.world_size == int(os.environ["WORLD_SIZE"]) == 2
    generator = ClipGenerator(load_banks(settings.data, Path(), held_out=False))
    step = next(iter(StepStream(settings, generator, Progress(), ranks.rank, ranks.world_size)))
    gradients = []
    for shared in (True, False):
        unroll = ClipUnroll(build_model(settings, ranks), settings.losses, settings.prototype_weight)
        unroll.model.set_image_size(step.plan.shape.size)
        wrapped = share_gradients(unroll, ranks) if shared else unroll
        loss, _ = wrapped(step.batch, step.plan, step.prompt_seed)
        loss.backward()
        gradients.append([p.grad for p in unroll.model.parameters() if p.grad is not None])
    mean = [gradient.clone() for gradient in gradients[1]]
    for gradient in mean:
        distributed.all_reduce(gradient)
        gradient /= 2
    torch.testing.assert_close(gradients[0], mean, rtol=1e-4, atol=1e-6)
    differs = max((own - both).abs().max().item() for own, both in zip(gradients[1], mean, strict=True))
    assert differs > 1e-4, "both ranks saw the same data"
    assert agree_to_stop(ranks.rank == 1, ranks)
    assert not agree_to_stop(False, ranks)
    if ranks.is_first:
        print("gradients are the mean over ranks", flush=True)


if __name__ == "__main__":
    torch.set_num_threads(1)
    compare_gradients(Path(sys.argv[1]))
    sys.exit(main([sys.argv[1], "--data", ".", "--output", sys.argv[2]]))
