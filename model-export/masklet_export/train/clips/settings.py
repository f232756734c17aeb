"""Every probability and range of the clip generator, as read from a run's configuration."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class ClipShape:
    """One batch: B clips of T frames of S x S pixels, K targets each."""

    batch: int
    frames: int
    size: int
    objects: int


@dataclass(frozen=True)
class CameraSettings:
    """How the ground moves; lengths in shares of the crop, angles in radians, per frame."""

    max_zoom: float = 1.9
    whole_picture_chance: float = 0.25
    """Stills shown uncropped (single-frame batches only)."""
    aspect: float = 0.12
    rotation: float = 0.12
    speed: float = 0.035
    still_chance: float = 0.35
    aim_chance: float = 0.5
    elastic_chance: float = 0.22


@dataclass(frozen=True)
class LayerSettings:
    """What is pasted over the ground; sizes in shares of the canvas."""

    counts: tuple[float, ...] = (0.22, 0.28, 0.25, 0.15, 0.10)
    """Chance of 0, 1, 2, ... pasted objects."""
    instance_share: float = 0.54
    cutout_share: float = 0.26
    """The rest are random shapes filled with texture."""
    min_size: float = 0.12
    max_size: float = 0.75
    speeds: tuple[float, ...] = (0.01, 0.05, 0.16)
    speed_chances: tuple[float, ...] = (0.25, 0.60, 0.15)
    elastic_chance: float = 0.35
    recolour_chance: float = 0.7
    leave_chance: float = 0.07
    """Clips only: the object moves out of the frame for some frames."""


@dataclass(frozen=True)
class AbsenceSettings:
    """Clips in which the first target is deliberately absent for some frames after the first."""

    cover_chance: float = 0.13
    cut_chance: float = 0.03


@dataclass(frozen=True)
class LightSettings:
    """Photometric changes; chances are per clip unless said otherwise."""

    gamma: float = 0.25
    contrast: float = 0.2
    brightness: float = 0.1
    saturation: float = 0.3
    grey_chance: float = 0.04
    flicker_chance: float = 0.3
    """Per frame."""
    blur_chance: float = 0.12
    motion_blur_chance: float = 0.06
    low_resolution_chance: float = 0.12
    noise_chance: float = 0.25
    compression_chance: float = 0.3


@dataclass(frozen=True)
class GeneratorSettings:
    """All of the above."""

    camera: CameraSettings = field(default_factory=CameraSettings)
    layers: LayerSettings = field(default_factory=LayerSettings)
    absence: AbsenceSettings = field(default_factory=AbsenceSettings)
    light: LightSettings = field(default_factory=LightSettings)
