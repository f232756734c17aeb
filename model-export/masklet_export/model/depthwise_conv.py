"""Depthwise convolution with a gradient that is fast on a CPU."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor


def depthwise_conv(x_bchw: Tensor, weight_c1kk: Tensor, bias_c: Tensor, stride: int, padding: int) -> Tensor:
    """One k x k filter a channel: [B,C,H,W] → [B,C,H',W'].

    Under CPU autograd the 5x5 and the strided filters take their gradient in float32: oneDNN has no fast bfloat16 one
    (measured 30 to 50 times slower).
    """
    if not torch.is_grad_enabled() or x_bchw.device.type != "cpu":
        return F.conv2d(x_bchw, weight_c1kk, bias_c, stride, padding, groups=len(weight_c1kk))
    dtype = torch.get_autocast_dtype("cpu") if torch.is_autocast_enabled("cpu") else x_bchw.dtype
    return _Depthwise.apply(x_bchw.to(dtype), weight_c1kk, bias_c, stride, padding)


class _Depthwise(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor, stride: int, padding: int) -> Tensor:
        ctx.save_for_backward(x, weight)
        ctx.stride, ctx.padding = stride, padding
        return F.conv2d(x, weight.to(x.dtype), bias.to(x.dtype), stride, padding, groups=len(weight))

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        x, weight = ctx.saved_tensors
        is_slow = ctx.stride > 1 or weight.shape[-1] > 3
        dtype = torch.float32 if is_slow else x.dtype
        grad = grad.to(dtype).contiguous(memory_format=torch.channels_last)
        x_grad, weight_grad, _ = torch.ops.aten.convolution_backward(
            grad,
            x.to(dtype).contiguous(memory_format=torch.channels_last),
            weight.to(dtype),
            None,
            [ctx.stride] * 2,
            [ctx.padding] * 2,
            [1, 1],
            False,
            [0, 0],
            len(weight),
            [ctx.needs_input_grad[0], ctx.needs_input_grad[1], False],
        )
        bias_grad = grad.sum((0, 2, 3), dtype=torch.float32) if ctx.needs_input_grad[2] else None
        return (
            None if x_grad is None else x_grad.to(x.dtype),
            None if weight_grad is None else weight_grad.to(weight.dtype),
            bias_grad,
            None,
            None,
        )
