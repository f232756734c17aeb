"""The tracker's invariants: over made-up networks for any order of actions, and over a real pack."""

from __future__ import annotations

import itertools
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from masklet_export.evaluate.pack_segmenter import open_pack_segmenter
from masklet_export.evaluate.video_segmenter import Click, FramePrompt
from masklet_export.pack.manifest import TrackerSettings
from masklet_export.reference.clean_up import label_components
from masklet_export.reference.graph_runner import GraphRunner
from masklet_export.reference.limit_points import limit_points
from masklet_export.reference.memory_bank import FrameResult
from masklet_export.reference.pack_sessions import PackSessions
from masklet_export.reference.preprocess_frame import preprocess_frame
from masklet_export.reference.prompt_tensors import make_points_prompt
from masklet_export.reference.track_frame import Evaluation, MemoryEncoding
from masklet_export.reference.tracker_options import TrackerError, TrackerOptions
from masklet_export.reference.video_segmenter import CleanUp, VideoSegmenter

NUM_FRAMES = 9
VIDEO_SIZE = (64, 48)


class DigestRunner:
    """Networks whose answer is a digest of all they were fed, and nothing else: equal answers mean equal inputs."""

    def __init__(self) -> None:
        self.evaluated: list[tuple[int, int]] = []

    def evaluate(self, frame_index: int, evaluations: Sequence[Evaluation]) -> list[FrameResult]:
        return [self._evaluate(frame_index, evaluation) for evaluation in evaluations]

    def encode_memories(self, frame_index: int, encodings: Sequence[MemoryEncoding]) -> list[np.ndarray]:
        return [digest("memory", frame_index, each.result.mask_logits, each.binarize) for each in encodings]

    def _evaluate(self, frame_index: int, evaluation: Evaluation) -> FrameResult:
        self.evaluated.append((evaluation.object_id, frame_index))
        prompt = evaluation.prompt
        attended = [(memory.temporal_row, memory.result.spatial_memory.tobytes()) for memory in evaluation.memories] + [
            (pointer.distance, pointer.result.object_pointer.tobytes()) for pointer in evaluation.pointers
        ]
        parts = (
            frame_index,
            evaluation.features,
            evaluation.multimask,
            evaluation.pointer_normaliser,
            sorted(attended),
            None if prompt is None else (prompt.points, prompt.labels, prompt.mask),
            None if evaluation.previous is None else evaluation.previous.mask_logits,
        )
        return FrameResult(
            mask_logits=digest("mask", *parts),
            object_pointer=digest("pointer", *parts)[0],
            occlusion_score=1.0,
            spatial_memory=digest("memory", *parts) if prompt is None else None,
        )


def digest(*parts: object) -> np.ndarray:
    text = repr([part.tobytes() if isinstance(part, np.ndarray) else part for part in parts])
    return np.array([[zlib.crc32(text.encode())]], np.float64)


frames = st.integers(0, NUM_FRAMES - 1)
ids = st.sampled_from([1, 2, 3])
points = st.tuples(st.just("points"), frames, ids, st.integers(1, 3), st.booleans())
masks = st.tuples(st.just("mask"), frames, ids)
propagations = st.tuples(
    st.just("propagate"),
    st.none() | frames,
    st.none() | st.integers(0, NUM_FRAMES),
    st.booleans(),
    st.none() | st.integers(1, 4),
)
clears = st.tuples(st.just("clear"), frames, ids)
removals = st.tuples(st.just("remove"), ids)
actions = st.lists(points | masks | propagations | clears | removals, max_size=10)
option_sets = st.builds(
    TrackerOptions,
    settings=st.builds(
        TrackerSettings,
        num_spatial_memories=st.integers(2, 7),
        max_conditioning_frames=st.sampled_from([-1, 2, 3]),
        memory_stride=st.integers(1, 3),
        max_object_pointers=st.integers(2, 16),
    ),
    architecture=st.sampled_from(["sam2.0", "sam2.1"]),
    corrections_are_conditioning=st.booleans(),
    clear_around_prompts=st.booleans(),
)


