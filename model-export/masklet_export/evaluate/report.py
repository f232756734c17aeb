"""An evaluation's result as JSON and as a table for people."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from masklet_export.evaluate.evaluation import EvaluationResult, Numbers

COLUMNS = ("click1_iou", "click3_iou", "box_iou", "semi_j", "semi_f", "semi_jf", "click_track_j")
"""Keys that are always in the JSON; null when their mode did not run."""
_DIGITS = 6


def to_json(result: EvaluationResult, model: str, max_frames: int | None) -> dict[str, Any]:
    """Means at the top level, then every sequence with its means and its objects."""
    content: dict[str, Any] = {"data": result.data_set, "model": model, "max_frames": max_frames}
    content |= dict.fromkeys(COLUMNS) | _rounded(result.means)
    if result.interactive:
        content["interactive_jf"] = {
            mode: [round(value, _DIGITS) for value in values] for mode, values in result.interactive.items()
        }
    content["sequences"] = {
        sequence.name: {
            **_rounded(sequence.means),
            "objects": {str(object_id): _rounded(numbers) for object_id, numbers in sequence.objects.items()},
        }
        for sequence in result.sequences
    }
    return content


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write with a stable layout."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=2) + "\n")


def to_table(result: EvaluationResult) -> str:
    """One line per sequence and one for the mean; columns that nothing was measured for are left out."""
    means = result.means
    columns = [key for key in COLUMNS if key in means]
    width = max([len(sequence.name) for sequence in result.sequences] + [len("mean")])
    lines = ["  ".join([" " * width, *columns])]
    rows = [(sequence.name, sequence.means) for sequence in result.sequences]
    for name, numbers in [*rows, ("mean", means)]:
        cells = [_cell(numbers, key) for key in columns]
        lines.append("  ".join([name.ljust(width), *cells]))
    for mode, values in result.interactive.items():
        lines.append(f"{mode}: J&F after 1.. prompted frames " + " ".join(f"{value:.3f}" for value in values))
    return "\n".join(lines)


def _cell(numbers: Numbers, key: str) -> str:
    value = numbers.get(key, math.nan)
    return ("-" if math.isnan(value) else f"{value:.3f}").rjust(len(key))


def _rounded(numbers: Numbers) -> Numbers:
    return {key: round(value, _DIGITS) for key, value in numbers.items()}
