"""What a type checker knows about gradient functions: the parameters are those of the primal."""

from __future__ import annotations

from pathlib import Path

import pytest

USE = """\
import numpy as np
from numpy.typing import NDArray

from diffcompile import checkpoint, grad, gradcheckable, value_and_grad


def loss(w: NDArray[np.float64], scale: float = 1.0) -> float:
    return scale * float(np.sum(w**2))


@grad
def decorated(x: float) -> float:
    return x * x


@grad(argnums="x")
def named(x: float, n: int) -> float:
    return x * n


x = np.ones(3)
grad(loss)(x)
grad(loss)(x, scale=2.0)
value_and_grad(loss, argnums=(0, 1))(x, 2.0)
decorated(1.0)
named(1.0, 2)
print(decorated.source, decorated.primal)


@gradcheckable(example=lambda: (1.0,))
def marked(x: float) -> float:
    return x


@checkpoint
def stored(x: float, k: float) -> float:
    return k * x


for number in checkpoint(range(3), snapshots=2):
    stored(marked(1.0), float(number + 1))

grad(loss)()  # error
grad(loss)(x, "two")  # error
grad(loss)(x, scal=2.0)  # error
value_and_grad(loss)(1)  # error
decorated("one")  # error
named(1.0)  # error
marked("one")  # error
stored(1.0)  # error
decorated.no_such_attribute  # error
"""


def test_calls_are_checked(tmp_path: Path) -> None:
    api = pytest.importorskip("mypy.api")
    path = tmp_path / "use.py"
    path.write_text(USE)
    options = ["--no-error-summary", "--cache-dir", str(tmp_path / "cache"), "--follow-imports=silent", "--strict"]
    out, err, _ = api.run([str(path), *options])
    assert not err
    found = {int(line.split(":")[1]) for line in out.splitlines() if "error:" in line and "use.py" in line}
    expected = {number for number, line in enumerate(USE.splitlines(), 1) if "# error" in line}
    assert found == expected, out