def new_segmenter(options: TrackerOptions | None = None) -> VideoSegmenter:
    return VideoSegmenter(DigestRunner(), NUM_FRAMES, VIDEO_SIZE, 16, options)


def perform(segmenter: VideoSegmenter, action: tuple) -> bool:
    """Whether the tracker accepted the action."""
    kind, *rest = action
    try:
        if kind == "points":
            frame, object_id, count, clear_old = rest
            given_points = [(3.0 * n, 2.0 * n + frame) for n in range(count)]
            segmenter.add_points_or_box(frame, object_id, given_points, [1] * count, clear_old=clear_old)
        elif kind == "mask":
            frame, object_id = rest
            segmenter.add_mask(frame, object_id, np.eye(16, dtype=np.uint8))
        elif kind == "propagate":
            start, reach, reverse, stop_after = rest
            list(itertools.islice(segmenter.propagate(start, reach, reverse=reverse), stop_after))
        elif kind == "clear":
            segmenter.clear(*rest)
        else:
            segmenter.remove_object(*rest)
    except TrackerError:
        return False
    return True


def shown(segmenter: VideoSegmenter, object_id: int) -> dict[int, bytes]:
    """Every committed result of an object, by frame."""
    bank = segmenter.banks[object_id]
    results = {**bank.non_conditioning, **bank.conditioning}
    return {frame: result.mask_logits.tobytes() for frame, result in results.items()}


@settings(max_examples=120, deadline=None)
@given(script=actions, options=option_sets)
def test_any_order_of_actions_leaves_whole_banks(script: list[tuple], options: TrackerOptions) -> None:
    segmenter = new_segmenter(options)
    for action in script:
        kept = {object_id: dict(bank.conditioning) for object_id, bank in segmenter.banks.items()}
        is_accepted = perform(segmenter, action)
        for object_id, bank in segmenter.banks.items():
            stores = (bank.conditioning, bank.non_conditioning, bank.staged_conditioning, bank.staged_non_conditioning)
            assert all(0 <= frame < NUM_FRAMES for store in stores for frame in store)
            committed = {**bank.conditioning, **bank.non_conditioning}
            assert all(result.spatial_memory is not None for result in committed.values())
            assert all(result.spatial_memory is None for result in bank.staged_conditioning.values())
            assert set(bank.tracked) <= set(range(NUM_FRAMES))
            if action[0] == "propagate" and is_accepted:
                assert not set(bank.conditioning) & set(bank.non_conditioning)
                for frame, result in kept.get(object_id, {}).items():
                    is_replaced = bank.conditioning[frame] is not result
                    assert not is_replaced or frame in segmenter.prompts(object_id)


@settings(max_examples=60, deadline=None)
@given(script=actions)
def test_objects_never_influence_each_other(script: list[tuple]) -> None:
    """Object 1's results are the same with and without the others' prompts."""
    together, alone = new_segmenter(), new_segmenter()
    for action in script:
        if action[0] in ("points", "mask", "clear"):
            is_own = action[2] == 1
        else:
            is_own = action[0] == "propagate" or action[1] == 1
        if action[0] == "propagate":
            # A default start depends on all objects, and one without prompts stops everyone: give both the same.
            action = ("propagate", 0 if action[1] is None else action[1], *action[2:])
            if not all(
                bank.conditioning or bank.staged_conditioning
                for segmenter in (together, alone)
                for bank in segmenter.banks.values()
            ):
                continue
        perform(together, action)
        if is_own:
            perform(alone, action)
    if 1 in alone.banks and 1 in together.banks:
        assert shown(alone, 1) == shown(together, 1)


@settings(max_examples=40, deadline=None)
@given(start=frames, stop=st.integers(1, NUM_FRAMES))
def test_a_cancelled_run_can_be_resumed(start: int, stop: int) -> None:
    whole, parted = new_segmenter(), new_segmenter()
    for segmenter in (whole, parted):
        segmenter.add_points_or_box(start, 1, [(5.0, 5.0)], [1])
    list(whole.propagate())
    passed = [outcome.frame_index for outcome in itertools.islice(parted.propagate(), stop)]
    if passed[-1] + 1 < NUM_FRAMES:
        list(parted.propagate(start=passed[-1] + 1))
    assert shown(parted, 1) == shown(whole, 1)


