"""TOML tables → frozen dataclasses, strictly: an unknown key or a wrong type is an error that names its place."""

from __future__ import annotations

import dataclasses
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

SettingsT = TypeVar("SettingsT")


def read_table(kind: type[SettingsT], table: dict[str, Any], place: str = "") -> SettingsT:
    """Build a dataclass from a table; fields without an entry keep their defaults.

    Raises `ValueError` naming the entry for unknown keys, missing required ones, and values of the wrong type.
    """
    hints = get_type_hints(kind)
    fields = {field.name: field for field in dataclasses.fields(kind)}  # type: ignore[arg-type]
    if unknown := sorted(set(table) - set(fields)):
        raise ValueError(f"unknown setting {_join(place, unknown[0])}; known: {', '.join(sorted(fields))}")
    values = {key: _convert(hints[key], value, _join(place, key)) for key, value in table.items()}
    required = [
        name
        for name, field in fields.items()
        if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
    ]
    if missing := [name for name in required if name not in values]:
        raise ValueError(f"missing setting {_join(place, missing[0])}")
    try:
        return kind(**values)
    except ValueError as error:
        raise ValueError(f"{place or 'settings'}: {error}") from error


def _convert(hint: Any, value: Any, place: str) -> Any:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return _convert_union(arguments, value, place)
    if dataclasses.is_dataclass(hint):
        if not isinstance(value, dict):
            raise ValueError(f"{place} must be a table, got {value!r}")
        return read_table(hint, value, place)  # type: ignore[arg-type]
    if origin is tuple:
        return _convert_tuple(arguments, value, place)
    if origin is dict:
        if not isinstance(value, dict):
            raise ValueError(f"{place} must be a table, got {value!r}")
        return {key: _convert(arguments[1], entry, _join(place, key)) for key, entry in value.items()}
    if origin is Literal:
        if value not in arguments:
            raise ValueError(f"{place} must be one of {', '.join(map(str, arguments))}, got {value!r}")
        return value
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, hint) or (hint is int and isinstance(value, bool)):
        raise ValueError(f"{place} must be {hint.__name__}, got {value!r}")
    return value


def _convert_union(options: tuple[Any, ...], value: Any, place: str) -> Any:
    errors = []
    for option in options:
        if option is NoneType:
            continue
        try:
            return _convert(option, value, place)
        except ValueError as error:
            errors.append(str(error))
    raise ValueError(errors[0])


def _convert_tuple(arguments: tuple[Any, ...], value: Any, place: str) -> tuple[Any, ...]:
    if not isinstance(value, list):
        raise ValueError(f"{place} must be a list, got {value!r}")
    if arguments[-1] is Ellipsis:
        return tuple(_convert(arguments[0], entry, f"{place}[{index}]") for index, entry in enumerate(value))
    if len(value) != len(arguments):
        raise ValueError(f"{place} must have {len(arguments)} entries, got {len(value)}")
    pairs = zip(arguments, value, strict=True)
    return tuple(_convert(kind, entry, f"{place}[{index}]") for index, (kind, entry) in enumerate(pairs))


def _join(place: str, key: str) -> str:
    return f"{place}.{key}" if place else key
