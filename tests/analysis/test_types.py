"""The lattice itself: what is joined, forgotten and compared covers the values that it stands for."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

from analysis.conform import WEAKER, Mismatch, Sizes, conforms, given, weakened
from diffcompile.analysis.infer import broadcast_dims, fits_without_sum, same_shape
from diffcompile.analysis.types import (
    ANY,
    BOTTOM,
    NUMBER,
    ONE,
    SLICE,
    Array,
    Cell,
    Dim,
    Lst,
    Scalar,
    SliceOf,
    Static,
    Tup,
    Type,
    anchor,
    forget_sizes,
    join,
    type_of,
)

F8 = np.dtype(float)
VALUES: list[Any] = [
    True, 2, 2.5, 1j, np.True_, np.int8(2), np.int64(2), np.uint8(3), np.float32(1), np.float64(1), np.longdouble(1),
    np.complex64(1), np.ones(()), np.ones(1), np.ones(3), np.ones((1, 3)), np.ones((2, 3)), np.ones(3, np.float32),
    np.ones(3, int), np.ones(3, bool), np.array([None, 1]), np.array(["a"]), "text", None, (), (1, 2.5),
    (np.ones(2), 1),
    [1.5], [np.ones(2)], [], slice(1, None), np.ones(3, complex),
]  # fmt: skip


def types_of(value: Any) -> list[Type]:
    """Return what may be known of a value."""
    t = given(value, "here")
    found = [t, forget_sizes(t), *(weakened(weaken, t, "there") for weaken in WEAKER)]
    if isinstance(value, int | float | str | None | complex | tuple) and not isinstance(value, np.generic):
        found.append(Static(value))
    return found


@pytest.mark.parametrize("left", range(len(VALUES)))
def test_join_covers_both(left):
    for right in range(len(VALUES)):
        for mine, theirs in itertools.product(types_of(VALUES[left]), types_of(VALUES[right])):
            for joined in (join(mine, theirs), join(theirs, mine)):
                conforms(VALUES[left], joined, Sizes())
                conforms(VALUES[right], joined, Sizes())


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_join_settles(value):
    """Joining again and again comes to an end: a loop's types are found after a few rounds."""
    for others in itertools.permutations(VALUES[::3], 3):
        t = given(value, "here")
        seen = [t]
        for other in (*others, *others):
            t = join(t, given(other, "there"))
            seen.append(t)
        assert join(t, given(others[0], "there")) == t
        assert join(t, t) == t
        assert join(BOTTOM, t) == t == join(t, BOTTOM)


def test_unknown_dtype_is_not_float64():
    """NumPy says ``np.dtype(float) == None``; types must not."""
    known, unknown = Array(F8, (Dim(),)), Array(None, (Dim(),))
    assert known != unknown
    assert unknown != known
    assert join(known, unknown) == unknown == join(unknown, known)


def test_zeros_of_two_signs_are_two_constants():
    assert Static(0.0) != Static(-0.0)
    assert join(Static(0.0), Static(-0.0)) == Scalar("f")
    assert Static(float("nan")) == Static(float("nan"))
    assert Static((1, 0.0)) == Static((1, 0.0)) != Static((1, -0.0))
    assert Static(1) != Static(True)


def test_truth_value_is_not_an_index():
    assert join(Scalar("b"), Scalar("i")) is NUMBER
    assert join(Scalar("i"), Scalar("f")) == Scalar("f", "?")
    assert join(Scalar("f", "float32"), Scalar("f", "float64")) == Scalar("f", "?")


def test_sizes_of_another_time_are_forgotten():
    n = Dim(("arg", "x", 0), True)
    array = Array(F8, (n, ONE, Dim(3, True)))
    assert forget_sizes(array) == Array(F8, (Dim(None, True), ONE, Dim(3, True)))
    assert forget_sizes(Scalar("i", None, n.key)) == Scalar("i")
    assert forget_sizes(Tup((array,))) == Tup((forget_sizes(array),))
    assert forget_sizes(SliceOf((Scalar("i", None, n.key),) * 3)) is SLICE
    assert join(SliceOf((Static(0),) * 3), SliceOf((Static(1),) * 3)) is SLICE


