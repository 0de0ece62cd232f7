"""The equation of a minimum: the slope of what is minimised, as a function with the operands of that.

    fun(x, p)                       slope(x, p) = grad(lambda x: fun(x, p))(x)
    residuals(x, p)                 slope(x, p) = grad(lambda x: 0.5 * np.sum(residuals(x, p) ** 2))(x)
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from diffcompile.frontend.lower import Code, Parameter
from diffcompile.ir.core import Block, Const, Function, Op, Operand, Prim, Value
from diffcompile.specialise.derivatives import constructor

_CODES: dict[tuple[int, int, str], tuple[Code, Code]] = {}


def gradient_of(fun: Any) -> Any:
    """Stand for ``grad(fun)``, which is defined above this layer."""
    raise AssertionError("the compiler knows what it means")


def one_number(value: Any) -> Any:
    """Return what is minimised where it comes as an array of one item, as SciPy takes it too."""
    return value if np.ndim(value) == 0 else np.reshape(value, ())[()]


def half_squares(residuals: Any) -> Any:
    """Return what a least-squares fit makes small."""
    numbers = np.asarray(residuals)
    return 0.5 * np.sum(numbers * numbers)


def half_soft(residuals: Any) -> Any:
    """Return what ``loss="soft_l1"`` makes small."""
    return np.sum(np.sqrt(1.0 + np.asarray(residuals) ** 2) - 1.0)


def half_huber(residuals: Any) -> Any:
    """Return what ``loss="huber"`` makes small."""
    size = np.abs(np.asarray(residuals))
    return np.sum(np.where(size <= 1.0, 0.5 * size**2, size - 0.5))


def half_cauchy(residuals: Any) -> Any:
    """Return what ``loss="cauchy"`` makes small."""
    return 0.5 * np.sum(np.log1p(np.asarray(residuals) ** 2))


def half_arctan(residuals: Any) -> Any:
    """Return what ``loss="arctan"`` makes small."""
    return 0.5 * np.sum(np.arctan(np.asarray(residuals) ** 2))


TOTALS = {
    "least squares": half_squares, "soft_l1": half_soft, "huber": half_huber, "cauchy": half_cauchy,
    "arctan": half_arctan,
}  # fmt: skip
"""What a fit makes of its residuals, by the kind of the equation: the name of the loss where it is not linear."""
NUMBERS = {"minimum": one_number, **TOTALS}
"""What makes one number of what a function returns, by the kind of the equation."""
KINDS = (*NUMBERS, "value and slope")
"""What is minimised: a number, a total of numbers, or the first of a pair whose second is its slope."""

FIRST = "first of several"
"""The kind of an equation whose function returns its slope, and may be more, beside its value."""
_PARTS = {"value and slope": 1, FIRST: 0}
"""What of several values that a function returns is zero at the answer."""
MOVING = ("fun", "cost")
"""Fields of results that depend on all that the function sees."""


def residual_numbers(residuals: Any) -> Any:
    """Return residuals as a fit does: an array with one axis."""
    return np.atleast_1d(np.asarray(residuals))


def first_of(values: Any) -> Any:
    """Return the first of what a function returns."""
    return values[0]


constructor(gradient_of, "gradient")


def slope_code(code: Code, place: int, kind: str) -> Code:
    """Return the code of the slope with respect to operand ``place`` (of the captures, then the parameters)."""
    key = (id(code), place, kind)
    if key not in _CODES:
        _CODES[key] = (code, _made(code, place, kind))
    return _CODES[key][1]


def _made(code: Code, place: int, kind: str) -> Code:
    names = [*code.captures, *(parameter.name for parameter in code.parameters)]
    others = tuple(name for number, name in enumerate(names) if number != place)
    unknown = names[place]
    inner = Code(code.source, others, (Parameter(unknown, "any", False),))
    inner.lowered[False] = _value(code, (*others, unknown), kind)
    parameters = tuple(Parameter(name, "any", False) for name in names)
    outer = Code(code.source, (), parameters)
    values = {name: Value(name) for name in names}
    if kind in _PARTS:
        function = _value(code, tuple(names), kind)
        outer.lowered[False] = function
        return outer
    span = code.source.span(code.source.node)
    minimised, gradient, slope = Value(), Value(), Value()
    attrs = {"code": inner, "late": False, "rebound": None}
    ops = (
        Op(Prim.CLOSURE, tuple(values[name] for name in others), (minimised,), attrs, (), span),
        Op(Prim.CALL, (Const(gradient_of), minimised), (gradient,), {}, (), span),
        Op(Prim.CALL, (gradient, values[unknown]), (slope,), {}, (), span),
    )
    body = Block(tuple(values.values()), ops, (slope,))
    outer.lowered[False] = Function(f"slope_of_{code.name}", body, code.source.path)
    return outer


def _value(code: Code, names: tuple[str, ...], kind: str) -> Function:
    """Return what is minimised, a function of all operands of ``code`` in another order."""
    span = code.source.span(code.source.node)
    values = {name: Value(name) for name in names}
    function, value = Value(code.name if code.name.isidentifier() else ""), Value()
    defaults = [Const(None) for parameter in code.parameters if parameter.has_default]
    captured: list[Operand] = [values[name] for name in code.captures]
    attrs = {"code": code, "late": False, "rebound": None}
    ops = [Op(Prim.CLOSURE, (*captured, *defaults), (function,), attrs, (), span)]
    positional = [p for p in code.parameters if p.kind in ("any", "positional", "args")]
    by_name = [p for p in code.parameters if p.kind in ("keyword", "kwargs")]
    starred = tuple(number for number, p in enumerate(positional, start=1) if p.kind == "args")
    keywords = tuple(p.name if p.kind == "keyword" else None for p in by_name)
    operands = (function, *(values[p.name] for p in (*positional, *by_name)))
    ops.append(Op(Prim.CALL, operands, (value,), {"keywords": keywords, "starred": starred}, (), span))
    if kind in NUMBERS:
        total = Value()
        ops.append(Op(Prim.CALL, (Const(NUMBERS[kind]), value), (total,), {}, (), span))
        value = total
    elif kind in _PARTS:
        part = Value()
        ops.append(Op(operator.getitem, (value, Const(_PARTS[kind])), (part,), {}, (), span))
        value = part
    return Function(f"value_of_{code.name}", Block(tuple(values.values()), tuple(ops), (value,)), code.source.path)


__all__ = ["KINDS", "gradient_of", "slope_code"]
