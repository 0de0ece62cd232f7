"""Every rule: programs that call the function take many directions at once as they take one after another."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

from batching.directions import assert_close, one, random_directions
from diffcompile import DiffCompileError, jvp, vjp
from rules.test_compiled import cases, program

EVERY = 23
"""One sample of so many runs by default, and all of them with ``-m long``."""
DIRECTIONS = 2
COARSE = 1e-5
"""Of programs that mix float32 and float64: which of the two an intermediate result is may differ."""


def chosen() -> list[Any]:
    return [
        pytest.param(*case.values, id=case.id, marks=[] if number % EVERY == 0 else [pytest.mark.long])
        for number, case in enumerate(cases())
    ]


@pytest.mark.parametrize(("name", "sample"), chosen())
def test_rule(name: str, sample: Any) -> None:
    """Rows of cotangents give rows of gradients, and rows of tangents rows of tangents."""
    fun, active = program(name, sample)
    if not active:
        pytest.skip("nothing is active")
    mixed = any(np.result_type(x) in (np.float32, np.complex64) for x in sample.args if isinstance(x, np.ndarray))
    rng = np.random.default_rng(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            value, pullback = vjp(fun, *active)
            cts = random_directions(value, DIRECTIONS, rng)
            ones = [pullback(one(value, cts, k)) for k in range(DIRECTIONS)]
            dots = [random_directions(x, DIRECTIONS, rng) for x in active]
            along = [
                jvp(fun, active, [one(x, dot, k) for x, dot in zip(active, dots, strict=True)])[1]
                for k in range(DIRECTIONS)
            ]
        except (DiffCompileError, TypeError, np.linalg.LinAlgError) as error:
            pytest.skip(f"not one direction: {type(error).__name__}")
        rtol = COARSE if mixed else None
        assert_close(pullback(cts, batched=True), ones, rtol=rtol, any_dtype=True)
        assert_close(jvp(fun, active, dots, batched=True)[1], along, rtol=rtol, any_dtype=True)
