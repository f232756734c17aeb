"""Models and packs that several tests share."""

from __future__ import annotations

from pathlib import Path

import pytest

from masklet_export.model.nano import NanoModel
from masklet_export.pack.micro_pack import build_micro_model

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def micro_model() -> NanoModel:
    """The nano model's code at its smallest, with random weights."""
    return build_micro_model()


@pytest.fixture(scope="session")
def conformance() -> Path:
    return REPOSITORY / "conformance"


@pytest.fixture(scope="session")
def nano_pack() -> Path:
    return REPOSITORY / "public" / "models" / "nano"


@pytest.fixture(scope="session")
def micro_pack() -> Path:
    return REPOSITORY / "e2e" / "fixtures" / "packs" / "micro"
