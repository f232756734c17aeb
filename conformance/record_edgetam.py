"""Records the EdgeTAM part of the suite: transformers' own `EdgeTamVideoModel` with timm's RepViT, small and random.

    python conformance/record_edgetam.py conformance/numeric

Needs timm, which the rest of the project does without. Pictures come from the suite's clips. Memories are rounded to
bfloat16 when they are stored, as EdgeTAM's own predictor does; transformers keeps them in float32.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from safetensors.torch import save_file
from transformers import (
    EdgeTamVideoConfig,
    EdgeTamVideoModel,
    EdgeTamVisionConfig,
    TimmWrapperConfig,
)
from transformers.models.edgetam_video.modeling_edgetam_video import (
    EdgeTamVideoInferenceSession,
)

SIZE, GRID, HIDDEN, WINDOWS = 128, 8, 128, 4
WIDTHS, DEPTHS = (8, 16, 32, 64), (1, 1, 2, 1)
VIDEO = (160, 120)
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
TABLES = ("positional", "no_memory", "no_object", "embed.weight", "token", "latents_")
SCENARIOS = {
    "t1_click": (
        "one click, 12 frames forward",
        12,
        [("points", 0, [[42, 40]], [1], None), ("propagate", None, False)],
    ),
    "t2_box_both_ways": (
        "a box in the middle, then forward and backward",
        10,
        [
            ("points", 4, None, None, [20, 20, 90, 80]),
            ("propagate", 4, False),
            ("propagate", 4, True),
        ],
    ),
}
OPTIONS = {
    "add_all_frames_to_correct_as_cond": False,
    "max_cond_frames_in_attn": -1,
    "memory_temporal_stride_for_eval": 1,
}


def configuration() -> EdgeTamVideoConfig:
    backbone = TimmWrapperConfig(
        architecture="repvit_m1",
        model_args={
            "in_chans": 3,
            "features_only": True,
            "out_indices": [0, 1, 2, 3],
            "embed_dim": WIDTHS,
            "depth": DEPTHS,
        },
    )
    return EdgeTamVideoConfig(
        vision_config=EdgeTamVisionConfig(
            backbone_config=backbone,
            backbone_channel_list=list(WIDTHS[::-1]),
            backbone_feature_sizes=[[4 * GRID] * 2, [2 * GRID] * 2, [GRID] * 2],
            fpn_hidden_size=HIDDEN,
        ),
        prompt_encoder_config={"hidden_size": HIDDEN, "image_size": SIZE},
        mask_decoder_config={
            "hidden_size": HIDDEN,
            "mlp_dim": 64,
            "iou_head_hidden_dim": 32,
        },
        image_size=SIZE,
        memory_attention_hidden_size=HIDDEN,
        memory_attention_mlp_hidden_size=64,
        memory_attention_rope_feat_sizes=[GRID, GRID],
        memory_attention_rope_k_sizes=[WINDOWS, WINDOWS],
        memory_encoder_hidden_size=HIDDEN,
        mask_downsampler_embed_dim=HIDDEN,
        memory_fuser_embed_dim=HIDDEN,
        memory_fuser_intermediate_dim=64,
        perceiver_resampler_num_latents=8,
        perceiver_resampler_num_latents_2d=WINDOWS**2,
        enable_occlusion_spatial_embedding=False,
        enable_temporal_pos_encoding_for_object_pointers=False,
    )


@torch.no_grad()
def random_model(seed: int) -> EdgeTamVideoModel:
    """Every tensor random and exact in float16; residual branches small, objects mostly visible."""
    generator = torch.Generator().manual_seed(seed)
    settings = configuration()
    settings._attn_implementation = "eager"
    model = EdgeTamVideoModel(settings).eval()
    stored = model.state_dict()
    for name, tensor in [*model.named_parameters(), *model.named_buffers()]:
        if name not in stored or not tensor.is_floating_point():
            continue
        noise = torch.randn(tensor.shape, generator=generator)
        is_norm = "norm" in name or ".bn." in name
        if name.endswith("running_var"):
            values = 1 + 0.2 * noise.abs()
        elif is_norm and name.endswith("weight"):
            values = (
                0.3 if ".bn." in name and ("mixer" in name or "ffn" in name) else 1
            ) * (1 + 0.1 * noise)
        elif tensor.ndim <= 1 or "running_mean" in name:
            values = 0.1 * noise
        elif any(part in name for part in TABLES):
            values = 0.5 * noise
        else:
            values = noise * tensor[0].numel() ** -0.5
        tensor.copy_(values.half().float())
    model.shared_image_embedding.positional_embedding.copy_(
        model.prompt_encoder.shared_embedding.positional_embedding
    )
    model.mask_decoder.pred_obj_score_head.proj_out.bias.fill_(2.0)
    return model


def picture(path: Path) -> torch.Tensor:
    """[3,S,S], squashed with the resampling of Meta's loader."""
    image = (
        Image.open(path).convert("RGB").resize((SIZE, SIZE), Image.Resampling.BICUBIC)
    )
    values = (
        torch.from_numpy(np.asarray(image).astype(np.float32)).permute(2, 0, 1) / 255
    )
    return (values - torch.tensor(MEAN)[:, None, None]) / torch.tensor(STD)[
        :, None, None
    ]


