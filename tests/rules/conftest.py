"""Samples of the rules are the same in whatever order the tests run."""

from __future__ import annotations

import zlib

import pytest

from diffcompile.rules import sampling


@pytest.fixture(autouse=True)
def samples_of_its_own(request: pytest.FixtureRequest) -> None:
    """Draw the samples of each test anew, from its name."""
    sampling.begin(zlib.crc32(request.node.name.encode()))
