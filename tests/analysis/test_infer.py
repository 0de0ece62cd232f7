"""Inferred types against what happens: whatever is said of a result must be true of it.

A wrong type is a wrong gradient without a word, so every rule is run on samples, on operands of all dtypes and
ranks, and with less and less known of its operands.
"""

from __future__ import annotations

import builtins
import itertools
import math
import operator
import random
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import diffcompile.rules  # noqa: F401 - filling the registry
from analysis.calls import CALLS, WITHOUT_CALL
from analysis.conform import (
    WEAKER,
    Mismatch,
    Sizes,
    check_call,
    conforms,
    given,
    literal,
    named,
    weakened,
)
from diffcompile.analysis.infer import elements, getitem, infer
from diffcompile.analysis.infer.table import TABLE
from diffcompile.analysis.types import ANY, NUMBER, ONE, Array, Dim, Lst, Scalar, Static, Tup, Type, type_of
from diffcompile.rules import registry
from rules.checking import name_of

REFUSED = (
    TypeError,
    ValueError,
    AttributeError,
    IndexError,
    OverflowError,
    ZeroDivisionError,
    np.linalg.LinAlgError,
)
DATA = np.ndarray | np.generic | float | complex | list | dict


def operand(value: Any, place: Any) -> Type:
    """Return the type of an argument: data are variables, the rest is written out in the program."""
    if isinstance(value, tuple) and not all(isinstance(part, DATA | tuple) for part in value):
        return literal(value)
    return given(value, place) if isinstance(value, DATA | tuple) else literal(value)


def vaguer(types: list[Type]) -> Iterator[list[Type]]:
    """Yield the types with less known of one operand, and of all."""
    for weaken in WEAKER:
        vague = [weakened(weaken, t, ("vague", k)) for k, t in enumerate(types)]
        yield vague
        if len(types) > 1:
            yield from ([*types[:k], vague[k], *types[k + 1 :]] for k in range(len(types)))