class Recorder:
    """Runs one scenario's actions and keeps what the networks said."""

    def __init__(
        self,
        model: EdgeTamVideoModel,
        frames: torch.Tensor,
        rounds_memories: bool = True,
    ) -> None:
        self.model = model
        self.session = EdgeTamVideoInferenceSession(
            frames, video_height=VIDEO[1], video_width=VIDEO[0], dtype=torch.float32
        )
        self.object = self.session.obj_id_to_idx(1)
        self.events: list[dict] = []
        self.tensors: dict[str, torch.Tensor] = {}
        self.returns: list[dict] = []
        self.done: set[tuple[str, int]] = set()
        encode = type(model)._encode_new_memory

        def rounded(*arguments, **options):
            memory, positions = encode(model, *arguments, **options)
            return (memory.bfloat16().float() if rounds_memories else memory), positions

        model._encode_new_memory = rounded

    def act(self, action: tuple) -> None:
        first = len(self.events)
        if action[0] == "points":
            self.returns.append(self._prompt(*action[1:]))
        else:
            self.returns.append(
                {"yields": self._propagate(*action[1:]), "obj_ids": [1]}
            )
        self.returns[-1]["events"] = [first, len(self.events)]

    @torch.inference_mode()
    def _prompt(self, frame: int, points, labels, box) -> dict:
        corners = [box[:2], box[2:]] if box else []
        coordinates = torch.tensor([*corners, *(points or [])], dtype=torch.float32)
        coordinates = coordinates / torch.tensor(VIDEO) * SIZE
        kinds = torch.tensor(
            [*([2, 3] if box else []), *(labels or [])], dtype=torch.int32
        )
        inputs = {
            "point_coords": coordinates[None, None],
            "point_labels": kinds[None, None],
        }
        self.session.add_point_inputs(self.object, frame, inputs)
        self.session.obj_with_new_inputs.append(1)
        self.model(inference_session=self.session, frame_idx=frame)
        self._keep("prompt", frame)
        return {"frame": frame, "obj_ids": [1]}

    def _propagate(self, start: int | None, reverse: bool) -> list:
        # The reference encodes prompted frames when a propagation begins; transformers did so already.
        for frame in self.session.output_dict_per_obj[self.object][
            "cond_frame_outputs"
        ]:
            if ("encode", frame) not in self.done:
                self.done.add(("encode", frame))
                self.events.append(
                    {
                        "id": len(self.events),
                        "phase": "encode",
                        "obj": 1,
                        "frame": frame,
                    }
                )
        yields = []
        for output in self.model.propagate_in_video_iterator(
            self.session, start_frame_idx=start, reverse=reverse
        ):
            frame = output.frame_idx
            if (
                frame
                not in self.session.output_dict_per_obj[self.object][
                    "cond_frame_outputs"
                ]
            ):
                self._keep("track", frame)
            yields.append([frame, [len(self.events) - 1]])
        return yields

    def _keep(self, phase: str, frame: int) -> None:
        kind = "cond_frame_outputs" if phase == "prompt" else "non_cond_frame_outputs"
        output = self.session.output_dict_per_obj[self.object][kind][frame]
        number = len(self.events)
        self.tensors[f"e{number:03}.low"] = output["pred_masks"][0, 0].clone()
        self.tensors[f"e{number:03}.ptr"] = output["object_pointer"].flatten().clone()
        score = round(output["object_score_logits"].item(), 6)
        self.events.append(
            {"id": number, "phase": phase, "obj": 1, "frame": frame, "score": score}
        )


