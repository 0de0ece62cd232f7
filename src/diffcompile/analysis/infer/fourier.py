"""Discrete Fourier transforms."""

from __future__ import annotations

import numpy as np

from diffcompile.analysis.infer.operands import DType, array_of
from diffcompile.analysis.infer.sizes import dim_of, sized
from diffcompile.analysis.infer.table import constant, is_none, one_axis, refuse_out, rule, unknown
from diffcompile.analysis.types import UNKNOWN_DIM, Array, Dim, Scalar, Static, Tup, Type

_COMPLEX = {
    "float32": "complex64", "complex64": "complex64", "float64": "complex128", "complex128": "complex128",
    "int64": "complex128", "bool": "complex128",
}  # fmt: skip
_REAL = {"complex64": "float32", "complex128": "float64"}


def _spectrum(x: Array) -> DType | None:
    name = _COMPLEX.get(x.dtype.name) if x.dtype is not None else None
    return None if name is None else np.dtype(name)


def _signal(x: Array) -> DType | None:
    spectrum = _spectrum(x)
    return None if spectrum is None else np.dtype(_REAL[spectrum.name])


def _length(given: Type | None, have: Dim) -> Dim:
    if is_none(given):
        return have
    if isinstance(given, Static | Scalar):
        size = given.value if isinstance(given, Static) else None
        return sized(int(size)) if isinstance(size, int) and size >= 0 else dim_of(given)
    return UNKNOWN_DIM


def _with_axis(dims: tuple[Dim, ...], axis: int, dim: Dim) -> tuple[Dim, ...]:
    return (*dims[:axis], dim, *dims[axis + 1 :])


def _half(dim: Dim) -> Dim:
    return sized(dim.key // 2 + 1) if isinstance(dim.key, int) else UNKNOWN_DIM


def _whole(dim: Dim) -> Dim:
    return sized(2 * (dim.key - 1)) if isinstance(dim.key, int) else UNKNOWN_DIM


@rule(np.fft.fft, np.fft.ifft)
def _fft(
    a: Type, n: Type | None = None, axis: Type | None = None, norm: Type | None = None, out: Type | None = None
) -> Type:
    refuse_out(out)
    x = array_of(a)
    if x.dims is None:
        return Array(_spectrum(x), None)
    if is_none(n):
        return Array(_spectrum(x), x.dims)
    number = one_axis(axis, len(x.dims), -1)
    return Array(_spectrum(x), _with_axis(x.dims, number, _length(n, x.dims[number])))


@rule(np.fft.rfft, np.fft.ihfft)
def _rfft(
    a: Type, n: Type | None = None, axis: Type | None = None, norm: Type | None = None, out: Type | None = None
) -> Type:
    refuse_out(out)
    x = array_of(a)
    if x.dims is None:
        return Array(_spectrum(x), None)
    number = one_axis(axis, len(x.dims), -1)
    return Array(_spectrum(x), _with_axis(x.dims, number, _half(_length(n, x.dims[number]))))


@rule(np.fft.irfft, np.fft.hfft)
def _irfft(
    a: Type, n: Type | None = None, axis: Type | None = None, norm: Type | None = None, out: Type | None = None
) -> Type:
    refuse_out(out)
    x = array_of(a)
    if x.dims is None:
        return Array(_signal(x), None)
    number = one_axis(axis, len(x.dims), -1)
    size = _whole(x.dims[number]) if is_none(n) else _length(n, x.dims[number])
    return Array(_signal(x), _with_axis(x.dims, number, size))


def _axes(x: Array, s: Type | None, axes: Type | None, default: tuple[int, ...] | None) -> list[int]:
    if x.dims is None:
        raise unknown()
    given = constant(axes, default)
    if given is None:
        if not is_none(s):
            raise unknown()
        return list(range(len(x.dims)))
    return [axis % len(x.dims) for axis in given]


def _sizes(x: Array, s: Type | None, axes: list[int]) -> list[Dim]:
    dims = x.dims or ()
    if is_none(s):
        return [dims[axis] for axis in axes]
    if isinstance(s, Static) and isinstance(s.value, tuple):
        s = Tup(tuple(Static(size) for size in s.value))
    if not isinstance(s, Tup):
        raise unknown()
    return [
        dims[axis] if isinstance(size, Static) and size.value == -1 else _length(size, dims[axis])
        for size, axis in zip(s.items, axes, strict=True)
    ]


def _over_axes(
    kind: str, a: Type, s: Type | None, axes: Type | None, out: Type | None, default: tuple[int, ...] | None
) -> Type:
    refuse_out(out)
    x = array_of(a)
    numbers = _axes(x, s, axes, default)
    sizes = _sizes(x, s, numbers)
    if kind == "real":
        sizes[-1] = _half(sizes[-1])
    elif kind == "back":
        sizes[-1] = _whole(sizes[-1]) if is_none(s) else sizes[-1]
    dims = x.dims or ()
    for number, size in zip(numbers, sizes, strict=True):
        dims = _with_axis(dims, number, size)
    return Array(_signal(x) if kind == "back" else _spectrum(x), dims)


@rule(np.fft.fft2, np.fft.ifft2)
def _fft2(
    a: Type, s: Type | None = None, axes: Type | None = None, norm: Type | None = None, out: Type | None = None
) -> Type:
    return _over_axes("whole", a, s, axes, out, (-2, -1))


@rule(np.fft.rfft2)
def _rfft2(
    a: Type, s: Type | None = None, axes: Type | None = None, norm: Type | None = None, out: Type | None = None
) -> Type:
    return _over_axes("real", a, s, axes, out, (-2, -1))


@rule(np.fft.irfft2)
def _irfft2(
    a: Type, s: Type | None = None, axes: Type | None = None, norm: Type | None = None, out: Type | None = None
) -> Type:
    return _over_axes("back", a, s, axes, out, (-2, -1))


@rule(np.fft.fftn, np.fft.ifftn)
def _fftn(
    a: Type, s: Type | None = None, axes: Type | None = None, norm: Type | None = None, out: Type | None = None
) -> Type:
    return _over_axes("whole", a, s, axes, out, None)


@rule(np.fft.rfftn)
def _rfftn(
    a: Type, s: Type | None = None, axes: Type | None = None, norm: Type | None = None, out: Type | None = None
) -> Type:
    return _over_axes("real", a, s, axes, out, None)


@rule(np.fft.irfftn)
def _irfftn(
    a: Type, s: Type | None = None, axes: Type | None = None, norm: Type | None = None, out: Type | None = None
) -> Type:
    return _over_axes("back", a, s, axes, out, None)


@rule(np.fft.fftshift, np.fft.ifftshift)
def _shift(x: Type, axes: Type | None = None) -> Type:
    array = array_of(x)
    return Array(array.dtype, array.dims)


@rule(np.fft.fftfreq, np.fft.rfftfreq)
def _frequencies(n: Type, d: Type | None = None, device: Type | None = None) -> Type:
    if d is None or isinstance(d, Static | Scalar):
        return Array(np.dtype(np.float64), (UNKNOWN_DIM,))
    return Array(None, None)


@rule(np.hanning, np.hamming, np.blackman, np.bartlett, np.kaiser)
def _window(M: Type, beta: Type | None = None) -> Type:  # noqa: N803
    return Array(np.dtype(np.float64), (UNKNOWN_DIM,))
