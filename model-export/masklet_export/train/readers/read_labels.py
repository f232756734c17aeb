"""Which objects a picture of masks says there are, as the label formats mean it.

Palettes (DAVIS, VOC), grey indices, 16 bit, a colour for each label (CVAT), alpha, black and white, with hard or soft
edges. The page's reader has the same rules (`app/masks/read-labels.ts`).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image as PillowImage

VOID = 255
"""Index of VOC and DAVIS for what belongs to no object and is not judged."""
OPAQUE = 1 << 24
"""Added to colours, so that black can be a label where the ground is transparent."""
_MAX_BESIDE_VOID = 64
"""Grey values below it can be indices beside a void of 255; a scale of greys spread over 0 to 255 goes beyond."""
_MAX_INNER_SHARE = 0.1
"""Of the pixels of in-between values: so few have neighbours of their own value only where they are an edge."""
_MAX_HARD_COLOURS = 12
_MAX_LABELS = 255
_NOISE = 40.0
"""Distance of two colours that noise of compression explains."""
_MIXTURE = 12.0
"""By so much the way over a mixture of two colours may be longer than the way between them."""


@dataclass(frozen=True, eq=False)
class LabelMap:
    """A picture's labels: int32 [H,W], 0 = ground, else an index, a grey value or a colour (`OPAQUE` + 0xrrggbb)."""

    values: np.ndarray
    has_palette: bool = False


def read_labels(path: Path) -> LabelMap:
    """Read a picture of masks. Raises `ValueError` with a sentence for a photograph."""
    with PillowImage.open(path) as file:
        palette = _palette(file)
        samples = np.array(file)
        if file.mode in ("LA", "PA"):
            samples = np.array(file.convert("RGBA"))
    if samples.dtype == np.bool_:
        samples = samples.astype(np.uint8) * 255
    try:
        if palette is not None:
            return _from_palette(samples, palette)
        if samples.ndim == 2:
            return LabelMap(_from_grey(samples.astype(np.int32), 65535 if samples.dtype.itemsize > 1 else 255))
        return LabelMap(_from_channels(samples))
    except ValueError as error:
        raise ValueError(f"{path.name} is no picture of masks: {error}") from error


def is_void(label: int, labels: set[int], *, has_palette: bool) -> bool:
    """Whether 255 is void beside these labels rather than the only object, or a bright one."""
    others = labels - {0, VOID}
    return label == VOID and bool(others) and (has_palette or max(others) < _MAX_BESIDE_VOID)


def _palette(file: PillowImage.Image) -> np.ndarray | None:
    """uint8 [256,4], RGBA; None for a picture without palette."""
    if file.mode != "P":
        return None
    colours = np.zeros((256, 4), np.uint8)
    stored = np.array(file.getpalette("RGB"), np.uint8).reshape(-1, 3)
    colours[: len(stored), :3] = stored
    colours[:, 3] = 255
    transparent = file.info.get("transparency")
    if isinstance(transparent, bytes):
        colours[: len(transparent), 3] = np.frombuffer(transparent, np.uint8)
    elif transparent is not None:
        colours[transparent, 3] = 0
    return colours


def _from_palette(indices: np.ndarray, palette: np.ndarray) -> LabelMap:
    used = np.unique(indices)
    colours = _packed(palette[used])
    is_distinct = len(np.unique(colours)) == len(used)
    # A palette of greys is a grey picture. One that shows all labels alike says nothing: there the indices count.
    if is_distinct and _is_grey(palette[used]):
        return LabelMap(_from_grey(palette[indices, 0].astype(np.int32), 255))
    black = used[colours == 0]
    swaps = is_distinct and _packed(palette[:1])[0] != 0 and len(black) > 0
    ground = int(black[0]) if swaps else 0
    values = indices.astype(np.int32)
    if swaps:
        # Index 0 is a label here: it takes the index of the ground, so that 0 stays the ground.
        values = np.where(indices == ground, 0, np.where(indices == 0, ground, values))
    return LabelMap(np.where(palette[indices, 3] >= 128, values, 0).astype(np.int32), has_palette=True)


def _from_grey(values: np.ndarray, max_value: int) -> np.ndarray:
    counts = np.unique(values)
    least, peak, half = int(counts[0]), int(counts[-1]), max_value / 2
    if peak > half and len(counts) > 2 and _is_soft(values, least, peak):
        return np.where(values > half, VOID, 0).astype(np.int32)
    # The darker of two greys is the ground where the other is bright: low values are indices.
    ground = least if len(counts) == 2 and peak > half else 0
    labels = np.where(values == ground, 0, values)
    return np.where(labels > 0, VOID, 0).astype(np.int32) if len(counts) == 2 and peak > half else labels


