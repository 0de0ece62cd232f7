"""Products that sum over shared axes; the common ranks are written out, to be read where they are used."""
# ruff: noqa: PLR2004 - ranks are what they are

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from diffcompile import runtime
from diffcompile.rules.registry import Sample, adjoint, methods, sample
from diffcompile.rules.sampling import complex_normal, normal, well_conditioned


def _matmul_samples() -> list[Sample]:
    shapes = [
        ((3, 4), (4, 2)),
        ((3, 4), (4,)),
        ((4,), (4, 2)),
        ((4,), (4,)),
        ((2, 3, 4), (4, 5)),
        ((3, 4), (2, 4, 5)),
        ((2, 1, 3, 4), (6, 4, 2)),
        ((2, 3, 4), (4,)),
        ((4,), (2, 4, 3)),
        ((3, 0), (0, 2)),
        ((0, 4), (4, 2)),
    ]
    return [
        *(sample(normal(*a), normal(*b)) for a, b in shapes),
        sample(normal(3, 4, dtype=np.float32), normal(4, 2, dtype=np.float32)),
        sample(normal(2, 3, 4, dtype=np.float32), normal(4, 2, dtype=np.float32)),
        sample(complex_normal(3, 4), complex_normal(4, 2)),
    ]


@adjoint(np.linalg.matmul, samples=_matmul_samples)
@adjoint(operator.matmul, samples=_matmul_samples)
@adjoint(np.matmul, samples=_matmul_samples)
def _matmul(ct: Any, result: Any, x1: Any, x2: Any) -> Any:
    if np.ndim(x1) == 2 and np.ndim(x2) == 2:
        x1_bar = ct @ x2.T
        x2_bar = x1.T @ ct
    elif np.ndim(x1) == 2 and np.ndim(x2) == 1:
        x1_bar = np.outer(ct, x2)
        x2_bar = x1.T @ ct
    elif np.ndim(x1) == 1 and np.ndim(x2) == 2:
        x1_bar = x2 @ ct
        x2_bar = np.outer(x1, ct)
    elif np.ndim(x1) == 1 and np.ndim(x2) == 1:
        x1_bar = ct * x2
        x2_bar = ct * x1
    else:
        x1_bar = runtime.matmul_adjoint_left(ct, x1, x2)
        x2_bar = runtime.matmul_adjoint_right(ct, x1, x2)
    return x1_bar, x2_bar


def _dot_samples() -> list[Sample]:
    shapes = [
        ((3, 4), (4, 2)),
        ((3, 4), (4,)),
        ((4,), (4, 2)),
        ((4,), (4,)),
        ((), ()),
        ((), (3, 2)),
        ((3, 2), ()),
        ((2, 3, 4), (4,)),
        ((4,), (2, 4, 3)),
        ((2, 3, 4), (5, 4, 2)),
        ((2, 3, 4), (4, 2)),
        ((0,), (0,)),
        ((3, 0), (0, 2)),
        ((2, 3, 0), (5, 0, 2)),
    ]
    return [
        *(sample(normal(*a), normal(*b)) for a, b in shapes),
        sample(normal(3, 4, dtype=np.float32), normal(4, dtype=np.float32)),
        sample(normal(2, 3, 4, dtype=np.float32), normal(4, 2, dtype=np.float32)),
        sample(complex_normal(4), complex_normal(4)),
    ]


@adjoint(np.dot, samples=_dot_samples)
def _dot(ct: Any, result: Any, a: Any, b: Any) -> Any:
    if np.ndim(a) == 2 and np.ndim(b) == 2:
        a_bar = ct @ b.T
        b_bar = a.T @ ct
    elif np.ndim(a) == 2 and np.ndim(b) == 1:
        a_bar = np.outer(ct, b)
        b_bar = a.T @ ct
    elif np.ndim(a) == 1 and np.ndim(b) == 2:
        a_bar = b @ ct
        b_bar = np.outer(a, ct)
    elif np.ndim(a) == 1 and np.ndim(b) == 1:
        a_bar = ct * b
        b_bar = ct * a
    else:
        a_bar = runtime.dot_adjoint_left(ct, a, b)
        b_bar = runtime.dot_adjoint_right(ct, a, b)
    return a_bar, b_bar


def _inner_samples() -> list[Sample]:
    shapes = [
        ((4,), (4,)),
        ((3, 4), (2, 4)),
        ((3, 4), (4,)),
        ((4,), (2, 3, 4)),
        ((2, 3, 4), (5, 4)),
        ((), (3,)),
        ((2, 3), ()),
        ((), ()),
        ((0,), (0,)),
        ((3, 0), (2, 0)),
    ]
    return [
        *(sample(normal(*a), normal(*b)) for a, b in shapes),
        sample(normal(3, 4, dtype=np.float32), normal(2, 4, dtype=np.float32)),
    ]