def run(fun: Any, *args: Any, **kwargs: Any) -> int:
    """Check what is inferred of a call; return how many times, 0 if the call is an error."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            fun(*args, **kwargs)
        except REFUSED:
            return 0
        types = [operand(value, ("x", k)) for k, value in enumerate((*args, *kwargs.values()))]
        count = 0
        for found in (types, *vaguer(types)):
            positional, named_types = found[: len(args)], dict(zip(kwargs, found[len(args) :], strict=True))
            check_call(fun, args, kwargs, positional, named_types)
            count += 1
        return count


# -- the registry ---------------------------------------------------------------------------------------


RULED = [fun for fun in (*registry.ELEMENTWISE, *registry.ADJOINT) if registry.package_of(fun) != "scipy"]


@pytest.mark.parametrize("fun", RULED, ids=name_of)
def test_rule_of_registry(fun):
    entry = registry.ELEMENTWISE.get(fun) or registry.ADJOINT[fun]
    assert sum(run(fun, *sample.args, **sample.kwargs) for sample in entry.samples()) > 0


@pytest.mark.parametrize("fun", CALLS, ids=name_of)
def test_callee_without_derivative(fun):
    assert sum(run(fun, *args) for args in CALLS[fun]) > 0


def _is_helper(fun):
    """Tell whether a callee is one of ours, which only generated code calls: of these little need be said."""
    return str(getattr(fun, "__module__", "")).startswith("diffcompile.")


def test_every_callee_is_tried():
    tried = {*registry.ELEMENTWISE, *registry.ADJOINT, *CALLS, *WITHOUT_CALL}
    untried = {fun for fun in registry.NONDIFFERENTIABLE if fun not in tried}
    assert [name_of(f) for f in untried if registry.package_of(f) not in ("scipy", "diffcompile", "bridges")] == []


VAGUE = {
    "diffcompile.dynamic.containers.keys",
    "numpy.linalg.cross", "numpy.linalg.multi_dot", "numpy.cross", "numpy.block", "numpy.unstack", "numpy.split",
    "numpy.array_split", "numpy.hsplit", "numpy.vsplit", "numpy.dsplit", "numpy.ndarray.tolist",
    "numpy.ndarray.tobytes",
    "numpy.isnat", "numpy.broadcast_shapes", "numpy.min_scalar_type", "builtins.type", "numpy.random.RandomState",
    "numpy.random.bytes", "numpy.Generator.bytes", "numpy.random.mtrand.RandomState",
    "numpy.random._generator.bytes",
    "numpy.linalg.eig", "numpy.linalg.eigvals", "numpy.roots", "numpy.poly", "numpy.cov", "numpy.corrcoef",
    "numpy.histogram2d", "numpy.histogramdd", "numpy.linalg.matrix_rank",
    "numpy.unique_all", "numpy.unique_counts", "numpy.unique_inverse", "numpy.mask_indices", "numpy.einsum_path",
}  # fmt: skip
"""Where rank and dtype depend on values, or the result is no number."""


def _says_little(t: Type) -> bool:
    match t:
        case Array():
            return t.dims is None or t.dtype is None
        case Tup():
            return any(map(_says_little, t.items))
    return t is ANY or t is NUMBER


@pytest.mark.parametrize("fun", [fun for fun in (*RULED, *CALLS) if not _is_helper(fun)], ids=name_of)
def test_rule_says_rank_and_dtype(fun):
    """For most samples of every callee, dtype and rank of the result are known."""
    if fun in CALLS:
        calls = [(args, {}) for args in CALLS[fun]]
    else:
        entry = registry.ELEMENTWISE.get(fun) or registry.ADJOINT[fun]
        calls = [(sample.args, sample.kwargs) for sample in entry.samples()]
    found = [
        infer(
            fun,
            [operand(value, k) for k, value in enumerate(args)],
            {key: operand(value, key) for key, value in kwargs.items()},
        )
        for args, kwargs in calls
    ]
    if name_of(fun) not in VAGUE:
        assert sum(map(_says_little, found)) <= len(found) / 2, found


# -- operands of all kinds ------------------------------------------------------------------------------

TABLE_OF_UFUNCS = [fun for fun in vars(np).values() if isinstance(fun, np.ufunc) and fun is not np.isnat]
DTYPES = ["?", "i1", "u1", "i4", "i8", "u8", "f2", "f4", "f8", "g", "F", "D"]
SHAPES: list[tuple[int, ...]] = [(), (1,), (0,), (3, 1), (1, 3), (2, 3), (2, 1, 3), (1, 1)]


def _array(dtype: str, shape: tuple[int, ...]) -> np.ndarray:
    return (np.arange(math.prod(shape)).reshape(shape) % 3 + 1).astype(dtype)


SCALARS = [True, 3, 2.5, 1 + 2j, *(np.dtype(dtype).type(2) for dtype in DTYPES)]
ARRAYS = [
    *(_array(dtype, (3,)) for dtype in (*DTYPES, ">f8", ">i4")),
    *(_array("f8", shape) for shape in SHAPES),
    *(_array("i8", shape) for shape in SHAPES[:3]),
    _array("?", ()), _array("f4", (2, 3)), _array("i1", ()),
]  # fmt: skip
POOL: list[Any] = [*SCALARS, *ARRAYS, [1.0, 2.0, 3.0], (1, 2, 3)]
UFUNCS = sorted({fun for fun in TABLE_OF_UFUNCS if fun.signature is None}, key=lambda fun: fun.__name__)
BINARY = [
    operator.add, operator.sub, operator.mul, operator.truediv, operator.floordiv, operator.mod, operator.pow,
    operator.lt, operator.le, operator.eq, operator.ne, operator.and_, operator.or_, operator.xor, operator.lshift,
    operator.rshift, operator.matmul, divmod, min, max, *(ufunc for ufunc in UFUNCS if ufunc.nin == 2), np.isclose,
    np.matmul, np.dot, np.inner, np.outer, np.vdot, np.kron, np.convolve, np.append, np.isin, np.searchsorted,
    np.full_like, np.broadcast_arrays, np.result_type, np.linspace,
]  # fmt: skip
REDUCTIONS = [
    np.sum, np.prod, np.mean, np.var, np.std, np.max, np.min, np.ptp, np.any, np.all, np.argmax, np.count_nonzero,
    np.median, np.average, np.nansum, np.nanmean, np.nanmax, np.add.reduce, np.maximum.reduce, np.logical_and.reduce,
    np.cumsum, np.nancumprod, np.argsort, np.sort, np.flip, np.diff, np.squeeze, np.add.accumulate,
]  # fmt: skip
NORMS = [np.linalg.norm, np.linalg.vector_norm]
UNARY = [
    operator.neg, operator.pos, operator.abs, operator.invert, round, float, int, complex, bool, operator.not_, len,
    math.floor, math.sqrt, math.exp, *(ufunc for ufunc in UFUNCS if ufunc.nin == 1), *REDUCTIONS, *NORMS, np.round,
    np.fix, np.sinc, np.i0, np.angle, np.nan_to_num, np.real, np.imag, np.isneginf, np.isreal, np.iscomplex, np.clip,
    np.shape, np.ndim, np.size, np.asarray, np.array, np.ascontiguousarray, np.copy, np.zeros_like, np.transpose,
    np.ravel, np.atleast_1d, np.atleast_2d, np.atleast_3d, np.ediff1d, np.trapezoid, np.trace, np.diag, np.diagflat,
    np.triu, np.nonzero, np.flatnonzero, np.argwhere, np.float32, np.float64, np.int64, np.bool_, np.complex64,
    np.longdouble, np.arange, np.diagonal, np.unstack, np.ix_, np.meshgrid, np.stack, np.concatenate, np.vstack,
    np.hstack, np.dstack, np.column_stack, np.block,
]  # fmt: skip
PAIRS_TRIED = 6


@pytest.mark.parametrize("fun", BINARY, ids=name_of)
def test_pairs_of_operands(fun):
    chance = random.Random(name_of(fun))
    for _ in range(PAIRS_TRIED):
        run(fun, chance.choice(POOL), chance.choice(POOL))
    ints = [np.int64(2), 3, np.uint8(1), _array("i8", (3,)), True]
    assert sum(run(fun, *pair) for pair in itertools.product([2.5, _array("f8", (3,)), *ints], repeat=2)) > 0


@pytest.mark.parametrize("fun", dict.fromkeys(UNARY), ids=name_of)
def test_single_operands(fun):
    assert sum(run(fun, value) for value in POOL) > 0


@pytest.mark.parametrize("fun", [*REDUCTIONS, np.linalg.vector_norm, np.expand_dims], ids=name_of)
def test_axes(fun):
    tried = 0
    values = [
        1.5,
        np.float32(2),
        *(_array("f8", shape) for shape in SHAPES),
        _array("i1", (2, 3)),
        _array("?", (3,)),
    ]
    for value, axis in itertools.product(values, (None, 0, -1, 1, (0, 1), (0,), ())):
        tried += run(fun, value, axis=axis)
        for keepdims in (True, False):
            tried += run(fun, value, axis=axis, keepdims=keepdims)
    assert tried > 0


@pytest.mark.parametrize("ord", [None, 0, 1, 2, -1, 3, math.inf, "fro", "nuc"])
def test_norms(ord):
    for value, axis in itertools.product(ARRAYS, (None, 0, (0, 1))):
        for options in ({}, {"keepdims": True}):
            run(np.linalg.norm, value, ord, axis, **options)


@pytest.mark.parametrize("fun", [np.add, np.sin, np.less, np.divmod, np.maximum], ids=name_of)
def test_ufunc_with_keywords(fun):
    x, y = _array("f4", (2, 3)), _array("i8", (3,))
    args = (x, y)[: fun.nin]
    mask = _array("?", (2, 1, 3))
    assert run(fun, *args, where=True) > 0
    if fun.nout == 1:
        assert run(fun, *args, where=mask) > 0
        out = np.zeros((4, 2, 3))
        assert run(fun, *args, out=out) > 0
        assert infer(fun, [operand(a, "a") for a in args], {"out": given(out, "out")}) == given(out, "out")
        if fun is not np.less:
            assert run(fun, *args, dtype="float64") > 0
            assert run(fun, *args, dtype=np.float32) > 0


# -- indexing -------------------------------------------------------------------------------------------

BASES = [
    np.arange(24.0).reshape(2, 3, 4), np.arange(6).reshape(3, 2), np.arange(4.0), np.ones((1, 3)), np.ones((3, 0)),
    np.ones(()), np.ones((2, 3), np.complex64), np.array([["a", "b"]]), np.array([None, 1.5]),
]  # fmt: skip
PARTS: list[Any] = [
    0, -1, 1, np.int64(0), np.uint8(1), None, Ellipsis, True, slice(None), slice(1, None), slice(None, -1),
    slice(0, None, -1),
    slice(-2, 0, -1), slice(None, None, 2), slice(-1, None), slice(0, 1), np.array([0, 1]), np.array([[0], [1]]),
    np.array([1]), np.array([], int), [0, 1], [0], [], [True, False], np.array(1), np.array([True, False]),
    np.array([False, True, True]), np.ones((2, 3), bool), np.array(True), (0, 1),
]  # fmt: skip


def _check_item(base: np.ndarray, index: Any) -> int:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            result = base[index]
        except REFUSED:
            return 0
    parts = index if isinstance(index, tuple) else (index,)
    exact = [
        given(part, ("part", k)) if isinstance(part, DATA) else literal(part) for k, part in enumerate(parts)
    ]
    whole = given(base, "base")
    bases = [weakened(weaken, whole, "vague base") for weaken in WEAKER]
    for t, found in (*((whole, found) for found in (exact, *vaguer(exact))), *((t, exact) for t in bases)):
        sizes = Sizes()
        conforms(base, t, sizes)
        for part, part_type in zip(parts, found, strict=True):
            if not isinstance(part, slice):
                conforms(part, part_type, sizes)
        conforms(result, getitem(t, Tup(tuple(found)) if isinstance(index, tuple) else found[0]), sizes)
    return 1


@pytest.mark.parametrize("base", BASES, ids=lambda base: f"{base.dtype}{base.shape}")
def test_items(base):
    chance = random.Random(str(base.shape))
    tried = sum(_check_item(base, part) for part in PARTS if not isinstance(part, tuple))
    for count in (1, 2, 2, 2, 3, 3, 4) * 30:
        tried += _check_item(base, tuple(chance.choices(PARTS, k=count)))
    assert tried > 0


@pytest.mark.parametrize("size", range(6))
def test_every_slice(size):
    """All slices of one array together: equal keys must be equal lengths, for every length."""
    base = np.arange(float(size))
    bounds = [None, *range(-4, 5)]
    for t in (Array(base.dtype, (Dim(("arg", "x", 0)),)), Array(base.dtype, (Dim(size, size != 1),))):
        sizes = Sizes()
        conforms(base, t, sizes)
        for start, stop, step in itertools.product(bounds, bounds, (None, 1, -1, 2, -2, 3)):
            index = slice(start, stop, step)
            found = getitem(t, literal(index))
            conforms(base[index], found, sizes)
            for again in (slice(1, None), slice(None, -1), slice(None, None, -1), slice(0, 2)):
                conforms(base[index][again], getitem(found, literal(again)), sizes)


def test_stencil_slices_have_one_length():
    """``u[2:]``, ``u[1:-1]``, ``u[:-2]`` and ``u[1:n - 1]`` are known to be of one shape."""
    u = Array(np.dtype(float), (Dim(("arg", "u", 0)),))
    n = infer(len, [u], {})
    less = infer(operator.sub, [n, Static(1)], {})
    slices = [slice(2, None), slice(1, -1), slice(None, -2)]
    found = [getitem(u, literal(index)) for index in slices]
    found.append(getitem(u, infer(slice, [Static(1), less], {})))
    found.append(infer(np.zeros, [infer(operator.sub, [n, Static(2)], {})], {}))
    assert all(t == found[0] and t.dims[0].key is not None for t in found)


# -- sizes ----------------------------------------------------------------------------------------------


class _Program:
    """A random straight-line program on sizes; one key must mean one length all through it."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.sizes = Sizes()
        self.values: list[tuple[Any, Type]] = []
        for k in range(3):
            size = self.chance.randrange(4)
            self.add(np.arange(float(size)), named(type_of(np.ones(size), ("x", k)), ("x", k)))
            self.add(self.chance.randrange(-3, 4), named(Scalar("i"), ("n", k)))
        self.add(np.ones((self.chance.randrange(3), 2)), named(Array(np.dtype(float), (Dim(), Dim())), "m"))

    def add(self, value: Any, t: Type) -> None:
        conforms(value, t, self.sizes)
        self.values.append((value, t))

    def pick(self, cls: Any) -> tuple[Any, Type]:
        return self.chance.choice([pair for pair in self.values if isinstance(pair[0], cls)])

    def call(self, fun: Any, *operands: tuple[Any, Type], **keywords: tuple[Any, Type]) -> None:
        args = [value for value, _ in operands]
        kwargs = {key: value for key, (value, _) in keywords.items()}
        try:
            result = fun(*args, **kwargs)
        except REFUSED:
            return
        if np.size(result) > 200 or (isinstance(result, int) and abs(result) > 200):
            return
        t = infer(fun, [t for _, t in operands], {key: t for key, (_, t) in keywords.items()})
        self.add(result, named(t, len(self.values)))

    def step(self) -> None:
        def known(value: Any) -> tuple[Any, Type]:
            return value, literal(value)

        n, m, x, y = self.pick(int), self.pick(int), self.pick(np.ndarray), self.pick(np.ndarray)
        k = known(self.chance.randrange(-3, 4))
        size = self.chance.choice([n, k])
        part = slice(*(self.chance.choice([(None, Static(None)), k, n])[0] for _ in range(2)))
        bounds = [Static(None) if part.start is None else self._type(part.start, n, k)]
        bounds.append(Static(None) if part.stop is None else self._type(part.stop, n, k))
        index = (part, infer(slice, bounds, {}))
        shape = (size[0], m[0]), Tup((size[1], m[1]))
        both = (x[0], y[0]), Tup((x[1], y[1]))
        self.chance.choice([
            lambda: self.call(len, x), lambda: self.call(operator.add, n, k), lambda: self.call(operator.sub, n, k),
            lambda: self.call(operator.add, k, n), lambda: self.call(np.zeros, size), lambda: self.call(np.arange,
            size),
            lambda: self.call(np.arange, k, n), lambda: self.call(np.arange, n, m), lambda: self.call(np.ones, shape),
            lambda: self.call(operator.getitem, x, index), lambda: self.call(operator.getitem, x, index),
            lambda: self.call(np.concatenate, both), lambda: self.call(np.pad, x, known(1)),
            lambda: self.call(np.ravel, x),
            lambda: self.call(np.reshape, x, shape), lambda: self.call(np.reshape, x, n),
            lambda: self.call(np.diff, x),
            lambda: self.call(np.reshape, x, ((-1, size[0]), Tup((Static(-1), size[1])))),
            lambda: self.call(np.diag, x),
            lambda: self.call(operator.add, x, y), lambda: self.call(operator.mul, x, y),
            lambda: self.call(np.outer, x, y),
            lambda: self.call(np.repeat, x, size), lambda: self.call(np.tile, x, size), lambda: self.call(np.eye,
            size, n),
            lambda: self.call(np.stack, ((x[0], x[0]), Tup((x[1], x[1])))), lambda: self.call(np.size, x),
            lambda: self.call(np.linspace, known(0.0), known(1.0), size), lambda: self.call(operator.matmul, x, y),
            lambda: self.call(np.full, shape, known(1.5)), lambda: self.call(np.broadcast_to, x, shape),
            lambda: self.call(np.transpose, x), lambda: self.call(np.diagonal, x, k), lambda: self.call(np.kron, x,
            y),
            lambda: self.call(np.append, x, y), lambda: self.call(np.vstack, both), lambda: self.call(np.hstack,
            both),
            lambda: self.call(np.squeeze, x), lambda: self.call(np.where, x, y, k), lambda: self.call(np.tril, x),
            lambda: self.call(np.cumsum, x), lambda: self.call(np.meshgrid, x, y), lambda: self.call(np.resize, x,
            shape),
        ])()  # fmt: skip

    @staticmethod
    def _type(value: int, *known: tuple[Any, Type]) -> Type:
        return next(t for other, t in known if other is value or other == value)


