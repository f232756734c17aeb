"""Batches of labelled clips out of still pictures: ground, pasted objects, deliberate absence, targets, light."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor

from masklet_export.train.banks import Banks
from masklet_export.train.clips.background import Ground, camera_maps, pick_rows, render_ground
from masklet_export.train.clips.canvases import draw_canvases
from masklet_export.train.clips.layers import FIRST_LAYER_ID, covering_paths, draw_paths, paint_layer
from masklet_export.train.clips.light import light_clips
from masklet_export.train.clips.settings import ClipShape, GeneratorSettings
from masklet_export.train.clips.targets import Targets, boxes_of, choose_targets, target_masks

_SMALL_SIZE = 160
"""Up to this canvas size the half-resolution banks have more than enough detail."""
_OCCLUDER_ID = 255


@dataclass(frozen=True)
class ClipBatch:
    """B clips of T frames with K targets each."""

    frames_bt3ss: Tensor
    """uint8 [B,T,3,S,S], RGB."""
    masks_bktss: Tensor
    """bool [B,K,T,S,S], visible pixels; empty where the object is absent."""
    is_valid_bk: Tensor
    """bool [B,K]; False: no usable object was on the first frame."""


class ClipGenerator:
    """Makes batch number n of a seed; equal numbers give equal batches on one kind of device."""

    def __init__(self, banks: Banks, settings: GeneratorSettings | None = None) -> None:
        self._banks = banks
        self._small_banks: Banks | None = None
        self._settings = settings or GeneratorSettings()

    def generate(self, shape: ClipShape, seed: Sequence[int]) -> ClipBatch:
        """Make one batch; every random number comes from `seed`."""
        rng = np.random.default_rng(list(seed))
        banks = self._banks_for(shape.size)
        device = banks.pictures.images_n3hw.device
        noise = torch.Generator(device).manual_seed(int(rng.integers(2**62)))
        is_cut = self._draw_cuts(rng, shape)
        ground = self._ground(banks, rng, shape, is_cut)
        ground = self._paste(banks, rng, shape, ground, ~is_cut)
        targets = choose_targets(ground.owner_btss, rng, shape.objects)
        if shape.frames > 1:
            ground = self._cover(banks, rng, shape, ground, targets, is_cut)
        masks = target_masks(ground.owner_btss, targets)
        frames = light_clips(ground.frames_bt3ss, rng, noise, self._settings.light)
        return ClipBatch((frames * 255).round().to(torch.uint8), masks, targets.is_valid_bk)

    def _banks_for(self, size: int) -> Banks:
        if size > _SMALL_SIZE:
            return self._banks
        if self._small_banks is None:
            self._small_banks = self._banks.halved()
        return self._small_banks

    def _draw_cuts(self, rng: Generator, shape: ClipShape) -> np.ndarray:
        """bool [B,T]: frames that show another scene altogether."""
        chance = self._settings.absence.cut_chance if shape.frames > 1 else 0.0
        return _runs_after_first(rng, rng.random(shape.batch) < chance, shape.frames)

    def _ground(self, banks: Banks, rng: Generator, shape: ClipShape, is_cut: np.ndarray) -> Ground:
        camera, bank = self._settings.camera, banks.pictures
        rows = pick_rows(bank, rng, shape)
        maps = camera_maps(bank, rows, rng, shape, camera)
        if is_cut.any():
            other_rows = pick_rows(bank, rng, shape)
            other_maps = camera_maps(bank, other_rows, rng, shape, camera)
            rows = np.where(is_cut, other_rows, rows)
            maps = np.where(is_cut[:, :, None, None], other_maps, maps)
        ground = render_ground(bank, rows, maps, rng, shape, camera.elastic_chance)
        if not is_cut.any():
            return ground
        # Ids of the other scene's instances must not be taken for the targets of this one.
        kept = torch.as_tensor(~is_cut, device=ground.owner_btss.device)[:, :, None, None]
        return replace(ground, owner_btss=ground.owner_btss * kept)

    def _paste(self, banks: Banks, rng: Generator, shape: ClipShape, ground: Ground, visible: np.ndarray) -> Ground:
        layers = self._settings.layers
        chances = np.array(layers.counts) / np.sum(layers.counts)
        counts = rng.choice(len(chances), shape.batch, p=chances)
        # A ground without instances of its own needs something to follow.
        has_own = (ground.owner_btss[:, 0] > 0).flatten(1).any(1).cpu().numpy()
        counts = np.where(has_own, counts, np.maximum(counts, 1))
        for layer in range(len(chances) - 1):
            samples = np.flatnonzero(counts > layer)
            if samples.size == 0:
                continue
            canvases = draw_canvases(banks, rng, samples.size, shape.frames, layers)
            path = draw_paths(rng, samples.size, shape, layers)
            ground = paint_layer(
                ground, samples, canvases, path, visible[samples], FIRST_LAYER_ID + layer, rng, layers.elastic_chance
            )
        return ground

    def _cover(
        self, banks: Banks, rng: Generator, shape: ClipShape, ground: Ground, targets: Targets, is_cut: np.ndarray
    ) -> Ground:
        """Slide something in front of the first target of some clips, so that it is hidden for a run of frames."""
        chosen = (rng.random(shape.batch) < self._settings.absence.cover_chance) & ~is_cut.any(1)
        hidden = _runs_after_first(rng, chosen, shape.frames)
        samples = np.flatnonzero(chosen)
        if samples.size == 0:
            return ground
        index = torch.as_tensor(samples, device=ground.owner_btss.device)
        first_target = replace(targets, ids_bk=targets.ids_bk[index, :1], is_valid_bk=targets.is_valid_bk[index, :1])
        boxes = boxes_of(target_masks(ground.owner_btss[index], first_target)[:, 0])
        solid = rng.random(samples.size) < 0.65
        canvases = draw_canvases(banks, rng, samples.size, shape.frames, self._settings.layers, solid=solid)
        path = covering_paths(rng, boxes, hidden[samples], solid)
        visible = np.ones((samples.size, shape.frames), bool)
        # The occluder comes in after the first frame: what is asked for there must be seen there.
        visible[:, 0] = False
        return paint_layer(ground, samples, canvases, path, visible, _OCCLUDER_ID, rng, 0.0)


def _runs_after_first(rng: Generator, chosen_b: np.ndarray, frames: int) -> np.ndarray:
    """bool [B,T]: for chosen rows one random run of frames, never the first one."""
    if frames < 2:
        return np.zeros((len(chosen_b), frames), bool)
    first = rng.integers(1, frames, len(chosen_b))
    last = first + np.floor(rng.random(len(chosen_b)) * (frames - first)).astype(np.int64)
    time = np.arange(frames)[None]
    return chosen_b[:, None] & (time >= first[:, None]) & (time <= last[:, None])
