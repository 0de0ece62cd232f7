"""Callees whose result carries no derivative: tests, shapes, positions, rounding, random draws, texts."""

from __future__ import annotations

import builtins
import math
import operator

import numpy as np

from diffcompile import dynamic
from diffcompile.rules.registry import nondifferentiable, views

nondifferentiable(
    np.equal, np.not_equal, np.less, np.less_equal, np.greater, np.greater_equal,
    np.logical_and, np.logical_or, np.logical_not, np.logical_xor,
    np.logical_and.reduce, np.logical_or.reduce,
    np.isfinite, np.isnan, np.isinf, np.isneginf, np.isposinf, np.isnat, np.signbit,
    np.isreal, np.iscomplex, np.isrealobj, np.iscomplexobj, np.isscalar, np.isin,
    np.isclose, np.allclose, np.array_equal, np.array_equiv, np.any, np.all,
    np.shares_memory, np.may_share_memory,
    operator.eq, operator.ne, operator.lt, operator.le, operator.gt, operator.ge,
    operator.is_, operator.is_not, operator.not_, operator.truth, operator.contains,
    math.isfinite, math.isnan, math.isinf, math.isclose,
    bool, isinstance, issubclass, callable, hasattr,
    reason="its result is true or false",
)  # fmt: skip

nondifferentiable(
    np.shape, np.ndim, np.size, np.result_type, np.can_cast, np.promote_types, np.min_scalar_type,
    np.issubdtype,
    np.broadcast_shapes, np.finfo, np.iinfo, np.dtype, np.iterable, len, builtins.type, id, hash,
    reason="its result depends on the form of its argument, not on its values",
)  # fmt: skip

nondifferentiable(
    np.argmax, np.argmin, np.nanargmax, np.nanargmin, np.argsort, np.argpartition, np.argwhere, np.lexsort,
    np.nonzero, np.flatnonzero, np.count_nonzero, np.searchsorted, np.digitize,
    np.ravel_multi_index, np.unravel_index,
    np.bitwise_and, np.bitwise_or, np.bitwise_xor, np.bitwise_count, np.invert, np.left_shift, np.right_shift,
    np.gcd, np.lcm, np.packbits, np.unpackbits,
    operator.and_, operator.or_, operator.xor, operator.invert, operator.inv, operator.lshift,
    operator.rshift,
    operator.index, math.factorial, math.comb, math.perm, math.gcd, math.lcm, math.isqrt,
    int, np.int8, np.int16, np.int32, np.int64, np.uint8, np.uint16, np.uint32, np.uint64, np.intp, np.bool_,
    reason="its result is a whole number",
)  # fmt: skip

nondifferentiable(
    np.floor, np.ceil, np.trunc, np.rint, np.round, np.around, np.fix, np.floor_divide, np.sign, np.spacing,
    operator.floordiv, math.floor, math.ceil, math.trunc, math.ulp, round,
)  # fmt: skip

nondifferentiable(
    repr, str, format, ascii, np.array2string, np.array_repr, np.array_str, np.format_float_positional,
    np.format_float_scientific,
    reason="its result is text",
)  # fmt: skip

# Draws with parameters (a mean, a range, a population) have derivatives, and are not here.
nondifferentiable(
    np.random.rand, np.random.randn, np.random.random, np.random.random_sample, np.random.ranf,
    np.random.sample,
    np.random.randint, np.random.standard_normal, np.random.standard_exponential, np.random.standard_cauchy,
    np.random.seed, np.random.default_rng, np.random.RandomState, np.random.bytes,
    np.random.Generator.random, np.random.Generator.integers, np.random.Generator.standard_normal,
    np.random.Generator.standard_exponential, np.random.Generator.standard_cauchy, np.random.Generator.bytes,
    np.random.RandomState.rand, np.random.RandomState.randn, np.random.RandomState.random,
    np.random.RandomState.random_sample, np.random.RandomState.randint, np.random.RandomState.standard_normal,
    np.random.RandomState.standard_exponential, np.random.RandomState.standard_cauchy,
    reason="random numbers are constants of the program",
)  # fmt: skip

nondifferentiable(
    dynamic.keys, dynamic.ascending, dynamic.extreme_position, dynamic.contiguous, dynamic.positions,
    dynamic.descending_positions, dynamic.insertion_place, dynamic.place_from_start,
    dynamic.index_sets, dynamic.shortest, dynamic.slice_indices, list.index, list.count, tuple.index, tuple.count,
    reason="its result is a position, or a list of these",
)  # fmt: skip
nondifferentiable(dynamic.count_of, reason="its result is a whole number")
nondifferentiable(dynamic.given_dtype, reason="a dtype is no number")
nondifferentiable(dynamic.stop_gradient, reason="it is asked to be a constant")
views(dynamic.stop_gradient)

nondifferentiable(np.mask_indices, np.einsum_path, reason="its result is made of whole numbers")
