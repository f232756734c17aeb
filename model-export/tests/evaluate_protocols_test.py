"""Whole evaluations over small data sets made here, with trackers whose answers are known."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as PillowImage

from masklet_export.evaluate.baselines import CopyFirstMask, OpticalFlow, as_prediction, fill_box, grab_cut
from masklet_export.evaluate.command_line import main
from masklet_export.evaluate.data_sets import open_data_set
from masklet_export.evaluate.evaluation import EvaluationSettings, evaluate
from masklet_export.evaluate.interactive import InteractiveSettings, RoundScore, mean_rounds
from masklet_export.evaluate.mask_files import voc_palette
from masklet_export.evaluate.open_segmenter import SegmenterChoice
from masklet_export.evaluate.prompted_frames import spread
from masklet_export.evaluate.report import to_json, to_table
from masklet_export.evaluate.tracking import without_overlap
from masklet_export.evaluate.video_segmenter import FrameList, FramePrompt, Prediction
from masklet_export.evaluate.vos_command_line import main as vos_main
from masklet_export.evaluate.whole_data_set import TrackingJob, open_jobs, run_job, run_jobs
from masklet_export.model.nano import NanoModel
from masklet_export.pack.manifest import PackCard, TrackerSettings
from masklet_export.pack.write_pack import write_pack
from masklet_export.train.readers.records import Image, VideoSequence

HEIGHT, WIDTH, FRAMES = 40, 64, 8


def disc(x: float, y: float, radius: float) -> np.ndarray:
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    return (columns - x) ** 2 + (rows - y) ** 2 <= radius**2


def truth(index: int, object_id: int) -> np.ndarray:
    """Object 1 moves right and is hidden on frames 4 and 5; object 2 appears on frame 2 and stays."""
    if object_id == 1:
        return disc(12 + 4 * index, 20, 7) & (index not in (4, 5))
    return disc(50, 10, 6) & (index >= 2)


def picture(index: int) -> Image:
    frame = np.full((HEIGHT, WIDTH, 3), 60, np.uint8)
    frame[truth(index, 2)] = (40, 200, 60)
    frame[truth(index, 1)] = (220, 60, 40)
    return frame


def save(path: Path, array: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    PillowImage.fromarray(array).save(path)


@pytest.fixture(scope="module")
def davis(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("davis")
    for name in ("ball", "ball-too"):
        for index in range(FRAMES):
            save(root / "JPEGImages" / name / f"{index:05d}.png", picture(index))
            indices = truth(index, 1) + 2 * (truth(index, 2) & ~truth(index, 1))
            save(root / "Annotations" / name / f"{index:05d}.png", indices.astype(np.uint8))
    return root


@pytest.fixture(scope="module")
def sav(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("sav")
    for index in range(FRAMES):
        save(root / "JPEGImages_24fps" / "sav_1" / f"{index:05d}.png", picture(index))
        for object_id in (1, 2):
            path = root / "Annotations_6fps" / "sav_1" / f"{object_id - 1:03d}" / f"{index:05d}.png"
            save(path, truth(index, object_id).astype(np.uint8))
    return root


class KnowsTheTruth:
    """Answers everything rightly, except that the first `blunders` answers to clicks are a shifted mask."""

    def __init__(self, blunders: int = 0) -> None:
        self._left = blunders
        self._ids: dict[int, int] = {}
        self.prompts: list[tuple[int, int, FramePrompt]] = []
        self.wrong_frames: set[int] = set()

    def set_video(self, frames: Sequence[Image]) -> None:
        self._frames = frames
        self.reset()

    def reset(self) -> None:
        self._ids = {}

    def prompt(self, object_id: int, frame_index: int, prompt: FramePrompt) -> Prediction:
        self.prompts.append((object_id, frame_index, prompt))
        self._ids[object_id] = frame_index
        self.wrong_frames.discard(frame_index)
        mask = truth(frame_index, object_id)
        if prompt.clicks and self._left > 0:
            self._left -= 1
            mask = np.roll(mask, 6, axis=1)
        return as_prediction(mask)

    def propagate(
        self, start: int, *, reverse: bool = False, max_frames: int | None = None
    ) -> Iterator[tuple[int, dict[int, Prediction]]]:
        assert not reverse
        assert max_frames is None
        for index in range(start, len(self._frames)):
            shift = 6 if index in self.wrong_frames else 0
            yield index, {i: as_prediction(np.roll(truth(index, i), shift, axis=1)) for i in self._ids}


def test_a_perfect_tracker_gets_full_marks_under_both_rules(davis: Path, sav: Path) -> None:
    for root, rule in ((davis, "davis"), (sav, "sav")):
        data_set = open_data_set(root)
        assert data_set.rule == rule
        result = evaluate(KnowsTheTruth(), data_set, EvaluationSettings())
        means = result.means
        for key in ("click1_iou", "click3_iou", "box_iou", "semi_j", "semi_f", "semi_jf", "click_track_j"):
            assert means[key] == 1.0, (root.name, key)
        assert means["semi_absent_right"] == 1.0
        assert [sequence.name for sequence in result.sequences] == sorted(s.name for s in data_set.sequences)


def test_objects_start_where_they_first_show_and_late_ones_get_their_own_run(davis: Path) -> None:
    tracker = KnowsTheTruth()
    data_set = open_data_set(davis, names=["ball"])
    evaluate(tracker, data_set, EvaluationSettings(modes=("semi",)))
    assert [(object_id, frame) for object_id, frame, _ in tracker.prompts] == [(1, 0), (2, 2)]
    assert all(prompt.mask is not None for *_, prompt in tracker.prompts)
    limited = evaluate(tracker, data_set, EvaluationSettings(modes=("semi",), max_frames=4))
    # Object 2 has two annotated frames within the first four: too few to count any.
    assert set(limited.sequences[0].objects[1]) >= {"semi_j"}
    assert limited.sequences[0].objects[2] == {}


def test_clicks_correct_errors_and_boxes_are_exact(davis: Path) -> None:
    tracker = KnowsTheTruth(blunders=1)
    settings = EvaluationSettings(modes=("prompts",), frames_per_object=1)
    result = evaluate(tracker, open_data_set(davis, names=["ball"]), settings)
    first = [prompt for object_id, _, prompt in tracker.prompts if object_id == 1]
    assert [len(prompt.clicks) for prompt in first] == [1, 1, 1, 0]
    assert first[3].box == (5, 13, 19, 27)
    numbers = result.sequences[0].objects[1]
    assert numbers["click1_iou"] < 0.6
    assert numbers["click3_iou"] == numbers["box_iou"] == 1.0
    wanted = first[0].clicks[0]
    assert (wanted.x, wanted.y, wanted.is_positive) == (12, 20, True)


def test_interactive_rounds_go_to_the_worst_frame_and_pause_where_it_fails(davis: Path) -> None:
    patience = InteractiveSettings(frames=3, clicks_per_frame=3)
    data_set = open_data_set(davis, names=["ball"])
    tracker = KnowsTheTruth()
    tracker.wrong_frames = {3, 6}
    result = evaluate(tracker, data_set, EvaluationSettings(modes=("offline",), interactive=patience))
    frames = [frame for object_id, frame, _ in tracker.prompts if object_id == 1]
    assert frames == [0, 3, 6]
    curve = result.interactive["offline"]
    assert curve == sorted(curve)
    assert curve[-1] == pytest.approx(1.0, abs=0.02)
    tracker = KnowsTheTruth()
    tracker.wrong_frames = {3, 6}
    online = evaluate(tracker, data_set, EvaluationSettings(modes=("online",), interactive=patience))
    assert [frame for object_id, frame, _ in tracker.prompts if object_id == 1] == [0, 3, 6]
    assert online.interactive["online"][-1] == pytest.approx(1.0, abs=0.02)
    tracks = [[RoundScore(1, 0.2), RoundScore(2, 0.6)], [RoundScore(1, 0.4)]]
    assert mean_rounds(tracks, 3) == pytest.approx([0.3, 0.5, 0.5])


def test_overlapping_answers_are_settled_by_the_highest_logit() -> None:
    one, other = np.full((2, 2), 3.0, np.float32), np.full((2, 2), -1.0, np.float32)
    other[0] = 5.0
    one[1, 1] = -2.0
    masks = without_overlap({7: one, 9: other})
    assert masks[9].tolist() == [[True, True], [False, False]]
    assert masks[7].tolist() == [[False, False], [True, False]]


def test_baselines_behave_as_their_names_say(davis: Path) -> None:
    sequence = open_data_set(davis, names=["ball"]).sequences[0]
    frames = FrameList(sequence, 4)
    assert len(frames) == 4
    assert len(frames[1:3]) == 2
    with pytest.raises(IndexError):
        frames[4]
    copy, flow = CopyFirstMask(), OpticalFlow()
    ious = {}
    for name, baseline in (("copy", copy), ("flow", flow)):
        baseline.set_video(frames)
        baseline.prompt(1, 0, FramePrompt(mask=truth(0, 1)))
        masks = {index: predictions[1].mask for index, predictions in baseline.propagate(0)}
        assert sorted(masks) == [0, 1, 2, 3]
        wanted = truth(3, 1)
        ious[name] = (masks[3] & wanted).sum() / (masks[3] | wanted).sum()
    assert ious["copy"] < 0.2
    assert ious["flow"] > 0.5
    assert [index for index, _ in copy.propagate(3, reverse=True)] == [3, 2, 1, 0]
    assert [index for index, _ in copy.propagate(1, max_frames=1)] == [1, 2]
    box = fill_box((5, 13, 19, 27), HEIGHT, WIDTH)
    assert box.sum() == 15 * 15
    cut = grab_cut(picture(0), (2, 10, 22, 30))
    assert (cut & truth(0, 1)).sum() / (cut | truth(0, 1)).sum() > 0.9
    with pytest.raises(ValueError, match="box_answer"):
        CopyFirstMask("magic")
    assert spread(list(range(10)), 3) == [0, 3, 6]
    assert spread([4], 3) == [4]


def test_command_line_writes_the_promised_keys_and_masks(
    davis: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--data", str(davis), "--baseline", "copy", "--json", str(tmp_path / "out.json")]
    assert main([*arguments, "--masks", str(tmp_path / "masks"), "--max-frames", "6"]) == 0
    assert "mean" in capsys.readouterr().out
    content = json.loads((tmp_path / "out.json").read_text())
    for key in ("click1_iou", "click3_iou", "box_iou", "semi_j", "semi_f", "semi_jf", "click_track_j"):
        assert 0 <= content[key] <= 1
        assert 0 <= content["sequences"]["ball"][key] <= 1
    assert content["max_frames"] == 6
    assert set(content["sequences"]["ball"]["objects"]) == {"1", "2"}
    with PillowImage.open(tmp_path / "masks" / "ball" / "00000.png") as image:
        assert image.mode == "P"
        assert np.array_equal(np.array(image) == 1, truth(0, 1))
    assert main([*arguments, "--modes", "semi", "--sequences", "cat"]) == 2
    assert "no sequence cat" in capsys.readouterr().err
    assert main(["--data", str(tmp_path / "missing"), "--baseline", "copy"]) == 2
    assert main(["--data", str(tmp_path), "--baseline", "copy"]) == 2
    assert "neither DAVIS" in capsys.readouterr().err
    only = evaluate(CopyFirstMask(), open_data_set(davis), EvaluationSettings(modes=("semi",)))
    assert to_json(only, "copy", None)["click1_iou"] is None
    assert "click1_iou" not in to_table(only)


def test_a_pack_is_driven_through_the_apps_twin(davis: Path, sav: Path, tmp_path: Path, micro_model: NanoModel) -> None:
    """Random weights: the numbers mean nothing, but every mode runs and gives one for every object."""
    micro_model.eval()
    write_pack(tmp_path / "micro", micro_model, PackCard("micro", "t", "0", "MIT", "test"), TrackerSettings())
    arguments = ["--pack", str(tmp_path / "micro"), "--json", str(tmp_path / "out.json"), "--max-frames", "5"]
    modes = ["--modes", "prompts", "semi", "click", "offline", "online", "--prompt-frames", "1"]
    assert main(["--data", str(davis), "--sequences", "ball", *arguments, *modes]) == 0
    content = json.loads((tmp_path / "out.json").read_text())
    assert content["model"] == "micro"
    assert len(content["interactive_jf"]["offline"]) == len(content["interactive_jf"]["online"]) == 8
    for numbers in content["sequences"]["ball"]["objects"].values():
        assert all(0 <= numbers[key] <= 1 for key in ("click1_iou", "click3_iou", "box_iou", "semi_j", "click_track_j"))
    command = ["--input", str(sav), "--output", str(tmp_path / "vos"), "--pack", str(tmp_path / "micro"), "--serial"]
    assert vos_main(command) == 0
    # A mask prompt is its own answer on its frame.
    with PillowImage.open(tmp_path / "vos" / "sav_1" / "000" / "00000.png") as image:
        given = np.array(image) > 0
    wanted = truth(0, 1)
    assert (given & wanted).sum() / (given | wanted).sum() > 0.6
    assert main(["--data", str(davis), "--pack", str(tmp_path / "none")]) == 2


def test_a_whole_data_set_is_tracked_once_and_resumes(davis: Path, sav: Path, tmp_path: Path) -> None:
    choice = SegmenterChoice(baseline="copy")
    jobs = open_jobs(choice, davis, tmp_path / "out")
    assert [job.sequence for job in jobs] == ["ball", "ball-too"]
    run_job(jobs[0])
    assert [job.sequence for job in open_jobs(choice, davis, tmp_path / "out")] == ["ball-too"]
    assert vos_main(["--input", str(davis), "--output", str(tmp_path / "out"), "--baseline", "copy", "--serial"]) == 0
    assert open_jobs(choice, davis, tmp_path / "out") == []
    assert len(list((tmp_path / "out" / "ball-too").glob("*.png"))) == FRAMES
    (result,) = run_jobs(open_jobs(choice, sav, tmp_path / "sav"), cluster=None, use_ray=False)
    assert (result.sequence, result.frames) == ("sav_1", FRAMES)
    # One folder per object, named as in the data set; the second object begins on frame 2.
    assert len(list((tmp_path / "sav" / "sav_1" / "000").glob("*.png"))) == FRAMES
    assert len(list((tmp_path / "sav" / "sav_1" / "001").glob("*.png"))) == FRAMES - 2
    broken = TrackingJob(SegmenterChoice(), davis, "ball", tmp_path / "x")
    with pytest.raises(ValueError, match="either a pack or a baseline"):
        run_job(broken)


def test_ray_runs_the_same_jobs(davis: Path, tmp_path: Path) -> None:
    pytest.importorskip("ray", reason="skipped: the optional `cluster` extra is not installed")
    jobs = open_jobs(SegmenterChoice(baseline="copy"), davis, tmp_path / "out")
    results = run_jobs(jobs, cluster=None, use_ray=True)
    assert {result.sequence: result.frames for result in results} == {"ball": FRAMES, "ball-too": FRAMES}


def test_the_palette_is_the_fields_own() -> None:
    palette = np.frombuffer(voc_palette(), np.uint8).reshape(256, 3)
    assert palette[:5].tolist() == [[0, 0, 0], [128, 0, 0], [0, 128, 0], [128, 128, 0], [0, 0, 128]]
    assert palette[15].tolist() == [192, 128, 128]
    assert len(np.unique(palette, axis=0)) == 256


def test_sequences_read_what_they_promise(sav: Path) -> None:
    sequence: VideoSequence = open_data_set(sav).sequences[0]
    assert np.array_equal(sequence.frame(3), picture(3))
    assert sequence.void(0) is None
