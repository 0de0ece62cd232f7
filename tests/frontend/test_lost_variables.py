"""Variables that a failed ``try`` block had assigned: what they are is not known, and nobody may act as if it were."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest

from diffcompile import UnsupportedError, grad


def _positive(a: float) -> float:
    return a * math.sqrt(a) * math.sqrt(a)


def _small(a: float) -> float:
    math.sqrt(5.0 - a)
    return a


def is_none(a: float) -> float:
    x = None
    try:
        x = _positive(a)
        y = _small(a)
    except ValueError:
        y = 0.0
    return 2.0 * a if x is None else 3.0 * a + x + y


def is_a_number(a: float) -> float:
    x: Any = None
    try:
        x = _positive(a)
        _small(a)
    except ValueError:
        pass
    return 2.0 * a if isinstance(x, float) else 3.0 * a


def is_of_a_class(a: float) -> float:
    x: Any = None
    try:
        x = _positive(a)
        _small(a)
    except ValueError:
        pass
    return 2.0 * a if type(x) is float else 3.0 * a


def has_an_attribute(a: float) -> float:
    x: Any = None
    try:
        x = _positive(a)
        _small(a)
    except ValueError:
        pass
    return 2.0 * a if hasattr(x, "real") else 3.0 * a


def is_callable(a: float) -> float:
    x: Any = None
    try:
        x = _positive(a)
        _small(a)
    except ValueError:
        pass
    return 2.0 * a if callable(x) else 3.0 * a


FUNCTIONS = [is_none, is_a_number, is_of_a_class, has_an_attribute, is_callable]


@pytest.mark.parametrize("fun", FUNCTIONS)
def test_where_nothing_fails(fun: Callable[[float], float]) -> None:
    step = 1e-6
    assert grad(fun)(1.0) == pytest.approx((fun(1.0 + step) - fun(1.0 - step)) / (2.0 * step), rel=1e-6)


@pytest.mark.parametrize("a", [-1.0, 6.0])
@pytest.mark.parametrize("fun", FUNCTIONS)
def test_where_the_block_fails(fun: Callable[[float], float], a: float) -> None:
    """Whether the block failed before or after the assignment decides, and is not known."""
    with pytest.raises(UnsupportedError, match="had assigned"):
        grad(fun)(a)
