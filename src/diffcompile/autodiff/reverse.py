"""Reverse mode: from a typed primal to the operations of its reverse sweep.

The driver owns the cotangents. It walks the primal backwards, block by block; for each operation it takes the
cotangent of the results, stages the rule, and hands contributions to the operands. Primal values are named freely, as
if they were still there: :mod:`diffcompile.autodiff.storage` decides afterwards how each of them gets there.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from diffcompile import calling, dynamic
from diffcompile.analysis.activity import Activity
from diffcompile.analysis.aliasing import Aliases, describes
from diffcompile.analysis.infer import dtype_of, fits_without_sum, same_shape
from diffcompile.analysis.types import (
    ANY,
    NUMBER,
    ONE,
    Array,
    Scalar,
    Tup,
    Type,
    is_number,
    plain,
)
from diffcompile.autodiff import memory, regions
from diffcompile.autodiff.modes import Mode, Modes
from diffcompile.autodiff.rewrite import Rewrites
from diffcompile.autodiff.staging import Staging, cotangent_type, matched_type
from diffcompile.errors import MissingRuleError, Span, UnsupportedError
from diffcompile.frontend.lower import Code
from diffcompile.ir.core import Block, Const, Function, Op, Operand, Prim, Value
from diffcompile.ir.printer import callee_name
from diffcompile.rules import registry
from diffcompile.specialise import binding, inlining
from diffcompile.specialise.functions import function_code
from diffcompile.specialise.items import Item, TupleItem

CONDITIONS = {np.where, np.select, np.choose, np.compress, np.extract, np.full_like}
"""Callees that look at an argument only to choose, or only at its shape: its derivative is zero."""


class Undo:
    """Callee of a placeholder: where the reverse sweep passes a write, and may have to take it back."""

    def __repr__(self) -> str:
        return "undo"

    def __call__(self, *args: Any) -> None:
        raise AssertionError("a placeholder is never run")


UNDO = Undo()


@dataclass(slots=True)
class ReverseSweep:
    """The reverse operations beside the primal that they belong to."""

    primal: Function
    ops: list[Op]
    cotangents: list[Operand]
    """Of the differentiated parameters, in order."""
    rewrites: Rewrites
    indices: dict[Value, Value] = field(default_factory=dict)
    """From the parameter of a reverse loop that holds the index to that of the primal loop."""


class Reverse:
    """Builds the reverse sweep of one function."""

    def __init__(self, primal: Function, types: dict[Value, Type], aliases: Aliases, activity: Activity) -> None:
        self.primal = primal
        self.types = types
        self.aliases = aliases
        self.activity = activity
        self.modes = Modes(primal, types, aliases, activity)
        definitions = {result: op for op in _walk(primal.body) for result in op.results}
        self.primal_definitions = dict(definitions)
        self.stage = Staging(types, definitions)
        self.rewrites = Rewrites()
        self.bars: dict[Value, Item] = {}
        self.shadows: dict[Value, Operand] = {}
        self._shadow_values: set[Operand] = set()
        """Buffers, and shadows of memory."""
        self.indices: dict[Value, Value] = {}
        self.span: Span | None = None
        self.stage.simplifier.volatile = self.is_volatile

    def run(self, seeds: dict[Value, Item], wrt: list[Value]) -> ReverseSweep:
        """Build the sweep for cotangents ``seeds`` of results, and return those of the parameters ``wrt``."""
        memory.make_forward_shadows(self)
        memory.prologue(self, self.primal.body)
        for value, ct in seeds.items():
            self.accumulate(value, ct)
        self.block(self.primal.body)
        cotangents = [self.operand(self.take(value)) for value in wrt]
        return ReverseSweep(self.primal, self.stage.ops, cotangents, self.rewrites, self.indices)

    def operand(self, item: Item | None) -> Operand:
        return Const(None) if item is None else self.stage.operand(item)

    # -- cotangents -----------------------------------------------------------------------------------------------

    def emit(self, callee: Any, *args: Item, t: Type | None = None, **attrs: Any) -> Operand:
        return self.stage.emit(callee, list(args), self.span, t=t, attrs=attrs or None)

    def effect(self, callee: Any, *args: Item, **attrs: Any) -> None:
        self.stage.effect(callee, list(args), self.span, **attrs)

    def active(self, operand: Any) -> bool:
        return self.modes.of(operand) is not Mode.NONE

    def zero(self, value: Value) -> Operand:
        """Return a zero cotangent of ``value``."""
        t = plain(self.types[value])
        if isinstance(t, Scalar):
            return Const(0.0)
        if isinstance(t, Array) and t.dtype is not None and t.dtype.kind in "fc":
            return self.emit(np.zeros_like, value, t=t)
        return self.emit(dynamic.zeros_like, value, t=self.types[value])

    def accumulate(self, target: Any, ct: Item | None) -> None:
        """Add ``ct``, which fits, to the cotangent of ``target``."""
        mode = self.modes.of(target)
        if ct is None or mode is Mode.NONE:
            return
        assert isinstance(target, Value)
        if mode is Mode.VALUE:
            self.bars[target] = self.sum(target, self.bars.get(target), self.detached(ct))
            return
        shadow = self.shadows[target]
        t = plain(self.types[target])
        if not isinstance(t, Array):
            self.effect(dynamic.add_items, shadow, self.stage.operand(ct))
            return
        self.update(shadow, None, ct)

    def detached(self, ct: Item) -> Item:
        """Return ``ct``, copied if it sees memory of the primal, which changes as the sweep takes writes back."""
        if isinstance(ct, Value) and self.sees_memory(ct) and not isinstance(plain(self.types[ct]), Scalar):
            return self.emit(np.ndarray.copy, ct, t=self.types[ct])
        return ct

    def sees_memory(self, ct: Operand) -> bool:
        """Tell whether ``ct`` is a reference to, or a view of, written memory of the primal."""
        return self._changes(ct, set())

    def is_volatile(self, item: Any) -> bool:
        """Tell whether ``item`` sees a shadow, or written memory of the primal."""
        return self._changes(item, self.shadow_values())

    def _changes(self, item: Any, shadows: set[Operand]) -> bool:
        while isinstance(item, Value):
            if item in shadows:
                return True
            node = self.aliases.nodes.get(item)
            if node is not None:
                return node.root().written
            made = self.stage.op_of(item)
            if made is None or not made.operands or describes(made):
                return False
            if made.callee not in (operator.getitem, getattr, dynamic.match) and made.callee not in registry.VIEWS:
                return False
            item = made.operands[0]
        return False

    def shadow_values(self) -> set[Operand]:
        """Return all buffers and shadows made so far."""
        if len(self._shadow_values) != len(self.shadows):
            self._shadow_values = set(self.shadows.values())
        return self._shadow_values

    def update(self, shadow: Operand, index: Operand | None, ct: Item) -> None:
        """Do ``shadow[index] += ct`` or ``shadow += ct``; broadcasting does what ``broadcast_to`` would."""
        ct = self.stage.operand(ct)
        pure: Any = operator.add
        negated = self.stage.simplifier.made_by(ct, operator.neg)
        if negated:
            pure, ct = operator.sub, negated[0]
        spread = self.stage.simplifier.made_by(ct, np.broadcast_to)
        if spread:
            ct = spread[0]
        if index is None:
            self.effect(Prim.UPDATE, shadow, ct, op=pure)
        else:
            self.effect(Prim.UPDATE_ITEM, shadow, index, ct, op=pure)

    def sum(self, target: Value, old: Item | None, ct: Item) -> Item:
        if old is None:
            return ct
        if isinstance(old, TupleItem) and isinstance(ct, TupleItem):
            parts = [
                self.stage.emit(dynamic.add, [a, b], self.span)
                if not _plain_number(self, a, b)
                else self.emit(operator.add, a, b)
                for a, b in zip(old.items, ct.items, strict=True)
            ]
            return TupleItem(tuple(parts))
        t = self.types[target]
        if is_number(t) and t is not NUMBER:
            total = self.emit(operator.add, self.stage.operand(old), self.stage.operand(ct))
            self.refine(total, t)
            return total
        return self.emit(dynamic.add, self.stage.operand(old), self.stage.operand(ct), t=cotangent_type(t))

    def refine(self, ct: Item, t: Type) -> None:
        """Record that ``ct`` has the shape of a value of type ``t``, if its own type says less."""
        if isinstance(ct, Value):
            mine = self.types[ct]
            t = cotangent_type(plain(t))
            vague = not isinstance(plain(mine), Scalar | Array) or (isinstance(mine, Array) and mine.dims is None)
            if vague and isinstance(t, Array):
                dtype = mine.dtype if isinstance(mine, Array) else None
                self.types[ct] = Array(dtype, t.dims)
            elif vague and isinstance(t, Scalar):
                self.types[ct] = Scalar(t.kind, "?")

    def take(self, value: Value) -> Item | None:
        """Return the cotangent of ``value``, complete at this point of the sweep, or None if it is zero."""
        mode = self.modes.of(value)
        if mode is Mode.NONE:
            return None
        if mode is Mode.VALUE:
            ct = self.bars.pop(value, None)
            self.name(ct, value)
            return ct
        return self.shadows[value]

    def name(self, ct: Item | None, value: Value) -> None:
        if isinstance(ct, Value) and value.name and ct not in self.stage.names and not ct.name:
            self.stage.names[ct] = f"{value.name}_bar"

    def fit(self, ct: Item, operand: Value) -> Item:
        """Return ``ct``, a cotangent of a broadcast of ``operand``, with the operand's shape and dtype."""
        ct = self.stage.operand(ct)
        t, have = plain(self.types[operand]), plain(self.stage.type(ct))
        if isinstance(t, Scalar) and isinstance(have, Scalar) and (t.kind == "c" or have.kind != "c"):
            return ct
        if not self.same_dtype(t, have):
            return self.emit(dynamic.match, ct, operand, t=matched_type(t))
        if fits_without_sum(t, have) or (isinstance(t, Scalar) and isinstance(have, Scalar)):
            return ct
        if isinstance(t, Array) and isinstance(have, Scalar) and t.dims == ():
            return ct
        if isinstance(t, Scalar) and isinstance(have, Array):
            return self.emit(np.sum, ct)
        summed = self.sum_known_axes(ct, t, have)
        if summed is not None:
            return summed
        return self.emit(dynamic.match, ct, operand, t=matched_type(t))

    def sum_known_axes(self, ct: Operand, t: Type, have: Type) -> Operand | None:
        """Sum over broadcast axes where it is known which they are."""
        if not isinstance(t, Array) or not isinstance(have, Array) or t.dims is None or have.dims is None:
            return None
        lead = len(have.dims) - len(t.dims)
        if lead < 0:
            return None
        if lead:
            axes = tuple(range(lead))
            axis = Const(axes[0] if lead == 1 else axes)
            ct = self.stage.emit(np.sum, [ct], self.span, keywords={"axis": axis})
            return self.sum_known_axes(ct, t, Array(have.dtype, have.dims[lead:]))
        stretched = []
        for number, (mine, theirs) in enumerate(zip(t.dims, have.dims, strict=True)):
            if mine == ONE and theirs != ONE:
                stretched.append(number)
            elif not (mine == theirs and mine.key is not None) and not mine.not_one:
                return None
        if not stretched:
            return ct
        axis = Const(stretched[0] if len(stretched) == 1 else tuple(stretched))
        return self.stage.emit(np.sum, [ct], self.span, keywords={"axis": axis, "keepdims": Const(True)})

    def same_dtype(self, t: Type, have: Type) -> bool:
        """Tell whether a cotangent of type ``have`` may stand for one of ``t`` without a cast."""
        mine, theirs = dtype_of(t), dtype_of(have)
        if mine is None or theirs is None:
            return False
        if theirs in (float, int, bool) or (isinstance(theirs, type) and mine is complex):
            return True
        if mine in (float, int) or isinstance(mine, type):
            return np.dtype(theirs).kind in "f" or mine is complex
        return bool(mine == theirs)

    # -- walking --------------------------------------------------------------------------------------------------

    def block(self, block: Block) -> None:
        for op in reversed(block.ops):
            self.span = op.span
            self.stage.override = op.span
            self.op(op)

    def op(self, op: Op) -> None:
        if op.attrs.get("may_write") and any(map(self.activity.is_varied, op.operands)):
            raise self.missing_rule(op)
        if memory.needs_undo(op):
            self.effect(UNDO, op.operands[0], store=op)
        match op.callee:
            case Prim.IF:
                regions.reverse_if(self, op)
                return
            case Prim.FOR | Prim.WHILE:
                regions.reverse_loop(self, op)
                return
        handler = _HANDLERS.get(op.callee) if _hashable(op.callee) else None
        if handler is not None:
            handler(self, op)
            return
        if memory.is_list_arithmetic(self, op):
            memory.reverse_list_arithmetic(self, op)
            return
        if memory.is_alias(self, op):
            memory.reverse_alias(self, op)
            return
        if not any(map(self.active, op.results)):
            return
        if not any(map(self.active, op.operands)):
            return
        self.apply_rule(op)

    def apply_rule(self, op: Op) -> None:
        callee = op.callee
        if isinstance(callee, calling.Callee) or callee is calling.call_dynamic:
            self.pair(op)
            return
        if callee in registry.NONDIFFERENTIABLE:
            return
        ct = self.take(op.result)
        if ct is None:
            return
        if callee in registry.ELEMENTWISE:
            self.elementwise(op, ct)
        elif callee in registry.ADJOINT:
            self.adjoint(op, ct)
        else:
            raise self.missing_rule(op)

    def pair(self, op: Op) -> None:
        """A call that is not inlined: the forward sweep keeps a pullback, the reverse sweep calls it."""
        ct = self.take(op.result)
        if ct is None:
            return
        if op.keywords:
            raise self.refused_keywords(op)
        skipped = 0 if isinstance(op.callee, calling.Callee) else 1
        if skipped and self.active(op.operands[0]):
            raise UnsupportedError(
                "the function that is called here depends on active values itself",
                span=op.span,
                why="it is a method of an object made from them, or a closure over them",
                advice="pass the values as arguments",
            )
        wrt = tuple(number - skipped for number, o in enumerate(op.operands) if self.active(o) and number >= skipped)
        forward: Any = (
            calling.Forward(op.callee, wrt) if isinstance(op.callee, calling.Callee) else calling.DynamicForward(wrt)
        )
        both, pullback = Value(), Value("pullback")
        for value in (both, pullback):
            self.types[value] = ANY
        call = Op(forward, op.operands, (both,), {}, (), op.span)
        attrs = {"before": 2, "starred": False, "after": 0}
        self.rewrites.replaced[op] = [call, Op(Prim.UNPACK, (both,), (op.result, pullback), attrs, (), op.span)]
        cts = self.emit(Prim.CALL, pullback, self.stage.operand(ct), t=ANY, reads=op.operands)
        for number, position in enumerate(wrt):
            operand = op.operands[position + skipped]
            assert isinstance(operand, Value)
            part = self.emit(operator.getitem, cts, Const(number), t=NUMBER)
            t = plain(self.types[operand])
            if isinstance(t, Array | Scalar):
                part = self.emit(dynamic.match, part, operand, t=matched_type(t))
            self.accumulate(operand, part)

    def missing_rule(self, op: Op) -> MissingRuleError:
        name = callee_name(op.callee)
        return MissingRuleError(
            f"{name} has neither a derivative rule nor Python source that could be differentiated",
            span=op.span,
            why="an active value is passed to it, and the result depends on what it returns",
            advice=f"register a rule: `@diffcompile.adjoint({name})` or `diffcompile.elementwise({name}, ...)`",
        )

    def elementwise(self, op: Op, ct: Item) -> None:
        rule = registry.ELEMENTWISE[op.callee]
        split = len(op.operands) - len(op.keywords)
        if any(name not in ("dtype",) for name in op.keywords):
            raise self.refused_keywords(op)
        operands = op.operands[:split]
        z = op.results[0] if op.results else None
        collected: dict[Value, Item] = {}
        for number, operand in enumerate(operands):
            if not self.active(operand):
                continue
            partial = rule.partials[number] if number < len(rule.partials) else None
            if partial is None:
                continue
            contribution = self.scaled(ct, partial, z if z is not None else Const(None), operands)
            assert isinstance(operand, Value)
            fitted = self.fit(contribution, operand)
            collected[operand] = self.sum(operand, collected[operand], fitted) if operand in collected else fitted
        for target, total in collected.items():
            self.accumulate(target, total)

    def scaled(self, ct: Item, partial: Callable[..., Any], z: Item, operands: tuple[Operand, ...]) -> Item:
        """Return the cotangent times a partial derivative."""
        slope = inlining.inline(self.stage, self.rule_code(partial), [z, *operands], self.span, library=True)
        if isinstance(slope, Value) and not isinstance(plain(self.types[slope]), Scalar | Array):
            made = self.stage.op_of(slope)
            if made is not None and (
                z in made.operands or all(o in made.operands for o in operands if isinstance(o, Value))
            ):
                self.refine(slope, self.stage.type(z))
        if isinstance(slope, Const) and slope.value in (1.0, -1.0):
            product = self.stage.operand(ct) if slope.value > 0 else self.emit(operator.neg, self.stage.operand(ct))
        else:
            product = self.emit(operator.mul, self.stage.operand(ct), self.stage.operand(slope))
        self.refine(product, self.stage.type(z) if isinstance(z, Value) else self.stage.type(ct))
        return product

    def rule_code(self, rule: Callable[..., Any]) -> Code:
        return function_code(rule)  # type: ignore[arg-type]

    def refused_keywords(self, op: Op) -> UnsupportedError:
        return UnsupportedError(
            f"{callee_name(op.callee)} with {', '.join(op.keywords)}= has no derivative rule",
            span=op.span,
            advice="leave the keyword out, or write the operation in two steps",
        )

    def adjoint(self, op: Op, ct: Item) -> None:
        rule = registry.ADJOINT[op.callee].rule
        code = self.rule_code(rule)
        split = len(op.operands) - len(op.keywords)
        positional: list[Item] = list(op.operands[:split])
        keywords: dict[str, Item] = dict(zip(op.keywords, op.operands[split:], strict=True))
        defaults = binding.defaults_of(self.stage, rule, code)  # type: ignore[arg-type]
        try:
            bound = binding.bind(
                self.stage, code, code.parameters, [ct, op.result, *positional], keywords, defaults, self.span
            )
        except UnsupportedError as problem:
            raise UnsupportedError(
                f"this form of {callee_name(op.callee)} has no derivative rule",
                span=op.span,
                why=problem.what,
                advice="leave the argument out, or register a rule with `@diffcompile.adjoint`",
            ) from None
        cotangents = inlining.inline(self.stage, code, bound, self.span, library=True)
        if not isinstance(cotangents, TupleItem):
            cotangents = self.spread(cotangents, op)
        targets = self.targets(code, positional, keywords)
        for operand, part in zip(targets, cotangents.items, strict=False):
            if not self.active(operand):
                continue
            if not (isinstance(part, Const) and part.value is None):
                self.contribute(operand, part)
            elif op.callee not in CONDITIONS:
                raise self.no_derivative(op, targets.index(operand))
        for number, operand in enumerate(targets[len(cotangents.items) :], start=len(cotangents.items)):
            if self.active(operand) and op.callee not in CONDITIONS:
                raise self.no_derivative(op, number)

    def no_derivative(self, op: Op, number: int) -> UnsupportedError:
        return UnsupportedError(
            f"{callee_name(op.callee)} has no derivative rule for its argument number {number + 1}",
            span=op.span,
            why="it depends on what is differentiated",
            advice="use stop_gradient on the argument if it is to be a constant",
        )

    def spread(self, cotangents: Item, op: Op) -> TupleItem:
        """Return the parts of a tuple of cotangents that a helper computed at run time."""
        count = len(op.operands)
        return TupleItem(tuple(self.emit(operator.getitem, cotangents, Const(k), t=NUMBER) for k in range(count)))

    def targets(self, code: Code, positional: list[Item], keywords: dict[str, Item]) -> list[Item]:
        """Return the operands in the order of the parameters of a rule."""
        remaining = list(positional)
        found: list[Item] = []
        for parameter in code.parameters[2:]:
            if parameter.kind == "args":
                found += remaining
                remaining = []
            elif parameter.kind in ("any", "positional") and remaining:
                found.append(remaining.pop(0))
            else:
                found.append(keywords.get(parameter.name, Const(None)))
        return found

    def contribute(self, operand: Any, ct: Item) -> None:
        """Accumulate what a rule returned for ``operand``: of its shape, perhaps not of its dtype."""
        assert isinstance(operand, Value)
        t = plain(self.types[operand])
        if isinstance(t, Scalar | Array) and not isinstance(ct, TupleItem):
            self.refine(ct, t)
            if not self.same_dtype(t, plain(self.stage.type(ct))):
                ct = self.matched(ct, operand, t)
        elif t is NUMBER:
            ct = self.emit(dynamic.match, ct, operand, t=NUMBER)
        self.accumulate(operand, ct)

    def matched(self, ct: Item, operand: Value, t: Type) -> Item:
        """Cast ``ct`` to the dtype of ``operand`` where it may differ."""
        have = plain(self.stage.type(ct))
        mine = dtype_of(t)
        real = mine is not None and (mine is float or mine == np.dtype(float))
        if real and dtype_of(have) is None and not self.any_complex():
            return ct
        return self.emit(dynamic.match, ct, operand, t=matched_type(t))

    def any_complex(self) -> bool:
        """Tell whether a complex number may occur in the program."""
        return any(
            (isinstance(t, Scalar) and t.kind == "c")
            or (isinstance(t, Array) and t.dtype is not None and t.dtype.kind == "c")
            for t in map(plain, self.types.values())
        )


