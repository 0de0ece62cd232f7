"""Programs that write with NumPy's functions: gradients against differences; arguments are left alone."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest

from accuracy.programs import PROGRAMS, VALUES
from diffcompile import grad
from rules.checking import slope_at_zero


def copies(values: Any) -> list[Any]:
    """Return the values, arrays copied."""
    return [np.copy(value) if isinstance(value, np.ndarray) else value for value in values]


@pytest.mark.parametrize("fun", PROGRAMS, ids=lambda fun: fun.__name__)
def test_program(fun: Any) -> None:
    args = [VALUES[name] for name in inspect.signature(fun).parameters]
    given = copies(args)
    gradients = grad(fun, argnums=tuple(range(len(args))))(*given)
    for before, after in zip(args, given, strict=True):
        np.testing.assert_array_equal(before, after)
    rng = np.random.default_rng(0)
    for number, gradient in enumerate(gradients):
        direction = rng.standard_normal(np.shape(gradient))

        def along(step: float, number: int = number, direction: Any = direction) -> float:
            moved = copies(args)
            moved[number] = moved[number] + step * direction
            if isinstance(args[number], float):
                moved[number] = float(moved[number])
            return float(fun(*moved))

        expected = slope_at_zero(lambda step: along(0.02 * step)) / 0.02
        found = float(np.sum(gradient * direction))
        assert found == pytest.approx(expected, rel=1e-6, abs=1e-6)
