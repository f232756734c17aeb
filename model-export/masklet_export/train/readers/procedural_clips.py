"""Procedural clips: textured shapes moving over a "dead leaves" ground, exact instance maps, no data needed.

Dead leaves (overlapping random shapes) have the size statistics of natural images: Lee, Mumford & Huang,
"Occlusion models for natural images", IJCV 2001.
"""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from masklet_export.train.readers.records import ClipRecord, Image, Mask

_LEAVES = 120
_SUBPIXEL_BITS = 4


def make_procedural_clips(count: int, *, frames: int, height: int, width: int, seed: int) -> Iterator[ClipRecord]:
    """`count` clips of 2 to 4 objects; clip i depends on (seed, i) alone."""
    for index in range(count):
        yield make_procedural_clip(
            frames=frames,
            height=height,
            width=width,
            rng=np.random.default_rng([seed, index]),
            name=f"procedural_{index:05d}",
        )


def make_procedural_clip(
    *, frames: int, height: int, width: int, rng: Generator, name: str = "procedural"
) -> ClipRecord:
    """One clip. Later objects pass in front of earlier ones; an object may leave the frame or be hidden."""
    margin = max(height, width) // 4
    ground = dead_leaves(height + 2 * margin, width + 2 * margin, rng)
    drift = _smooth_path(frames, 2, margin * 0.4, rng)
    shapes = [_MovingShape(frames, height, width, rng) for _ in range(int(rng.integers(2, 5)))]
    pictures, maps = [], []
    for index in range(frames):
        left, top = (margin + drift[index]).astype(int)
        picture = ground[top : top + height, left : left + width].copy()
        instances = np.zeros((height, width), np.uint8)
        for number, shape in enumerate(shapes, start=1):
            shape.paint(picture, instances, number, index)
        pictures.append(picture)
        maps.append(instances)
    return ClipRecord(name=name, set_name="procedural", frames=tuple(pictures), instances=tuple(maps))


def dead_leaves(height: int, width: int, rng: Generator) -> Image:
    """A ground of overlapping discs and polygons with a power law of radii, plus grain."""
    picture = np.empty((height, width, 3), np.uint8)
    picture[:] = rng.integers(30, 226, 3)
    smallest, largest = 0.03, 0.4
    for _ in range(_LEAVES):
        # Inverse-cube radii make the picture look alike at every scale.
        radius = (rng.uniform(largest**-2, smallest**-2)) ** -0.5 * max(height, width)
        outline = random_outline(rng) * radius + rng.uniform(0, [width, height])
        _fill(picture, outline, tuple(int(v) for v in rng.integers(0, 256, 3)))
    grain = rng.normal(0, rng.uniform(1, 8), (height, width, 1))
    return np.clip(picture + grain, 0, 255).astype(np.uint8)


def random_outline(rng: Generator) -> NDArray[np.float64]:
    """A closed outline [N,2] around the origin with radius ≤ 1: a smooth blob or a polygon."""
    if rng.random() < 0.5:
        angles = np.sort(rng.uniform(0, 2 * np.pi, int(rng.integers(3, 9))))
        radius = rng.uniform(0.5, 1.0, angles.size)
    else:
        angles = np.linspace(0, 2 * np.pi, 48, endpoint=False)
        radius = 1 + sum(rng.normal(0, 0.25 / k) * np.cos(k * angles + rng.uniform(0, 6.3)) for k in range(1, 5))
        radius = np.clip(radius, 0.25, None) / max(radius.max(), 0.25)
    return np.stack([np.cos(angles), np.sin(angles)], axis=1) * radius[:, None]


class _MovingShape:
    def __init__(self, frames: int, height: int, width: int, rng: Generator) -> None:
        side = min(height, width)
        self._outline = random_outline(rng) * side * rng.uniform(0.12, 0.3)
        self._texture = dead_leaves(height, width, rng)
        start = rng.uniform(0.15, 0.85, 2) * [width, height]
        self._centres = start + _smooth_path(frames, 2, side * rng.choice([0.05, 0.2, 0.6]), rng)
        self._angles = _smooth_path(frames, 1, 0.5, rng)[:, 0]
        self._scales = np.exp(_smooth_path(frames, 1, 0.2, rng)[:, 0])

    def paint(self, picture: Image, instances: NDArray[np.uint8], number: int, frame: int) -> None:
        cosine, sine = np.cos(self._angles[frame]), np.sin(self._angles[frame])
        turned = self._outline @ np.array([[cosine, sine], [-sine, cosine]]) * self._scales[frame]
        cover = np.zeros(instances.shape, np.uint8)
        _fill(cover, turned + self._centres[frame], 1)
        inside: Mask = cover > 0
        # The texture travels with the object, so it wraps instead of sliding under a window.
        offset = self._centres[frame].astype(int)
        picture[inside] = np.roll(self._texture, (offset[1], offset[0]), (0, 1))[inside]
        instances[inside] = number


def _smooth_path(frames: int, dimensions: int, reach: float, rng: Generator) -> NDArray[np.float64]:
    time = np.linspace(0, 1, frames)[:, None]
    velocity, bend = rng.uniform(-1, 1, (2, dimensions))
    return reach * (velocity * time + 0.5 * bend * np.sin(np.pi * time))


def _fill(target: NDArray[np.uint8], outline: NDArray[np.float64], colour: int | tuple[int, ...]) -> None:
    points = np.round(outline * (1 << _SUBPIXEL_BITS)).astype(np.int32)
    cv2.fillPoly(target, [points], colour, shift=_SUBPIXEL_BITS)
