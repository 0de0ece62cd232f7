"""Calls of the callees without derivative, which have no samples in the registry."""

from __future__ import annotations

import bisect
import builtins
import cmath
import math
import operator
from typing import Any

import numpy as np

from diffcompile import dynamic

X = np.array([[0.5, -1.5, 2.5], [1.0, 2.0, -3.0]])
ROW = np.array([0.5, 1.5, 2.5])
WHOLE = np.array([[1, 2, 3], [4, 5, 6]])
SMALL = np.array([1, 2, 3], np.uint8)
MASK = np.array([[True, False, True], [False, False, True]])
RNG = np.random.default_rng
STATE = np.random.RandomState


def _each(*operands: Any) -> list[tuple[Any, ...]]:
    return [(operand,) for operand in operands]


PAIRS = [
    (X, ROW),
    (1.5, 2.0),
    (X, 2),
    (np.float32(1.5), 2.5),
    (WHOLE, 2),
    (np.array(1.5), 1.0),
    (X[:, :1], X[:1]),
]
WHOLE_PAIRS = [
    (WHOLE, 2),
    (3, 2),
    (np.int8(3), 1),
    (SMALL, WHOLE[0]),
    (np.int64(3), np.int32(1)),
    (np.array(3), np.array(1)),
]
BITS = [*WHOLE_PAIRS, (True, False), (MASK, MASK[0]), (np.True_, True)]
SINGLE = _each(X, ROW, 1.5, np.float32(2.5), X[:, :1], np.array(0.5), X.astype(np.float32))
VALUES = [*SINGLE, *_each(WHOLE, MASK, 3, np.int8(3))]
ANYTHING = [*VALUES, *_each("text", None, (1, 2), [1.0, 2.0])]
DRAWS: list[tuple[Any, ...]] = [(), (3,), ((2, 3),)]

