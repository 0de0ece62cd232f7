"""Gradient functions travel: by name where the other process finds them, else by source."""

from __future__ import annotations

import json
import math
import os
import pickle
import subprocess
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from diffcompile import grad, value_and_grad, vjp
from diffcompile.pickling import pack, unpack

SCALE = 3.0
TABLE = np.array([1.0, 2.0])


def plain(x: Any) -> Any:
    return SCALE * np.sum(x**2)


@grad
def decorated(x: Any) -> Any:
    return np.sum(x**3)


class Model:
    def __init__(self, k: float) -> None:
        self.k = k

    def energy(self, x: Any) -> Any:
        return self.k * np.sum(x**2)

    def __call__(self, x: Any) -> Any:
        return self.k * np.sum(x)


X = np.array([1.0, 2.0])


def travelled(value: Any) -> Any:
    return pickle.loads(pickle.dumps(value))


def test_by_name() -> None:
    """A function of a module is the same one on the other side, decorated or not."""
    there = travelled(grad(plain))
    assert there.primal is plain
    np.testing.assert_array_equal(there(X), grad(plain)(X))
    assert there.__name__ == "plain"
    np.testing.assert_array_equal(travelled(decorated)(X), 3.0 * X**2)
    both = travelled(value_and_grad(plain, argnums=("x",)))
    assert both(X)[0] == plain(X)
    assert isinstance(both(X)[1], tuple)


def test_what_was_compiled_does_not_travel() -> None:
    gradient = grad(plain)
    before = len(pickle.dumps(gradient))
    gradient(X)
    assert len(pickle.dumps(gradient)) == before


def make(power: int, helper: Callable[[Any], Any]) -> Callable[[Any], Any]:
    offset = np.array([0.5, 0.25])

    def inner(x: Any, scale: float = 2.0, *, shift: float = 1.0) -> Any:
        """Closures, defaults, globals, modules."""
        return scale * np.sum(helper(x + offset) ** power) + shift * math.pi * np.sum(TABLE * x)

    return inner


def test_by_source_with_all_that_it_sees() -> None:
    """A closure with captured arrays, functions and defaults; the text is there for the compiler and for tracebacks."""
    inner = make(3, lambda y: np.sin(y) * SCALE)
    there = travelled(grad(inner))
    assert there.primal is not inner
    np.testing.assert_array_equal(there(X), grad(inner)(X))
    np.testing.assert_array_equal(there(X, 1.0, shift=0.0), grad(inner)(X, 1.0, shift=0.0))
    assert there.primal.__doc__ == inner.__doc__
    assert there.primal.__kwdefaults__ == {"shift": 1.0}


def test_lambdas_and_functions_that_call_themselves() -> None:
    there = travelled(grad(lambda x: np.sum(np.tanh(x) * TABLE)))
    np.testing.assert_allclose(there(X), TABLE * (1.0 - np.tanh(X) ** 2))

    def power(x: float, n: int) -> float:
        return 1.0 if n == 0 else x * power(x, n - 1)

    again = unpack(travelled(pack(power)))
    assert again(2.0, 5) == 32.0
    assert again is not power


def test_methods_and_callable_objects() -> None:
    np.testing.assert_array_equal(travelled(grad(Model(2.0).energy))(X), 4.0 * X)
    np.testing.assert_array_equal(travelled(grad(Model(2.0)))(X), [2.0, 2.0])


def test_pullbacks() -> None:
    value, pullback = vjp(plain, X)
    (cotangent,) = travelled(pullback)(1.0)
    np.testing.assert_array_equal(cotangent, 6.0 * X)
    assert travelled(pullback).value == value


def test_what_cannot_travel_is_named() -> None:
    lock = __import__("threading").Lock()

    def locked(x: Any) -> Any:
        with lock:
            return np.sum(x)

    with pytest.raises(pickle.PicklingError, match="uses lock, which cannot be pickled"):
        pickle.dumps(grad(locked))


def test_another_process_needs_no_module(tmp_path: Path) -> None:
    """A function of ``__main__`` runs in a process that has another ``__main__``."""
    script = tmp_path / "script.py"
    script.write_text(
        "import pickle, sys\nimport numpy as np\nfrom diffcompile import grad\n\nK = 2.0\n\n"
        "def helper(x):\n    return K * x\n\n"
        "@grad\ndef loss(x):\n    return np.sum(helper(x) ** 2)\n\n"
        "sys.stdout.buffer.write(pickle.dumps(loss))\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(part for part in sys.path if part)}
    command = [sys.executable, "-W", "ignore"]
    options: dict[str, Any] = {"capture_output": True, "env": environment, "cwd": tmp_path}
    made = subprocess.run([*command, str(script)], check=True, **options)
    script.unlink()
    program = "import pickle, sys, numpy\nf = pickle.loads(sys.stdin.buffer.read())\nprint(f(numpy.ones(2)).tolist())"
    done = subprocess.run([*command, "-c", program], input=made.stdout, check=True, **options)
    assert json.loads(done.stdout) == [8.0, 8.0]


def test_joblib() -> None:
    joblib = pytest.importorskip("joblib")
    inner = make(2, np.cos)
    expected = grad(inner)(X)
    found = joblib.Parallel(n_jobs=2)(joblib.delayed(grad(inner))(X) for _ in range(3))
    for one in found:
        np.testing.assert_array_equal(one, expected)


def test_modules_are_told_from_values() -> None:
    assert unpack(travelled(pack(math))) is math
    assert isinstance(unpack(pack(make(1, np.sin))), types.FunctionType)
