"""The tracker's public face: prompts on any frame of any object, propagation, masks at the video's size.

Objects never influence each other; ids are the caller's and are never reused by the tracker.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from masklet_export.reference.clean_up import fill_holes, remove_islands, separate_objects
from masklet_export.reference.memory_bank import MemoryBank
from masklet_export.reference.prompt_tensors import FramePrompt, Point, make_mask_prompt, make_points_prompt
from masklet_export.reference.propagate import FrameOutcome, Propagation
from masklet_export.reference.resize_logits import resize_logits
from masklet_export.reference.track_frame import FrameRunner, plan_prompt
from masklet_export.reference.tracker_options import TrackerOptions

ABSENT_LOGIT = -1024.0


@dataclass(frozen=True)
class CleanUp:
    """Repair of shown masks; areas in pixels of the low-resolution logits, 0 = off. Nothing of it enters memory."""

    fills_holes_up_to: int = 0
    removes_islands_up_to: int = 0
    separates_objects: bool = False


class VideoSegmenter:
    """Segments and tracks objects of one video.

    Args:
        runner: runs the networks (`graph_runner.GraphRunner`, or a stand-in).
        num_frames, video_size: of the video; size is (width, height).
        model_size: S.
    """

    def __init__(
        self,
        runner: FrameRunner,
        num_frames: int,
        video_size: tuple[int, int],
        model_size: int,
        options: TrackerOptions | None = None,
    ) -> None:
        self.runner = runner
        self.num_frames = num_frames
        self.video_size = video_size
        self.model_size = model_size
        self.options = options or TrackerOptions()
        self.banks: dict[int, MemoryBank] = {}
        self._prompts: dict[int, dict[int, FramePrompt]] = {}

    @property
    def object_ids(self) -> list[int]:
        """In order of creation."""
        return list(self.banks)

    def prompts(self, object_id: int) -> dict[int, FramePrompt]:
        """An object's prompts by frame."""
        return dict(self._prompts[object_id])

    def add_points_or_box(
        self,
        frame_index: int,
        object_id: int,
        points: Sequence[Point] | None = None,
        labels: Sequence[int] | None = None,
        box: Sequence[float] | None = None,
        *,
        clear_old: bool = True,
    ) -> FrameOutcome:
        """Segment an object on a frame from points (1 inside, 0 outside) and/or a box, in video pixels.

        Replaces the frame's earlier points unless `clear_old` is False; its mask prompt in any case.
        Raises `TrackerError` `bad-prompt`, or `empty-bank` on a correction that has nothing to attend to.
        """
        self._ensure(object_id)
        previous = self._prompts[object_id].get(frame_index)
        if previous is not None and previous.mask is not None:
            previous = None
        return self._add_prompt(frame_index, object_id, make_points_prompt(previous, points, labels, box, clear_old))

    def add_mask(self, frame_index: int, object_id: int, mask: np.ndarray) -> FrameOutcome:
        """Take a mask [H,W] (of any size; non-zero = inside) as the object's mask on a frame."""
        self._ensure(object_id)
        return self._add_prompt(frame_index, object_id, make_mask_prompt(mask, self.model_size))

    def clear(self, frame_index: int, object_id: int) -> FrameOutcome:
        """Take back an object's prompts on a frame; a conditioning frame becomes an ordinary one."""
        self._ensure(object_id)
        self._prompts[object_id].pop(frame_index, None)
        self.banks[object_id] = self.banks[object_id].clear_prompts(frame_index)
        return self._shown(frame_index, self._is_staged_conditioning(frame_index))

    def remove_object(self, object_id: int) -> list[FrameOutcome]:
        """Forget an object. Returns the frames it was prompted on, as they look without it."""
        if object_id not in self.banks:
            return []
        if len(self.banks) == 1:
            self.reset()
            return []
        frames = list(self._prompts.pop(object_id))
        del self.banks[object_id]
        return [self._shown(frame, self._is_staged_conditioning(frame)) for frame in frames]

    def reset(self) -> None:
        """Forget all objects."""
        self.banks.clear()
        self._prompts.clear()

    def propagate(
        self, start: int | None = None, max_frames: int | None = None, *, reverse: bool = False
    ) -> Iterator[FrameOutcome]:
        """Track all objects; frames `start` … `start ± max_frames` inclusive. Drop the iterator to cancel.

        What was tracked before the cancel stays. Raises `TrackerError` `no-objects` or `no-prompts` at the first step.
        """
        return self.make_propagation().run(start, max_frames, reverse)

    def make_propagation(self) -> Propagation:
        return Propagation(self.banks, self.runner, self.num_frames, self.options)

    def masks(self, outcome: FrameOutcome, clean_up: CleanUp | None = None) -> dict[int, np.ndarray]:
        """Object id → bool mask [H,W] at the video's size; an object without a result has an empty one."""
        clean_up = clean_up or CleanUp()
        width, height = self.video_size
        logits = [
            resize_logits(self._repaired(outcome, object_id, clean_up), height, width) for object_id in outcome.results
        ]
        if clean_up.separates_objects and len(logits) > 1:
            logits = list(separate_objects(np.stack(logits)))
        return {object_id: each > 0 for object_id, each in zip(outcome.results, logits, strict=True)}

    def _repaired(self, outcome: FrameOutcome, object_id: int, clean_up: CleanUp) -> np.ndarray:
        result = outcome.results[object_id]
        if result is None:
            return np.full((self.model_size // 4,) * 2, ABSENT_LOGIT, np.float32)
        logits = result.mask_logits
        if clean_up.fills_holes_up_to > 0:
            logits = fill_holes(logits, clean_up.fills_holes_up_to)
        if clean_up.removes_islands_up_to > 0:
            logits = remove_islands(logits, clean_up.removes_islands_up_to)
        return logits

    def _add_prompt(self, frame_index: int, object_id: int, prompt: FramePrompt) -> FrameOutcome:
        self._prompts[object_id][frame_index] = prompt
        bank = self.banks[object_id]
        evaluation = plan_prompt(object_id, frame_index, prompt, bank, self.num_frames, self.options)
        result = self.runner.evaluate(frame_index, [evaluation])[0]
        self.banks[object_id] = bank.stage(frame_index, result, evaluation.stores_conditioning)
        return self._shown(frame_index, evaluation.stores_conditioning)

    def _ensure(self, object_id: int) -> None:
        """Any call that names an object creates it, as in the reference."""
        self.banks.setdefault(object_id, MemoryBank())
        self._prompts.setdefault(object_id, {})

    def _is_staged_conditioning(self, frame_index: int) -> bool:
        return any(frame_index in bank.staged_conditioning for bank in self.banks.values())

    def _shown(self, frame_index: int, is_conditioning: bool) -> FrameOutcome:
        results = {object_id: bank.shown(frame_index, is_conditioning) for object_id, bank in self.banks.items()}
        return FrameOutcome(frame_index, results)
