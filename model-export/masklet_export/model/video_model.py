"""What all our models share: SAM 2's prompt encoder, mask decoder and memory modules, as four pure steps.

The modules are transformers' own; this file only says how they are called. Subclasses bring the image encoder.
Batch-first everywhere. Axis letters: B object slots · P points · N spatial memories · K object pointers · D hidden
size · S model input size · h = S/16.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Self

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from transformers.models.edgetam_video.modeling_edgetam_video import EdgeTamVideoPerceiverResampler
from transformers.models.sam2_video.modeling_sam2_video import (
    Sam2VideoFeedForward,
    Sam2VideoMaskDecoder,
    Sam2VideoMemoryAttention,
    Sam2VideoMemoryEncoder,
    Sam2VideoPromptEncoder,
)

from masklet_export.model.feature_neck import ImageFeatures
from masklet_export.model.nano_config import STRIDE16, check_image_size
from masklet_export.model.positions import sine_positions_1d, sine_positions_2d

SIGMOID_SCALE = 20.0
SIGMOID_BIAS = -10.0
"""Mask logits become `sigmoid · 20 − 10` before the memory encoder (SAM 2's released configurations)."""
NUM_MASK_TOKENS = 4


@dataclass(frozen=True)
class DecodedMasks:
    """All that the mask decoder says about B prompts; nothing is selected or gated yet.

    Train on these: a gated mask or pointer is a constant and carries no gradient.
    """

    mask_logits: Tensor
    """[B,4,S/4,S/4], tokens 0 (single mask) and 1..3 (candidates)."""
    predicted_iou: Tensor
    """[B,4], in 0..1."""
    mask_tokens: Tensor
    """[B,4,D], the input of `make_pointer`."""
    occlusion_score: Tensor
    """[B,1], a logit; positive means visible."""


class VideoModel(nn.Module, ABC):
    """SAM 2's video model with the memory bank as an input.

    A subclass sets the attributes below in its `__init__`, then calls `set_image_size`.
    """

    hidden_size: int
    memory_channels: int
    image_size: int
    prompt_encoder: Sam2VideoPromptEncoder
    mask_decoder: Sam2VideoMaskDecoder
    memory_attention: Sam2VideoMemoryAttention
    memory_encoder: Sam2VideoMemoryEncoder
    object_pointer_projection: Sam2VideoFeedForward
    pointer_time_projection: nn.Linear | None
    """None in SAM 2.0: pointers carry no time there."""
    mask_downsample: nn.Conv2d
    no_memory_embedding: nn.Parameter
    """[1,D,1,1]"""
    temporal_positions: nn.Parameter
    """[num_spatial_memories,64]; the last row is that of conditioning frames."""
    no_object_pointer: nn.Parameter
    """[1,D]"""
    occlusion_embedding: nn.Parameter | None
    """[1,64]; None in SAM 2.0."""
    spatial_perceiver: EdgeTamVideoPerceiverResampler | None
    """EdgeTAM's: makes a few tokens of a memory's h·h; None in SAM 2."""

    @abstractmethod
    def encode_image(self, image_b3ss: Tensor) -> ImageFeatures:
        """Image features of normalised pictures [B,3,S,S]."""

    @property
    def architecture(self) -> str:
        """`sam2.1` or `sam2.0`, told apart by the tensors that 2.1 added; `edgetam` by its perceiver."""
        if self.spatial_perceiver is not None:
            return "edgetam"
        return "sam2.0" if self.occlusion_embedding is None else "sam2.1"

    @property
    def grid(self) -> int:
        """Side h of the stride-16 map."""
        return self.image_size // STRIDE16

    @property
    def memory_tokens(self) -> int:
        """Tokens of one spatial memory: its h·h positions, or the perceiver's latents."""
        if self.spatial_perceiver is None:
            return self.grid**2
        return self.spatial_perceiver.num_latents_1d + self.spatial_perceiver.num_latents_2d

    @property
    def size_step(self) -> int:
        """What input sizes are multiples of: EdgeTAM's perceiver cuts a memory into windows."""
        if self.spatial_perceiver is None:
            return 2 * STRIDE16
        return STRIDE16 * perceiver_windows(self.spatial_perceiver)

    def set_image_size(self, image_size: int) -> Self:
        """Rebuild every table that depends on the model's input size; weights stay as they are.

        Raises `ValueError` when the size is not a multiple of 32 (EdgeTAM: of 16 times its perceiver's windows a side).
        """
        check_image_size(image_size)
        if image_size % self.size_step != 0:
            raise ValueError(f"image size must be a multiple of {self.size_step} for EdgeTAM, got {image_size}")
        self.image_size = image_size
        grid = self.grid
        self.prompt_encoder.image_embedding_size = (grid, grid)
        self.prompt_encoder.mask_input_size = (4 * grid, 4 * grid)
        self.prompt_encoder.input_image_size = image_size
        device = self.no_memory_embedding.device
        rows, columns = torch.meshgrid(torch.arange(grid), torch.arange(grid), indexing="ij")
        self.memory_attention.position_ids = torch.stack([columns.flatten(), rows.flatten()], dim=-1).to(device)
        for name, channels in (("feature_positions", self.hidden_size), ("memory_positions", self.memory_channels)):
            self.register_buffer(name, sine_positions_2d(channels, grid).to(device), persistent=False)
        return self

    def image_positions(self) -> Tensor:
        """Random-Fourier code of every stride-16 cell's centre, [1,D,h,h]; the code that points use too."""
        grid = self.grid
        with torch.autocast(self.no_memory_embedding.device.type, enabled=False):
            centres = (torch.arange(grid, device=self.no_memory_embedding.device) + 0.5) / grid
            y, x = torch.meshgrid(centres, centres, indexing="ij")
            code = self.prompt_encoder.shared_embedding(torch.stack([x, y], dim=-1))
        return code.permute(2, 0, 1)[None]

    def without_memory(self, stride16_bdhh: Tensor) -> Tensor:
        """What an initial conditioning frame is decoded from: features plus the no-memory embedding."""
        return stride16_bdhh + self.no_memory_embedding

    def attend_memory(
        self,
        stride16_bdhh: Tensor,
        spatial_memories_bnlc: Tensor,
        temporal_rows_bn: Tensor,
        object_pointers_bkd: Tensor | None = None,
        pointer_times_bk: Tensor | None = None,
    ) -> Tensor:
        """Condition image features on the memory bank; every slot given is attended to (no padding here).

        Args:
            stride16_bdhh: [1 or B,D,h,h].
            spatial_memories_bnlc: [B,N,L,64], N ≥ 1; L = `memory_tokens`, row-major positions.
            temporal_rows_bn: int [B,N] or [1,N], rows of `temporal_positions`.
            object_pointers_bkd: [B,K,D], or None for no pointers.
            pointer_times_bk: [B,K] or [1,K], dt / (min(frames, 16) − 1), signed; ignored by SAM 2.0.
        Returns: conditioned features [B,D,h,h].
        Source: SAM 2 §4; sam2_base.py@2b90b9f `_prepare_memory_conditioned_features`.
        """
        batch, count, _, channels = spatial_memories_bnlc.shape
        keys = spatial_memories_bnlc.flatten(1, 2)
        rows = F.embedding(temporal_rows_bn.long(), self.temporal_positions)
        positions = (self._token_positions() + rows[:, :, None]).flatten(1, 2).expand(batch, -1, -1)
        pointer_tokens = 0
        if object_pointers_bkd is not None and object_pointers_bkd.shape[1] > 0:
            split = self.hidden_size // channels
            pointer_tokens = object_pointers_bkd.shape[1] * split
            keys = torch.cat((keys, object_pointers_bkd.reshape(batch, pointer_tokens, channels)), dim=1)
            times = self._pointer_positions(object_pointers_bkd, pointer_times_bk)
            positions = torch.cat((positions, times.repeat_interleave(split, dim=1).expand(batch, -1, -1)), dim=1)
        features = stride16_bdhh.expand(batch, -1, -1, -1).flatten(2).permute(2, 0, 1)
        conditioned = self.memory_attention(
            current_vision_features=features,
            current_vision_position_embeddings=self.feature_positions[:, None],
            memory=keys.transpose(0, 1),
            memory_posision_embeddings=positions.transpose(0, 1),
            num_object_pointer_tokens=pointer_tokens,
            **({} if self.spatial_perceiver is None else {"num_spatial_memory_tokens": count}),
        )
        return conditioned.reshape(batch, self.grid**2, -1).transpose(1, 2).unflatten(2, (self.grid, self.grid))

    def _token_positions(self) -> Tensor:
        """Position code of a memory's tokens, [L,64]; the perceiver's global latents have none."""
        if self.spatial_perceiver is None:
            return self.memory_positions
        windows = sine_positions_2d(self.memory_channels, perceiver_windows(self.spatial_perceiver))
        return F.pad(windows, (0, 0, self.spatial_perceiver.num_latents_1d, 0)).to(self.memory_positions)

    def _pointer_positions(self, object_pointers_bkd: Tensor, pointer_times_bk: Tensor | None) -> Tensor:
        """Position code of each pointer, [B or 1,K,64]; zeros in SAM 2.0."""
        if self.pointer_time_projection is None:
            return object_pointers_bkd.new_zeros(1, object_pointers_bkd.shape[1], self.memory_channels)
        if pointer_times_bk is None:
            raise ValueError(f"{self.architecture} needs pointer_times for pointers {tuple(object_pointers_bkd.shape)}")
        return self.pointer_time_projection(sine_positions_1d(pointer_times_bk.float(), self.hidden_size))

    def decode_masks(
        self,
        conditioned_bdhh: Tensor,
        stride4: Tensor,
        stride8: Tensor,
        points_bp2: Tensor | None = None,
        point_labels_bp: Tensor | None = None,
        mask_input_b1hw: Tensor | None = None,
    ) -> DecodedMasks:
        """Prompt encoder and mask decoder.

        Args:
            conditioned_bdhh: [B,D,h,h] (`attend_memory`, `without_memory`, or raw features for a mask prompt).
            stride4, stride8: as in `ImageFeatures`, batch B or 1.
            points_bp2: model pixels before the +0.5 shift, box corners first; None for no prompt. The reference's
                trailing padding token is appended here.
            point_labels_bp: int [B,P]: 1, 0, 2 and 3 for box corners, −1 no prompt.
            mask_input_b1hw: [B,1,S/4,S/4] previous logits clamped to ±32 or a mask prompt through
                `mask_downsample`; None for the learned no-mask embedding.
        Source: SAM §A "Mask decoder", SAM 2 §4; sam2/modeling/sam/{prompt_encoder,mask_decoder}.py@2b90b9f.
        """
        batch, decoder = conditioned_bdhh.shape[0], self.mask_decoder
        if points_bp2 is None or point_labels_bp is None:
            points_bp2 = conditioned_bdhh.new_zeros(batch, 1, 2, dtype=torch.float32)
            point_labels_bp = torch.full((batch, 1), -1, dtype=torch.int32, device=conditioned_bdhh.device)
        # The point code has frequencies beyond bfloat16's resolution: autocast would blur positions by pixels.
        with torch.autocast(conditioned_bdhh.device.type, enabled=False):
            sparse, dense = self.prompt_encoder(points_bp2.float()[:, None], point_labels_bp[:, None], None, None)
        if mask_input_b1hw is not None:
            dense = self.prompt_encoder.mask_embed(mask_input_b1hw)
        output_tokens = torch.cat(
            (decoder.obj_score_token.weight, decoder.iou_token.weight, decoder.mask_tokens.weight), dim=0
        )
        tokens = torch.cat((output_tokens.expand(batch, 1, -1, -1), sparse), dim=2)
        tokens, image = decoder.transformer(
            point_embeddings=tokens,
            image_embeddings=conditioned_bdhh + dense,
            image_positional_embeddings=self.image_positions().expand(batch, -1, -1, -1),
            attention_similarity=None,
        )
        mask_tokens = tokens[:, 0, 2 : 2 + NUM_MASK_TOKENS]
        image = image.transpose(2, 3).reshape(batch, self.hidden_size, self.grid, self.grid)
        upscaled = decoder.activation(decoder.upscale_layer_norm(decoder.upscale_conv1(image) + stride8))
        upscaled = decoder.activation(decoder.upscale_conv2(upscaled) + stride4)
        kernels = torch.stack(
            [head(mask_tokens[:, i]) for i, head in enumerate(decoder.output_hypernetworks_mlps)], dim=1
        )
        masks = (kernels @ upscaled.flatten(2)).unflatten(2, upscaled.shape[-2:])
        return DecodedMasks(
            mask_logits=masks.float(),
            predicted_iou=decoder.iou_prediction_head(tokens[:, 0, 1]).float(),
            mask_tokens=mask_tokens,
            occlusion_score=decoder.pred_obj_score_head(tokens[:, 0, 0]).float(),
        )

    def encode_memory(
        self, stride16_bdhh: Tensor, mask_logits_b1hw: Tensor, is_present_b: Tensor, binarize: bool = False
    ) -> Tensor:
        """Fuse one frame's raw features with its mask into a spatial memory [B,L,64].

        Args:
            stride16_bdhh: [1 or B,D,h,h], without no-memory embedding or memory attention.
            mask_logits_b1hw: [B,1,S/4,S/4], upsampled ×4 bilinear here.
            is_present_b: [B], 1 where the object is visible (score > 0), 0 where it is not; may be the ground truth.
            binarize: True for prompted frames (mask > 0), False for tracked ones (sigmoid).
        Source: SAM 2 §4 "memory encoder"; sam2_base.py@2b90b9f `_encode_new_memory`.
        """
        logits = F.interpolate(mask_logits_b1hw.float(), size=(self.image_size,) * 2, mode="bilinear")
        masks = (logits > 0).float() if binarize else torch.sigmoid(logits)
        features = stride16_bdhh.expand(mask_logits_b1hw.shape[0], -1, -1, -1)
        memory, _ = self.memory_encoder(features, masks * SIGMOID_SCALE + SIGMOID_BIAS)
        memory = memory.flatten(2).transpose(1, 2)
        if self.occlusion_embedding is not None:
            memory = memory + (1 - is_present_b)[:, None, None] * self.occlusion_embedding
        if self.spatial_perceiver is not None:
            maps = (memory, self.memory_positions.expand_as(memory))
            grid = (self.grid, self.grid)
            memory, _ = self.spatial_perceiver(*(each.transpose(1, 2).unflatten(2, grid) for each in maps))
        return memory

    def make_pointer(self, mask_tokens_bd: Tensor, is_present_b: Tensor) -> Tensor:
        """Object pointer [B,D] from the selected mask token [B,D]; a hard switch to the no-object pointer.

        Source: SAM 2 §4; sam2_base.py@2b90b9f `_forward_sam_heads`.
        """
        present = is_present_b[:, None]
        return present * self.object_pointer_projection(mask_tokens_bd) + (1 - present) * self.no_object_pointer


def perceiver_windows(perceiver: EdgeTamVideoPerceiverResampler) -> int:
    """Into how many windows a side the perceiver cuts a memory; each becomes one token."""
    return math.isqrt(perceiver.num_latents_2d)
