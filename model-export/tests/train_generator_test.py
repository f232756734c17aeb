"""The clip generator: reproducible, and its masks say what its pictures show."""

from __future__ import annotations

import io
from collections.abc import Iterator

import numpy as np
import pytest
import torch
from PIL import Image as PillowImage

from masklet_export.train.banks import Banks, BankSizes, build_banks
from masklet_export.train.clips.background import camera_maps, pick_rows, render_ground
from masklet_export.train.clips.canvases import instance_canvases
from masklet_export.train.clips.clip_generator import ClipGenerator
from masklet_export.train.clips.layers import LayerPath
from masklet_export.train.clips.light import compress_blocks
from masklet_export.train.clips.settings import (
    AbsenceSettings,
    CameraSettings,
    ClipShape,
    GeneratorSettings,
    LayerSettings,
    LightSettings,
)
from masklet_export.train.readers.procedural_clips import make_procedural_clips
from masklet_export.train.readers.records import ClipRecord, CutoutRecord, StillRecord

DARK = LightSettings(
    gamma=0,
    contrast=0,
    brightness=0,
    saturation=0,
    grey_chance=0,
    flicker_chance=0,
    blur_chance=0,
    motion_blur_chance=0,
    low_resolution_chance=0,
    noise_chance=0,
    compression_chance=0,
)
"""No photometric change (a small tint per channel remains)."""


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def still(height: int, width: int, *, set_name: str = "stills", colour: tuple[int, int, int] = (230, 20, 20)
          ) -> StillRecord:  # fmt: skip
    """A grey picture with one rectangle of a colour, labelled 1."""
    image = np.full((height, width, 3), 90, np.uint8)
    instances = np.zeros((height, width), np.uint8)
    instances[height // 4 : height // 2, width // 4 : 3 * width // 4] = 1
    image[instances == 1] = colour
    return StillRecord("rectangle", set_name, image, instances)


def banks_of(*records: StillRecord | ClipRecord | CutoutRecord, paste: float = 0.0) -> Banks:
    sizes = BankSizes(width=160, height=120, cutout=48)
    return build_banks(records, sizes, background_weights={}, paste_weights={"stills": paste, "procedural": paste})


def coloured(frames: torch.Tensor) -> torch.Tensor:
    """Where red clearly outweighs green: bool [B,T,S,S]."""
    red, green = frames[:, :, 0].float(), frames[:, :, 1].float()
    return red - green > 70


@pytest.mark.parametrize(("height", "width"), [(120, 160), (160, 120), (90, 90)])
def test_masks_move_with_the_picture(height: int, width: int) -> None:
    quiet = GeneratorSettings(
        light=DARK, absence=AbsenceSettings(0, 0), layers=LayerSettings(counts=(1.0,), elastic_chance=0),
        camera=CameraSettings(elastic_chance=0.5),
    )  # fmt: skip
    batch = ClipGenerator(banks_of(still(height, width)), quiet).generate(ClipShape(8, 3, 96, 1), (5,))
    assert batch.frames_bt3ss.dtype == torch.uint8
    assert batch.masks_bktss.shape == (8, 1, 3, 96, 96)
    shown = coloured(batch.frames_bt3ss)
    for sample in np.flatnonzero(batch.is_valid_bk[:, 0].numpy()):
        mask = batch.masks_bktss[sample, 0]
        agreement = (mask & shown[sample]).sum() / (mask | shown[sample]).sum()
        # Mirrored copies beyond the picture's border show the colour without being labelled.
        inside = (mask & shown[sample]).sum() / mask.sum()
        assert inside > 0.93, (sample, agreement)
    assert batch.is_valid_bk.float().mean() > 0.5


def test_upright_pictures_come_back_upright() -> None:
    image = np.zeros((160, 120, 3), np.uint8)
    image[:40] = 255
    record = StillRecord("upright", "stills", image, np.zeros((160, 120), np.uint8))
    bank = banks_of(record).pictures
    shape = ClipShape(4, 1, 64, 1)
    rng = np.random.default_rng(0)
    rows = pick_rows(bank, rng, shape)
    camera = CameraSettings(whole_picture_chance=1.0, rotation=0, aspect=0)
    ground = render_ground(bank, rows, camera_maps(bank, rows, rng, shape, camera), rng, shape, 0.0)
    picture = ground.frames_bt3ss[:, 0].mean(1)
    assert (picture[:, :14] > 0.9).all()
    assert (picture[:, 18:] < 0.1).all()


def test_later_layers_hide_earlier_ones_and_what_they_hide_is_not_labelled() -> None:
    cutout = np.zeros((40, 40, 4), np.uint8)
    cutout[2:38, 2:38] = (230, 20, 20, 255)
    grey = StillRecord("grey", "stills", np.full((120, 160, 3), 90, np.uint8), np.zeros((120, 160), np.uint8))
    layers = LayerSettings(
        counts=(0, 0, 0, 1.0), instance_share=0, cutout_share=1.0, recolour_chance=0, elastic_chance=0.3, min_size=0.3
    )
    quiet = GeneratorSettings(light=DARK, absence=AbsenceSettings(0, 0), layers=layers)
    banks = banks_of(grey, CutoutRecord("red", "red", (cutout,)))
    batch = ClipGenerator(banks, quiet).generate(ClipShape(6, 4, 96, 3), (11,))
    masks, shown = batch.masks_bktss, coloured(batch.frames_bt3ss)
    assert not (masks[:, 0] & masks[:, 1] & (masks[:, 0] != masks[:, 2])).any() or not batch.is_valid_bk.all()
    labelled = masks.any(1)
    assert (labelled & ~shown).float().mean() < 0.01
    # Three layers are pasted and three targets asked for: everything coloured is labelled.
    assert (shown & ~labelled).float().mean() < 0.02


def test_equal_seeds_give_equal_batches_and_targets_are_on_the_first_frame() -> None:
    records = list(make_procedural_clips(4, frames=6, height=120, width=160, seed=0))
    generator = ClipGenerator(banks_of(*records, still(120, 160), paste=1.0))
    shape = ClipShape(6, 4, 64, 2)
    one, same, other = (generator.generate(shape, seed) for seed in ((1, 2), (1, 2), (1, 3)))
    assert torch.equal(one.frames_bt3ss, same.frames_bt3ss)
    assert torch.equal(one.masks_bktss, same.masks_bktss)
    assert not torch.equal(one.frames_bt3ss, other.frames_bt3ss)
    area = one.masks_bktss[:, :, 0].float().mean((2, 3))
    assert (area[one.is_valid_bk] > 0.004).all()
    big = generator.generate(ClipShape(2, 2, 192, 2), (4,))
    assert big.frames_bt3ss.shape == (2, 2, 3, 192, 192)


def test_absence_is_frequent_when_asked_for() -> None:
    records = list(make_procedural_clips(4, frames=6, height=120, width=160, seed=0))
    shape = ClipShape(24, 4, 64, 1)

    def absent_share(absence: AbsenceSettings) -> float:
        generator = ClipGenerator(banks_of(*records, paste=1.0), GeneratorSettings(absence=absence))
        batch = generator.generate(shape, (9,))
        hidden = ~batch.masks_bktss[:, 0].flatten(2).any(2)
        assert not hidden[batch.is_valid_bk[:, 0], 0].any()
        return hidden[:, 1:].any(1).float().mean().item()

    assert absent_share(AbsenceSettings(cover_chance=0, cut_chance=1)) == 1.0
    assert absent_share(AbsenceSettings(cover_chance=1, cut_chance=0)) > 0.55
    assert absent_share(AbsenceSettings(cover_chance=0, cut_chance=0)) < 0.4


def test_instances_are_cut_out_whole() -> None:
    canvases = instance_canvases(banks_of(still(120, 160), paste=1.0), np.random.default_rng(0), 2)
    assert canvases.shape == (2, 4, 48, 48)
    alpha = canvases[:, 3]
    # 30 x 80 pixels of the picture: the long side fills the canvas, the short one 3/8 of it.
    assert alpha.mean().item() == pytest.approx(3 / 8, abs=0.03)
    assert (canvases[:, :3] <= alpha[:, None] + 1e-6).all()
    red = canvases[:, 0][alpha > 0.99]
    assert red.mean().item() == pytest.approx(230 / 255, abs=0.02)


def test_layer_maps_put_an_object_where_its_path_says() -> None:
    path = LayerPath(
        centre_nt2=np.array([[[10.0, -5.0]]]), size_nt=np.array([[20.0]]), angle_nt=np.array([[0.0]]),
        aspect_n=np.array([1.0]),
    )  # fmt: skip
    matrix = path.maps()[0, 0]
    assert matrix @ [10, -5, 1] == pytest.approx([0, 0])
    assert matrix @ [20, 5, 1] == pytest.approx([1, 1])
    assert matrix @ [0, -15, 1] == pytest.approx([-1, -1])


def test_compression_looks_like_jpeg() -> None:
    rng = np.random.default_rng(0)
    coarse = rng.random((6, 6, 3))
    image = np.array(PillowImage.fromarray((coarse * 255).astype(np.uint8)).resize((64, 64), PillowImage.BICUBIC))
    image = np.clip(image + rng.normal(0, 12, image.shape), 0, 255).astype(np.uint8)
    clip = torch.from_numpy(image).permute(2, 0, 1)[None, None].float() / 255
    for quality in (30, 60, 85):
        buffer = io.BytesIO()
        PillowImage.fromarray(image).save(buffer, "JPEG", quality=quality, subsampling=0)
        jpeg = np.array(PillowImage.open(buffer)).astype(float)
        ours = compress_blocks(clip, np.array([quality]))[0, 0].permute(1, 2, 0).numpy() * 255
        loss, jpeg_loss = np.abs(ours - image).mean(), np.abs(jpeg - image).mean()
        assert loss == pytest.approx(jpeg_loss, rel=0.3)
        assert np.abs(ours - jpeg).mean() < 0.8 * jpeg_loss


def test_banks_refuse_nothing_to_show() -> None:
    with pytest.raises(ValueError, match="no pictures"):
        banks_of()
    clip = next(iter(make_procedural_clips(1, frames=5, height=120, width=160, seed=3)))
    bank = banks_of(clip).pictures
    assert (bank.sequence_start.tolist(), bank.sequence_length.tolist()) == ([0], [5])
    rows = pick_rows(bank, np.random.default_rng(0), ClipShape(50, 3, 64, 1))
    steps = np.diff(rows, axis=1)
    assert rows.min() >= 0
    assert rows.max() <= 4
    assert (np.abs(steps).min(), np.abs(steps).max()) == (1, 2)
    assert (steps > 0).any()
    assert (steps < 0).any()
