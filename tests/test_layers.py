"""Imports run one way: a module may import what stands before its layer in ``LAYERS``, or is in its own layer."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import diffcompile

PACKAGE = Path(diffcompile.__file__).parent

LAYERS = [
    "errors",
    "owners",
    "signature",
    "checkpointing",  # what it is for, without differentiation
    "hooks",  # likewise
    "recording",  # what generated code calls where adjoints are looked at
    "highlight",
    "runtime",  # generated code may import it
    "runtime_scipy",  # and this, where the program uses SciPy
    "dynamic",  # and this
    "ir",
    "frontend",
    "rules",
    "calling",  # what generated code calls where a call was not inlined
    "implicit",  # and where a solver was called
    "trajectories",  # or a differential equation integrated
    "analysis",
    "describe",
    "pickling",
    "watch",  # the log and the dump of stages
    "passes",
    "specialise",
    "autodiff",
    "batching",  # many directions at once
    "backend",
    "cache",  # generated code on disk
    "pipeline",
    "api",
    "operators",
    "spaces",  # structures as vectors
    "sparsity",  # matrices that can only be applied
    "jacobians",
    "norms",
    "bridges",
    "explain",
    "export",
    "explorer",
    "testing",
    "pytest_plugin",
    "cli",
    "__main__",
]
"""From the bottom to the top: the order in which data flows, below it what everybody may use."""

LEAVES = {"errors", "owners", "signature", "highlight", "runtime", "dynamic"}
"""What imports nothing of the package but its errors, and its own parts."""


def imports(path: Path) -> Iterator[tuple[str, int]]:
    """Yield the modules of the package that a file imports, wherever in the file, with the line numbers."""
    module = path.relative_to(PACKAGE).with_suffix("").parts
    for node in ast.walk(ast.parse(path.read_text())):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = ["diffcompile", *module][: -node.level]
                base = ".".join([*above, base] if base else above)
            names = [f"{base}.{alias.name}" for alias in node.names]
        for name in names:
            parts = name.split(".")
            if parts[0] == "diffcompile" and len(parts) > 1:
                yield parts[1], node.lineno


def layer_of(path: Path) -> str:
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


def upward_imports(path: Path) -> list[tuple[str, str, int]]:
    """Return the imports of a file that go up: (file, layer, line)."""
    own = LAYERS.index(layer_of(path))
    name = path.relative_to(PACKAGE).as_posix()
    return [
        (name, layer, line) for layer, line in imports(path) if layer in LAYERS and LAYERS.index(layer) > own
    ]


FILES = [path for path in sorted(PACKAGE.rglob("*.py")) if layer_of(path) != "__init__"]


def test_every_module_has_a_layer() -> None:
    assert {layer_of(path) for path in FILES} == set(LAYERS)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_imports_run_one_way(path: Path) -> None:
    assert not [f"{name}:{line} imports {layer}" for name, layer, line in upward_imports(path)]


def test_leaves_import_nothing_of_the_package_but_errors_and_owners() -> None:
    for path in FILES:
        if layer_of(path) in LEAVES:
            assert {layer for layer, _ in imports(path)} <= {"errors", "owners", layer_of(path)}, path


def test_the_compiler_prints_python_in_one_place() -> None:
    users = [path.relative_to(PACKAGE).as_posix() for path in FILES if "import astor" in path.read_text()]
    assert users == ["backend/render.py"]


def test_an_upward_import_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The test above can fail: on each way to write an import, and inside a function."""
    monkeypatch.setattr(f"{__name__}.PACKAGE", tmp_path)
    (tmp_path / "ir").mkdir()
    path = tmp_path / "ir" / "core.py"
    for text in (
        "import diffcompile.backend.load",
        "from diffcompile.backend import load",
        "from diffcompile import backend",
        "from .. import backend",
        "from ..backend.load import load",
        "def f():\n    from diffcompile.backend import load",
    ):
        path.write_text(text)
        assert [layer for _, layer, _ in upward_imports(path)] == ["backend"], text
    path.write_text("import numpy\nimport diffcompile.errors\nfrom .verifier import verify\n")
    assert upward_imports(path) == []
