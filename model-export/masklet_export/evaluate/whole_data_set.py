"""Tracks a whole data set from given first masks and writes the result masks; finished sequences are skipped.

Covers sam2/tools/vos_inference.py@2b90b9f. With Ray (optional) sequences run in parallel, on this machine or on a
cluster by address; without it, one after another. The function that runs is the same.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from masklet_export.evaluate.data_sets import open_data_set
from masklet_export.evaluate.mask_files import write_masklets
from masklet_export.evaluate.open_segmenter import SegmenterChoice
from masklet_export.evaluate.tracking import track_sequence, whole_mask

_DONE_FOLDER = ".done"


@dataclass(frozen=True)
class TrackingJob:
    """One sequence; picklable, and meaningful on another machine that sees the same folders."""

    segmenter: SegmenterChoice
    data: Path
    sequence: str
    output: Path
    max_frames: int | None = None


@dataclass(frozen=True)
class JobResult:
    """What became of a job."""

    sequence: str
    frames: int


def open_jobs(
    segmenter: SegmenterChoice, data: Path, output: Path, *, image_set: str | None = None, max_frames: int | None = None
) -> list[TrackingJob]:
    """Jobs for the sequences whose result is not there yet."""
    names = [sequence.name for sequence in open_data_set(data, image_set=image_set).sequences]
    return [
        TrackingJob(segmenter, data.resolve(), name, output.resolve(), max_frames)
        for name in names
        if not _mark(output, name).is_file()
    ]


def run_job(job: TrackingJob) -> JobResult:
    """Track one sequence and write its masks; the mark that it is finished comes last."""
    data_set = open_data_set(job.data, names=[job.sequence])
    sequence = data_set.sequences[0]
    overlap = data_set.rule == "sav"
    masklets = track_sequence(
        job.segmenter.open(), sequence, whole_mask, max_frames=job.max_frames, overlap=overlap
    )  # fmt: skip
    write_masklets(job.output, sequence, masklets, rule=data_set.rule)
    mark = _mark(job.output, job.sequence)
    mark.parent.mkdir(parents=True, exist_ok=True)
    temporary = mark.with_suffix(".tmp")
    frames = len({index for masks in masklets.values() for index in masks})
    temporary.write_text(f"{frames}\n")
    os.replace(temporary, mark)
    return JobResult(job.sequence, frames)


def run_jobs(jobs: list[TrackingJob], *, cluster: str | None, use_ray: bool) -> Iterator[JobResult]:
    """Run jobs and yield results as they finish.

    Args:
        cluster: address of a running Ray cluster; None starts Ray on this machine only.
        use_ray: False runs them here, one after another.
    """
    if not use_ray:
        yield from map(run_job, jobs)
        return
    import ray  # optional: installed with the `cluster` extra

    ray.init(address=cluster, log_to_driver=False, include_dashboard=False)
    try:
        remote = ray.remote(num_cpus=1)(run_job)
        pending = [remote.remote(job) for job in jobs]
        while pending:
            (finished,), pending = ray.wait(pending, num_returns=1)
            yield ray.get(finished)
    finally:
        ray.shutdown()


def _mark(output: Path, sequence: str) -> Path:
    return output / _DONE_FOLDER / sequence