CALLS: dict[Any, list[Any]] = {
    np.zeros: [(3,), ((2, 3),), ((),), (2, int), (2, "float32")],
    np.ones: [(3,), ((2, 3),), ((1, 3), bool)],
    np.empty: [((0, 3),), (1, np.int8)],
    np.zeros_like: [*VALUES, ([1.0, 2.0],), (X, int)],
    np.ones_like: [*VALUES, ((X, X),)],
    np.empty_like: [*VALUES],
    np.eye: [(3,), (2, 3), (2, 3, 1), (2, None, 0, int)],
    np.identity: [(3,), (2, np.float32)],
    np.tri: [(3,), (3, 4, 1), (2, 2, 0, int)],
    np.indices: [((2, 3),), ((2,), float)],
    np.diag_indices: [(3,), (3, 3)],
    np.diag_indices_from: _each(np.eye(3)),
    np.tril_indices: [(3,), (3, -1), (3, 0, 4)],
    np.triu_indices: [(3,), (3, 1)],
    np.tril_indices_from: _each(np.eye(3)),
    np.triu_indices_from: _each(np.eye(3)),
    np.ndarray.tobytes: _each(X),
    dynamic.stop_gradient: ANYTHING,
    dynamic.keys: _each({"a": 1.5}),
    dynamic.ascending: [([2.5, 1.5], False), ([2.5, 1.5], True)],
    dynamic.extreme_position: [([2.5, 1.5], False), ([2.5, 1.5], True)],
    dynamic.contiguous: [(slice(1, None), 3)],
    dynamic.positions: [(slice(None, None, 2), 3, 2)],
    dynamic.descending_positions: [(slice(None, None, 2), 3)],
    dynamic.insertion_place: [(-1, 3), (7, 3)],
    dynamic.place_from_start: [(-1, 3), (2, 3)],
    dynamic.index_sets: [("product", (2, 3), 1), ("combinations", (3,), 2)],
    dynamic.shortest: _each([[1.5, 2.5], [0.5]]),
    list.index: [([1.5, 2.5], 2.5)],
    list.count: [([1.5, 2.5], 2.5)],
    tuple.index: [((1.5, 2.5), 2.5)],
    tuple.count: [((1.5, 2.5), 2.5)],
    np.logical_and.reduce: [(MASK,), (MASK, 1), (MASK, None), (X, (0, 1))],
    np.logical_or.reduce: [(MASK,), (MASK, 0)],
    np.isneginf: SINGLE, np.isposinf: SINGLE, np.isnat: _each(np.datetime64("NaT", "s")),
    np.isreal: [*VALUES, (1j,), (X * 1j,)], np.iscomplex: [*VALUES, (1j,)],
    np.isrealobj: VALUES, np.iscomplexobj: VALUES, np.isscalar: ANYTHING,
    np.isin: [(X, [0.5, 2.0]), (0.5, ROW), (WHOLE, 3)],
    np.isclose: PAIRS, np.allclose: PAIRS, np.array_equal: PAIRS, np.array_equiv: PAIRS,
    np.any: [*VALUES, (X, 1), (MASK, (0, 1)), (MASK, None, None, True)],
    np.all: [*VALUES, (X, 0)],
    np.shares_memory: [(X, ROW), (X, X[0])], np.may_share_memory: [(X, X[0])],
    operator.is_: [(X, None), (None, None)], operator.is_not: [(X, None)],
    operator.not_: _each(1.5, 0, "", None), operator.truth: _each(1.5, 0),
    operator.contains: [((1, 2), 1), ([1.0], 2.0), (X, 0.5), ("abc", "b")],
    operator.eq: [*PAIRS, *WHOLE_PAIRS, ("a", "b"), (None, None), ((1, 2), (1, 2)), ([1.0], [1.0])],
    operator.ne: [*PAIRS, *WHOLE_PAIRS, ("a", "b")],
    operator.lt: [*PAIRS, *WHOLE_PAIRS, ("a", "b"), ((1, 2), (1, 3))],
    operator.le: PAIRS, operator.gt: PAIRS, operator.ge: PAIRS,
    math.isfinite: _each(1.5, np.float32(2)), math.isnan: _each(1.5), math.isinf: _each(1.5),
    math.isclose: [(1.5, 1.5)],
    cmath.isfinite: _each(1.5, 1j), cmath.isnan: _each(1.5), cmath.isinf: _each(1j), cmath.isclose: [(1.5, 1.5 + 0j)],
    np.linalg.matrix_rank: [(np.eye(3),)],
    np.mask_indices: [(3, np.triu)], np.einsum_path: [("ij,jk", np.eye(3), np.eye(3))],
    bool: _each(1.5, 0, np.float64(2.0), ""), isinstance: [(X, np.ndarray), (1.5, float)], issubclass: [(bool, int)],
    callable: _each(np.sin, 1.5), hasattr: [(X, "shape"), (1.5, "shape")],
    np.shape: [*VALUES, ([1.0, 2.0],), ((X, X),)], np.ndim: [*VALUES, ([1.0, 2.0],)],
    np.size: [*VALUES, (X, 1), ([1.0, 2.0],)],
    np.result_type: [(X, 1.0), (np.float32,), (np.float32, np.int64)], np.can_cast: [(np.int8, np.float64)],
    np.promote_types: [(np.int8, np.float32)], np.min_scalar_type: _each(3), np.issubdtype: [(np.int8, np.integer)],
    np.broadcast_shapes: [((2, 3), (3,))], np.finfo: _each(np.float32), np.iinfo: _each(np.int8),
    np.dtype: _each("float32", np.int8), np.iterable: _each(X, 1.5),
    len: _each(X, ROW, (1, 2), [1.0, 2.0], "abc", {"a": 1}), builtins.type: _each(X, 1.5), id: _each(X),
    hash: _each(1.5),
    np.argmax: [*SINGLE, (X, 1), (X, 0, None), ([0.5, 1.5],)], np.argmin: [(X,), (X, -1)],
    np.hanning: [(5,)], np.hamming: [(5,)], np.blackman: [(5,)], np.bartlett: [(1,)],
    np.nanargmax: [(X,), (X, 1)], np.nanargmin: [(X,), (X, 0)],
    np.argsort: [(X,), (X, 0), (X, None), (ROW,), ([2.0, 1.0],)], np.argpartition: [(X, 1), (X, 1, 0), (X, 1, None)],
    np.argwhere: _each(X, ROW), np.lexsort: [((ROW, ROW),), (WHOLE,)],
    np.nonzero: _each(X, ROW, MASK), np.flatnonzero: _each(X, MASK), np.count_nonzero: [(X,), (X, 1), (MASK, (0, 1))],
    np.searchsorted: [(ROW, 1.0), (ROW, X), (ROW, ROW[:1]), ([0.5, 1.5], 1)], np.digitize: [(X, ROW), (1.0, ROW),
    (ROW, ROW)],
    np.ravel_multi_index: [((WHOLE[0], WHOLE[1]), (9, 9))],
    np.unravel_index: [(3, (2, 3)), (WHOLE, (9, 9)), (SMALL[:1], (2, 2))], np.ix_: [(WHOLE[0], WHOLE[1]), (MASK[0],
    SMALL)],
    np.bitwise_count: [*_each(WHOLE, 3, SMALL)], np.invert: _each(WHOLE, True, MASK, np.int8(1)),
    operator.invert: _each(3, True, WHOLE, MASK, np.True_), operator.inv: _each(3, WHOLE),
    np.packbits: [(MASK,), (MASK, 1)], np.unpackbits: [(SMALL,), (SMALL, 0)],
    operator.index: _each(3, np.int8(3)), math.factorial: _each(4), math.comb: [(4, 2)], math.perm: [(4, 2)],
    math.gcd: [(4, 2)], math.lcm: [(4, 2)], math.isqrt: _each(9), int: _each(1.5, True, np.float32(2.5), "3"),
    np.floor: VALUES, np.ceil: SINGLE, np.trunc: SINGLE, np.rint: SINGLE, np.fix: VALUES, np.spacing: SINGLE,
    np.round: [*VALUES, (X, 1), (1.25, 1)], np.around: [*SINGLE, (X, 1)], np.sign: VALUES,
    np.floor_divide: [*PAIRS, *WHOLE_PAIRS], operator.floordiv: [*PAIRS, *WHOLE_PAIRS],
    math.floor: _each(1.5, np.float32(1.5)), math.ceil: _each(1.5), math.trunc: _each(1.5), math.ulp: _each(1.5),
    round: [(1.5,), (2.25, 1), (np.float64(1.5),), (np.float32(2.25), 1), (3,), (3, 1), (True,), (True, 0)],
    repr: ANYTHING, str: ANYTHING, format: [(1.5, ".2f"), (1.5,)], ascii: ANYTHING,
    np.array2string: _each(X), np.array_repr: _each(X), np.array_str: _each(X),
    np.format_float_positional: _each(1.5), np.format_float_scientific: _each(1.5),
    np.random.rand: [(), (3,), (2, 3)], np.random.randn: [(), (3,)], np.random.randint: [(3,), (1, 3), (1, 3, (2,
    3))],
    np.random.random: DRAWS, np.random.random_sample: DRAWS, np.random.ranf: DRAWS, np.random.sample: DRAWS,
    np.random.standard_normal: DRAWS, np.random.standard_exponential: DRAWS, np.random.standard_cauchy: DRAWS,
    np.random.default_rng: [(), (3,)], np.random.RandomState: _each(3), np.random.bytes: _each(3),
    np.random.Generator.random: [(RNG(1),), (RNG(1), 3), (RNG(1), (2, 3)), (RNG(1), 3, np.float32)],
    np.random.Generator.integers: [(RNG(1), 3), (RNG(1), 1, 3), (RNG(1), 1, 3, (2, 3)), (RNG(1), 3, None, 2,
    np.int8)],
    np.random.Generator.standard_normal: [(RNG(1),), (RNG(1), 3)],
    np.random.Generator.standard_exponential: [(RNG(1),), (RNG(1), 3)],
    np.random.Generator.standard_cauchy: [(RNG(1),), (RNG(1), 3)], np.random.Generator.bytes: [(RNG(1), 3)],
    STATE.rand: [(STATE(1),), (STATE(1), 2, 3)], STATE.randn: [(STATE(1),), (STATE(1), 3)],
    STATE.random: [(STATE(1),), (STATE(1), 3)], STATE.random_sample: [(STATE(1),), (STATE(1), 3)],
    STATE.randint: [(STATE(1), 3), (STATE(1), 1, 3, 2)], STATE.standard_normal: [(STATE(1),), (STATE(1), 3)],
    STATE.standard_exponential: [(STATE(1),), (STATE(1), 3)], STATE.standard_cauchy: [(STATE(1),), (STATE(1), 3)],
}  # fmt: skip
for _callee in (
    np.logical_and,
    np.logical_or,
    np.logical_xor,
    np.equal,
    np.not_equal,
    np.less,
    np.less_equal,
):
    CALLS[_callee] = [*PAIRS, *WHOLE_PAIRS]
