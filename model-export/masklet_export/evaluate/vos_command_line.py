"""`masklet-vos --input DIR --output DIR --pack PACK`: track a data set from its first masks; resumes; may use Ray."""

from __future__ import annotations

import argparse
import importlib.util
import sys
from pathlib import Path

from masklet_export.evaluate.baselines import BASELINES
from masklet_export.evaluate.open_segmenter import SegmenterChoice
from masklet_export.evaluate.whole_data_set import open_jobs, run_jobs
from masklet_export.pack.manifest import EDGES


def main(arguments: list[str] | None = None) -> int:
    """Entry point; returns the exit status."""
    options = _parser().parse_args(arguments)
    choice = SegmenterChoice(
        pack=options.pack and options.pack.resolve(), baseline=options.baseline, edges=options.edges
    )
    has_ray = importlib.util.find_spec("ray") is not None
    try:
        if options.cluster is not None and not has_ray:
            raise ValueError("--cluster needs Ray: install the `cluster` extra")
        jobs = open_jobs(choice, options.input, options.output, image_set=options.set, max_frames=options.max_frames)
        print(f"{len(jobs)} sequences to track", flush=True)
        for result in run_jobs(jobs, cluster=options.cluster, use_ray=has_ray and not options.serial):
            print(f"{result.sequence}: {result.frames} frames", flush=True)
    except (ValueError, FileNotFoundError, ConnectionError) as error:
        print(f"masklet-vos: {error}", file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="masklet-vos", description=__doc__)
    parser.add_argument("--input", type=Path, required=True, help="data set in DAVIS or SA-V layout")
    parser.add_argument("--output", type=Path, required=True, help="folder for the masks; finished sequences are kept")
    model = parser.add_mutually_exclusive_group(required=True)
    model.add_argument("--pack", type=Path, help="pack folder; runs the native twin of the app's tracker")
    model.add_argument("--baseline", choices=sorted(BASELINES), help="a tracker without a model")
    parser.add_argument("--edges", choices=EDGES, help="where edges come from; default: the pack's own choice")
    parser.add_argument("--set", help="DAVIS: name of a list under ImageSets/")
    parser.add_argument("--max-frames", type=int, help="track no more than the first N frames of each sequence")
    parser.add_argument("--cluster", help="address of a Ray cluster; default: Ray on this machine, if installed")
    parser.add_argument("--serial", action="store_true", help="one sequence after another, without Ray")
    return parser


if __name__ == "__main__":
    sys.exit(main())