@pytest.mark.parametrize("first", range(0, 200, 40))
def test_one_key_is_one_length(first):
    for seed in range(first, first + 40):
        program = _Program(seed)
        for _ in range(60):
            program.step()
        assert any(key is not None for key in program.sizes.seen)


def test_long_program_has_short_keys():
    """Keys of lengths stay small however many operations there are, and compilation stays linear."""
    x, y = (Array(np.dtype(float), (Dim(("arg", name, 0)),)) for name in "xy")
    t: Type = x
    for _ in range(50):
        t = infer(operator.add, [getitem(t, literal(slice(None, None, 2))), y], {})
        assert len(repr(t.dims[0].key)) < 400


# -- particular types -----------------------------------------------------------------------------------

N = Dim(("arg", "n", 0))
M = Dim(("arg", "m", 0))
F8, F4, I8 = np.dtype(float), np.dtype(np.float32), np.dtype(np.int64)
VECTOR, MATRIX = Array(F8, (N,)), Array(F8, (N, M))
BATCH = Array(F8, (Dim("batch"), N, N))
HALVES = Array(F8, (Dim(8, True), Dim(6, True)))
FLOAT64 = Scalar("f", "float64")
EXPECTED = [
    (operator.add, [MATRIX, Array(F8, (M,))], {}, Array(F8, (N, Dim(("arg", "m", 0))))),
    (operator.mul, [Array(F4, (N,)), Static(2.0)], {}, Array(F4, (N,))),
    (operator.mul, [VECTOR, Scalar("f", "?")], {}, VECTOR),
    (operator.truediv, [Array(I8, (N,)), Static(2)], {}, VECTOR),
    (operator.pow, [Scalar("f"), Static(2)], {}, Scalar("f")),
    (np.exp, [MATRIX], {}, MATRIX),
    (np.exp, [Scalar("f")], {}, FLOAT64),
    (np.sum, [MATRIX], {}, FLOAT64),
    (np.sum, [MATRIX], {"axis": Static(0)}, Array(F8, (M,))),
    (np.mean, [MATRIX], {"axis": Static(1), "keepdims": Static(True)}, Array(F8, (N, ONE))),
    (np.matmul, [BATCH, BATCH], {}, BATCH),
    (np.matmul, [MATRIX, Array(F8, (M,))], {}, VECTOR),
    (np.einsum, [Static("ij,kj->ik"), MATRIX, MATRIX], {}, Array(F8, (N, N))),
    (np.einsum, [Static("...ij->...ji"), BATCH], {}, BATCH),
    (np.concatenate, [Tup((VECTOR, VECTOR, Array(F8, (ONE,))))], {}, Array(F8, (Dim(("sum", 1, N.key, N.key)),))),
    (np.stack, [Tup((VECTOR, VECTOR))], {"axis": Static(1)}, Array(F8, (N, Dim(2, True)))),
    (np.column_stack, [Tup((VECTOR, VECTOR))], {}, Array(F8, (N, Dim(2, True)))),
    (np.vstack, [Tup((VECTOR, MATRIX))], {}, Array(F8, (Dim(("offset", N.key, 1)), N))),
    (np.transpose, [MATRIX], {}, Array(F8, (M, N))),
    (np.reshape, [HALVES, Static((-1, 4))], {}, Array(F8, (Dim(12, True), Dim(4, True)))),
    (np.moveaxis, [BATCH, Static(0), Static(-1)], {}, Array(F8, (N, N, Dim("batch")))),
    (np.pad, [VECTOR, Static(1)], {}, Array(F8, (Dim(("offset", N.key, 2), True),))),
    (np.tile, [VECTOR, Static((2, 1))], {}, Array(F8, (Dim(2, True), N))),
    (np.linalg.solve, [BATCH, BATCH], {}, BATCH),
    (np.linalg.svd, [HALVES, Static(False)], {}, None),
    (np.diag, [VECTOR], {}, Array(F8, (N, N))),
    (np.argsort, [MATRIX], {}, Array(I8, (N, M))),
    (np.where, [VECTOR, VECTOR, Static(0.0)], {}, VECTOR),
    (np.clip, [VECTOR, Static(0.0), Static(1.0)], {}, VECTOR),
    (np.ndarray.clip, [VECTOR], {"min": Static(0.0)}, VECTOR),
    (np.arange, [Scalar("i", None, N.key)], {}, Array(I8, (N,))),
    (np.zeros, [Tup((Scalar("i", None, N.key), Static(3)))], {}, Array(F8, (N, Dim(3, True)))),
    (np.array, [Tup((Scalar("f"), Scalar("f")))], {}, Array(F8, (Dim(2, True),))),
    (np.shape, [MATRIX], {}, Tup((Scalar("i", None, N.key), Scalar("i", None, M.key)))),
    (getattr, [MATRIX, Static("T")], {}, Array(F8, (M, N))),
    (getattr, [Array(np.dtype("F"), (N,)), Static("real")], {}, Array(F4, (N,))),
    (np.nonzero, [MATRIX], {}, Tup((Array(I8, (Dim(),)),) * 2)),
    (np.take, [MATRIX, Array(I8, (N,)), Static(1)], {}, Array(F8, (N, N))),
    (np.outer, [VECTOR, Array(F8, (M,))], {}, MATRIX),
    (np.broadcast_to, [Static(1.0), Tup((Scalar("i", None, N.key),))], {}, VECTOR),
]  # fmt: skip


