"""`masklet-label --input DIR --output DIR --pack PACK`: pseudo-label a folder of videos for training; resumes."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from masklet_export.evaluate.open_segmenter import SegmenterChoice
from masklet_export.self_training.label_videos import LabelSettings, label_video
from masklet_export.train.readers.video_files import list_videos


def main(arguments: list[str] | None = None) -> int:
    """Entry point; returns the exit status."""
    options = _parser().parse_args(arguments)
    defaults = LabelSettings()
    settings = LabelSettings(
        frames=options.frames or defaults.frames,
        stride=options.stride or defaults.stride,
        max_windows=options.windows or defaults.max_windows,
    )
    try:
        segmenter = SegmenterChoice(pack=options.pack.resolve()).open()
        videos = list_videos(options.input)
        if not videos:
            raise ValueError(f"no videos in {options.input}")
        for video in videos:
            written = label_video(video, segmenter, options.output, settings)
            print(f"{video.name}: {len(written)} windows, {sum(written.values())} objects", flush=True)
    except (ValueError, FileNotFoundError) as error:
        print(f"masklet-label: {error}", file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="masklet-label", description=__doc__)
    parser.add_argument("--input", type=Path, required=True, help="folder of video files")
    parser.add_argument("--output", type=Path, required=True, help="folder for the labels, in DAVIS layout")
    parser.add_argument("--pack", type=Path, required=True, help="pack folder of the model that labels")
    parser.add_argument("--frames", type=int, help="frames per window (default 16)")
    parser.add_argument("--stride", type=int, help="every n-th frame of the file (default 2)")
    parser.add_argument("--windows", type=int, help="windows per video at most (default 12)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
