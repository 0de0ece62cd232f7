"""Names of functions as programs write them, and what the table of rules says about them."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from diffcompile.ir.core import Const, Op, Prim
from diffcompile.rules import registry

RISKS: dict[Any, str] = {
    np.sqrt: "its derivative is infinite at 0",
    np.cbrt: "its derivative is infinite at 0",
    np.log: "its derivative is infinite at 0",
    np.log2: "its derivative is infinite at 0",
    np.log10: "its derivative is infinite at 0",
    np.log1p: "its derivative is infinite at -1",
    np.arcsin: "its derivative is infinite at -1 and 1",
    np.arccos: "its derivative is infinite at -1 and 1",
    np.arctanh: "its derivative is infinite at -1 and 1",
    np.arccosh: "its derivative is infinite at 1",
    np.abs: "it has a kink at 0",
    np.power: "its derivative may be infinite where the base is 0",
    operator.pow: "its derivative may be infinite where the base is 0",
    np.linalg.norm: "it has no derivative at 0",
    np.hypot: "it has no derivative at (0, 0)",
    np.linalg.eigh: "its derivative is infinite where two eigenvalues are equal",
    np.linalg.svd: "its derivative is infinite where two singular values are equal",
    np.linalg.inv: "it is infinite at a singular matrix",
    np.linalg.solve: "it is infinite at a singular matrix",
    np.max: "it has a kink where two entries are the largest",
    np.min: "it has a kink where two entries are the smallest",
    np.maximum: "it has a kink where both are equal",
    np.minimum: "it has a kink where both are equal",
}
"""Where the derivative of a function is infinite or not defined."""


def rule_name(fun: Any) -> str:
    """Return the name by which a program reaches ``fun``: ``numpy.linalg.inv``, ``numpy.add.reduce``, ``abs``."""
    owner = getattr(fun, "__self__", None)
    if isinstance(owner, registry.UFUNC):
        return f"{rule_name(owner)}.{fun.__name__}"
    name = getattr(fun, "__qualname__", None) or getattr(fun, "__name__", None) or repr(fun)
    holder = getattr(fun, "__objclass__", fun)
    module = getattr(holder, "__module__", None) or "builtins"
    if isinstance(fun, registry.UFUNC):  # it does not tell
        module = "scipy.special" if registry.package_of(fun) == "scipy" else "numpy"
    parts = [part for part in module.lstrip("_").split(".") if not part.startswith("_")]
    return name if parts == ["builtins"] else ".".join([*parts, name])


_SIGNS = {
    operator.add: "+", operator.sub: "-", operator.mul: "*", operator.truediv: "/", operator.pow: "**",
    operator.matmul: "@", operator.neg: "-", operator.mod: "%", operator.getitem: "[]",
}  # fmt: skip


def short_name(fun: Any) -> str:
    """Return how a line of code spells ``fun``: ``np.sin``, ``@``."""
    try:
        sign = _SIGNS.get(fun)
    except TypeError:
        sign = None
    return sign or rule_name(fun).replace("numpy.", "np.")


def kind_of_rule(fun: Any) -> str:
    """Return which kind of rule a callee has: ``elementwise``, ``adjoint``, ``no derivative: ...``, or nothing."""
    if isinstance(fun, Prim):
        return ""
    try:
        if fun in registry.ELEMENTWISE:
            return "elementwise"
        if fun in registry.ADJOINT:
            return "adjoint"
        if fun in registry.NONDIFFERENTIABLE:
            return f"no derivative: {registry.NONDIFFERENTIABLE[fun]}"
    except TypeError:  # unhashable
        return ""
    return ""


def risk_of(op: Op) -> str:
    """Return where the derivative of an operation is infinite or not defined, or nothing."""
    try:
        risk = RISKS.get(op.callee, "")
    except TypeError:
        return ""
    if op.callee in (operator.pow, np.power) and len(op.operands) > 1:
        exponent = op.operands[1]
        if isinstance(exponent, Const) and isinstance(exponent.value, int | float) and exponent.value >= 1:
            return ""
    return risk
