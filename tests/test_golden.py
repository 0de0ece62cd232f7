"""Generated adjoints that people read: their text is kept in ``golden/adjoints``, and they are right.

``pytest tests/test_golden.py --update-golden`` writes the files anew; read the difference before it is committed.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from diffcompile import grad
from diffcompile.testing.checks import argument_names
from diffcompile.testing.compare import check_against_differences
from diffcompile.testing.structures import copy_tree
from golden.points import GOLDEN, Golden

FOLDER = Path(__file__).parent / "golden" / "adjoints"
SAVES_NOTHING = ("seidel", "scaled_slice", "histogram", "mlp_loss", "factorisation", "geodesic_distance")


@pytest.fixture(params=GOLDEN, ids=lambda golden: golden.name)
def golden(request: pytest.FixtureRequest) -> Golden:
    """One golden function after the other."""
    return request.param


def gradient_source(golden: Golden) -> str:
    """Return the text of the gradient function at the golden point."""
    gradient = grad(golden.fun, argnums=golden.argnums)
    gradient(*copy_tree(golden.args))
    return gradient.source


def check(golden: Golden, found: Any, source: str) -> None:
    """Compare a gradient with numerical derivatives."""
    positions = golden.argnums if isinstance(golden.argnums, tuple) else (golden.argnums,)
    parts = found if isinstance(golden.argnums, tuple) else (found,)
    check_against_differences(
        golden.fun,
        copy_tree(golden.args),
        dict(zip(positions, parts, strict=True)),
        names=argument_names(golden.fun, golden.args),
        title=golden.name,
        source=source,
        coordinates=3,
    )


def test_text(golden: Golden, request: pytest.FixtureRequest) -> None:
    """The generated text is the one that was read and found good."""
    source = gradient_source(golden)
    path = FOLDER / f"{golden.name}_grad.py"
    if request.config.getoption("--update-golden"):
        FOLDER.mkdir(exist_ok=True)
        path.write_text(source)
    if not path.exists():
        pytest.fail(f"{path.name} is missing: run `pytest tests/test_golden.py --update-golden` and read it")
    assert source == path.read_text()


def test_gradient(golden: Golden) -> None:
    """The gradient at the golden point is right."""
    gradient = grad(golden.fun, argnums=golden.argnums)
    check(golden, gradient(*copy_tree(golden.args)), gradient.source)


def test_text_stands_alone(golden: Golden) -> None:
    """The text imports all that it uses: saved to a file, it is a module that computes the gradient."""
    source = gradient_source(golden)
    namespace: dict[str, Any] = {"__name__": "saved"}
    exec(compile(source, f"{golden.name}_grad.py", "exec"), namespace)
    check(golden, namespace[f"{golden.name}_grad"](*copy_tree(golden.args)), source)


@pytest.mark.parametrize("name", SAVES_NOTHING)
def test_nothing_is_saved(name: str) -> None:
    """Linear code in place, and code without loops, keeps nothing for the reverse sweep."""
    (golden,) = [golden for golden in GOLDEN if golden.name == name]
    source = gradient_source(golden)
    assert ".append(" not in source
    assert "saved" not in source


def test_no_stray_files(request: pytest.FixtureRequest) -> None:
    """Every golden file belongs to a golden function."""
    expected = {f"{golden.name}_grad.py" for golden in GOLDEN}
    found = {path.name for path in FOLDER.glob("*.py")}
    assert found <= expected
