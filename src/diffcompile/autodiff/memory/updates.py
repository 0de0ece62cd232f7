"""Updates in reverse: ``a[i] += v``, other operators, and ``np.add.at``."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING

from diffcompile import dynamic
from diffcompile.analysis.types import Array, is_scalar
from diffcompile.autodiff.memory import uncertain
from diffcompile.autodiff.memory.loads import may_repeat
from diffcompile.autodiff.memory.stores import ELLIPSIS, cells, last_written, own_fit
from diffcompile.autodiff.modes import Mode
from diffcompile.autodiff.rewrite import UNDO
from diffcompile.autodiff.staging import cotangent_type
from diffcompile.ir.core import Const, Op, Operand, Prim, Value
from diffcompile.rules import registry
from diffcompile.specialise import inlining
from diffcompile.specialise.items import TupleItem

if TYPE_CHECKING:
    from diffcompile.autodiff.reverse import Reverse


def reverse_update(rev: Reverse, op: Op) -> None:
    """``base[index] op= value`` and ``base op= value``"""
    if op.callee is Prim.UPDATE:
        (base, value), index = op.operands, ELLIPSIS
    else:
        base, index, value = op.operands  # type: ignore[assignment]
    if rev.modes.of(base) is not Mode.MEMORY:
        return
    assert isinstance(base, Value)
    if rev.modes.is_uncertain(base):
        raise uncertain.refusal(op)
    shadow = rev.shadows[base]
    pure = op.attrs["op"]
    whole = isinstance(index, Const) and index.value is Ellipsis
    ct = cells(rev, shadow, index)
    repeats = isinstance(rev.types[base], Array) and may_repeat(rev, index) is not False
    kept = last_written(rev, ct, base, index) if repeats else ct
    if pure in (operator.add, operator.sub):
        if rev.active(value):
            assert isinstance(value, Value)
            part = kept if pure is operator.add else rev.emit(operator.neg, kept)
            _hand_over(rev, base, value, part, kept)
        return
    if divides(rev, op):
        _reverse_division(rev, op, base, index, value, ct, kept)
        return
    old = _beside(rev, op, base, index, after=False) or cells(rev, base, index)
    if pure is operator.matmul:
        _reverse_matmul_update(rev, op, base, value, old, ct, shadow, index)
        return
    rule = registry.ELEMENTWISE.get(pure)
    if rule is None and pure in registry.NONDIFFERENTIABLE:
        rev.effect(operator.setitem, shadow, index, Const(0.0))
        return
    if rule is None:
        raise rev.missing_rule(op)
    z = rev.emit(pure, old, value)
    contribution = None
    if rev.active(value):
        assert isinstance(value, Value) and rule.partials[1] is not None
        contribution = rev.fit(rev.scaled(kept, rule.partials[1], z, (old, value)), value)
    assert rule.partials[0] is not None
    if whole and pure in (operator.mul, operator.truediv):
        if contribution is not None and rev.aliases.same(base, value):
            rev.effect(
                operator.setitem,
                shadow,
                index,
                rev.stage.operand(rev.scaled(ct, rule.partials[0], z, (old, value))),
            )
            rev.accumulate(value, contribution)
            return
        if contribution is not None:
            rev.accumulate(value, contribution)
        rev.effect(Prim.UPDATE, shadow, value, op=pure)
        return
    following = rev.stage.operand(rev.scaled(ct, rule.partials[0], z, (old, value)))
    rev.effect(operator.setitem, shadow, index, following)
    if contribution is not None:
        rev.accumulate(value, contribution)


def divides(rev: Reverse, op: Op) -> bool:
    """Tell whether ``op`` is a division in place whose adjoint reads the quotient, and nothing that it overwrote."""
    if op.callee not in (Prim.UPDATE, Prim.UPDATE_ITEM) or op.attrs["op"] is not operator.truediv:
        return False
    base, value = op.operands[0], op.operands[-1]
    if rev.modes.of(base) is not Mode.MEMORY or not isinstance(base, Value) or rev.aliases.same(base, value):
        return False
    return isinstance(rev.types[base], Array)


def _reverse_division(
    rev: Reverse, op: Op, base: Value, index: Operand, value: Operand, ct: Operand, kept: Operand
) -> None:
    """``base[index] /= value``: its quotient is read before the write is taken back."""
    rule = registry.ELEMENTWISE[operator.truediv]
    shadow = rev.shadows[base]
    contribution = None
    if rev.active(value):
        assert isinstance(value, Value) and rule.partials[1] is not None
        z = _beside(rev, op, base, index, after=True) or cells(rev, base, index)
        contribution = rev.fit(rev.scaled(kept, rule.partials[1], z, (z, value)), value)
    rev.effect(UNDO, base, store=op)
    if isinstance(index, Const) and index.value is Ellipsis:
        if contribution is not None:
            rev.accumulate(value, contribution)
        rev.effect(Prim.UPDATE, shadow, value, op=operator.truediv)
        return
    assert rule.partials[0] is not None
    following = rev.stage.operand(rev.scaled(ct, rule.partials[0], ct, (ct, value)))
    rev.effect(operator.setitem, shadow, index, following)
    if contribution is not None:
        rev.accumulate(value, contribution)


def _beside(rev: Reverse, op: Op, base: Value, index: Operand, *, after: bool) -> Operand | None:
    """Have the forward sweep read the item that an update changes, where that is one number.

    To save it costs less than to restore it in memory, and with it all that was written there since.
    """
    outer, rev.stage.ops = rev.stage.ops, []
    old = cells(rev, base, index)
    made, rev.stage.ops = rev.stage.ops, outer
    if not is_scalar(rev.stage.type(old)) or not isinstance(rev.types[base], Array):
        return None
    table = rev.rewrites.after if after else rev.rewrites.before
    table.setdefault(op, []).extend(made)
    for load in made:
        rev.memory.overlaps.place(load, op, after=after)
    return old


def _reverse_matmul_update(
    rev: Reverse, op: Op, base: Value, value: Operand, old: Operand, ct: Operand, shadow: Operand, index: Operand
) -> None:
    """``a[index] @= b``"""
    rule = registry.ADJOINT[operator.matmul].rule
    code = rev.rule_code(rule)
    parts = inlining.inline(rev.stage, code, [ct, Const(None), old, value], rev.span, library=True)
    assert isinstance(parts, TupleItem)
    pieces = [rev.stage.operand(part) for part in parts.items]
    rev.effect(operator.setitem, shadow, index, pieces[0])
    if rev.active(value):
        rev.contribute(value, pieces[1])


def _hand_over(rev: Reverse, base: Value, value: Value, part: Operand, source: Operand) -> None:
    """Accumulate ``part``, which may be a view of the base's shadow that lives on."""
    if rev.modes.of(value) is Mode.VALUE and part is source:
        rev.accumulate(value, own_fit(rev, source, value))
    else:
        rev.accumulate(value, rev.fit(part, value))