@adjoint(np.inner, samples=_inner_samples)
def _inner(ct: Any, result: Any, a: Any, b: Any) -> Any:
    if np.ndim(a) == 1 and np.ndim(b) == 1:
        a_bar = ct * b
        b_bar = ct * a
    elif np.ndim(a) == 2 and np.ndim(b) == 2:
        a_bar = ct @ b
        b_bar = ct.T @ a
    else:
        a_bar = runtime.inner_adjoint_left(ct, a, b)
        b_bar = runtime.inner_adjoint_right(ct, a, b)
    return a_bar, b_bar


@adjoint(
    np.vdot,
    samples=lambda: [
        sample(normal(4), normal(4)),
        sample(normal(2, 3), normal(2, 3)),
        sample(normal(2, 3), normal(6)),
        sample(normal(), normal()),
        sample(normal(0), normal(0)),
        sample(normal(4, dtype=np.float32), normal(4, dtype=np.float32)),
        sample(complex_normal(2, 3), complex_normal(3, 2)),
    ],
)
def _vdot(ct: Any, result: Any, a: Any, b: Any) -> Any:
    if np.ndim(a) == 1 and np.ndim(b) == 1:
        a_bar = np.conj(ct * b)
        b_bar = ct * np.conj(a)
    else:
        a_bar = np.reshape(np.conj(ct * b), np.shape(a))
        b_bar = np.reshape(ct * np.conj(a), np.shape(b))
    return a_bar, b_bar


@adjoint(np.linalg.outer, samples=lambda: [sample(normal(3), normal(4)), sample(normal(0), normal(2))])
@adjoint(
    np.outer,
    samples=lambda: [
        sample(normal(3), normal(4)),
        sample(normal(2, 3), normal(4)),
        sample(normal(3), normal(2, 2)),
        sample(normal(), normal(3)),
        sample(normal(), normal()),
        sample(normal(0), normal(3)),
        sample(normal(3, dtype=np.float32), normal(4, dtype=np.float32)),
        sample(complex_normal(3), complex_normal(2)),
    ],
)
def _outer(ct: Any, result: Any, a: Any, b: Any) -> Any:
    if np.ndim(a) == 1 and np.ndim(b) == 1:
        a_bar = ct @ b
        b_bar = a @ ct
    else:
        a_bar = np.reshape(ct @ np.ravel(b), np.shape(a))
        b_bar = np.reshape(np.ravel(a) @ ct, np.shape(b))
    return a_bar, b_bar


def _einsum_samples() -> list[Sample]:
    return [
        sample("ij,jk->ik", normal(3, 4), normal(4, 2)),
        sample("ij,jk", normal(3, 4), normal(4, 2)),
        sample("ba,b", normal(3, 4), normal(3)),
        sample("i,i", normal(3), normal(3)),
        sample("i,j->", normal(3), normal(4)),
        sample("ij->ji", normal(3, 4)),
        sample("ij->", normal(3, 4)),
        sample("ij->i", normal(3, 4)),
        sample("i->", normal(0)),
        sample(",", normal(), normal()),
        sample("ii", normal(3, 3)),
        sample("ii->i", normal(3, 3)),
        sample("iij,j->i", normal(3, 3, 2), normal(2)),
        sample("iji->j", normal(3, 2, 3)),
        sample("iii->i", normal(3, 3, 3)),
        sample("...ij,...jk->...ik", normal(2, 3, 4), normal(2, 4, 2)),
        sample("...ij,jk->...ik", normal(2, 5, 3, 4), normal(4, 2)),
        sample("...ij,...jk", normal(2, 1, 3, 4), normal(5, 4, 2)),
        sample("i...,i...->...", normal(3, 2, 4), normal(3, 4)),
        sample("...ii->...", normal(2, 3, 3)),
        sample("ij,jk,kl->il", normal(2, 3), normal(3, 4), normal(4, 2)),
        sample("ij,jk,kl->il", normal(2, 3), normal(3, 4), normal(4, 2), optimize=True),
        sample("i,ij,j", normal(3), normal(3, 4), normal(4), optimize="greedy"),
        sample("a,b,c,d->abcd", normal(2), normal(3), normal(2), normal(2)),
        sample("ij,j->i", normal(3, 1), normal(4)),
        sample("ij,j->i", normal(3, 4), normal(1)),
        sample("ij,ij->ij", normal(3, 1), normal(1, 4)),
        sample(" i j , j -> i ", normal(3, 4), normal(4)),
        sample("ij,jk->ik", normal(3, 0), normal(0, 2)),
        sample("ij,jk->ik", normal(3, 4, dtype=np.float32), normal(4, 2, dtype=np.float32)),
        sample("ii", normal(3, 3, dtype=np.float32)),
        sample("ij,jk->ik", complex_normal(3, 4), complex_normal(4, 2)),
    ]


