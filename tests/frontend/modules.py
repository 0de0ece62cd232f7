"""Modules written by a test, so that it knows every line and column."""

from __future__ import annotations

import importlib.util
import itertools
import textwrap
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

Write = Callable[[str], ModuleType]
_numbers = itertools.count()


def write_module(folder: Path, text: str) -> ModuleType:
    """Write ``text`` (dedented) to a file in ``folder`` and import it."""
    path = folder / f"written_{next(_numbers)}.py"
    path.write_text(textwrap.dedent(text).lstrip("\n"))
    return import_file(path)


def import_file(path: Path) -> ModuleType:
    """Import a file without registering it."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
