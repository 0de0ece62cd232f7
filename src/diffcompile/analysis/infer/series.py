"""Running totals, numerical derivatives and polynomials: functions of sequences of numbers; tables of statistics."""

from __future__ import annotations

import cmath

import numpy as np

from diffcompile import runtime
from diffcompile.analysis.infer.arithmetic import COMPLEX, FLOAT
from diffcompile.analysis.infer.linear import _of_matrix, _precision
from diffcompile.analysis.infer.operands import (
    FLOAT_DTYPE,
    INT_DTYPE,
    array_of,
    dtype_of,
    inexact,
    native,
    promote,
    real,
    value_of,
)
from diffcompile.analysis.infer.python import always
from diffcompile.analysis.infer.reductions import accumulator
from diffcompile.analysis.infer.sizes import broadcast, longer, sized, total
from diffcompile.analysis.infer.table import (
    Rule,
    constant,
    given_dtype,
    is_none,
    one_axis,
    rank_of,
    refuse_out,
    rule,
    unknown,
)
from diffcompile.analysis.types import ANY, NUMBER, UNKNOWN_DIM, Array, Dim, Static, Tup, Type


def _running_along(ufunc: np.ufunc) -> Rule:
    def running(
        x: Type, /, *, axis: Type | None = None, dtype: Type | None = None, out: Type | None = None,
        include_initial: Type | None = None,
    ) -> Type:  # fmt: skip
        refuse_out(out)
        array = array_of(x)
        found = given_dtype(dtype, accumulator(ufunc, array.dtype) if array.dtype is not None else None)
        if array.dims is None:
            return Array(found, None)
        number = one_axis(axis if axis is not None and not is_none(axis) else None, len(array.dims), 0)
        more = constant(include_initial, False)
        dims = [longer(dim, 1) if more and k == number else dim for k, dim in enumerate(array.dims)]
        return Array(found, tuple(dims))

    return running


rule(np.cumulative_sum)(_running_along(np.add))
rule(np.cumulative_prod)(_running_along(np.multiply))


@rule(np.gradient)
def _gradient(f: Type, *spacings: Type, axis: Type | None = None, edge_order: Type | None = None) -> Type:
    x = array_of(f)
    widths = [array_of(spacing) for spacing in spacings]
    dtype = promote(inexact_type(x), *(inexact_type(width) for width in widths))
    along = Array(dtype, x.dims)
    if x.dims is None:
        return ANY
    if axis is None or is_none(axis):
        return along if len(x.dims) == 1 else Tup((along,) * len(x.dims))
    given = constant(axis)
    return Tup((along,) * len(given)) if isinstance(given, tuple) and len(given) > 1 else along


def inexact_type(x: Array) -> Array:
    """Return the type of an array of floats from that of an array of numbers."""
    return Array(native(inexact(x.dtype)), x.dims)


@rule(np.unwrap)
def _unwrap(
    p: Type, discont: Type | None = None, axis: Type | None = None, *, period: Type | None = None
) -> Type:
    x = array_of(p)
    plain_period = period is None or dtype_of(period) in (float, int) or isinstance(period, Static)
    return Array(native(inexact(x.dtype)) if plain_period else None, x.dims)


# -- polynomials --------------------------------------------------------------------------------------------


def _vector(dtype: np.dtype[np.generic] | None = None, dim: Dim = UNKNOWN_DIM) -> Array:
    return Array(dtype, (dim,))


def _double(*types: Type) -> np.dtype[np.generic] | None:
    """Return the double precision of all operands together; of others little is said."""
    found = promote(*map(array_of, types))
    return found if found is not None and found.name in ("float64", "complex128") else None


def _length(t: Type) -> Dim:
    x = array_of(t)
    return x.dims[0] if x.dims else sized(1) if x.dims == () else UNKNOWN_DIM


@rule(np.polyval)
def _polyval(p: Type, x: Type) -> Type:
    coefficients, places = array_of(p), array_of(x)
    found = promote(coefficients, places)
    if places.dims is None or coefficients.dims is None:
        return NUMBER
    dims = broadcast(coefficients.dims[1:], places.dims)
    return value_of(found if rank_of(x) or len(coefficients.dims) > 1 else None, dims)


@rule(np.polyadd, np.polysub)
def _polyadd(a1: Type, a2: Type) -> Type:
    return _vector(promote(array_of(a1), array_of(a2)))


@rule(np.polymul)
def _polymul(a1: Type, a2: Type) -> Type:
    return _vector(promote(array_of(a1), array_of(a2)))


@rule(np.polydiv)
def _polydiv(u: Type, v: Type) -> Type:
    found = _double(u, v)
    return Tup((_vector(found), _vector(found)))


@rule(np.polyder)
def _polyder(p: Type, m: Type | None = None) -> Type:
    return _vector(_double(p))


