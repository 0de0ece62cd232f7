"""Options of the test suite."""

from __future__ import annotations

import gc

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of this suite."""
    parser.addoption(
        "--update-golden", action="store_true", help="write the generated adjoints that the golden files keep"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Know the marker of the plugin also where the package is not installed but on the path.

    Collecting makes hundreds of thousands of objects that stay: the garbage collector need not go over them.
    """
    gc.disable()
    config.addinivalue_line("markers", "gradcheck: see docs/tools.md; the plugin makes tests of it")


def pytest_collection_finish() -> None:
    """Collect garbage again, of what the tests make."""
    gc.collect()
    gc.freeze()
    gc.enable()
