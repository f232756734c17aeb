"""Names of SAM 2's and EdgeTAM's tensors in Meta's checkpoints, from those in transformers' state dict."""

from __future__ import annotations

import re
from typing import NamedTuple

_THREE_LAYERS = {"proj_in": "layers.0", "layers.0": "layers.1", "proj_out": "layers.2"}
_HEAD = r"(iou_prediction_head|pred_obj_score_head|output_hypernetworks_mlps\.\d+|object_pointer_proj)"

_RULES = (
    (r"^vision_encoder\.backbone\.timm_model", "image_encoder.trunk.body"),
    (r"^spatial_perceiver\.latents_1d$", "spatial_perceiver.latents"),
    (r"^(spatial_perceiver\.layers\.\d+)\.(cross_attention|layer_norm_input|layer_norm_latents)", r"\1.attn.\2"),
    (r"^(spatial_perceiver\.layers\.\d+)\.(self_attention|layer_norm_self)", r"\1.self_attn.\2"),
    (r"\.attn\.layer_norm_input", ".attn.norm_x"),
    (r"\.self_attn\.layer_norm_self", ".self_attn.norm"),
    (r"\.(?:cross|self)_attention\.q_proj", ".to_q"),
    (r"\.(?:cross|self)_attention\.[kv]_proj", ".to_kv"),
    (r"\.(?:cross|self)_attention\.o_proj", ".to_out"),
    (r"^(spatial_perceiver\.layers\.\d+)\.mlp\.", r"\1.ff."),
    (r"^(spatial_perceiver\.layers\.\d+)\.self_mlp\.", r"\1.self_ff."),
    (r"\.((?:self_)?ff)\.layer_norm", r".\1.0"),
    (r"\.((?:self_)?ff)\.up_proj", r".\1.1"),
    (r"\.((?:self_)?ff)\.down_proj", r".\1.3"),
    (r"^(memory_attention\.layers\.\d+)\.mlp\.up_proj", r"\1.linear1"),
    (r"^(memory_attention\.layers\.\d+)\.mlp\.down_proj", r"\1.linear2"),
    (rf"{_HEAD}\.(proj_in|layers\.0|proj_out)", lambda match: f"{match[1]}.{_THREE_LAYERS[match[2]]}"),
    (r"^vision_encoder\.backbone\.patch_embed\.projection", "image_encoder.trunk.patch_embed.proj"),
    (r"^vision_encoder\.backbone", "image_encoder.trunk"),
    (r"^vision_encoder\.neck\.convs\.(\d+)", r"image_encoder.neck.convs.\1.conv"),
    (
        r"^(shared_image|prompt_encoder\.shared)_embedding\.positional_embedding",
        "sam_prompt_encoder.pe_layer.positional_encoding_gaussian_matrix",
    ),
    (r"^prompt_encoder\.mask_embed\.conv1", "sam_prompt_encoder.mask_downscaling.0"),
    (r"^prompt_encoder\.mask_embed\.layer_norm1", "sam_prompt_encoder.mask_downscaling.1"),
    (r"^prompt_encoder\.mask_embed\.conv2", "sam_prompt_encoder.mask_downscaling.3"),
    (r"^prompt_encoder\.mask_embed\.layer_norm2", "sam_prompt_encoder.mask_downscaling.4"),
    (r"^prompt_encoder\.mask_embed\.conv3", "sam_prompt_encoder.mask_downscaling.6"),
    (r"^prompt_encoder", "sam_prompt_encoder"),
    (r"^mask_decoder\.upscale_conv1", "sam_mask_decoder.output_upscaling.0"),
    (r"^mask_decoder\.upscale_layer_norm", "sam_mask_decoder.output_upscaling.1"),
    (r"^mask_decoder\.upscale_conv2", "sam_mask_decoder.output_upscaling.3"),
    (r"^mask_decoder", "sam_mask_decoder"),
    (
        r"^memory_encoder\.mask_downsampler\.layers\.(\d+)\.conv",
        lambda match: f"memory_encoder.mask_downsampler.encoder.{3 * int(match[1])}",
    ),
    (
        r"^memory_encoder\.mask_downsampler\.layers\.(\d+)\.layer_norm",
        lambda match: f"memory_encoder.mask_downsampler.encoder.{3 * int(match[1]) + 1}",
    ),
    (r"^memory_encoder\.mask_downsampler\.final_conv", "memory_encoder.mask_downsampler.encoder.12"),
    (r"^memory_encoder\.feature_projection", "memory_encoder.pix_feat_proj"),
    (r"^memory_encoder\.projection", "memory_encoder.out_proj"),
    (r"^memory_encoder\.memory_fuser", "memory_encoder.fuser"),
    (r"\.depthwise_conv\.", ".dwconv."),
    (r"\.pointwise_conv(\d)\.", r".pwconv\1."),
    (r"(fuser\.layers\.\d+)\.scale$", r"\1.gamma"),
    (r"^memory_temporal_positional_encoding", "maskmem_tpos_enc"),
    (r"^no_memory_embedding", "no_mem_embed"),
    (r"^no_memory_positional_encoding", "no_mem_pos_enc"),
    (r"^no_object_pointer", "no_obj_ptr"),
    (r"^occlusion_spatial_embedding_parameter", "no_obj_embed_spatial"),
    (r"^object_pointer_proj", "obj_ptr_proj"),
    (r"^temporal_positional_encoding_projection_layer", "obj_ptr_tpos_proj"),
    (r"\.mlp\.proj_in\.", ".mlp.layers.0."),
    (r"\.mlp\.proj_out\.", ".mlp.layers.1."),
    (r"\.o_proj\.", ".out_proj."),
    (r"layer_norm", "norm"),
)
_POINT_EMBEDDINGS = 4
_KEY_OR_VALUE = re.compile(r"^spatial_perceiver\.layers\.\d+\.\w+_attention\.([kv])_proj\.")


class MetaRows(NamedTuple):
    """Which of so many equal parts of Meta's tensor, cut along the first axis."""

    part: int
    of: int


def meta_keys(hub_key: str) -> list[str]:
    """Meta's name of a tensor; several where Meta keeps its rows as tensors of their own.

    Source: the modules' attribute names in sam2/modeling@2b90b9f and transformers' modeling_sam2_video.py.
    """
    key = hub_key
    for pattern, replacement in _RULES:
        key = re.sub(pattern, replacement, key)
    if key == "sam_prompt_encoder.point_embed.weight":
        return [f"sam_prompt_encoder.point_embeddings.{row}.weight" for row in range(_POINT_EMBEDDINGS)]
    return [key]


def meta_rows(hub_key: str) -> MetaRows | None:
    """The part of Meta's tensor that is this one; None: the whole. EdgeTAM's perceiver has keys and values in one."""
    match = _KEY_OR_VALUE.match(hub_key)
    return MetaRows("kv".index(match[1]), 2) if match else None