@rule(np.polyint)
def _polyint(p: Type, m: Type | None = None, k: Type | None = None) -> Type:
    return _vector(_double(p) if is_none(k) else _double(p, k if k is not None else p))


@rule(np.roots)
def _roots(p: Type) -> Type:
    return _vector()


@rule(np.poly)
def _poly(seq_of_zeros: Type) -> Type:
    zeros = array_of(seq_of_zeros)
    size = zeros.dims[0].key if zeros.dims else None
    if not isinstance(size, int) or size < 1:
        return NUMBER  # of no zeros it is the number 1.0
    return _vector(None, sized(size + 1))


@rule(np.polyfit)
def _polyfit(
    x: Type, y: Type, deg: Type, rcond: Type | None = None, full: Type | None = None, w: Type | None = None,
    cov: Type | None = None,
) -> Type:  # fmt: skip
    if not is_none(full) or not is_none(cov):
        raise unknown()
    values = array_of(y)
    degree = constant(deg) if isinstance(deg, Static) else None
    first = sized(degree + 1) if isinstance(degree, int) else UNKNOWN_DIM
    found = _double(x, y)
    return Array(
        found if found is not None and found.kind == "f" else None,
        None if values.dims is None else (first, *values.dims[1:]),
    )


@rule(np.vander)
def _vander(x: Type, N: Type | None = None, increasing: Type | None = None) -> Type:  # noqa: N803
    places = array_of(x)
    columns = constant(N) if isinstance(N, Static) else None
    second = _length(x) if is_none(N) else sized(columns) if isinstance(columns, int) else UNKNOWN_DIM
    found = None if places.dtype is None else np.promote_types(places.dtype, int)
    return Array(found, (_length(x), second))


# -- statistics ---------------------------------------------------------------------------------------------


def _variables(m: Type, y: Type | None, rowvar: Type | None) -> Dim:
    parts = [array_of(t) for t in (m, y) if t is not None and not is_none(t)]
    counts = []
    for part in parts:
        if part.dims is None or len(part.dims) > 2:  # noqa: PLR2004 - rows and columns
            raise unknown()
        if len(part.dims) < 2:  # noqa: PLR2004
            counts.append(sized(1))
        elif constant(rowvar, True):
            counts.append(part.dims[0])
        elif isinstance(part.dims[0].key, int) and part.dims[0].key != 1:
            counts.append(part.dims[1])
        else:
            counts.append(UNKNOWN_DIM)
    return total(counts)


@rule(np.cov)
def _cov(
    m: Type, y: Type | None = None, rowvar: Type | None = None, bias: Type | None = None, ddof: Type | None = None,
    fweights: Type | None = None, aweights: Type | None = None, *, dtype: Type | None = None,
) -> Type:  # fmt: skip
    return _square(_variables(m, y, rowvar))


@rule(np.corrcoef)
def _corrcoef(
    x: Type, y: Type | None = None, rowvar: Type | None = None, *, dtype: Type | None = None
) -> Type:
    return _square(_variables(x, y, rowvar))


def _square(dim: Dim) -> Type:
    """Return the type of a matrix that becomes a number if it has one entry."""
    return Array(None, (dim, dim)) if isinstance(dim.key, int) and dim.key != 1 else NUMBER


@rule(np.histogram)
def _histogram(
    a: Type, bins: Type | None = None, range: Type | None = None, density: Type | None = None,
    weights: Type | None = None,
) -> Type:  # fmt: skip
    whole = is_none(weights) and (density is None or not constant(density))
    counts = INT_DTYPE if whole else FLOAT_DTYPE if is_none(weights) else _double(weights or a)
    return Tup((_vector(counts), _vector(_double(a) if bins is None or isinstance(bins, Static) else _double(a, bins))))


@rule(np.histogram2d)
def _histogram2d(
    x: Type, y: Type, bins: Type | None = None, range: Type | None = None, density: Type | None = None,
    weights: Type | None = None,
) -> Type:  # fmt: skip
    simple = FLOAT_DTYPE if bins is None or isinstance(bins, Static) else None
    return Tup((Array(FLOAT_DTYPE, (UNKNOWN_DIM, UNKNOWN_DIM)), _vector(simple), _vector(simple)))


@rule(np.histogramdd)
def _histogramdd(
    sample: Type, bins: Type | None = None, range: Type | None = None, density: Type | None = None,
    weights: Type | None = None,
) -> Type:  # fmt: skip
    return Tup((Array(FLOAT_DTYPE, None), ANY))


# -- matrices without symmetry ------------------------------------------------------------------------------

_EIG = type(np.linalg.eig(np.eye(1)))


