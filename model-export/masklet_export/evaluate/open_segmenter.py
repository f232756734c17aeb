"""A segmenter by name: a pack through the native twin of the app's tracker, or a baseline."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from masklet_export.evaluate.baselines import BASELINES
from masklet_export.evaluate.pack_segmenter import open_pack_segmenter
from masklet_export.evaluate.video_segmenter import VideoSegmenter


@dataclass(frozen=True)
class SegmenterChoice:
    """What to evaluate; small and picklable, so that a worker process can open it for itself."""

    pack: Path | None = None
    baseline: str | None = None
    edges: str | None = None
    """Of a pack's masks: `model` or `picture`; None is the pack's own choice."""

    @property
    def name(self) -> str:
        """For reports."""
        return self.pack.name if self.pack is not None else f"baseline {self.baseline}"

    def open(self) -> VideoSegmenter:
        """Load it. Raises `ValueError` when not exactly one is chosen or the baseline is unknown."""
        if self.pack is not None and self.baseline is None:
            return open_pack_segmenter(self.pack, edges=self.edges)
        if self.baseline is None or self.pack is not None:
            raise ValueError("give either a pack or a baseline")
        if self.baseline not in BASELINES:
            raise ValueError(f"unknown baseline {self.baseline!r}; known: {', '.join(BASELINES)}")
        return BASELINES[self.baseline]()