@pytest.mark.parametrize(
    ("fun", "types", "keywords", "expected"), EXPECTED, ids=lambda x: name_of(x) if callable(x) else ""
)
def test_particular_type(fun, types, keywords, expected):
    found = infer(fun, types, keywords)
    if expected is None:
        assert isinstance(found, Tup)
        assert [part.dims for part in found.items] == [
            (Dim(8, True), Dim(6, True)),
            (Dim(6, True),),
            (Dim(6, True),) * 2,
        ]
    else:
        assert found == expected


def test_finfo_is_known():
    limits = infer(np.finfo, [Static(np.float32)], {})
    assert infer(builtins.getattr, [limits, Static("eps")], {}) == Scalar("f", "float32")


def test_iterating():
    assert elements(MATRIX) == Array(F8, (M,))
    assert elements(VECTOR) == FLOAT64
    assert elements(type_of([1.5, 2.5])) == Scalar("f")
    assert elements(Static((1, 2.5))) == Scalar("f", "?")
    assert elements(Static("abc")) == elements(Static("x"))


def test_parts_of_a_split():
    from diffcompile.analysis.infer import list_items  # noqa: PLC0415

    assert list_items(np.split, [MATRIX, Static(2)], {"axis": Static(1)}) == Array(F8, (N, Dim()))
    assert list_items(np.sum, [MATRIX], {}) is None
    for part in np.split(np.ones((4, 6)), 2, axis=1):
        conforms(part, Array(F8, (Dim(), Dim())), Sizes())


