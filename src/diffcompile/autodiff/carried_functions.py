"""What is left to NumPy's protocols where arrays are not NumPy's: what was tried, forwards and backwards.

``tests/test_carried.py`` tries it again, with an array that refuses what CuPy refuses.
"""

from __future__ import annotations

import builtins
import operator
from typing import Any

import numpy as np

from diffcompile import dynamic, runtime
from diffcompile.analysis.effects import ADD_AT, INPLACE_OPERATORS
from diffcompile.analysis.infer.owners import ANSWERS
from diffcompile.ir.core import Prim

_FUNCTIONS = [
    "all", "amax", "amin", "any", "array_equal", "atleast_1d", "atleast_2d", "average", "broadcast_to", "clip",
    "column_stack", "concatenate", "copy", "cumprod", "cumsum", "dot", "dstack", "einsum", "empty_like",
    "expand_dims", "flip", "fliplr", "flipud", "full_like", "hstack", "imag", "inner", "isclose", "kron", "max",
    "mean", "min", "moveaxis", "nanmax", "nanmin", "ndim", "ones_like", "outer", "prod", "ptp", "ravel", "real",
    "reshape", "roll", "rollaxis", "rot90", "shape", "size", "squeeze", "stack", "std", "sum", "swapaxes",
    "tensordot", "tile", "transpose", "tril", "triu", "var", "vstack", "where", "zeros_like",
]  # fmt: skip
_LINALG = ["det", "inv", "norm", "slogdet", "solve"]
_FFT = ["fft", "fft2", "fftn", "fftshift", "ifft", "ifft2", "ifftn", "ifftshift"]
_HELPERS = [
    "as_cotangent", "axis_size", "cast_adjoint", "chosen_share", "column_stack_adjoint", "cumprod_adjoint",
    "cut_or_pad", "divide_or_zero", "dot_adjoint_left", "dot_adjoint_right", "dstack_adjoint", "einsum_adjoint",
    "einsum_adjoints", "extremum_adjoint", "extremum_share", "hstack_adjoint", "inner_adjoint_left",
    "inner_adjoint_right", "inside", "kron_adjoint_left", "kron_adjoint_right", "larger", "log_ratio", "lowered",
    "matmul_adjoint_left", "matmul_adjoint_right", "norm_adjoint", "power_log", "power_slope", "prod_adjoint",
    "ptp_adjoint", "raised", "reshape_adjoint", "restore_axes", "rollaxis_adjoint", "sign", "slogdet_adjoint",
    "solve_adjoint", "split_like", "spread_difference", "tensordot_adjoint_left", "tensordot_adjoint_right",
    "tile_adjoint", "transform_sizes", "unbroadcast", "unstack_like", "vstack_adjoint",
]  # fmt: skip
_DYNAMIC = [
    "carried_add", "carried_add_item", "carried_gradient", "carried_match", "carried_no_tangent", "carried_settle",
    "carried_shadow", "carried_slots", "carried_tangent",
    "carried_zeros", "check_bound", "check_immutable", "check_operand", "check_overlap", "distinct", "fail",
    "has_keys", "keys", "known",
    "scalar_output", "carried_spread", "stop_gradient",
]  # fmt: skip
_UNKNOWN_UFUNCS = (np.isnat, np.spacing, np.matvec, np.vecdot, np.vecmat)
"""CuPy has none of these."""
_OPERATORS = [
    "abs", "add", "and_", "eq", "floordiv", "ge", "getitem", "gt", "invert", "is_", "is_not", "le", "lt",
    "matmul", "mod", "mul", "ne", "neg", "not_", "or_", "pos", "pow", "setitem", "sub", "truediv", "xor",
]  # fmt: skip
CARRIED: set[Any] = {
    *(getattr(np, name) for name in _FUNCTIONS),
    *(getattr(np.linalg, name) for name in _LINALG),
    *(getattr(np.fft, name) for name in _FFT),
    *(getattr(runtime, name) for name in _HELPERS),
    *(getattr(dynamic, name) for name in _DYNAMIC),
    *(getattr(operator, name) for name in _OPERATORS),
    *(INPLACE_OPERATORS - {operator.imatmul}),
    *ANSWERS,
    ADD_AT, builtins.abs, builtins.getattr, builtins.print, builtins.tuple, enumerate, zip, slice, list.append,
    list.pop, np.ndarray.astype, np.ndarray.copy, np.ndarray.clip,
    Prim.ASSERT, Prim.FOR, Prim.FORMAT, Prim.IF, Prim.LIST, Prim.RAISE, Prim.TUPLE, Prim.UNPACK, Prim.UPDATE,
    Prim.UPDATE_ITEM, Prim.WHILE,
}  # fmt: skip
KEYWORDS = {
    "axes", "axis", "compute_uv", "ddof", "dtype", "fill_value", "keepdims", "n", "norm", "optimize", "ord", "s",
    "shape",
}  # fmt: skip
"""Keywords of NumPy's functions that CuPy has too, and that mean the same there."""
ATTRIBUTES = {"T", "mT", "real", "imag", "shape", "ndim", "size", "dtype", "itemsize", "nbytes"}


def is_carried(callee: Any, keywords: tuple[str, ...], attribute: Any) -> bool:
    """Tell whether a call with arrays of another owner is one that was tried."""
    if callee is builtins.getattr:
        return attribute in ATTRIBUTES
    if not KEYWORDS.issuperset(keywords) or attribute in ("A", "K"):
        return False
    if isinstance(attribute, str) and "einsum" in getattr(callee, "__name__", ""):
        return all(len(set(term)) == len(term) for term in attribute.partition("->")[0].replace("...", "").split(","))
    if isinstance(callee, np.ufunc):
        return callee not in _UNKNOWN_UFUNCS
    try:
        return callee in CARRIED
    except TypeError:
        return False


__all__ = ["KEYWORDS", "is_carried"]
