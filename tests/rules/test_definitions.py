"""What a function is said to mean is what it does: values, and what is written to arguments."""

from __future__ import annotations

import copy
import functools
import inspect
import operator
import statistics
from typing import Any

import numpy as np
import pytest

import diffcompile.rules
from diffcompile.rules import functionals, registry, ufunc_methods
from rules.checking import name_of

CASES = [
    pytest.param(entry, case, id=f"{name_of(entry.fun)}-{number}")
    for entry in registry.DEFINITIONS.values()
    for number, case in enumerate(entry.samples() if entry.samples is not None else [])
]
WITHOUT_SAMPLES = {functools.reduce, np.ndenumerate}


def test_every_definition_has_samples():
    without = {entry.fun for entry in registry.DEFINITIONS.values() if entry.samples is None}
    elsewhere = ("scipy.sparse", "scipy.interpolate", "scipy.optimize", "scipy.stats", "SuperLU.")
    tested = {fun for fun in without if (getattr(fun, "__module__", None) or fun.__qualname__).startswith(elsewhere)}
    assert without - tested == WITHOUT_SAMPLES  # see test_scipy_sparse.py, _curves.py, _fits.py, _stats.py
    assert diffcompile.rules.stores.put is registry.DEFINITIONS[np.put].meaning


@pytest.mark.parametrize(("entry", "case"), CASES)
def test_meaning(entry, case):
    first, second = copy.deepcopy(case), copy.deepcopy(case)
    expected = entry.fun(*first.args, **first.kwargs)
    args, kwargs = second.args, second.kwargs
    if entry.like is not None:
        bound = inspect.signature(entry.like).bind(*args, **kwargs)
        bound.apply_defaults()
        args, kwargs = bound.args, bound.kwargs
    found = entry.meaning(*args, **kwargs)
    same(found, expected)
    for mine, theirs in zip(second.args, first.args, strict=True):
        if isinstance(mine, np.ndarray | list):
            same(mine, theirs)


def same(found: Any, expected: Any) -> None:
    """Assert that two results are equal to rounding."""
    if expected is None:
        assert found is None
        return
    if isinstance(expected, tuple):
        for mine, theirs in zip(found, expected, strict=True):
            same(mine, theirs)
        return
    assert np.shape(found) == np.shape(expected)
    np.testing.assert_allclose(found, expected, rtol=1e-13)


def test_functions_of_functions():
    assert functionals.reduce(operator.sub, [5.0, 2.0, 1.0]) == functools.reduce(operator.sub, [5.0, 2.0, 1.0])
    assert functionals.reduce(operator.sub, iter([2.0]), 7.0) == functools.reduce(operator.sub, [2.0], 7.0)
    assert functionals.sort_numbers([2.0, 1.0, 3.0], reverse=True) == [3.0, 2.0, 1.0]
    assert functionals.sort_by_key([(1, -2.0), (2, -3.0)], lambda pair: pair[1]) == [(2, -3.0), (1, -2.0)]
    x, y = np.array([[0.5, 1.5], [2.5, -1.0]]), np.array([1.0, 2.0])
    for arguments in ((x,), (x, y), (x, y, 2.0)):
        expected = np.vectorize(lambda *numbers: sum(numbers) ** 2)(*arguments)
        count = len(arguments)
        found = functionals.vectorised(lambda *numbers: sum(numbers) ** 2, (0,) * count, (), None, *arguments)
        same(found, expected)
    assert statistics.LinearRegression is type(statistics.linear_regression([1.0, 2.0], [1.0, 2.0]))


@pytest.mark.parametrize("ufunc", sorted(ufunc_methods.LEFT_TO_RIGHT, key=lambda ufunc: ufunc.__name__))
def test_methods_of_ufuncs(ufunc):
    x = np.array([[0.92, 1.73, 0.41], [1.5, 0.7, 0.3], [2.5, 1.1, 0.9]])
    for axis in (0, 1):
        same(ufunc_methods.reduce(ufunc, x, axis), ufunc.reduce(x, axis))
        same(ufunc_methods.accumulate(ufunc, x, axis), ufunc.accumulate(x, axis))
        same(ufunc_methods.reduceat(ufunc, x, [0, 2, 1], axis), ufunc.reduceat(x, [0, 2, 1], axis))
    same(ufunc_methods.reduce(ufunc, x, 1, None, True), ufunc.reduce(x, 1, keepdims=True))
    if ufunc.identity is not None or ufunc in (np.maximum, np.hypot):
        same(ufunc_methods.reduce(ufunc, x, 0, None, False, 1.25), ufunc.reduce(x, 0, initial=1.25))
    mine, theirs = x.copy(), x.copy()
    ufunc_methods.at(ufunc, mine, ([0, 0, 1], [1, 1, 2]), np.array([0.5, 0.25, 2.0]))
    ufunc.at(theirs, ([0, 0, 1], [1, 1, 2]), np.array([0.5, 0.25, 2.0]))
    same(mine, theirs)


def test_numpy_itself_does_not_reduce_powers_from_left_to_right():
    """The reason why ``np.power.reduce`` is refused; when this fails, it need not be any more."""
    assert np.power.reduce(np.array([2.0, 3.0, 2.0])) != (2.0**3.0) ** 2.0
