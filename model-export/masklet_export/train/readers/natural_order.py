"""The order of numbered files: by number, not by text, negative ones first. The page orders them by the same rule."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

_LAST_NUMBER = re.compile(r"^(.*?)(-?)(\d+)(\D*)$", re.DOTALL)
_SEPARATORS = "._ "
_CHUNKS = re.compile(r"(\d+)")


def in_natural_order(paths: Iterable[Path]) -> list[Path]:
    """Files of a folder by the numbers in their names; 2 before 10, -1 before 0."""
    files = list(paths)
    signed = _has_both_signs([path.stem for path in files])
    return sorted(files, key=lambda path: _key(path.stem, signed))


def frame_number(stem: str, stems: Sequence[str] = ()) -> int | None:
    """The last number in a name, with its sign if it has one among these names; None where there is none."""
    match = _LAST_NUMBER.match(stem)
    if match is None:
        return None
    number = int(match[3])
    return -number if _is_negative(match, _has_both_signs(stems)) else number


def _is_negative(match: re.Match[str], signed: bool) -> bool:
    """A minus after a separator is a sign, as in `frame.-3`; after a word it is a dash, as in `frame-3`."""
    return bool(match[2]) and (signed or match[1][-1:] in tuple(_SEPARATORS))


def _has_both_signs(stems: Sequence[str]) -> bool:
    """Whether numbers with and without a minus stand behind the same text: then it is a sign."""
    matches = [match for stem in stems if (match := _LAST_NUMBER.match(stem))]
    with_minus = {match[1] for match in matches if match[2]}
    return any(match[1] in with_minus for match in matches if not match[2])


def _key(stem: str, signed: bool) -> tuple[tuple[int, int, str], ...]:
    match = _LAST_NUMBER.match(stem)
    # Ties such as 1 and 01 are broken by the text.
    if match is None:
        return (*_chunks(stem), (0, 0, stem))
    is_negative = _is_negative(match, signed)
    head = match[1] if is_negative else match[1] + match[2]
    number = -int(match[3]) if is_negative else int(match[3])
    return (*_chunks(head), (1, number, ""), *_chunks(match[4]), (0, 0, stem))


def _chunks(text: str) -> tuple[tuple[int, int, str], ...]:
    """Text and digits in turn, comparable with each other."""
    return tuple((1, int(each), "") if each.isdigit() else (2, 0, each) for each in _CHUNKS.split(text) if each)