def test_unknown_callee_and_wrong_arguments_say_nothing():
    assert infer(object(), [VECTOR], {}) is ANY
    assert infer(np.ndarray, [VECTOR], {}) is ANY
    assert infer([], [VECTOR], {}) is ANY
    assert infer(np.sin, [], {}) is ANY
    assert infer(np.sum, [VECTOR], {"axis": Static(5)}) is ANY
    assert infer(np.sum, [VECTOR], {"nonsense": Static(5)}) is ANY
    assert infer(np.matmul, [Static(None), VECTOR], {}) is ANY


def test_empty_lists_are_thought_of():
    """``np.array([])`` is of floats and has one axis, whatever the list would hold."""
    rows = Lst(type_of([np.ones(3)]).cell)
    assert infer(np.array, [rows], {}) == Array(F8, None)
    assert infer(np.array, [type_of([1, 2])], {}) == Array(None, (Dim(),))
    rows.cell.root().filled = True
    assert infer(np.array, [rows], {}) == Array(F8, (Dim(), Dim(None, True)))
    getitem(rows, literal(slice(1, None)))
    assert infer(np.array, [rows], {}) == Array(F8, None)


# -- the check itself -----------------------------------------------------------------------------------

WRONG = [
    (1, Scalar("f")), (1.5, Scalar("i")), (True, Scalar("i")), (np.float64(1), Scalar("f")), (1.5, FLOAT64),
    (np.float32(1), FLOAT64), (1j, Scalar("f", "?")), (True, Scalar("i", "?")), (np.ones(3), FLOAT64),
    (np.ones(3), Array(F4, (N,))), (np.ones(3), Array(F8, ())), (np.ones(1), Array(F8, (Dim(None, True),))),
    (np.ones(2), Array(F8, (ONE,))), (np.ones((2, 3)), Array(F8, (N, N))), (1.5, Array(F8, ())), ((1,), Tup(())),
    ([1], Tup((Scalar("i"),))), ("a", NUMBER), (np.array(["a"]), NUMBER), (0.0, Static(-0.0)), (2, Static(3)),
    ([1.5], type_of([1])), (np.array([None]), Array(None, (N,))),
]  # fmt: skip


@pytest.mark.parametrize(("value", "t"), WRONG, ids=repr)
def test_wrong_type_is_noticed(value, t):
    with pytest.raises(Mismatch):
        conforms(value, t, Sizes())


def test_wrong_rule_is_noticed(monkeypatch):
    monkeypatch.setitem(TABLE, np.cumsum, lambda a: Array(F8, (Dim(),)))
    assert run(np.cumsum, np.ones(3)) > 0
    with pytest.raises(Mismatch):
        run(np.cumsum, np.ones(3, int))
    monkeypatch.setitem(TABLE, np.cumsum, lambda a: a)
    with pytest.raises(Mismatch):
        run(np.cumsum, np.ones((2, 2)))
