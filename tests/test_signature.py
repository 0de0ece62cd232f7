"""Quick tests whether something is as it was: they may only agree where the slow one does."""

from __future__ import annotations

import builtins
from typing import Any

import numpy as np
import pytest

from diffcompile import grad
from diffcompile.signature import still, surely_unchanged, type_key

TEXT = "a text"
VALUES: list[Any] = [
    [1.0, 2.0],
    [[1.0], [2.0, 3.0]],
    [[[1.0, 2.0], [3.0]], [[4.0]], []],
    [1, "a", None, (1, 2.0)],
    [],
    {"a": 1.0, "b": (1, (2, "x"))},
    {},
]
OTHERS: list[Any] = [
    *VALUES,
    [1.0],
    [3.0, 4.0],
    [1.0, 2],
    [1.0, np.float64(2.0)],
    [[1.0], [2.0]],
    [[1.0], [2.0, 3]],
    [[4.0], [5.0, 6.0]],
    [[1.0], (2.0, 3.0)],
    (1.0, 2.0),
    [True, "a", None, (1, 2.0)],
    {"a": 1, "b": (1, (2, "x"))},
    {"a": 1.0, "c": (1, (2, "x"))},
    {"a": 1.0},
    None,
    3.0,
]


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_agrees_with_the_types(value: Any) -> None:
    quick = surely_unchanged(value)
    assert quick is not None
    assert quick(value)
    for other in OTHERS:
        if quick(other):
            assert type_key(other) == type_key(value)
        assert still(value)(other) == (type_key(other) == type_key(value))


CHANGING = [[np.ones(2)], {"a": [1.0]}, [[1.0], [np.ones(1)]], (1.0,), 3.0, [np.float64(1.0)]]


@pytest.mark.parametrize("value", CHANGING, ids=repr)
def test_what_may_change_inside_has_none(value: Any) -> None:
    assert surely_unchanged(value) is None


def test_a_list_that_is_changed_in_place() -> None:
    table = [1.0, 2.0]
    same = still(table)
    table[0] = 5.0
    assert same(table)
    table[1] = 3  # type: ignore[call-overload]
    assert not same(table)
    options = {"a": 1.0}
    same = still(options)
    options["b"] = 2.0
    assert not same(options)


class Node:
    """One of a graph: it knows the list of all nodes."""

    def __init__(self, weight: float) -> None:
        self.weight = weight
        self.everyone: list[Node] = []


def graph(*weights: float) -> list[Node]:
    nodes = [Node(weight) for weight in weights]
    for node in nodes:
        node.everyone = nodes
    return nodes


def test_a_list_of_objects_that_know_the_list() -> None:
    nodes = graph(2.0, 3.0)
    assert type_key(nodes) == type_key(graph(4.0, 5.0))
    assert type_key(nodes) != type_key(graph(4.0, 5))
    assert grad(lambda x, nodes: x * nodes[0].everyone[1].weight)(1.0, nodes) == 3.0
    assert grad(lambda x: x * nodes[1].everyone[0].weight)(1.0) == 2.0


def test_a_container_that_holds_itself_has_no_key() -> None:
    loop: list[Any] = [1.0]
    loop.append({"again": loop})
    with pytest.raises(RecursionError):
        type_key(loop)


def test_the_namespace_of_the_builtins_is_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the prompt left in it may lead to everything that there is."""
    node = Node(1.0)
    vars(node)["held"] = {"names": vars(builtins)}
    monkeypatch.setattr(builtins, "_", node, raising=False)
    assert still(vars(builtins))(vars(builtins))
    assert type_key(node) == type_key(node)