@rule(np.linalg.eig)
def _eig(a: Type) -> Type:
    _, batch, rows, columns = _of_matrix(a)  # of real matrices complex or real, as it turns out
    found = _complex_only(a)
    return Tup((Array(found, (*batch, rows)), Array(found, (*batch, rows, columns))), _EIG)


@rule(np.linalg.eigvals)
def _eigvals(a: Type) -> Type:
    _, batch, rows, _ = _of_matrix(a)
    return Array(_complex_only(a), (*batch, rows))


def _complex_only(a: Type) -> np.dtype[np.generic] | None:
    found = _precision(array_of(a))
    return found if found is not None and found.kind == "c" else None


@rule(np.linalg.cond)
def _cond(x: Type, p: Type | None = None) -> Type:
    found, batch, _, _ = _of_matrix(x)
    return value_of(real(found) if batch else None, batch)


@rule(np.linalg.matrix_rank)
def _matrix_rank(A: Type, *_: Type, **__: Type) -> Type:  # noqa: N803
    return ANY


if hasattr(np, "matvec"):

    @rule(np.matvec)
    def _matvec(x1: Type, x2: Type) -> Type:
        left, right = array_of(x1), array_of(x2)
        if not left.dims or not right.dims:
            return NUMBER
        return value_of(promote(left, right), (*broadcast(left.dims[:-2], right.dims[:-1]), left.dims[-2]))

    @rule(np.vecmat)
    def _vecmat(x1: Type, x2: Type) -> Type:
        left, right = array_of(x1), array_of(x2)
        if not left.dims or not right.dims:
            return NUMBER
        return value_of(promote(left, right), (*broadcast(left.dims[:-1], right.dims[:-2]), right.dims[-1]))


# -- the cmath module ---------------------------------------------------------------------------------------

rule(
    cmath.exp, cmath.sqrt, cmath.log, cmath.log10, cmath.sin, cmath.cos, cmath.tan, cmath.asin, cmath.acos,
    cmath.atan, cmath.sinh, cmath.cosh, cmath.tanh, cmath.asinh, cmath.acosh, cmath.atanh, cmath.rect,
)(always(COMPLEX))  # fmt: skip
rule(cmath.phase)(always(FLOAT))
rule(cmath.polar)(always(Tup((FLOAT, FLOAT))))


# -- positions ----------------------------------------------------------------------------------------------

rule(runtime.places, runtime.put_places)(always(Array(INT_DTYPE, (UNKNOWN_DIM,))))


@rule(np.lib.stride_tricks.sliding_window_view)
def _sliding_window_view(x: Type, window_shape: Type, axis: Type | None = None, **_: Type) -> Type:
    array = array_of(x)
    sizes = constant(window_shape)
    sizes = sizes if isinstance(sizes, tuple) else (sizes,)
    if array.dims is None:
        return Array(array.dtype, None)
    axes = constant(axis)
    axes = tuple(range(len(array.dims))) if axes is None else axes if isinstance(axes, tuple) else (axes,)
    dims = list(array.dims)
    for number, size in zip(axes, sizes, strict=True):
        dims[number] = longer(dims[number], 1 - size)
    return Array(array.dtype, (*dims, *map(sized, sizes)))


@rule(np.add.reduceat)
def _add_reduceat(array: Type, indices: Type, axis: Type | None = None, dtype: Type | None = None) -> Type:
    x, starts = array_of(array), array_of(indices)
    if x.dims is None:
        return Array(None, None)
    number = one_axis(axis, len(x.dims), 0)
    count = starts.dims[0] if starts.dims else UNKNOWN_DIM
    return Array(given_dtype(dtype, x.dtype if x.dtype in (FLOAT_DTYPE, np.float32) else None),
                 (*x.dims[:number], count, *x.dims[number + 1 :]))


@rule(np.unique)
def _unique(
    ar: Type, return_index: Type | None = None, return_inverse: Type | None = None, return_counts: Type | None = None,
    axis: Type | None = None, **_: Type,
) -> Type:  # fmt: skip
    if not is_none(axis):
        raise unknown()
    values = _vector(array_of(ar).dtype)
    more = [constant(flag, False) for flag in (return_index, return_inverse, return_counts)]
    if not any(more):
        return values
    inverse = Array(np.dtype(np.intp), array_of(ar).dims)
    kinds = (_vector(np.dtype(np.intp)), inverse, _vector(np.dtype(np.intp)))
    return Tup((values, *(kind for kind, wanted in zip(kinds, more, strict=True) if wanted)))


@rule(np.unique_values)
def _unique_values(x: Type) -> Type:
    return _vector(array_of(x).dtype)


@rule(np.sort_complex)
def _sort_complex(a: Type) -> Type:
    x = array_of(a)
    return Array(np.dtype(complex) if x.dtype == FLOAT_DTYPE else x.dtype if _complex_only(a) else None, x.dims)
