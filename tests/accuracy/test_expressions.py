"""Expressions of NumPy users: the gradient of each is right, or refused with the place; none is wrong."""

from __future__ import annotations

import pytest

from accuracy.expressions import EXPRESSIONS, REFUSED
from accuracy.measure import verdict


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_expression(expression: str) -> None:
    expected = "refused" if expression in REFUSED else "right"
    assert verdict(expression).split(":")[0] == expected, verdict(expression)


def test_there_are_enough_of_them() -> None:
    assert len(set(EXPRESSIONS)) == len(EXPRESSIONS) > 300
    assert set(EXPRESSIONS) > REFUSED