@adjoint(np.einsum, samples=_einsum_samples)
def _einsum(ct: Any, result: Any, subscripts: Any, *operands: Any, optimize: Any = False) -> Any:
    # One call an operand where they are few, so that an operand that nobody asks for costs nothing.
    refused = runtime.einsum_subscripts_adjoint(subscripts)
    if len(operands) == 1:
        bars: Any = (runtime.einsum_adjoint(ct, subscripts, operands, 0, optimize),)
    elif len(operands) == 2:
        bars = (
            runtime.einsum_adjoint(ct, subscripts, operands, 0, optimize),
            runtime.einsum_adjoint(ct, subscripts, operands, 1, optimize),
        )
    elif len(operands) == 3:
        bars = (
            runtime.einsum_adjoint(ct, subscripts, operands, 0, optimize),
            runtime.einsum_adjoint(ct, subscripts, operands, 1, optimize),
            runtime.einsum_adjoint(ct, subscripts, operands, 2, optimize),
        )
    elif len(operands) == 4:
        bars = (
            runtime.einsum_adjoint(ct, subscripts, operands, 0, optimize),
            runtime.einsum_adjoint(ct, subscripts, operands, 1, optimize),
            runtime.einsum_adjoint(ct, subscripts, operands, 2, optimize),
            runtime.einsum_adjoint(ct, subscripts, operands, 3, optimize),
        )
    else:
        return runtime.einsum_adjoints(ct, subscripts, operands, optimize)
    return (refused, *bars)


def _tensordot_samples() -> list[Sample]:
    return [
        sample(normal(3, 4), normal(4, 2), axes=1),
        sample(normal(2, 3, 4), normal(3, 4, 5)),
        sample(normal(2, 3), normal(2, 3), axes=2),
        sample(normal(2, 3), normal(4), axes=0),
        sample(normal(2, 3, 4), normal(4, 5, 3), axes=([1, 2], [2, 0])),
        sample(normal(2, 3, 4), normal(4, 5, 3), axes=((-1, 1), (0, -1))),
        sample(normal(2, 3), normal(4, 3), axes=(1, 1)),
        sample(normal(2, 3, 4), normal(4, 3, 2), axes=([0, 1, 2], [2, 1, 0])),
        sample(normal(), normal(3), axes=0),
        sample(normal(3, 0), normal(0, 2), axes=1),
        sample(normal(3, 4, dtype=np.float32), normal(4, 2, dtype=np.float32), axes=1),
        sample(complex_normal(2, 3), complex_normal(3), axes=1),
    ]


@adjoint(np.linalg.tensordot, samples=_tensordot_samples)
@adjoint(np.tensordot, samples=_tensordot_samples)
def _tensordot(ct: Any, result: Any, a: Any, b: Any, axes: Any = 2) -> Any:
    a_bar = runtime.tensordot_adjoint_left(ct, a, b, axes)
    b_bar = runtime.tensordot_adjoint_right(ct, a, b, axes)
    return a_bar, b_bar


