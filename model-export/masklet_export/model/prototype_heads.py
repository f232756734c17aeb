"""Auxiliary heads of training: embeddings in which an object's pixels lie near one prototype. Dropped at export."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class PrototypeHeads(nn.Module):
    """1x1 projections of the stride-16 and stride-8 features to unit vectors, each with a logit scale and bias.

    The training loss compares every pixel with the mean vector of an object's pixels over a clip; nothing of it
    is needed to predict.
    """

    def __init__(self, hidden_size: int, embedding_size: int = 32) -> None:
        super().__init__()
        self.embed_stride16 = nn.Conv2d(hidden_size, embedding_size, 1)
        self.embed_stride8 = nn.Conv2d(hidden_size // 4, embedding_size, 1)
        self.logit_scales = nn.Parameter(torch.tensor([4.0, -1.0, 4.0, -1.0]))
        """Scale and bias at stride 16, then scale and bias at stride 8; a logit is 2·(|scale|·cosine + bias)."""

    def forward(self, stride16_bdhw: Tensor, stride8_bdhw: Tensor) -> tuple[Tensor, Tensor]:
        """Unit embeddings in float32: [B,E,h,h] and [B,E,2h,2h]."""
        return (
            F.normalize(self.embed_stride16(stride16_bdhw).float(), dim=1),
            F.normalize(self.embed_stride8(stride8_bdhw).float(), dim=1),
        )
