"""``copy.deepcopy`` of objects, and of what they hold."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from diffcompile import UnsupportedError, check_grads, grad


class Node:
    def __init__(self, v: Any, other: Any = None) -> None:
        self.v = v
        self.other = other


class State:
    def __init__(self, a: Any) -> None:
        self.a = a
        self.b = a
        self.parts = [a[0], a[1]]


class Lazy:
    def __init__(self, v: Any) -> None:
        self.v = v

    def square(self) -> Any:
        try:
            return self._square
        except AttributeError:
            self._square = self.v**2
        return self._square


def chain(x: Any, n: int) -> Any:
    a = Node(x, Node(x * x))
    b = copy.deepcopy(a)
    b.v = b.v * 3.0
    b.other.v = b.other.v * x
    return a.v + a.other.v + b.v * b.other.v


def one_object_twice(x: Any, n: int) -> Any:
    c = Node(x)
    a = Node(c, c)
    b = copy.deepcopy(a)
    b.v.v = x**3
    return b.other.v * a.v.v


def itself(x: Any, n: int) -> Any:
    a = Node(x)
    a.other = a
    b = copy.deepcopy(a)
    b.other.v = x * x
    return b.v * a.v


def best_so_far(x: Any, n: int) -> Any:
    state = Node(x, Node(1.0))
    best = copy.deepcopy(state)
    for _ in range(n):
        state.v = state.v * x + state.other.v
        if state.v > 1.5:
            best = copy.deepcopy(state)
        state.other.v = state.other.v * 0.5
    return best.v * best.other.v


def cached(x: Any, n: int) -> Any:
    a = Lazy(x)
    if n > 0:
        a.square()
    b = copy.deepcopy(a)
    b.v = 3.0 * x
    return b.square() * a.square()


@pytest.mark.parametrize("program", [chain, one_object_twice, itself, best_so_far, cached])
@pytest.mark.parametrize("n", [0, 3])
def test_objects(program: Callable[..., Any], n: int) -> None:
    check_grads(program, (1.2, n), argnums=0)


def test_arrays_that_two_attributes_share() -> None:
    def program(x: Any) -> Any:
        state = State(x * 1.0)
        twin = copy.deepcopy(state)
        twin.a[0] = 5.0 * x[1]
        twin.parts[0] = x[0] ** 2
        return twin.b[0] * state.a[0] + twin.parts[0] * state.parts[0]

    check_grads(program, (np.array([0.3, 0.7]),))


def test_an_object_of_the_caller_is_left_alone() -> None:
    def program(x: Any, node: Any) -> Any:
        twin = copy.deepcopy(node)
        twin.v = twin.v * x
        twin.other.v = twin.other.v * twin.v
        return twin.other.v + node.v * x

    node = Node(0.5, Node(0.3))
    check_grads(program, (0.7, node), argnums=0)
    assert (node.v, node.other.v) == (0.5, 0.3)


def shared_far_down(x: Any) -> Any:
    v = x * 1.0
    rows = copy.deepcopy([[v], [v]])
    rows[0][0][0] = 7.0 * x[1]
    return rows[1][0][0]


def test_what_is_refused() -> None:
    with pytest.raises(UnsupportedError, match="holds the same list or array twice"):
        grad(shared_far_down)(np.array([0.3, 0.7]))
