"""`masklet-eval --data DIR --pack PACK [--max-frames N] [--json FILE]`: measure a pack on an annotated data set."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from masklet_export.evaluate.baselines import BASELINES
from masklet_export.evaluate.data_sets import open_data_set
from masklet_export.evaluate.evaluation import MODES, EvaluationSettings, SequenceResult, evaluate
from masklet_export.evaluate.open_segmenter import SegmenterChoice
from masklet_export.evaluate.report import to_json, to_table, write_json
from masklet_export.pack.manifest import EDGES


def main(arguments: list[str] | None = None) -> int:
    """Entry point; returns the exit status."""
    options = _parser().parse_args(arguments)
    choice = SegmenterChoice(pack=options.pack, baseline=options.baseline, edges=options.edges)
    try:
        data_set = open_data_set(options.data, image_set=options.set, names=options.sequences)
        settings = EvaluationSettings(
            modes=tuple(options.modes),
            max_frames=options.max_frames,
            frames_per_object=options.prompt_frames,
            mask_folder=options.masks,
        )
        result = evaluate(choice.open(), data_set, settings, _print_progress)
    except (ValueError, FileNotFoundError) as error:
        print(f"masklet-eval: {error}", file=sys.stderr)
        return 2
    print(to_table(result))
    if options.json is not None:
        write_json(options.json, to_json(result, choice.name, options.max_frames))
    return 0


def _print_progress(sequence: SequenceResult) -> None:
    numbers = " ".join(f"{key}={value:.3f}" for key, value in sequence.means.items())
    print(f"{sequence.name}: {numbers}", file=sys.stderr, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="masklet-eval", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="data set in DAVIS or SA-V layout")
    model = parser.add_mutually_exclusive_group(required=True)
    model.add_argument("--pack", type=Path, help="pack folder; runs the native twin of the app's tracker")
    model.add_argument("--baseline", choices=sorted(BASELINES), help="a tracker without a model, to compare with")
    parser.add_argument("--edges", choices=EDGES, help="where edges come from; default: the pack's own choice")
    parser.add_argument("--set", help="DAVIS: name of a list under ImageSets/")
    parser.add_argument("--sequences", nargs="*", default=[], help="only these sequences")
    parser.add_argument("--modes", nargs="+", choices=MODES, default=["prompts", "semi", "click"])
    parser.add_argument("--max-frames", type=int, help="look at no more than the first N frames of each sequence")
    parser.add_argument("--prompt-frames", type=int, default=5, help="frames prompted per object (mode prompts)")
    parser.add_argument("--masks", type=Path, help="write the masks of mode semi under this folder")
    parser.add_argument("--json", type=Path, help="write all numbers to this file")
    return parser


if __name__ == "__main__":
    sys.exit(main())