@settings(max_examples=30, deadline=None)
@given(start=frames)
def test_both_directions_cover_every_frame_once(start: int) -> None:
    segmenter = new_segmenter()
    segmenter.add_points_or_box(start, 1, [(5.0, 5.0)], [1])
    visited = [outcome.frame_index for outcome in segmenter.propagate()]
    visited += [outcome.frame_index for outcome in segmenter.propagate(reverse=True)]
    assert sorted(visited) == sorted([*range(NUM_FRAMES), *([start] if start > 0 else [])])
    evaluated = segmenter.runner.evaluated
    assert sorted(frame for _, frame in evaluated) == list(range(NUM_FRAMES))


def test_a_correction_is_a_conditioning_frame_that_stays() -> None:
    segmenter = new_segmenter()
    segmenter.add_points_or_box(0, 1, [(5.0, 5.0)], [1])
    list(segmenter.propagate())
    before = shown(segmenter, 1)
    corrected = segmenter.add_points_or_box(4, 1, [(9.0, 9.0)], [0]).results[1]
    assert shown(segmenter, 1) == before
    outcomes = {outcome.frame_index: outcome.results[1] for outcome in segmenter.propagate(start=0)}
    assert outcomes[4].mask_logits is corrected.mask_logits
    assert set(segmenter.banks[1].conditioning) == {0, 4}
    after = shown(segmenter, 1)
    assert all(after[frame] != before[frame] for frame in range(1, NUM_FRAMES))

    metas_default = new_segmenter(TrackerOptions(corrections_are_conditioning=False))
    metas_default.add_points_or_box(0, 1, [(5.0, 5.0)], [1])
    list(metas_default.propagate())
    metas_default.add_points_or_box(4, 1, [(9.0, 9.0)], [0])
    list(metas_default.propagate(start=0))
    assert shown(metas_default, 1) == before


def test_what_was_added_can_be_taken_back() -> None:
    segmenter = new_segmenter()
    segmenter.add_points_or_box(0, 1, [(5.0, 5.0)], [1])
    before = shown(segmenter, 1), dict(segmenter.banks)
    segmenter.add_points_or_box(3, 1, [(7.0, 7.0)], [1])
    segmenter.clear(3, 1)
    assert (shown(segmenter, 1), dict(segmenter.banks)[1].staged_conditioning) == (
        before[0],
        before[1][1].staged_conditioning,
    )
    segmenter.add_mask(2, 2, np.eye(16, dtype=np.uint8))
    assert [outcome.frame_index for outcome in segmenter.remove_object(2)] == [2]
    assert segmenter.object_ids == [1]
    assert segmenter.remove_object(7) == []
    segmenter.remove_object(1)
    assert segmenter.object_ids == []


def test_calls_that_cannot_be_answered_name_their_reason() -> None:
    segmenter = new_segmenter()

    def code(call, *arguments, **options) -> str:
        with pytest.raises(TrackerError) as raised:
            call(*arguments, **options)
        return raised.value.code

    assert code(lambda: next(segmenter.propagate())) == "no-objects"
    assert code(segmenter.add_points_or_box, 0, 1) == "bad-prompt"
    assert code(segmenter.add_points_or_box, 0, 1, [(1.0, 1.0)]) == "bad-prompt"
    assert code(segmenter.add_points_or_box, 0, 1, [(1.0, 1.0)], [1, 0]) == "bad-prompt"
    assert code(segmenter.add_points_or_box, 0, 1, box=[0, 0, 5, 5], clear_old=False) == "bad-prompt"
    assert code(segmenter.add_mask, 0, 1, np.zeros((2, 2, 2))) == "bad-prompt"
    assert code(lambda: next(segmenter.propagate())) == "no-prompts"
    segmenter.add_points_or_box(0, 1, [(1.0, 1.0)], [1])
    list(segmenter.propagate())
    segmenter.clear(0, 1)
    assert code(segmenter.add_points_or_box, 3, 1, [(1.0, 1.0)], [1]) == "empty-bank"


