"""Every rule in forward mode, through the compiler, against differences; forms that are refused are listed as XFAIL."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

import diffcompile.rules  # noqa: F401 - fills the tables
from diffcompile import DiffCompileError, check_grads, grad
from diffcompile.rules import registry
from rules.checking import is_of_a_test, name_of
from rules.pushing import check_forward, has_forward_rule, program

ENTRIES = {
    fun: entry
    for fun, entry in {**registry.ELEMENTWISE, **registry.ADJOINT, **registry.TANGENT}.items()
    if (entry.samples is not None or fun in registry.TANGENT) and not is_of_a_test(fun)
}


@pytest.mark.parametrize("fun", list(ENTRIES), ids=name_of)
def test_tangent(fun: Any) -> None:
    assert has_forward_rule(fun)
    samples = ENTRIES[fun].samples or registry.ADJOINT[fun].samples
    assert samples is not None
    checked = 0
    refused: list[str] = []
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for case in samples():
            _, args = program(fun, case)
            if not args:
                continue
            try:
                check_forward(fun, case)
                for which in range(len(args)) if len(args) > 1 else ():
                    check_forward(fun, case, which)
            except DiffCompileError as error:
                refused.append(error.what)
            checked += 1
    assert checked
    if refused:
        pytest.xfail(f"{len(refused)} of {checked} forms are refused: {refused[0]}")


def test_rules_of_their_own_and_linear_functions_belong_to_known_functions() -> None:
    known = {**registry.ELEMENTWISE, **registry.ADJOINT}
    extra = [name_of(fun) for fun in (*registry.TANGENT, *registry.LINEAR) if fun not in known]
    assert [name for name in extra if not name.startswith("diffcompile.")] == []


def sampled(start, stop, step):
    return np.sum(np.sin(np.arange(start, stop, step)) * stop)


def test_the_end_of_a_range_only_counts_its_items():
    at = (0.3, 2.0, 0.25)
    times = np.arange(*at)
    slopes = grad(sampled, argnums=(0, 1, 2))(*at)
    expected = [2.0 * np.sum(np.cos(times)), np.sum(np.sin(times)), 2.0 * np.cos(times) @ np.arange(times.size)]
    np.testing.assert_allclose(slopes, expected, rtol=1e-13)
    check_grads(sampled, at, order=2)