def reverse_add_item(rev: Reverse, op: Op) -> None:
    """``dynamic.add_item(base, index, value)``, in the adjoint of a program that reads items."""
    base, index, value = op.operands
    if rev.modes.of(base) is not Mode.MEMORY or not rev.active(value):
        return
    assert isinstance(base, Value) and isinstance(value, Value)
    if isinstance(rev.types[base], Array):
        reverse_add_at(rev, op)
        return
    ct = rev.emit(operator.getitem, rev.shadows[base], index, t=cotangent_type(rev.types[value]))
    rev.accumulate(value, rev.emit(dynamic.own_share, ct, value, t=cotangent_type(rev.types[value])))


def reverse_add_items(rev: Reverse, op: Op) -> None:
    """``dynamic.add_items(base, value)``: to each item of a container."""
    base, value = op.operands
    if rev.modes.of(base) is not Mode.MEMORY or not rev.active(value):
        return
    assert isinstance(base, Value) and isinstance(value, Value)
    rev.accumulate(value, rev.emit(dynamic.own_share, rev.shadows[base], value, t=rev.types[value]))


def reverse_add_at(rev: Reverse, op: Op) -> None:
    """``np.add.at(base, index, value)``"""
    base, index, value = op.operands
    if rev.modes.of(base) is not Mode.MEMORY or not rev.active(value):
        return
    assert isinstance(base, Value) and isinstance(value, Value)
    ct = cells(rev, rev.shadows[base], index)
    _hand_over(rev, base, value, ct, ct)
