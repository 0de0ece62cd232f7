"""Products of vectors, matrices and tensors, and convolutions."""

from __future__ import annotations

import operator

import numpy as np

from diffcompile.analysis.infer.operands import (
    DType,
    array_of,
    inexact,
    is_numeric,
    native,
    parts_of,
    promote,
    scalar_of,
    value_of,
)
from diffcompile.analysis.infer.reductions import accumulator
from diffcompile.analysis.infer.sizes import broadcast, broadcast_dim, product
from diffcompile.analysis.infer.table import (
    constant,
    given_dtype,
    is_none,
    one_axis,
    refuse_out,
    rule,
    unknown,
)
from diffcompile.analysis.types import NUMBER, ONE, UNKNOWN_DIM, Array, Dim, Static, Tup, Type, length


@rule(operator.matmul, np.matmul, np.linalg.matmul)
def _matmul(x1: Type, x2: Type) -> Type:
    return _matrix_product(array_of(x1), array_of(x2))


def _matrix_product(left: Array, right: Array) -> Type:
    if not is_numeric(left) or not is_numeric(right):
        raise unknown()
    dtype = promote(left, right)
    if left.dims is None or right.dims is None:
        return NUMBER
    if not left.dims or not right.dims:
        raise unknown()
    rows = left.dims[-2:-1]
    columns = right.dims[-1:] if len(right.dims) > 1 else ()
    return value_of(dtype, (*broadcast(left.dims[:-2], right.dims[:-2]), *rows, *columns))


@rule(np.dot)
def _dot(a: Type, b: Type, out: Type | None = None) -> Type:
    refuse_out(out)
    left, right = array_of(a), array_of(b)
    dtype = promote(left, right)
    if left.dims is None or right.dims is None:
        return NUMBER
    if not left.dims or not right.dims:
        return value_of(dtype, left.dims or right.dims)
    rest = (*right.dims[:-2], *right.dims[-1:]) if len(right.dims) > 1 else ()
    return value_of(dtype, (*left.dims[:-1], *rest))


@rule(np.vdot)
def _vdot(a: Type, b: Type) -> Type:
    return scalar_of(promote(array_of(a), array_of(b)))


@rule(np.inner)
def _inner(a: Type, b: Type) -> Type:
    left, right = array_of(a), array_of(b)
    dtype = promote(left, right)
    if left.dims is None or right.dims is None:
        return NUMBER
    if not left.dims or not right.dims:
        return value_of(dtype, left.dims or right.dims)
    return value_of(dtype, (*left.dims[:-1], *right.dims[:-1]))


@rule(np.outer, np.linalg.outer)
def _outer(a: Type, b: Type, out: Type | None = None) -> Type:
    refuse_out(out)
    arrays = array_of(a), array_of(b)
    dims = tuple(UNKNOWN_DIM if array.dims is None else product(array.dims) for array in arrays)
    return Array(promote(*arrays), dims)


@rule(np.tensordot, np.linalg.tensordot)
def _tensordot(a: Type, b: Type, axes: Type | None = None) -> Type:
    left, right = array_of(a), array_of(b)
    dtype = promote(left, right)
    if left.dims is None or right.dims is None or not (axes is None or isinstance(axes, Static | Tup)):
        return Array(dtype, None)
    given = constant(axes, 2)
    if isinstance(given, int):
        pairs = range(len(left.dims) - given, len(left.dims)), range(given)
    else:
        first, second = (t if isinstance(t, tuple) else (t,) for t in given)
        pairs = [n % len(left.dims) for n in first], [n % len(right.dims) for n in second]  # type: ignore[assignment]
    kept = [
        dim
        for dims, gone in zip((left.dims, right.dims), pairs, strict=True)
        for k, dim in enumerate(dims)
        if k not in gone
    ]
    return Array(dtype, tuple(kept))


@rule(np.vecdot, np.linalg.vecdot)
def _vecdot(x1: Type, x2: Type, *, axis: Type | None = None) -> Type:
    left, right = array_of(x1), array_of(x2)
    if left.dims is None or right.dims is None:
        return NUMBER
    rest = []
    for dims in (left.dims, right.dims):
        number = one_axis(axis, len(dims), -1)
        rest.append((*dims[:number], *dims[number + 1 :]))
    return value_of(promote(left, right), broadcast(*rest))


@rule(np.cross)
def _cross(
    a: Type,
    b: Type,
    axisa: Type | None = None,
    axisb: Type | None = None,
    axisc: Type | None = None,
    axis: Type | None = None,
) -> Type:
    left, right = array_of(a), array_of(b)
    dtype = promote(left, right)
    if left.dims is None or right.dims is None:
        return NUMBER
    if not all(isinstance(t, Static) or t is None for t in (axisa, axisb, axisc, axis)):
        raise unknown()
    shared = axis if not is_none(axis) else None
    first, second = (
        one_axis(shared or given, len(x.dims or ()), -1) for given, x in ((axisa, left), (axisb, right))
    )
    sizes = length(left.dims[first]), length(right.dims[second])
    rest = broadcast(*((*x[:k], *x[k + 1 :]) for x, k in ((left.dims, first), (right.dims, second))))
    if sizes != (3, 3) and not all(isinstance(size, int) for size in sizes):
        if any(size == 3 for size in sizes):  # noqa: PLR2004
            return _with_vectors(dtype, rest, shared or axisc)
        return Array(dtype, None) if rest else NUMBER
    return _with_vectors(dtype, rest, shared or axisc) if 3 in sizes else value_of(dtype, rest)  # noqa: PLR2004