def test_a_clip_of_one_frame_divides_nothing_by_zero(micro_pack: Path) -> None:
    segmenter = real_segmenter(PackSessions.open(micro_pack), num_frames=1)
    segmenter.add_points_or_box(0, 1, [(20.0, 20.0)], [1])
    list(segmenter.propagate())
    corrected = segmenter.add_points_or_box(0, 1, [(20.0, 20.0), (40.0, 30.0)], [1, 0])
    assert np.isfinite(corrected.results[1].mask_logits).all()


def real_segmenter(sessions: PackSessions, num_frames: int = 6) -> VideoSegmenter:
    width, height = VIDEO_SIZE
    clip = np.random.default_rng(5).integers(0, 256, (num_frames, height, width, 3)).astype(np.uint8)
    manifest = sessions.manifest
    runner = GraphRunner(sessions, lambda index: preprocess_frame(clip[index], manifest), VIDEO_SIZE)
    options = TrackerOptions(settings=manifest.tracker, architecture=manifest.architecture)
    return VideoSegmenter(runner, num_frames, VIDEO_SIZE, manifest.image_size, options)


def test_a_batch_of_objects_equals_each_object_alone(micro_pack: Path) -> None:
    """Object 3 is prompted late, so banks of different lengths share a run."""
    sessions = PackSessions.open(micro_pack)
    prompts = {1: (0, [(20.0, 20.0)]), 2: (0, [(40.0, 10.0), (42.0, 12.0)]), 3: (3, [(30.0, 40.0)])}

    def track(object_ids: Sequence[int]) -> dict[tuple[int, int], np.ndarray]:
        segmenter = real_segmenter(sessions)
        for object_id in object_ids:
            frame, clicks = prompts[object_id]
            segmenter.add_points_or_box(frame, object_id, clicks, [1] * len(clicks))
        return {
            (object_id, outcome.frame_index): result.mask_logits
            for outcome in segmenter.propagate(start=0)
            for object_id, result in outcome.results.items()
        }

    together = track([1, 2, 3])
    for object_id in prompts:
        for (_, frame), logits in track([object_id]).items():
            np.testing.assert_allclose(together[object_id, frame], logits, atol=1e-3, err_msg=f"{object_id} {frame}")


def test_masks_have_the_videos_size_and_mask_prompts_are_shown_as_given(micro_pack: Path) -> None:
    segmenter = real_segmenter(PackSessions.open(micro_pack))
    width, height = VIDEO_SIZE
    mask = np.zeros((height, width), np.uint8)
    mask[8:32, 16:48] = 1
    outcome = segmenter.add_mask(2, 5, mask)
    assert outcome.results[5].occlusion_score == 10
    given = segmenter.masks(outcome)[5]
    assert given.shape == (height, width)
    assert (given & (mask > 0)).sum() / (given | (mask > 0)).sum() > 0.85

    empty = segmenter.add_mask(4, 6, np.zeros((height, width)))
    assert empty.results[6].occlusion_score == -10
    assert not segmenter.masks(empty)[6].any()
    assert empty.results[5] is None
    assert not segmenter.masks(empty)[5].any()

    segmenter.remove_object(6)
    segmenter.add_points_or_box(2, 7, [(24.0, 20.0)], [1])
    outcomes = {each.frame_index: each for each in segmenter.propagate(start=2)}
    repaired = CleanUp(fills_holes_up_to=8, removes_islands_up_to=8, separates_objects=True)
    for each in outcomes.values():
        apart = segmenter.masks(each, repaired)
        assert not (apart[5] & apart[7]).any()