for _callee in (np.greater, np.greater_equal):
    CALLS[_callee] = PAIRS
for _callee in (np.bitwise_and, np.bitwise_or, np.bitwise_xor, operator.and_, operator.or_, operator.xor):
    CALLS[_callee] = BITS
for _callee in (np.left_shift, np.right_shift, np.gcd, np.lcm, operator.lshift, operator.rshift):
    CALLS[_callee] = WHOLE_PAIRS
for _callee in (np.isfinite, np.isnan, np.isinf, np.signbit, np.logical_not):
    CALLS[_callee] = VALUES if _callee is not np.signbit else SINGLE
for _callee in (
    np.int8, np.int16, np.int32, np.int64, np.uint8, np.uint16, np.uint32, np.uint64, np.intp, np.bool_,
):  # fmt: skip
    CALLS[_callee] = [*_each(2, 2.5, True, np.float32(2.5), np.abs(X), WHOLE, np.array(1.5)), ([1.0, 2.0],)]
for _callee in (bisect.bisect_left, bisect.bisect_right):
    CALLS[_callee] = [([1.0, 2.5], 2.0), ((1, 3), 2), ([], 0.5), (np.array([0.5, 1.5]), 1.0)]
for _callee in (
    np.emath.sqrt, np.emath.log, np.emath.log2, np.emath.log10, np.emath.arcsin, np.emath.arccos, np.emath.arctanh,
):  # fmt: skip
    CALLS[_callee] = _each(0.5, -2.5, 2, 1j, np.float64(-0.5), np.array([0.5, -1.5]), np.array(2.0), np.array([[2]]))
    CALLS[_callee] += [(X * 1j,)]

WITHOUT_CALL = {
    np.random.seed: "it changes the state of the process",
}