def _with_vectors(dtype: DType | None, rest: tuple[Dim, ...], axis: Type | None) -> Type:
    number = one_axis(axis, len(rest) + 1, -1)
    return Array(dtype, (*rest[:number], Dim(3, True), *rest[number:]))


@rule(np.linalg.cross)
def _linalg_cross(x1: Type, x2: Type, *, axis: Type | None = None) -> Type:
    left, right = array_of(x1), array_of(x2)
    if left.dims is None or right.dims is None:
        return Array(promote(left, right), None)
    number = constant(axis, -1)
    if number != -1:
        return Array(promote(left, right), (UNKNOWN_DIM,) * max(len(left.dims), len(right.dims)))
    return _with_vectors(promote(left, right), broadcast(left.dims[:-1], right.dims[:-1]), None)


@rule(np.kron)
def _kron(a: Type, b: Type) -> Type:
    left, right = array_of(a), array_of(b)
    if left.dims is None or right.dims is None:
        return NUMBER
    rank = max(len(left.dims), len(right.dims))
    pairs = zip(*((ONE,) * (rank - len(dims)) + dims for dims in (left.dims, right.dims)), strict=True)
    return value_of(promote(left, right), tuple(product(pair) for pair in pairs))


@rule(np.trace)
def _trace(
    a: Type, offset: Type | None = None, axis1: Type | None = None, axis2: Type | None = None,
    dtype: Type | None = None, out: Type | None = None,
) -> Type:  # fmt: skip
    refuse_out(out)
    array = array_of(a)
    if array.dims is None:
        return NUMBER
    rank = len(array.dims)
    gone = one_axis(axis1, rank, 0), one_axis(axis2, rank, 1)
    found = given_dtype(dtype, None if array.dtype is None else accumulator(np.add, array.dtype))
    return value_of(found, tuple(dim for number, dim in enumerate(array.dims) if number not in gone))


@rule(np.linalg.trace)
def _linalg_trace(x: Type, *, offset: Type | None = None, dtype: Type | None = None) -> Type:
    return _trace(x, offset, Static(-2), Static(-1), dtype)


@rule(np.linalg.multi_dot)
def _multi_dot(arrays: Type, *, out: Type | None = None) -> Type:
    refuse_out(out)
    parts = parts_of(arrays)
    if not isinstance(arrays, Tup):  # the first of a list stands for all
        return Array(parts[0].dtype, (UNKNOWN_DIM,) * 2) if parts[0].rank == 2 else NUMBER  # noqa: PLR2004
    result: Type = parts[0]
    for part in parts[1:]:
        if not isinstance(result, Array):
            raise unknown()
        result = _matrix_product(result, part)
    return result


@rule(np.linalg.matrix_power)
def _matrix_power(a: Type, n: Type) -> Type:
    array = array_of(a)
    dtype = native(inexact(array.dtype))
    if not isinstance(n, Static):
        return Array(dtype if array.dtype is not None and array.dtype.kind in "fc" else None, array.dims)
    return Array(dtype if n.value < 0 else native(array.dtype), array.dims)


@rule(np.einsum)
def _einsum(subscripts: Type, *operands: Type, out: Type | None = None, optimize: Type | None = None) -> Type:
    refuse_out(out)
    contracted = constant(optimize, False) is False  # else a result without axes may be an array
    if not isinstance(subscripts, Static) or not isinstance(subscripts.value, str):
        raise unknown()
    text = subscripts.value.replace(" ", "").replace("...", ".")
    arrays = [array_of(operand) for operand in operands]
    inputs, arrow, output = text.partition("->")
    if not arrow:
        once = sorted(letter for letter in set(inputs) - {",", "."} if inputs.count(letter) == 1)
        output = "." * ("." in inputs) + "".join(once)
    letters: dict[str, Dim] = {}
    batch: tuple[Dim, ...] | None = ()
    for term, array in zip(inputs.split(","), arrays, strict=True):
        dims = array.dims
        if "." in term:
            if dims is None:
                batch, dims = None, ()
                term = ""  # noqa: PLW2901
            else:
                start, rest = term.index("."), len(dims) - len(term) + 1
                batch = None if batch is None else broadcast(batch, dims[start : start + rest])
                dims, term = (*dims[:start], *dims[start + rest :]), term.replace(".", "")  # noqa: PLW2901
        for letter, dim in zip(term, dims if dims is not None else (UNKNOWN_DIM,) * len(term), strict=True):
            letters[letter] = broadcast_dim(letters[letter], dim) if letter in letters else dim
    if "." in output and batch is None:
        return NUMBER
    found: list[Dim] = []
    for letter in output:
        found += (batch or ()) if letter == "." else [letters.get(letter, UNKNOWN_DIM)]
    return value_of(promote(*arrays), tuple(found)) if found or contracted else NUMBER


@rule(np.convolve, np.correlate)
def _convolve(a: Type, v: Type, mode: Type | None = None) -> Type:
    return Array(promote(array_of(a), array_of(v)), (UNKNOWN_DIM,))
