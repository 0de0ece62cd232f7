"""Functions that are linear, whose tangents are themselves of tangents: forward mode needs no rule for them."""

from __future__ import annotations

import math
import operator
import sys

import numpy as np

from diffcompile import runtime
from diffcompile.rules.registry import linear, ufunc_method

# --- sums ---

linear(np.sum, names=("a", "initial"))
linear(np.mean, np.cumsum, np.trace, np.diagonal, names="a")
linear(ufunc_method(np.add, "reduce"), names=("array", "initial"))
linear(ufunc_method(np.add, "accumulate"), names="array")
linear(np.linalg.trace, np.linalg.diagonal, names="x")
linear(np.diff, names=("a", "prepend", "append"))
linear(np.ediff1d, names=("ary", "to_end", "to_begin"))
linear(np.bincount, names="weights")
linear(math.fsum, names="seq")

# --- products ---

linear(np.matmul, np.linalg.matmul, operator.matmul, names=("x1", "x2"), separately=True)
linear(np.dot, np.inner, np.vdot, np.outer, np.kron, np.tensordot, names=("a", "b"), separately=True)
linear(np.linalg.outer, np.linalg.tensordot, names=("a", "b"), separately=True)
linear(np.cross, names=("a", "b"), separately=True)
linear(np.linalg.vecdot, np.linalg.cross, names=("x1", "x2"), separately=True)
if hasattr(np, "vecdot"):
    linear(np.vecdot, names=("x1", "x2"), separately=True)
linear(np.einsum, names="operands", separately=True)
linear(np.convolve, np.correlate, names=("a", "v"), separately=True)
linear(np.trapezoid, names=("y", "x", "dx"), separately=True)
if sys.version_info >= (3, 12):
    linear(math.sumprod, names=("p", "q"), separately=True)

# --- shapes ---

linear(np.reshape, np.ndarray.reshape, np.ravel, np.ndarray.flatten, np.expand_dims, np.squeeze, names="a")
linear(np.transpose, np.ndarray.transpose, np.swapaxes, np.moveaxis, np.rollaxis, np.roll, np.repeat, names="a")
linear(np.atleast_1d, np.atleast_2d, np.atleast_3d, names="arys")
linear(np.matrix_transpose, np.linalg.matrix_transpose, names="x")
linear(np.flip, np.fliplr, np.flipud, np.rot90, np.triu, np.tril, names="m")
linear(np.broadcast_to, names="array")
linear(np.broadcast_arrays, names="args")
linear(np.meshgrid, names="xi")
linear(np.tile, names="A")
linear(np.resize, names="a")
linear(np.concatenate, np.stack, np.block, names="arrays")
linear(np.vstack, np.hstack, np.dstack, np.column_stack, names="tup")
linear(np.append, np.insert, names=("arr", "values"))
linear(np.delete, np.take_along_axis, np.extract, names="arr")
linear(np.split, np.array_split, np.hsplit, np.vsplit, np.dsplit, names="ary")
if hasattr(np, "unstack"):
    linear(np.unstack, names="x")
linear(np.diag, np.diagflat, names="v")
linear(np.take, np.compress, np.ndarray.compress, names="a")
linear(np.where, names=("x", "y"))
linear(np.choose, names="choices")
linear(np.select, names=("choicelist", "default"))

# --- Fourier transforms ---

linear(np.fft.fft, np.fft.ifft, np.fft.rfft, np.fft.irfft, np.fft.hfft, np.fft.ihfft, names="a")
linear(np.fft.fft2, np.fft.ifft2, np.fft.rfft2, np.fft.irfft2, names="a")
linear(np.fft.fftn, np.fft.ifftn, np.fft.rfftn, np.fft.irfftn, names="a")
linear(np.fft.fftshift, np.fft.ifftshift, names="x")

# --- copies and conversions ---

linear(np.array, names="object")
linear(np.asarray, np.asanyarray, np.asfortranarray, np.ascontiguousarray, np.asarray_chkfinite, np.copy, names="a")
linear(np.ndarray.copy, np.ndarray.astype, np.ndarray.item, np.ndarray.tolist, np.ndarray.view, names="self")
if hasattr(np, "astype"):
    linear(np.astype, names="x")
linear(np.float32, np.float64, np.longdouble, np.complex64, np.complex128, float, names="x")
linear(np.full, np.full_like, names="fill_value")
linear(np.linspace, names=("start", "stop"))
linear(np.real, np.imag, names="val")
linear(np.conjugate, runtime.conjugated, names="x")

# --- polynomials, series and segments ---

linear(np.polyadd, np.polysub, names=("a1", "a2"))
linear(np.polyder, names="p")
linear(np.lib.stride_tricks.sliding_window_view, names="x")
linear(ufunc_method(np.add, "reduceat"), names="array")
if hasattr(np, "cumulative_sum"):
    linear(np.cumulative_sum, names="x")
if hasattr(np, "matvec"):
    linear(np.matvec, np.vecmat, names=("x1", "x2"), separately=True)
