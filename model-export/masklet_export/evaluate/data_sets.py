"""Opens a folder as an evaluation data set, whatever its layout."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from masklet_export.evaluate.track_scores import Rule
from masklet_export.train.readers.davis_layout import is_davis_layout, list_davis
from masklet_export.train.readers.records import VideoSequence
from masklet_export.train.readers.sav_layout import list_sav


@dataclass(frozen=True)
class DataSet:
    """Sequences and the rule that their layout goes with."""

    name: str
    sequences: tuple[VideoSequence, ...]
    rule: Rule
    """`davis`: one index map per frame, objects do not overlap. `sav`: one mask per object, they may."""


def open_data_set(root: Path, *, image_set: str | None = None, names: Sequence[str] = ()) -> DataSet:
    """Recognise DAVIS or SA-V layout; keep the named sequences only, if any are named.

    Raises `FileNotFoundError` or `ValueError` with what was expected.
    """
    if not root.is_dir():
        raise FileNotFoundError(f"no folder {root}")
    sequences: list[VideoSequence]
    if is_davis_layout(root):
        sequences, rule = list(list_davis(root, image_set)), "davis"
    else:
        sequences, rule = list_sav(root), "sav"
    if names:
        if unknown := sorted(set(names) - {sequence.name for sequence in sequences}):
            raise ValueError(f"no sequence {unknown[0]} in {root.name}")
        sequences = [sequence for sequence in sequences if sequence.name in names]
    sequences = [sequence for sequence in sequences if sequence.object_ids]
    if not sequences:
        raise ValueError(
            f"{root.name} is neither DAVIS layout (JPEGImages/, Annotations/) nor SA-V "
            f"(JPEGImages_24fps/, Annotations_6fps/, or *.mp4 with *_manual.json), or nothing in it is annotated"
        )
    return DataSet(name=root.name, sequences=tuple(sequences), rule=rule)