def as_action(action: tuple) -> dict:
    if action[0] == "propagate":
        return {
            "do": "propagate",
            "start": action[1],
            "max": None,
            "reverse": action[2],
        }
    given = {"points": action[2], "labels": action[3], "box": action[4]}
    return {"do": "points", "frame": action[1], "obj": 1} | {
        key: value for key, value in given.items() if value
    }


def record(model: EdgeTamVideoModel, numeric: Path, name: str) -> Recorder:
    _, count, actions = SCENARIOS[name]
    frames = torch.stack(
        [picture(numeric / "clips" / "A" / f"{index:05}.png") for index in range(count)]
    )
    recorder = Recorder(model, frames)
    for action in actions:
        recorder.act(action)
    return recorder


def write_masks(recorder: Recorder, folder: Path, name: str) -> None:
    (folder / f"{name}_masks").mkdir(parents=True, exist_ok=True)
    for event in recorder.events:
        if event["phase"] == "encode":
            continue
        low = recorder.tensors[f"e{event['id']:03}.low"][None, None]
        shown = (
            torch.nn.functional.interpolate(
                low, size=VIDEO[::-1], mode="bilinear", align_corners=False
            )[0, 0]
            > 0
        )
        event["mask_png"] = (
            f"{name}_masks/e{event['id']:03}_o1_f{event['frame']:03}.png"
        )
        Image.fromarray(shown.numpy()).save(folder / event["mask_png"])
        event["mask_area"] = int(shown.sum())


def main(numeric: Path, seed: int) -> None:
    model = random_model(seed)
    target = numeric / "model_edgetam"
    target.mkdir(exist_ok=True)
    model.config.to_json_file(target / "config.json", use_diff=False)
    state = {
        key: value.half() if value.is_floating_point() else value
        for key, value in model.state_dict().items()
    }
    save_file(
        {key: value.contiguous() for key, value in state.items()},
        target / "model.safetensors",
    )
    folder = numeric / "scenarios" / "edgetam"
    for name, (notes, count, actions) in SCENARIOS.items():
        recorder = record(model, numeric, name)
        write_masks(recorder, folder, name)
        save_file(recorder.tensors, folder / f"{name}.safetensors")
        scenario = {
            "format": "sam2-numeric/1",
            "name": name,
            "notes": notes,
            "version": "edgetam",
            "clip": "A",
            "num_frames": count,
            "video_size": list(VIDEO),
            "model_size": SIZE,
            "options": OPTIONS,
            "actions": [as_action(action) for action in actions],
            "returns": recorder.returns,
            "events": recorder.events,
        }
        (folder / f"{name}.json").write_text(
            json.dumps(scenario, indent=1) + "\n", encoding="utf-8"
        )


if __name__ == "__main__":
    main(Path(sys.argv[1]), seed=int(sys.argv[2]) if len(sys.argv) > 2 else 0)
