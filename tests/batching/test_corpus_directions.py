"""The functions of the corpus: many cotangents and tangents at once give what one after another does."""

from __future__ import annotations

import inspect
import logging
from typing import Any

import numpy as np
import pytest

from batching.directions import assert_close, one, random_directions
from corpus import CASES, Case
from corpus.refused import REFUSED
from diffcompile import DiffCompileError, jvp, vjp
from diffcompile.testing.structures import copy_tree, first_change

EVERY = 9
"""One case of so many runs by default, and all of them with ``-m long``."""
DIRECTIONS = 3
AT_ONCE = 0.5
"""The part of the cases that there is code for; the others take one direction after another."""


def chosen() -> list[Any]:
    cases = [case for case in CASES if case.name not in REFUSED]
    return [
        pytest.param(case, id=case.name, marks=[] if number % EVERY == 0 else [pytest.mark.long])
        for number, case in enumerate(cases)
    ]


def differentiated(case: Case) -> list[int]:
    names = list(inspect.signature(case.fun).parameters)
    wanted = case.argnums if isinstance(case.argnums, tuple) else (case.argnums,)
    return [names.index(argnum) if isinstance(argnum, str) else argnum for argnum in wanted]


@pytest.mark.parametrize("case", chosen())
def test_pullback(case: Case) -> None:
    """Rows of cotangents give rows of gradients; neither they nor the primals are changed."""
    value, pullback = vjp(case.fun, *case.args())
    cts = random_directions(value, DIRECTIONS, np.random.default_rng(0))
    try:
        ones = [pullback(one(value, cts, k)) for k in range(DIRECTIONS)]
    except (DiffCompileError, TypeError) as error:
        pytest.skip(f"has no pullback: {type(error).__name__}")
    kept, primals = copy_tree(cts), copy_tree(pullback._primals)
    found = pullback(cts, batched=True)
    assert first_change(kept, cts, "cotangents") is None
    assert first_change(primals, pullback._primals, "primals") is None
    assert_close(found, ones)
    assert_close(pullback(cts, batched=True), ones)


@pytest.mark.parametrize("case", chosen())
def test_tangents(case: Case) -> None:
    """Rows of tangents give rows of tangents; neither they nor the primals are changed."""
    args = case.args()
    moving = differentiated(case)
    rng = np.random.default_rng(1)
    dots = [random_directions(arg, DIRECTIONS, rng) if k in moving else None for k, arg in enumerate(args)]
    ones = []
    for k in range(DIRECTIONS):
        along = [None if dot is None else one(arg, dot, k) for arg, dot in zip(args, dots, strict=True)]
        try:
            value, tangent = jvp(case.fun, copy_tree(args), along)
        except DiffCompileError as error:
            pytest.skip(f"has no tangent: {type(error).__name__}")
        ones.append(tangent)
    kept, primals = copy_tree(dots), copy_tree(args)
    value_again, found = jvp(case.fun, args, dots, batched=True)
    assert first_change(kept, dots, "tangents") is None
    assert first_change(primals, args, "primals") is None
    assert first_change(value, value_again, "value") is None
    assert_close(found, ones)


def test_most_are_taken_at_once(caplog: pytest.LogCaptureFixture) -> None:
    """Not everything falls back: the log tells what does."""
    cases = [param.values[0] for param in chosen() if not param.marks]
    caplog.set_level(logging.INFO, logger="diffcompile")
    for case in cases:
        value, pullback = vjp(case.fun, *case.args())
        pullback(random_directions(value, 2, np.random.default_rng(0)), batched=True)
    left = {record.getMessage().split(" takes ")[0] for record in caplog.records if " takes one " in record.message}
    assert len(left) < (1.0 - AT_ONCE) * len(cases), left
