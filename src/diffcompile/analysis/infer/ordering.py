"""Sorting, positions, orders and counts, and random draws."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from diffcompile.analysis.infer.arithmetic import FLOAT
from diffcompile.analysis.infer.operands import FLOAT_DTYPE, INT_DTYPE, array_of, broadcast_dims, value_of
from diffcompile.analysis.infer.sizes import product, shape_dims, sized
from diffcompile.analysis.infer.table import Rule, given_dtype, is_none, one_axis, rule, unknown
from diffcompile.analysis.types import ANY, ONE, UNKNOWN_DIM, Array, Obj, Scalar, Static, Tup, Type


def _sorting(result: Callable[[Type, Type | None], Type]) -> Rule:
    """Return the rule of a function that sorts, from what it gives for an array and an axis."""

    def found(
        a: Type,
        axis: Type | None = None,
        kind: Type | None = None,
        order: Type | None = None,
        *,
        stable: Type | None = None,
    ) -> Type:
        return result(a, axis)

    return found


def _partitioning(result: Callable[[Type, Type | None], Type]) -> Rule:
    """Return the rule of a function that partitions, from what it gives for an array and an axis."""

    def found(
        a: Type, kth: Type, axis: Type | None = None, kind: Type | None = None, order: Type | None = None
    ) -> Type:
        return result(a, axis)

    return found


def _sorted(a: Type, axis: Type | None) -> Type:
    array = array_of(a)
    if axis is None or (isinstance(axis, Static) and axis.value is not None):
        return Array(array.dtype, array.dims)
    if array.dims is None or not is_none(axis):
        raise unknown()
    return Array(array.dtype, (product(array.dims),))


def _places(a: Type, axis: Type | None) -> Type:
    dims = array_of(a).dims
    if axis is None or (isinstance(axis, Static) and axis.value is not None):
        return Array(INT_DTYPE, dims or ((ONE,) if dims == () else None))
    if not is_none(axis):
        raise unknown()
    return Array(INT_DTYPE, (UNKNOWN_DIM if dims is None else product(dims),))


rule(np.sort)(_sorting(_sorted))
rule(np.argsort)(_sorting(_places))
rule(np.partition)(_partitioning(_sorted))
rule(np.argpartition)(_partitioning(_places))


@rule(np.lexsort)
def _lexsort(keys: Type, axis: Type | None = None) -> Type:
    dims = array_of(keys).dims
    return Array(INT_DTYPE, None if dims is None or len(dims) < 2 else dims[1:])  # noqa: PLR2004


@rule(np.nonzero)
def _nonzero(a: Type) -> Type:
    dims = array_of(a).dims
    if not dims:
        raise unknown()
    return Tup((Array(INT_DTYPE, (UNKNOWN_DIM,)),) * len(dims))


@rule(np.flatnonzero)
def _flatnonzero(a: Type) -> Type:
    return Array(INT_DTYPE, (UNKNOWN_DIM,))


@rule(np.argwhere)
def _argwhere(a: Type) -> Type:
    dims = array_of(a).dims
    return Array(INT_DTYPE, (UNKNOWN_DIM, UNKNOWN_DIM if dims is None else sized(len(dims))))


@rule(np.searchsorted)
def _searchsorted(a: Type, v: Type, side: Type | None = None, sorter: Type | None = None) -> Type:
    return value_of(INT_DTYPE, array_of(v).dims)


@rule(np.digitize)
def _digitize(x: Type, bins: Type, right: Type | None = None) -> Type:
    return value_of(INT_DTYPE, array_of(x).dims)


@rule(np.ravel_multi_index)
def _ravel_multi_index(
    multi_index: Type, dims: Type, mode: Type | None = None, order: Type | None = None
) -> Type:
    if not isinstance(multi_index, Tup):
        raise unknown()
    places = broadcast_dims(*map(array_of, multi_index.items))
    return value_of(INT_DTYPE, places)


@rule(np.unravel_index)
def _unravel_index(indices: Type, shape: Type, order: Type | None = None) -> Type:
    sizes, dims = shape_dims(shape), array_of(indices).dims
    if sizes is None:
        raise unknown()
    return Tup((value_of(INT_DTYPE, dims),) * len(sizes))


@rule(np.packbits, np.unpackbits)
def _bits(a: Type, axis: Type | None = None, *_: Type, **__: Type) -> Type:
    dims = array_of(a).dims
    if is_none(axis):
        return Array(np.dtype(np.uint8), (UNKNOWN_DIM,))
    if dims is None:
        return Array(np.dtype(np.uint8), None)
    number = one_axis(axis, len(dims))
    return Array(np.dtype(np.uint8), (*dims[:number], UNKNOWN_DIM, *dims[number + 1 :]))


# -- random draws -------------------------------------------------------------------------------------------


def _drawn(size: Type | None, dtype: Any, alone: Type) -> Type:
    if is_none(size) or size is None:
        return alone
    return Array(dtype, shape_dims(size))


@rule(np.random.rand, np.random.randn)
def _by_sizes(*sizes: Type) -> Type:
    return _drawn(Tup(sizes) if sizes else None, FLOAT_DTYPE, FLOAT)


@rule(
    np.random.random, np.random.random_sample, np.random.ranf, np.random.sample, np.random.standard_normal,
    np.random.standard_exponential, np.random.standard_cauchy,
)  # fmt: skip
def _by_shape(size: Type | None = None) -> Type:
    return _drawn(size, FLOAT_DTYPE, FLOAT)


@rule(np.random.randint)
def _randint(
    low: Type, high: Type | None = None, size: Type | None = None, dtype: Type | None = None
) -> Type:
    if dtype is not None:
        raise unknown()
    if not all(t is None or isinstance(t, Static | Scalar) for t in (low, high)):
        raise unknown()
    return _drawn(size, INT_DTYPE, Scalar("i"))


def _method(draw: Rule) -> Rule:
    def rule_of_method(self: Type, *args: Type, **keywords: Type) -> Type:
        return draw(*args, **keywords)

    return rule_of_method


for _state in (np.random.RandomState,):
    rule(_state.rand, _state.randn)(_method(_by_sizes))
    rule(
        _state.random,
        _state.random_sample,
        _state.standard_normal,
        _state.standard_exponential,
        _state.standard_cauchy,
    )(_method(_by_shape))
    rule(_state.randint)(_method(_randint))


@rule(
    np.random.Generator.random, np.random.Generator.standard_normal, np.random.Generator.standard_exponential
)
def _generator(
    self: Type, size: Type | None = None, dtype: Type | None = None, *rest: Type, **keywords: Type
) -> Type:
    if rest or keywords:
        raise unknown()
    return _drawn(size, given_dtype(dtype, FLOAT_DTYPE), FLOAT if dtype is None else ANY)


@rule(np.random.Generator.standard_cauchy)
def _generator_cauchy(self: Type, size: Type | None = None) -> Type:
    return _drawn(size, FLOAT_DTYPE, FLOAT)


@rule(np.random.Generator.integers)
def _integers(
    self: Type, low: Type, high: Type | None = None, size: Type | None = None, dtype: Type | None = None,
    endpoint: Type | None = None,
) -> Type:  # fmt: skip
    if not all(t is None or isinstance(t, Static | Scalar) for t in (low, high)):
        raise unknown()
    found = given_dtype(dtype, INT_DTYPE)
    return _drawn(size, found, value_of(found, ()) if dtype is None else ANY)


@rule(np.random.default_rng)
def _default_rng(seed: Type | None = None) -> Type:
    return Obj(np.random.Generator) if seed is None or not isinstance(seed, Obj) else ANY


@rule(np.random.RandomState)
def _random_state(seed: Type | None = None) -> Type:
    return Obj(np.random.RandomState)
