"""Variables without a value raise what Python raises, also where several branches or the trips of a loop decide."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from diffcompile import check_grads, jvp, value_and_grad


def branches_in_turn(x: Any, n: int) -> Any:
    if n > 5:
        y = x
    if n > 3:
        y = x * x
    return y


def some_trips(x: Any, n: int) -> Any:
    for i in range(n):
        if i == 2:
            y = x * i
        if i == 4:
            return y * x
    return y


def left_by_break(x: Any, n: int) -> Any:
    for i in range(n):
        if i > 3:
            y = x * x
            break
    return y


def compared(x: Any, n: int) -> Any:
    for i in range(n):
        if i == 4:
            y = x
    return x if y is None else y * 2.0


def passed_on(x: Any, n: int) -> Any:
    def scaled(a: Any, b: Any = None) -> Any:
        return a if b is None else a * b

    i = 0
    while i < n:
        i += 1
        if i == 4:
            y = x
    return scaled(x, y)


def in_a_closure(x: Any, n: int) -> Any:
    for i in range(n):
        if i == 4:
            y = x * i

    def found() -> Any:
        return y

    return found()


def kept_in_a_list(x: Any, n: int) -> Any:
    for i in range(n):
        t = x * i
        if n < 5:
            break
        u = t * x
    return [t, u][1]


def array_of_some_trips(x: Any, n: int) -> Any:
    a = np.ones(2) * x
    for i in range(n):
        if i == 4:
            b = a * a
    c = b
    return np.sum(c)


def left_by_a_handler(x: Any, n: int) -> Any:
    try:
        y = [x, x * x][5 - n]
    except IndexError:
        if n > 6:
            y = x * 3.0
    return y


def raised_before(x: Any, n: int) -> Any:
    try:
        if n < 5:
            raise ValueError
        y = x * x
    except ValueError:
        pass
    return y


PROGRAMS = [
    branches_in_turn, some_trips, left_by_break, compared, passed_on, in_a_closure, kept_in_a_list,
    array_of_some_trips, left_by_a_handler, raised_before,
]  # fmt: skip


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
def test_what_has_no_value_raises(program: Callable[..., Any]) -> None:
    for n in (0, 2):
        with pytest.raises(NameError):
            program(0.7, n)
        with pytest.raises(NameError):
            value_and_grad(program)(0.7, n)
        with pytest.raises(NameError):
            jvp(program, (0.7, n), (1.0, None))


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
def test_what_has_a_value_is_differentiated(program: Callable[..., Any]) -> None:
    check_grads(program, (0.7, 5), argnums=0)


def perhaps_none(x: Any, n: int) -> Any:
    if n > 2:
        y = x
    if n > 3:
        y = None
    return x if n <= 1 or y is None else y * y


def test_none_may_be_the_value() -> None:
    for n in (0, 3, 4):  # for 2 Python raises; there None stands for no value as well
        check_grads(perhaps_none, (0.7, n), argnums=0)


def test_programs_that_read_what_they_have_are_not_asked() -> None:
    def last(x: Any, n: int) -> Any:
        for i in range(n):
            t = x * i
        return t

    gradient = value_and_grad(last)
    gradient(0.7, 3)
    assert "check_bound" not in gradient.source
    with pytest.raises(UnboundLocalError):
        gradient(0.7, 0)
