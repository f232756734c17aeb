"""Pixels in and out: resizing, preprocessing, repair of masks, bfloat16."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image
from safetensors.numpy import load_file
from scipy import ndimage

from masklet_export.pack.manifest import PackManifest, read_manifest
from masklet_export.reference.clean_up import (
    fill_holes,
    keep_clicked,
    label_components,
    remove_islands,
    separate_objects,
)
from masklet_export.reference.graph_runner import round_to_bfloat16
from masklet_export.reference.preprocess_frame import ResizeFilter, preprocess_frame, resize_frame
from masklet_export.reference.prompt_tensors import make_mask_prompt, mask_prompt_input, mask_prompt_logits
from masklet_export.reference.resize_logits import resize_antialiased, resize_logits

sizes = st.integers(2, 40)
masks = arrays(bool, st.tuples(st.integers(1, 14), st.integers(1, 14)))


@pytest.fixture(scope="module")
def manifest(micro_pack: Path) -> PackManifest:
    return read_manifest(micro_pack)


@settings(max_examples=60, deadline=None)
@given(height=sizes, width=sizes, to_height=sizes, to_width=sizes, seed=st.integers(0, 9))
def test_resizing_equals_pytorch(height: int, width: int, to_height: int, to_width: int, seed: int) -> None:
    image = np.random.default_rng(seed).standard_normal((height, width)).astype(np.float32)
    tensor = torch.from_numpy(image)[None, None]
    for ours, antialias in ((resize_logits, False), (resize_antialiased, True)):
        theirs = F.interpolate(
            tensor, size=(to_height, to_width), mode="bilinear", align_corners=False, antialias=antialias
        )
        np.testing.assert_allclose(ours(image, to_height, to_width), theirs[0, 0].numpy(), atol=2e-5)


def test_frames_are_resized_as_the_reference_does(conformance: Path) -> None:
    clip = conformance / "numeric" / "clips" / "C"
    recorded = load_file(clip / "model_input.safetensors")
    for key, expected in recorded.items():
        kind, index = key.rsplit("_", 1)
        frame = np.asarray(Image.open(clip / f"{index}.png").convert("RGB"))
        if kind == "resized_u8":
            np.testing.assert_array_equal(resize_frame(frame, expected.shape[0], ResizeFilter.BICUBIC), expected)


def test_a_frame_becomes_a_normalised_picture(manifest: PackManifest) -> None:
    frame = np.random.default_rng(0).integers(0, 256, (48, 80, 3)).astype(np.uint8)
    image = preprocess_frame(frame, manifest, ResizeFilter.TRIANGLE)
    tensor = torch.from_numpy(frame).permute(2, 0, 1)[None].float()
    size = manifest.image_size
    resized = F.interpolate(tensor, size=(size, size), mode="bilinear", antialias=True)[0] / 255
    mean, deviation = (torch.tensor(values).view(3, 1, 1) for values in (manifest.image_mean, manifest.image_std))
    np.testing.assert_allclose(image[0], ((resized - mean) / deviation).numpy(), atol=1e-5)
    assert preprocess_frame(frame, manifest).shape == (1, 3, size, size)
    with pytest.raises(ValueError, match=r"\(48, 80\)"):
        preprocess_frame(frame[:, :, 0], manifest)
    with pytest.raises(ValueError, match="float32"):
        preprocess_frame(frame.astype(np.float32), manifest)


def test_mask_prompts_in_all_their_forms(manifest: PackManifest) -> None:
    mask = np.zeros((96, 160), np.uint8)
    mask[20:70, 30:120] = 255
    prompt = make_mask_prompt(mask, 64)
    shrunk = F.interpolate(
        torch.from_numpy(mask > 0).float()[None, None], size=(64, 64), mode="bilinear", antialias=True
    )
    expected = (shrunk >= 0.5).float()
    np.testing.assert_array_equal(prompt.mask, expected[0, 0].numpy())
    logits = F.interpolate(expected * 20 - 10, size=(16, 16), mode="bilinear", antialias=True)
    np.testing.assert_allclose(mask_prompt_logits(prompt.mask), logits[0, 0].numpy(), atol=1e-5)
    weight = torch.tensor(manifest.mask_downsample_weight).reshape(1, 1, 4, 4)
    convolved = F.conv2d(expected, weight, torch.tensor([manifest.mask_downsample_bias]), stride=4)
    actual = mask_prompt_input(prompt.mask, manifest.mask_downsample_weight, manifest.mask_downsample_bias)
    np.testing.assert_allclose(actual, convolved[0, 0].numpy(), atol=1e-5)
    same_size = make_mask_prompt(np.eye(64, dtype=np.uint8), 64)
    np.testing.assert_array_equal(same_size.mask, np.eye(64))


@settings(max_examples=150, deadline=None)
@given(mask=masks)
def test_components_are_scipys(mask: np.ndarray) -> None:
    labels, areas = label_components(mask)
    theirs, count = ndimage.label(mask, structure=np.ones((3, 3)))
    assert labels.max(initial=0) == count
    pairs = set(zip(labels.ravel().tolist(), theirs.ravel().tolist(), strict=True))
    assert len(pairs) == count + (0 in labels)
    assert areas.sum() == mask.size
    assert (areas == np.bincount(labels.ravel())).all()


@settings(max_examples=100, deadline=None)
@given(mask=masks, area=st.integers(0, 20), data=st.data())
def test_repairs_touch_only_what_they_name(mask: np.ndarray, area: int, data: st.DataObject) -> None:
    logits = np.where(mask, 3.0, -4.0).astype(np.float32)
    theirs, _ = ndimage.label(mask, structure=np.ones((3, 3)))
    sizes_of = np.bincount(theirs.ravel())
    without_islands = remove_islands(logits, area) > 0
    np.testing.assert_array_equal(without_islands, mask & (sizes_of[theirs] > area))
    holes, _ = ndimage.label(~mask, structure=np.ones((3, 3)))
    hole_sizes = np.bincount(holes.ravel())
    np.testing.assert_array_equal(fill_holes(logits, area) > 0, mask | ((holes > 0) & (hole_sizes[holes] <= area)))

    y, x = (data.draw(st.integers(0, side - 1)) for side in mask.shape)
    kept = keep_clicked(logits, [(x + 0.5, y + 0.5)])
    if mask[y, x]:
        np.testing.assert_array_equal(kept > 0, theirs == theirs[y, x])
        assert (kept[mask & (theirs != theirs[y, x])] == -10).all()
    else:
        assert kept is logits


def test_objects_share_no_pixel_when_separated() -> None:
    logits = np.random.default_rng(2).standard_normal((3, 20, 30)).astype(np.float32) * 5
    apart = separate_objects(logits)
    assert ((apart > 0).sum(axis=0) <= 1).all()
    winners = logits.argmax(axis=0)
    np.testing.assert_array_equal(
        np.take_along_axis(apart, winners[None], axis=0), np.take_along_axis(logits, winners[None], axis=0)
    )
    assert separate_objects(logits[:1]) is not None
    np.testing.assert_array_equal(separate_objects(logits[:1]), logits[:1])


def test_bfloat16_rounds_to_even() -> None:
    values = torch.randn(1000) * 100
    values[:4] = torch.tensor([1.00390625, 1.01171875, -1.00390625, 0.0])
    np.testing.assert_array_equal(round_to_bfloat16(values.numpy()), values.bfloat16().float().numpy())