def _plain_number(rev: Reverse, *items: Item) -> bool:
    return all(is_number(rev.stage.type(item)) and rev.stage.type(item) is not NUMBER for item in items)


def _hashable(callee: Any) -> bool:
    try:
        hash(callee)
    except TypeError:
        return False
    return True


def _walk(block: Block) -> Any:
    from diffcompile.ir.core import walk  # noqa: PLC0415

    return walk(block)


# -- displays, unpacking --------------------------------------------------------------------------------------------


def _reverse_display(rev: Reverse, op: Op) -> None:
    """``(a, b)`` and ``[a, b]``: each part takes its item of the cotangent."""
    if not rev.active(op.result):
        return
    ct = rev.take(op.result)
    if ct is None:
        return
    parts = op.operands if op.callee is not Prim.DICT else op.operands[1::2]
    keys = [Const(k) for k in range(len(parts))] if op.callee is not Prim.DICT else list(op.operands[::2])
    for part, key in zip(parts, keys, strict=True):
        if not rev.active(part) or (rev.modes.of(part) is Mode.MEMORY and rev.modes.holds_memory(op.result)):
            continue
        assert isinstance(part, Value)
        if isinstance(ct, TupleItem):
            piece: Item = ct.items[key.value]  # type: ignore[union-attr]
        else:
            piece = rev.emit(operator.getitem, ct, key, t=cotangent_type(rev.types[part]))
        rev.accumulate(
            part,
            memory.settled(rev, rev.stage.operand(piece), part)
            if rev.modes.of(op.result) is not Mode.VALUE
            else piece,
        )


def _reverse_unpack(rev: Reverse, op: Op) -> None:
    """``a, b = t``: the cotangent of ``t`` is the tuple of those of its parts."""
    base = op.operands[0]
    if not rev.active(base):
        return
    assert isinstance(base, Value)
    if isinstance(rev.types[base], Tup) and rev.modes.of(base) is Mode.VALUE:
        parts = []
        for result in op.results:
            ct = rev.take(result) if rev.active(result) else None
            parts.append(ct if ct is not None else rev.zero(result))
        rev.accumulate(base, TupleItem(tuple(parts)))
        return
    for number, result in enumerate(op.results):
        memory.reverse_load(rev, op, base, Const(number), result)


_HANDLERS: dict[Any, Callable[[Reverse, Op], None]] = {
    Prim.TUPLE: _reverse_display,
    Prim.LIST: _reverse_display,
    Prim.DICT: _reverse_display,
    Prim.UNPACK: _reverse_unpack,
    operator.getitem: lambda rev, op: memory.reverse_load(rev, op, op.operands[0], op.operands[1], op.result),
    **memory.HANDLERS,
}


__all__ = ["UNDO", "Reverse", "ReverseSweep", "same_shape"]