def _from_channels(samples: np.ndarray) -> np.ndarray:
    colours = _packed(samples)
    alphas = samples[..., 3] if samples.shape[2] == 4 else None
    if alphas is not None and (alphas < 128).any():
        opaque = np.unique(colours[alphas >= 128])
        if 1 < len(opaque) <= _MAX_HARD_COLOURS:
            return np.where((alphas >= 128) & (colours > 0), OPAQUE + colours, 0).astype(np.int32)
        return np.where(alphas >= 128, VOID, 0).astype(np.int32)
    if _is_grey(samples):
        return _from_grey(samples[..., 0].astype(np.int32), 255)
    distinct = np.unique(colours)
    own = _nearest_cores(colours) if len(distinct) > _MAX_HARD_COLOURS else _without_blends(colours, distinct)
    found = np.unique(own)
    white = 0xFFFFFF
    ground = 0 if 0 in found else white if len(found) > 1 and white in found else -1
    return np.where(own == ground, 0, OPAQUE + own).astype(np.int32)


def _is_soft(values: np.ndarray, least: int, peak: int) -> bool:
    """Whether what lies between the darkest and the brightest is their common edge: it has no inside of its own."""
    between = (values != least) & (values != peak)
    return (between & _inner(values)).sum() < _MAX_INNER_SHARE * between.sum()


def _inner(values: np.ndarray) -> np.ndarray:
    """bool [H,W]: pixels whose four neighbours are like them."""
    inner = np.ones(values.shape, bool)
    down, right = values[1:] == values[:-1], values[:, 1:] == values[:, :-1]
    inner[1:] &= down
    inner[:-1] &= down
    inner[:, 1:] &= right
    inner[:, :-1] &= right
    return inner


def _nearest_cores(colours: np.ndarray) -> np.ndarray:
    """Every pixel as the nearest of the colours that areas have."""
    inner, counts = np.unique(colours[_inner(colours)], return_counts=True)
    # Of a photograph hardly a pixel is like its neighbours.
    if counts.sum() < colours.size / 4 or not len(inner):
        raise ValueError("it has too many colours, as a photograph has")
    cores: list[int] = []
    for colour in inner[np.argsort(-counts, kind="stable")]:
        if all(_distance(core, colour) > _NOISE for core in cores):
            cores.append(int(colour))
        if len(cores) > _MAX_LABELS:
            raise ValueError("it has too many colours, as a photograph has")
    distinct, places = np.unique(colours, return_inverse=True)
    nearest = np.array([_nearest(cores, int(colour)) for colour in distinct])
    return nearest[places].reshape(colours.shape)


def _without_blends(colours: np.ndarray, distinct: np.ndarray) -> np.ndarray:
    """A few colours: those that are mixtures of others and have no area are these' common edge."""
    cores = [int(each) for each in np.unique(colours[_inner(colours)])]

    def is_blend(colour: int) -> bool:
        pairs = ((a, b) for n, a in enumerate(cores) for b in cores[n + 1 :])
        return colour not in cores and any(
            _distance(a, colour) + _distance(colour, b) - _distance(a, b) < _MIXTURE for a, b in pairs
        )

    blends = [int(colour) for colour in distinct if is_blend(int(colour))]
    own = colours.copy()
    # One alone may be an object.
    for colour in blends if len(blends) > 1 else []:
        own[colours == colour] = _nearest(cores, colour)
    return own


def _nearest(cores: list[int], colour: int) -> int:
    return min(cores, key=lambda core: _distance(core, colour))


def _distance(a: int, b: int) -> float:
    return sum((((int(a) >> shift) & 255) - ((int(b) >> shift) & 255)) ** 2 for shift in (16, 8, 0)) ** 0.5


def _packed(samples: np.ndarray) -> np.ndarray:
    """int32 0xrrggbb of uint8 [...,3 or 4]."""
    red, green, blue = (samples[..., channel].astype(np.int32) for channel in range(3))
    return (red << 16) | (green << 8) | blue


def _is_grey(samples: np.ndarray) -> bool:
    return bool((samples[..., 0] == samples[..., 1]).all() and (samples[..., 1] == samples[..., 2]).all())