def test_a_pack_opens_as_a_segmenter_of_any_video(micro_pack: Path) -> None:
    segmenter = open_pack_segmenter(micro_pack)
    with pytest.raises(ValueError, match="set_video comes first"):
        segmenter.reset()
    width, height = VIDEO_SIZE
    clip = np.random.default_rng(6).integers(0, 256, (4, height, width, 3)).astype(np.uint8)
    segmenter.set_video(clip)
    first = segmenter.prompt(1, 0, FramePrompt(clicks=(Click(20, 20, True),)))
    second = segmenter.prompt(1, 0, FramePrompt(clicks=(Click(40, 10, False),)))
    assert first.logits_hw.shape == (height, width)
    assert segmenter.segmenter.prompts(1)[0].labels == (1, 0)
    assert not np.array_equal(first.logits_hw, second.logits_hw)
    segmenter.prompt(1, 0, FramePrompt(box=(5.0, 5.0, 30.0, 30.0)))
    assert segmenter.segmenter.prompts(1)[0].labels == (2, 3)
    segmenter.prompt(2, 1, FramePrompt(mask=np.ones((height, width), bool)))
    tracked = dict(segmenter.propagate(0))
    assert list(tracked) == [0, 1, 2, 3]
    assert tracked[1][2].mask.all()
    assert list(dict(segmenter.propagate(3, reverse=True, max_frames=1))) == [3, 2]
    segmenter.reset()
    assert segmenter.segmenter.object_ids == []


def test_edges_are_the_packs_choice_unless_told_and_never_reach_the_tracker(micro_pack: Path) -> None:
    height, width = 60, 90
    clip = np.random.default_rng(8).integers(0, 256, (4, height, width, 3)).astype(np.uint8)
    given = np.zeros((height, width), bool)
    given[20:40, 30:60] = True
    shown, tracked = {}, {}
    for edges in (None, "model", "picture"):
        segmenter = open_pack_segmenter(micro_pack, edges=edges)
        segmenter.set_video(clip)
        segmenter.prompt(1, 0, FramePrompt(mask=given))
        segmenter.prompt(2, 0, FramePrompt(clicks=(Click(20, 20, True),)))
        shown[edges] = dict(segmenter.propagate(0))
        tracked[edges] = [
            (bank.non_conditioning[frame].mask_logits, bank.non_conditioning[frame].spatial_memory)
            for bank in segmenter.segmenter.banks.values()
            for frame in (1, 2, 3)
        ]
    for mine, other in zip(tracked["model"], tracked["picture"], strict=True):
        assert all(np.array_equal(left, right) for left, right in zip(mine, other, strict=True))
    np.testing.assert_array_equal(shown[None][1][2].logits_hw, shown["model"][1][2].logits_hw)
    # What was given stays as it was given; what was tracked is refined.
    np.testing.assert_array_equal(shown["picture"][0][1].logits_hw, shown["model"][0][1].logits_hw)
    assert not np.array_equal(shown["picture"][2][2].logits_hw, shown["model"][2][2].logits_hw)


def test_a_pack_may_ask_for_token_zero_and_for_clicked_pieces_only(nano_pack: Path) -> None:
    """The nano pack does both; the twin answers as the app does."""
    sessions = PackSessions.open(nano_pack)
    assert sessions.manifest.tracker.keep_clicked_component
    segmenter = real_segmenter(sessions, num_frames=1)
    click = (20.0, 20.0)
    result = segmenter.add_points_or_box(0, 1, [click], [1]).results[1]
    assert result.token == 0
    side = len(result.mask_logits)
    x, y = (int(value / size * side) for value, size in zip(click, VIDEO_SIZE, strict=True))
    assert result.mask_logits[y, x] > 0
    _, areas = label_components(result.mask_logits > 0)
    assert len(areas) == 2


def test_of_many_points_the_newest_and_a_spread_reach_the_model() -> None:
    """As in the page: `workers/segment/prompts/limit-points.test.ts`."""
    old = [(0, 1), (0.1, 1), (0.2, 1), (0.3, 1), (90, 1), (0.4, 1), (0.15, 0)]
    stated = [*old, (40, 1), (41, 1), (42, 1)]
    prompt = make_points_prompt(
        None, [(x, 50) for x, _ in stated], [label for _, label in stated], (5, 5, 95, 95), clear_old=True
    )
    kept = limit_points(prompt, (100, 100), 6)
    assert kept.labels == (2, 3, 1, 1, 0, 1, 1, 1)
    assert [x for x, _ in kept.points] == [5, 95, 0, 90, 0.15, 40, 41, 42]
    assert limit_points(prompt, (100, 100), 10) is prompt
