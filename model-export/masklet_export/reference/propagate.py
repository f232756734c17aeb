"""Tracking over many frames: commit what was prompted, then frame by frame in one direction.

Pure policy over a `FrameRunner`. Source: sam2_video_predictor.py@2b90b9f `propagate_in_video_preflight`,
`propagate_in_video`.
"""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from dataclasses import dataclass, replace

from masklet_export.reference.memory_bank import FrameResult, MemoryBank
from masklet_export.reference.track_frame import FrameRunner, MemoryEncoding, plan_tracking
from masklet_export.reference.tracker_options import TrackerError, TrackerOptions


@dataclass(frozen=True, eq=False)
class FrameOutcome:
    """What all objects look like on one frame; None = this object has no result there."""

    frame_index: int
    results: dict[int, FrameResult | None]


class Propagation:
    """Commits and tracks the banks of one video; `banks` (object id → bank, in order of creation) is changed.

    Between two frames every bank is whole, so a propagation may be dropped after any frame.
    """

    def __init__(
        self, banks: MutableMapping[int, MemoryBank], runner: FrameRunner, num_frames: int, options: TrackerOptions
    ) -> None:
        self.banks = banks
        self.runner = runner
        self.num_frames = num_frames
        self.options = options

    def commit_prompts(self) -> None:
        """Encode and commit all staged results, object by object, non-conditioning before conditioning.

        Raises `TrackerError` `no-objects`, or `no-prompts` at the first object without a conditioning frame (the
        objects before it are committed by then).
        """
        if not self.banks:
            raise TrackerError("no-objects", "there is no object to track; add a prompt first")
        for object_id in list(self.banks):
            for is_conditioning in (False, True):
                for frame_index, result in list(self.banks[object_id].staged(is_conditioning).items()):
                    self._commit(object_id, frame_index, result, is_conditioning)
                self.banks[object_id] = self.banks[object_id].unstage(is_conditioning)
            if not self.banks[object_id].conditioning:
                raise TrackerError("no-prompts", f"object {object_id} has no prompt; add one first")
            self.banks[object_id] = self.banks[object_id].drop_shadowed()

    def frames(self, start: int | None, max_frames: int | None, reverse: bool) -> range:
        """Frames to visit, both ends included; default start: the first conditioning frame of any object.

        Backwards from frame 0 there is nothing to do, not even that frame.
        """
        if start is None:
            start = min(frame for bank in self.banks.values() for frame in bank.conditioning)
        reach = self.num_frames if max_frames is None else max_frames
        if reverse:
            return range(start, max(start - reach, 0) - 1, -1) if start > 0 else range(0)
        return range(start, min(start + reach, self.num_frames - 1) + 1)

    def run(self, start: int | None, max_frames: int | None, reverse: bool) -> Iterator[FrameOutcome]:
        """Commit, then track: one outcome per frame. Conditioning frames are passed, never recomputed."""
        self.commit_prompts()
        for frame_index in self.frames(start, max_frames, reverse):
            yield self._pass_frame(frame_index, reverse)

    def _pass_frame(self, frame_index: int, reverse: bool) -> FrameOutcome:
        tracked_ids = []
        for object_id, bank in self.banks.items():
            if frame_index not in bank.conditioning:
                tracked_ids.append(object_id)
            elif self.options.clear_around_prompts:
                self._clear_around(object_id, frame_index)
        evaluations = [
            plan_tracking(object_id, frame_index, reverse, self.banks[object_id], self.num_frames, self.options)
            for object_id in tracked_ids
        ]
        results = self.runner.evaluate(frame_index, evaluations) if evaluations else []
        fresh = dict(zip(tracked_ids, results, strict=True))
        for object_id in list(self.banks):
            self.banks[object_id] = self.banks[object_id].track(frame_index, reverse, fresh.get(object_id))
        shown = {
            object_id: fresh[object_id] if object_id in fresh else bank.conditioning[frame_index]
            for object_id, bank in self.banks.items()
        }
        return FrameOutcome(frame_index, dict(shown))

    def _commit(self, object_id: int, frame_index: int, result: FrameResult, is_conditioning: bool) -> None:
        if result.spatial_memory is None:
            binarize = self.options.binarize_prompted_masks
            encoding = MemoryEncoding(object_id, frame_index, result, binarize, is_conditioning)
            memory = self.runner.encode_memories(frame_index, [encoding])[0]
            result = replace(result, spatial_memory=memory)
        self.banks[object_id] = self.banks[object_id].commit(frame_index, result, is_conditioning)
        if self.options.clear_around_prompts:
            self._clear_around(object_id, frame_index)

    def _clear_around(self, object_id: int, frame_index: int) -> None:
        settings = self.options.settings
        reach = settings.memory_stride * settings.num_spatial_memories
        self.banks[object_id] = self.banks[object_id].clear_around(frame_index, reach)
