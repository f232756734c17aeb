"""Pseudo-labels: objects are found, honest tracks kept, drifting ones dropped, and the trainer reads the result."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest

from masklet_export.evaluate.baselines import as_prediction
from masklet_export.evaluate.measures import region_similarity
from masklet_export.evaluate.video_segmenter import FramePrompt, Mask, Prediction
from masklet_export.self_training.command_line import main
from masklet_export.self_training.consistent_masklets import ConsistencySettings, track_consistently
from masklet_export.self_training.label_videos import LabelSettings, label_video
from masklet_export.self_training.proposals import ProposalSettings, border_share, bounding_box, propose_objects
from masklet_export.train.readers.davis_layout import list_davis
from masklet_export.train.readers.procedural_clips import dead_leaves
from masklet_export.train.readers.records import Image

HEIGHT, WIDTH, FRAMES = 96, 144, 6


def discs(index: int) -> list[Mask]:
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    return [
        (columns - 30 - 3 * index) ** 2 + (rows - 30) ** 2 <= 14**2,
        (columns - 110) ** 2 + (rows - 64 + 2 * index) ** 2 <= 12**2,
    ]


def clip() -> list[Image]:
    """Two discs with a texture of their own, moving over a textured ground."""
    rng = np.random.default_rng(3)
    ground, skin = dead_leaves(HEIGHT, WIDTH, rng), dead_leaves(HEIGHT, WIDTH, rng)
    frames = []
    for index in range(FRAMES):
        frame = ground.copy()
        for mask, (right, down) in zip(discs(index), ((3, 0), (0, -2)), strict=True):
            frame[mask] = np.roll(skin, (down * index, right * index), (0, 1))[mask]
        frames.append(frame)
    return frames


class Seer:
    """Knows where the discs are, but loses the second one after the first frame when it `drifts`."""

    def __init__(self, *, drifts: bool) -> None:
        self._drifts = drifts
        self._followed: dict[int, tuple[int, bool]] = {}
        self._length, self._is_reversed = 0, False

    def set_video(self, frames: Sequence[Image]) -> None:
        self._length = len(frames)
        self._is_reversed = bool((frames[0] != clip()[0]).any())
        self.reset()

    def reset(self) -> None:
        self._followed = {}

    def prompt(self, object_id: int, frame_index: int, prompt: FramePrompt) -> Prediction:
        masks = discs(self._time(frame_index))
        if prompt.clicks:
            x, y = int(prompt.clicks[0].x), int(prompt.clicks[0].y)
            hit = [mask for mask in masks if mask[y, x]]
            return as_prediction(hit[0] if hit else np.ones((HEIGHT, WIDTH), bool))
        if prompt.box is not None:
            return as_prediction(next(mask for mask in masks if bounding_box(mask) == prompt.box))
        assert prompt.mask is not None
        number = int(np.argmax([region_similarity(prompt.mask, mask) for mask in masks]))
        self._followed[object_id] = (number, self._drifts and number == 1)
        return as_prediction(prompt.mask)

    def propagate(
        self, start: int, *, reverse: bool = False, max_frames: int | None = None
    ) -> Iterator[tuple[int, dict[int, Prediction]]]:
        for index in range(start, self._length):
            yield (
                index,
                {
                    object_id: as_prediction(np.roll(discs(self._time(index))[number], 20 * is_lost * index, 1))
                    for object_id, (number, is_lost) in self._followed.items()
                },
            )

    def _time(self, index: int) -> int:
        return FRAMES - 1 - index if self._is_reversed else index


def write_video(path: Path, frames: list[Image]) -> None:
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 12, (WIDTH, HEIGHT))
    for frame in frames:
        writer.write(np.ascontiguousarray(frame[:, :, ::-1]))
    writer.release()


def test_objects_are_found_once_and_only_consistent_tracks_are_kept() -> None:
    settings = ProposalSettings(min_area=0.001)
    found = propose_objects(Seer(drifts=False), 0, (HEIGHT, WIDTH), settings)
    # The ground (everything else a click answers with) fills the frame, so it is no object.
    assert len(found) == 2
    assert {tuple(bounding_box(mask)) for mask in found} == {tuple(bounding_box(mask)) for mask in discs(0)}
    assert border_share(np.ones((4, 4), bool)) == 1
    assert border_share(discs(0)[0]) == 0
    assert border_share(np.zeros((4, 4), bool)) == 0

    kept = track_consistently(Seer(drifts=False), clip(), discs(0), ConsistencySettings())
    assert [len(masklet) for masklet in kept] == [FRAMES, FRAMES]
    kept = track_consistently(Seer(drifts=True), clip(), discs(0), ConsistencySettings())
    assert len(kept) == 1
    np.testing.assert_array_equal(kept[0][-1], discs(FRAMES - 1)[0])
    # With the flow left out the way back still finds the one that was lost.
    only_cycle = ConsistencySettings(min_flow_agreement=0)
    assert len(track_consistently(Seer(drifts=True), clip(), discs(0), only_cycle)) == 1


def test_labels_are_written_in_davis_layout_and_not_made_twice(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    videos, output = tmp_path / "videos", tmp_path / "labels"
    videos.mkdir()
    write_video(videos / "discs.avi", clip() * 2)
    settings = LabelSettings(frames=FRAMES, stride=1, max_windows=1, proposals=ProposalSettings(min_area=0.001))

    class AnyVideoSeer(Seer):
        """Recognises the direction by where the frames' first disc is brightest: files are not bit-exact."""

        def set_video(self, frames: Sequence[Image]) -> None:
            super().set_video(frames)
            first, last = clip()[0].astype(float), clip()[-1].astype(float)
            given = frames[0].astype(float)
            self._is_reversed = bool(np.abs(given - last).mean() < np.abs(given - first).mean())

    assert label_video(videos / "discs.avi", AnyVideoSeer(drifts=False), output, settings) == {"discs_00": 2}
    assert label_video(videos / "discs.avi", AnyVideoSeer(drifts=False), output, settings) == {}
    (sequence,) = list_davis(output)
    assert sequence.num_frames == FRAMES
    assert sequence.object_ids == (1, 2)
    # The larger one was painted first and has the number of its score.
    areas = sorted(np.count_nonzero(sequence.mask(0, object_id)) for object_id in sequence.object_ids)
    assert areas == sorted(np.count_nonzero(mask) for mask in discs(0))

    empty = tmp_path / "empty"
    empty.mkdir()
    assert main(["--input", str(empty), "--output", str(output), "--pack", str(tmp_path / "none")]) == 2
    assert "masklet-label:" in capsys.readouterr().err
