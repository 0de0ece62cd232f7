"""Linear algebra."""

from __future__ import annotations

import numpy as np

from diffcompile.analysis.infer.operands import (
    DType,
    array_of,
    inexact,
    native,
    promote,
    real,
    scalar_of,
    value_of,
)
from diffcompile.analysis.infer.sizes import broadcast
from diffcompile.analysis.infer.table import constant, is_none, rule, unknown
from diffcompile.analysis.types import NUMBER, UNKNOWN_DIM, Array, Dim, Tup, Type

_EIGH = type(np.linalg.eigh(np.eye(1)))
_QR = type(np.linalg.qr(np.eye(1)))
_SVD = type(np.linalg.svd(np.eye(1)))
_SLOGDET = type(np.linalg.slogdet(np.eye(1)))


def _of_matrix(a: Type) -> tuple[DType | None, tuple[Dim, ...], Dim, Dim]:
    """Return dtype, batch, rows and columns of a stack of matrices of known rank."""
    array = array_of(a)
    if array.dims is None or len(array.dims) < 2:  # noqa: PLR2004
        raise unknown()
    return _precision(array), array.dims[:-2], array.dims[-2], array.dims[-1]


def _precision(array: Array) -> DType | None:
    return native(inexact(array.dtype))


def _smaller(rows: Dim, columns: Dim) -> Dim:
    if rows.key is not None and rows.key == columns.key:
        return rows
    if isinstance(rows.key, int) and isinstance(columns.key, int):
        return min(rows, columns, key=lambda dim: dim.key if isinstance(dim.key, int) else 0)
    return UNKNOWN_DIM


@rule(np.linalg.inv)
def _inv(a: Type) -> Type:
    array = array_of(a)
    return Array(_precision(array), array.dims)


@rule(np.linalg.cholesky)
def _cholesky(a: Type, /, *, upper: Type | None = None) -> Type:
    return _inv(a)


@rule(np.linalg.pinv)
def _pinv(a: Type, *_: Type, **__: Type) -> Type:
    dtype, batch, rows, columns = _of_matrix(a)
    return Array(dtype, (*batch, columns, rows))


@rule(np.linalg.solve)
def _solve(a: Type, b: Type) -> Type:
    left, right = array_of(a), array_of(b)
    dtype = inexact(promote(left, right))
    if left.dims is None or right.dims is None:
        return Array(dtype, None)
    if len(right.dims) == 1:
        return Array(dtype, (*left.dims[:-2], right.dims[0]))
    return Array(dtype, (*broadcast(left.dims[:-2], right.dims[:-2]), *right.dims[-2:]))


@rule(np.linalg.det)
def _det(a: Type) -> Type:
    array = array_of(a)
    return NUMBER if array.dims is None else value_of(_precision(array), array.dims[:-2])


@rule(np.linalg.slogdet)
def _slogdet(a: Type) -> Type:
    array = array_of(a)
    if array.dims is None:
        return Tup((NUMBER, NUMBER), _SLOGDET)
    dtype = _precision(array)
    return Tup((value_of(dtype, array.dims[:-2]), value_of(real(dtype), array.dims[:-2])), _SLOGDET)


@rule(np.linalg.eigh)
def _eigh(a: Type, UPLO: Type | None = None) -> Type:  # noqa: N803
    dtype, batch, rows, columns = _of_matrix(a)
    return Tup((Array(real(dtype), (*batch, rows)), Array(dtype, (*batch, rows, columns))), _EIGH)


@rule(np.linalg.eigvalsh)
def _eigvalsh(a: Type, UPLO: Type | None = None) -> Type:  # noqa: N803
    dtype, batch, rows, _ = _of_matrix(a)
    return Array(real(dtype), (*batch, rows))


@rule(np.linalg.svd)
def _svd(
    a: Type, full_matrices: Type | None = None, compute_uv: Type | None = None, hermitian: Type | None = None
) -> Type:
    dtype, batch, rows, columns = _of_matrix(a)
    fewer = _smaller(rows, columns)
    values = Array(real(dtype), (*batch, fewer))
    if not constant(compute_uv, True):
        return values
    full = constant(full_matrices, True)
    left = Array(dtype, (*batch, rows, rows if full else fewer))
    right = Array(dtype, (*batch, columns if full else fewer, columns))
    return Tup((left, values, right), _SVD)


@rule(np.linalg.svdvals)
def _svdvals(x: Type, /) -> Type:
    dtype, batch, rows, columns = _of_matrix(x)
    return Array(real(dtype), (*batch, _smaller(rows, columns)))


@rule(np.linalg.qr)
def _qr(a: Type, mode: Type | None = None) -> Type:
    dtype, batch, rows, columns = _of_matrix(a)
    fewer = _smaller(rows, columns)
    match constant(mode, "reduced"):
        case "reduced":
            return Tup((Array(dtype, (*batch, rows, fewer)), Array(dtype, (*batch, fewer, columns))), _QR)
        case "complete":
            return Tup((Array(dtype, (*batch, rows, rows)), Array(dtype, (*batch, rows, columns))), _QR)
        case "r":
            return Array(dtype, (*batch, fewer, columns))
    raise unknown()


@rule(np.linalg.lstsq)
def _lstsq(a: Type, b: Type, rcond: Type | None = None) -> Type:
    left, right = array_of(a), array_of(b)
    dtype = inexact(promote(left, right))
    if left.dims is None or right.dims is None:
        raise unknown()
    solution = Array(dtype, (left.dims[1], *right.dims[1:]))
    return Tup(
        (solution, Array(real(dtype), (UNKNOWN_DIM,)), _RANK, Array(real(dtype), (_smaller(*left.dims),)))
    )


_RANK = scalar_of(np.dtype(np.int32))


@rule(np.linalg.tensorinv)
def _tensorinv(a: Type, ind: Type | None = None) -> Type:
    array = array_of(a)
    if array.dims is None:
        return Array(_precision(array), None)
    split = constant(ind, 2)
    return Array(_precision(array), (*array.dims[split:], *array.dims[:split]))


@rule(np.linalg.tensorsolve)
def _tensorsolve(a: Type, b: Type, axes: Type | None = None) -> Type:
    left, right = array_of(a), array_of(b)
    if left.dims is None or right.dims is None or not is_none(axes):
        raise unknown()
    return Array(inexact(promote(left, right)), left.dims[len(right.dims) :])