@pytest.mark.parametrize("value", [np.ones((2, 1, 3)), np.ones(0), 3, np.int64(2), 2.5], ids=repr)
def test_names_of_sizes_are_true(value):
    sizes = Sizes()
    for place, t in enumerate(types_of(value)):
        named = anchor(t, place)
        conforms(value, named, sizes)
        if isinstance(named, Array) and named.dims is not None:
            assert all(dim.key is not None for dim in named.dims)
            assert anchor(named, "another") == named


def test_arrays_with_another_meaning_of_operators_are_objects():
    for value in (np.ones((1, 1)).view(np.matrix), np.ma.masked_array([1.0])):
        assert not isinstance(type_of(value), Array)


def test_filled_lists():
    filled, other = Cell(item=Scalar("f"), filled=True), Cell(item=Scalar("f"))
    assert join(Lst(filled), Lst(other)) == Lst(other)
    assert not filled.root().filled


# -- shapes -----------------------------------------------------------------------------------------------

SHAPES = [(), (1,), (2,), (3,), (0,), (1, 3), (2, 3), (2, 1), (1, 1), (2, 1, 3)]


def _known(shape: tuple[int, ...], place: Any) -> list[Type]:
    """Return what may be known of an array: sizes exactly, as symbols, whether they are 1, or not at all."""
    value = np.ones(shape)
    exact = Array(F8, tuple(Dim(size, True) if size != 1 else ONE for size in shape))
    shared = Array(F8, tuple(Dim(("size", size), size != 1) if size != 1 else ONE for size in shape))
    shared_vague = Array(F8, tuple(Dim(("size", size)) for size in shape))
    nothing = Array(F8, (Dim(),) * len(shape))
    t = given(value, place)
    return [t, exact, shared, shared_vague, nothing, anchor(nothing, place), Array(F8, None), NUMBER, ANY]


def test_broadcasts():
    for left, right in itertools.product(SHAPES, repeat=2):
        try:
            shape = np.broadcast_shapes(left, right)
        except ValueError:
            continue
        for mine, theirs in itertools.product(_known(left, "left"), _known(right, "right")):
            dims = broadcast_dims(mine, theirs)
            if dims is None:
                assert any(not isinstance(t, Array) or t.dims is None for t in (mine, theirs))
                continue
            sizes = Sizes()
            for shape_of, t in ((left, mine), (right, theirs), (shape, Array(F8, dims))):
                conforms(np.ones(shape_of), t, sizes)
            result = Array(F8, dims)
            for operand, t in ((left, mine), (right, theirs)):
                if fits_without_sum(t, result):
                    assert operand == shape
                if same_shape(t, result):
                    assert operand == shape
            if same_shape(mine, theirs):
                assert left == right


def test_broadcasts_that_are_known():
    n, m = Dim(("arg", "n", 0), True), Dim(("arg", "m", 0), True)
    unknown = Dim(("arg", "k", 0))
    assert broadcast_dims(Array(F8, (n, m)), Array(F8, (m,)), Scalar("f")) == (n, m)
    assert broadcast_dims(Array(F8, (n, ONE)), Array(F8, (m,))) == (n, m)
    assert broadcast_dims(Array(F8, (unknown,)), Array(F8, (n,))) == (n,)
    assert broadcast_dims(Scalar("f"), Static(2.0)) == ()
    assert fits_without_sum(Array(F8, (n,)), Array(F8, (n,)))
    assert not fits_without_sum(Array(F8, (unknown,)), Array(F8, (n,)))
    assert not fits_without_sum(Array(F8, (n,)), Array(F8, (n, n)))
    assert fits_without_sum(Scalar("f"), Static(1.0))
    assert not fits_without_sum(Scalar("f"), Array(F8, (n,)))
    assert same_shape(Array(F8, (n, m)), Array(None, (n, m)))
    assert not same_shape(Array(F8, (Dim(),)), Array(F8, (Dim(),)))


def test_mismatch_of_sizes_is_noticed():
    with pytest.raises(Mismatch):
        conforms(np.ones((2, 3)), Array(F8, (Dim("n"), Dim("n"))), Sizes())
