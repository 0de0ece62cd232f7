"""Nested structures: leaves, copies, comparison of structure and of bits."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import pytest

from diffcompile.testing.structures import (
    copy_tree,
    difference_in_structure,
    first_change,
    leaves,
    parts_like,
    rebuild,
)


class Pair(NamedTuple):
    """A named tuple."""

    left: Any
    right: Any


@dataclass
class Layer:
    """A dataclass with a field that its constructor does not take."""

    w: Any
    name: str = "layer"
    size: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        """Count how often an object is made."""
        self.size = np.size(self.w)


@dataclass(frozen=True)
class Frozen:
    """A frozen dataclass."""

    value: float


def tree() -> Any:
    """Return a structure of every kind."""
    return {
        "w": np.ones((2, 3)),
        "n": 3,
        "mask": np.array([True, False]),
        "deep": [Pair(1.5, None), (Layer(np.zeros(2)), Frozen(2.0))],
        7: np.float32(0.5),
        "empty": [],
        "flag": True,
    }


def test_leaves_are_named_as_one_would_write_them() -> None:
    """Floats and floating-point arrays only, in order."""
    assert [leaf.path for leaf in leaves(tree(), "p")] == [
        "p['w']",
        "p['deep'][0].left",
        "p['deep'][1][0].w",
        "p['deep'][1][1].value",
        "p[7]",
    ]


def test_copy_shares_no_array_and_keeps_types() -> None:
    """Every container keeps its type; arrays are copied with their layout."""
    original = tree()
    original["w"] = np.asfortranarray(original["w"])
    copy = copy_tree(original)
    assert first_change(original, copy, "p") is None
    assert copy["w"].flags.f_contiguous
    assert not np.shares_memory(copy["w"], original["w"])
    assert not np.shares_memory(copy["mask"], original["mask"])
    assert isinstance(copy["deep"][0], Pair)
    assert isinstance(copy["deep"][1][0], Layer)
    assert isinstance(copy["deep"][1][1], Frozen)


def test_rebuild_puts_values_at_the_leaves() -> None:
    """Leaves are replaced in order, the rest stays."""
    original = tree()
    new = rebuild(original, iter(range(10, 15)))
    assert parts_like(new, original) == [10, 11, 12, 13, 14]
    assert new["n"] == original["n"]
    assert new["deep"][1][0].name == "layer"
    assert new["deep"][1][0].size == original["deep"][1][0].size


@pytest.mark.parametrize(
    ("found", "words"),
    [
        ({"w": np.ones(2)}, "the gradient['b'] is missing"),
        ({"w": np.ones(2), "b": 1.0, "c": 2.0}, "the gradient['c'] is too many"),
        ({"w": np.ones(3), "b": 1.0}, "the gradient['w'] has shape (3,), not (2,)"),
        ({"w": np.ones(2, np.float32), "b": 1.0}, "the gradient['w'] has dtype float32, not float64"),
        ({"w": 1.0, "b": 1.0}, "the gradient['w'] is a float, not an array"),
        ({"w": np.ones(2), "b": None}, "the gradient['b'] is None, not a number"),
        ([np.ones(2), 1.0], "the gradient is a list, not a dict"),
    ],
)
def test_differences_in_structure_are_told(found: Any, words: str) -> None:
    """Each way to depart from the structure of the argument has its words."""
    expected = {"w": np.zeros(2), "b": 0.5}
    assert difference_in_structure(expected, expected) is None
    assert difference_in_structure(expected, found, "the gradient") == words


def test_the_counterpart_of_what_is_not_differentiable_is_free() -> None:
    """The gradient with respect to an int, a string or a list of these may be anything."""
    assert difference_in_structure((1.0, 3, ["a"]), (2.0, None, 0)) is None
    assert difference_in_structure((1.0, 3), (2.0,)) == "[1] is missing"


@pytest.mark.parametrize(
    ("change", "path"),
    [
        (lambda p: p["w"].__setitem__((0, 1), 1.0 + 2.0**-52), "p['w']"),
        (lambda p: p["mask"].__setitem__(0, False), "p['mask']"),
        (lambda p: p.__setitem__("n", 3.0), "p['n']"),
        (lambda p: p["empty"].append(1), "p['empty']"),
        (lambda p: setattr(p["deep"][1][0], "name", "x"), "p['deep'][1][0].name"),
        (lambda p: p["deep"].pop(), "p['deep']"),
        (lambda p: p.__setitem__(7, np.float64(0.5)), "p[7]"),
    ],
)
def test_the_first_change_is_found(change: Any, path: str) -> None:
    """A changed bit, type or length is a change."""
    before, after = tree(), tree()
    assert first_change(before, after, "p") is None
    change(after)
    assert first_change(before, after, "p") == path


def test_nan_is_no_change() -> None:
    """Bits are compared, not values: nan stays nan, and -0.0 is not 0.0."""
    assert first_change([np.nan, np.array([np.nan])], [np.nan, np.array([np.nan])], "p") is None
    assert first_change(np.array([0.0]), np.array([-0.0]), "p") == "p"
