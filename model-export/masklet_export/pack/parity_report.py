"""`parity.json` of a pack: how far every output of its graphs is from PyTorch's, and what was compared with what."""

from __future__ import annotations

import json
from pathlib import Path

import onnxruntime as ort
import torch
import transformers

from masklet_export.model.video_model import VideoModel
from masklet_export.pack.check_pack import check_graphs, open_for_check

PARITY_FILE = "parity.json"
_SLOTS = 3


def write_parity_report(pack: Path, model: VideoModel, dtype: str) -> float:
    """Compare the pack with the model and write the report into it.

    Returns: the largest error of any output beyond rounding, in units of that output's scale.
    """
    errors = list(check_graphs(open_for_check(pack, model), model, slots=_SLOTS))
    content = {
        "reference": f"torch {torch.__version__}, transformers {transformers.__version__}, float32",
        "runtime": f"onnxruntime {ort.__version__}, CPU",
        "dtype": dtype,
        "outputs": {
            error.name: {
                "maxError": error.max_error,
                "meanError": error.mean_error,
                "rounding": error.rounding,
                "scale": error.scale,
            }
            for error in errors
        },
    }
    (pack / PARITY_FILE).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    return max(error.relative for error in errors)
