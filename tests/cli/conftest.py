"""Fixtures of the tests of the command."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.helping import MODEL, Show, answer


@pytest.fixture(autouse=True)
def _clean_imports(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Forget the modules that a test imports from its own files; packages stay, for others hold functions of theirs."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        if (getattr(sys.modules[name], "__file__", None) or "").startswith(str(tmp_path)):
            del sys.modules[name]


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "model.py"
    path.write_text(MODEL)
    return path


@pytest.fixture
def show(model: Path) -> Show:
    """Return a function that runs ``diffcompile show`` on a function of the model and returns what it printed."""

    def run(function: str, *options: str) -> str:
        return answer("show", f"{model}:{function}", *options)

    return run