@adjoint(
    np.trace,
    samples=lambda: [
        sample(normal(3, 3)),
        sample(normal(3, 4), 1),
        sample(normal(3, 4), offset=-1),
        sample(normal(3, 4), offset=7),
        sample(normal(2, 3, 4)),
        sample(normal(2, 3, 4), 1, 2, 0),
        sample(normal(2, 3, 3), axis1=-2, axis2=-1),
        sample(normal(0, 0)),
        sample(normal(3, 3, dtype=np.float32)),
    ],
)
def _trace(ct: Any, result: Any, a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    return (runtime.trace_adjoint(ct, np.shape(a), offset, axis1, axis2),)


@adjoint(np.linalg.trace, samples=lambda: [sample(normal(3, 4)), sample(normal(2, 3, 3), offset=1)])
def _linalg_trace(ct: Any, result: Any, x: Any, *, offset: int = 0) -> Any:
    return (runtime.trace_adjoint(ct, np.shape(x), offset, -2, -1),)


@adjoint(
    np.kron,
    samples=lambda: [
        sample(normal(2, 3), normal(3, 2)),
        sample(normal(3), normal(2)),
        sample(normal(3), normal(2, 2)),
        sample(normal(2, 2, 2), normal(3, 2)),
        sample(normal(), normal(2, 2)),
        sample(normal(2), normal()),
        sample(normal(0, 2), normal(3, 2)),
        sample(normal(2, 3, dtype=np.float32), normal(3, 2, dtype=np.float32)),
    ],
)
def _kron(ct: Any, result: Any, a: Any, b: Any) -> Any:
    a_bar = runtime.kron_adjoint_left(ct, a, b)
    b_bar = runtime.kron_adjoint_right(ct, a, b)
    return a_bar, b_bar


def _vecdot_samples() -> list[Sample]:
    return [
        sample(normal(4), normal(4)),
        sample(normal(2, 4), normal(4)),
        sample(normal(3, 1, 4), normal(2, 4)),
        sample(normal(2, 4), normal(2, 4), axis=0),
        sample(normal(2, 0), normal(2, 0)),
        sample(normal(2, 4, dtype=np.float32), normal(2, 4, dtype=np.float32)),
        sample(complex_normal(2, 3), complex_normal(2, 3)),
    ]


@adjoint(np.linalg.vecdot, samples=_vecdot_samples)
@adjoint(np.vecdot, samples=_vecdot_samples)
def _vecdot(ct: Any, result: Any, x1: Any, x2: Any, *, axis: int = -1) -> Any:
    if np.ndim(x1) == 1 and np.ndim(x2) == 1:
        x1_bar = np.conj(ct * x2)
        x2_bar = ct * np.conj(x1)
    else:
        x1_bar = np.conj(runtime.vecdot_adjoint(ct, x2, np.shape(x1), axis))
        x2_bar = runtime.vecdot_adjoint(ct, np.conj(x1), np.shape(x2), axis)
    return x1_bar, x2_bar


@adjoint(
    np.cross,
    samples=lambda: [
        sample(normal(3), normal(3)),
        sample(normal(4, 3), normal(4, 3)),
        sample(normal(4, 3), normal(3)),
        sample(normal(5, 1, 3), normal(4, 3)),
        sample(normal(3, 4), normal(3, 4), axis=0),
        sample(normal(3, 4), normal(4, 3), axisa=0, axisc=0),
        sample(normal(0, 3), normal(0, 3)),
        sample(normal(4, 3, dtype=np.float32), normal(4, 3, dtype=np.float32)),
    ],
)
def _cross(
    ct: Any, result: Any, a: Any, b: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: Any = None
) -> Any:
    if axis is not None:
        axisa = axis
        axisb = axis
        axisc = axis
    a_bar = runtime.cross_adjoint(ct, a, b, axisa, axisb, axisc)
    b_bar = -runtime.cross_adjoint(ct, b, a, axisb, axisa, axisc)
    return a_bar, b_bar


@adjoint(
    np.linalg.cross,
    samples=lambda: [sample(normal(4, 3), normal(3)), sample(normal(3, 4), normal(3, 4), axis=0)],
)
def _linalg_cross(ct: Any, result: Any, x1: Any, x2: Any, *, axis: int = -1) -> Any:
    x1_bar = runtime.cross_adjoint(ct, x1, x2, axis, axis, axis)
    x2_bar = -runtime.cross_adjoint(ct, x2, x1, axis, axis, axis)
    return x1_bar, x2_bar


@adjoint(
    np.linalg.multi_dot,
    samples=lambda: [
        sample([normal(2, 3), normal(3, 4)]),
        sample([normal(2, 3), normal(3, 4), normal(4, 2)]),
        sample([normal(3), normal(3, 4), normal(4, 2), normal(2)]),
        sample([normal(3), normal(3, 4), normal(4, 2)]),
        sample([normal(2, 3, dtype=np.float32), normal(3, 4, dtype=np.float32), normal(4, dtype=np.float32)]),
    ],
)
def _multi_dot(ct: Any, result: Any, arrays: Any) -> Any:
    return (runtime.multi_dot_adjoint(ct, arrays),)


@adjoint(
    np.linalg.matrix_power,
    samples=lambda: [
        *(sample(well_conditioned(3, 3), n) for n in (-3, -1, 0, 1, 2, 5)),
        sample(well_conditioned(2, 3, 3), 3),
        sample(well_conditioned(3, 3, dtype=np.float32), 4),
    ],
)
def _matrix_power(ct: Any, result: Any, a: Any, n: int) -> Any:
    return (runtime.matrix_power_adjoint(ct, a, n),)


methods(dot=np.dot, trace=np.trace)
