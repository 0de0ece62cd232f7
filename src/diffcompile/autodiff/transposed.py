"""Tangents of functions that have a reverse rule alone.

An adjoint rule is linear in its cotangent: ``x_bar = J.T @ ct``. So the derivative of ``<x_bar, x_dot>`` with respect
to ``ct`` is ``J @ x_dot``, the tangent; it is found by differentiating the staged rule, in reverse mode; no value of
the cotangent is needed for it.

    rule of y = f(x):    x_bar = cos(x) * ct            tangent:    y_dot = x_dot * cos(x)
"""

from __future__ import annotations

import operator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from diffcompile import dynamic
from diffcompile.analysis.types import Array, Scalar, Tup, Type, anchor, plain
from diffcompile.autodiff import untouched
from diffcompile.autodiff.gradient import differentiate
from diffcompile.autodiff.rule_application import CONDITIONS, targets
from diffcompile.autodiff.staging import cotangent_type
from diffcompile.errors import DiffCompileError
from diffcompile.ir.core import Block, Const, Function, Op, Operand, Prim, Value, blocks, renamed
from diffcompile.ir.verifier import verify
from diffcompile.rules import registry
from diffcompile.specialise import Program
from diffcompile.specialise.binding import bind, defaults_of
from diffcompile.specialise.functions import function_code
from diffcompile.specialise.items import Item, TupleItem

if TYPE_CHECKING:
    from diffcompile.autodiff.forward import Forward


@dataclass(slots=True)
class _Staged:
    """A rule, staged for cotangents that are parameters."""

    params: list[Value]
    ops: list[Op]
    seeds: dict[Value, Operand] = field(default_factory=dict)
    """From what the rule returned for an operand to the tangent of that."""
    missing: Any = None
    """An operand with a tangent, for which it returned nothing."""


def transposed(fwd: Forward, op: Op) -> Item | None:
    """Return the tangent of the result of ``op`` by its reverse rule; None if it is zero.

    Raises:
        DiffCompileError: the rule cannot be differentiated, or knows nothing of an operand with a tangent.
    """
    outer, fwd.stage.ops = fwd.stage.ops, []
    try:
        staged = _staged(fwd, op)
    finally:
        fwd.stage.ops = outer
    if staged.missing is not None:
        raise DiffCompileError("the reverse rule has nothing for an operand", span=op.span)
    if not staged.seeds:
        return None
    free = _free(staged)
    body = Block((*staged.params, *free), tuple(staged.ops), tuple(staged.seeds))
    function = verify(Function("rule", body), "a rule for its cotangent")
    program = Program(function, fwd.types)
    gradient = differentiate(program, list(range(len(staged.params))), with_value=False, pullback=True, show=_unseen)
    if gradient.written:
        raise DiffCompileError("the reverse rule writes to its arguments", span=op.span)
    inner = gradient.function
    names: dict[Value, Operand] = dict(zip(inner.params[len(body.params) :], staged.seeds.values(), strict=True))
    used = {operand for block in blocks(inner.body) for one in block.ops for operand in one.operands}
    for number, param in enumerate(staged.params):
        if param in used or param in inner.body.results:
            names[param] = _zero(fwd, op, number)
    for one in renamed(Block((), inner.body.ops, ()), names).ops:
        if one.callee is not Prim.SECTION:
            fwd.stage.ops.append(one)
            fwd.stage.definitions.update(dict.fromkeys(one.results, one))
    found = [names.get(result, result) if isinstance(result, Value) else result for result in inner.body.results]
    return found[0] if not isinstance(fwd.types[op.result], Tup) else TupleItem(tuple(found))


def _staged(fwd: Forward, op: Op) -> _Staged:
    """Stage the reverse rule of ``op`` in an empty block."""
    rule = registry.ADJOINT[op.callee].rule
    code = function_code(rule)  # type: ignore[arg-type]
    split = len(op.operands) - len(op.keywords)
    positional: list[Item] = list(op.operands[:split])
    keywords: dict[str, Item] = dict(zip(op.keywords, op.operands[split:], strict=True))
    t = fwd.types[op.result]
    kinds: tuple[Type, ...] = t.items if isinstance(t, Tup) else (t,)
    staged = _Staged([_param(fwd, kind) for kind in kinds], [])
    ct: Item = TupleItem(tuple(staged.params)) if isinstance(t, Tup) else staged.params[0]
    defaults = defaults_of(fwd.stage, rule, code)  # type: ignore[arg-type]
    bound = bind(fwd.stage, code, code.parameters, [ct, op.result, *positional], keywords, defaults, fwd.span)
    parts = untouched.staged(fwd.stage, rule, op.callee, code, bound, fwd.span)
    wanted = targets(code, positional, keywords)
    if not isinstance(parts, TupleItem):
        parts = TupleItem(tuple(fwd.emit(operator.getitem, parts, Const(k)) for k in range(len(wanted))))
    for number, operand in enumerate(wanted):
        if not isinstance(operand, Value) or fwd.dot(operand) is None:
            continue
        part = parts.items[number] if number < len(parts.items) else Const(None)
        if isinstance(part, Const) and part.value is None:
            staged.missing = operand if op.callee not in CONDITIONS else staged.missing
            continue
        bar, dot = fwd.stage.operand(part), fwd.needed(operand)
        if not isinstance(bar, Value):
            continue  # zero
        if bar in staged.seeds:
            staged.seeds[bar] = fwd.emit(dynamic.add, staged.seeds[bar], dot)
        else:
            staged.seeds[bar] = dot
    staged.ops = fwd.stage.ops
    return staged


def _param(fwd: Forward, t: Type) -> Value:
    param = Value("ct")
    fwd.types[param] = anchor(cotangent_type(t), param)
    return param


def _zero(fwd: Forward, op: Op, number: int) -> Operand:
    """Return zeros for a cotangent: the derivative does not depend on it."""
    part: Operand = op.result
    if isinstance(fwd.types[op.result], Tup):
        part = fwd.emit(operator.getitem, op.result, Const(number))
    t = plain(fwd.stage.type(part))
    if isinstance(t, Scalar):
        return Const(0.0)
    if isinstance(t, Array) and t.dtype is not None and t.dtype.kind in "fc":
        return fwd.emit(np.zeros_like, part)
    return fwd.emit(dynamic.zeros_like, part)


def _free(staged: _Staged) -> list[Value]:
    """Return the values of the program that a staged rule reads."""
    whole = Block(tuple(staged.params), tuple(staged.ops), tuple(staged.seeds))
    defined: set[Value] = set()
    for block in blocks(whole):
        defined.update(block.params)
        for op in block.ops:
            defined.update(op.results)
    found: dict[Value, None] = {}
    for block in blocks(whole):
        for operand in (*(o for op in block.ops for o in op.operands), *block.results):
            if isinstance(operand, Value) and operand not in defined:
                found[operand] = None
    return list(found)


def _unseen(stage: str, function: Function) -> None:
    """What a rule looks like on its way is not kept."""


__all__ = ["transposed"]
