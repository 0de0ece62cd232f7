"""Cotangents while the reverse sweep is built: added up, handed out, made to fit their values."""

from __future__ import annotations

import operator
from functools import cached_property
from typing import Any

import numpy as np

from diffcompile import calling, dynamic
from diffcompile.analysis.activity import Activity
from diffcompile.analysis.aliasing import AliasClass, Aliases
from diffcompile.analysis.infer import dtype_of, fits_without_sum
from diffcompile.analysis.references import describes
from diffcompile.analysis.types import NUMBER, ONE, Array, Scalar, Type, is_number, plain
from diffcompile.autodiff.carried import owner_among
from diffcompile.autodiff.edges import Slope, find_edges
from diffcompile.autodiff.guards import Guard, either, read_once
from diffcompile.autodiff.modes import Mode, Modes
from diffcompile.autodiff.rewrite import Rewrites
from diffcompile.autodiff.rotating import find_rotations
from diffcompile.autodiff.settled import Memory
from diffcompile.autodiff.staging import Staging, cotangent_type, matched_type
from diffcompile.errors import Span
from diffcompile.ir.core import Block, Const, Function, Op, Operand, Prim, Value, walk
from diffcompile.recording import Recorder
from diffcompile.rules import registry
from diffcompile.specialise.items import Item, TupleItem


class Cotangents:
    """What is known of the primal, and the cotangents and shadows of its values so far."""

    def __init__(self, primal: Function, types: dict[Value, Type], aliases: Aliases, activity: Activity) -> None:
        self.primal = primal
        self.types = types
        self.aliases = aliases
        self.activity = activity
        self.modes = Modes(primal, types, aliases, activity)
        self.rotations = find_rotations(primal, types, aliases, self.modes)
        self.own_shadows: set[Operand] = set()
        """Shadows that a loop hands back, of arrays that nobody else refers to."""
        self.memory = Memory(self)
        self.undone: set[AliasClass] = set()
        """Classes some of whose writes the reverse sweep takes back."""
        definitions = {result: op for op in walk(primal.body) for result in op.results}
        self.primal_definitions = dict(definitions)
        self.stage = Staging(types, definitions)
        self.stage.owner = owner_among(primal.params, types)
        self.rewrites = Rewrites()
        self.exports: set[Value] = set()
        """Results of branches that only the reverse sweep reads, where the branch was taken."""
        self.bars: dict[Value, Item] = {}
        self.shadows: dict[Value, Operand] = {}
        self._shadow_values: set[Operand] = set()
        """Buffers, and shadows of memory."""
        self.indices: dict[Value, Value] = {}
        self.notes: dict[Value, tuple[str, Value]] = {}
        """What storage made of which value of the primal; see :class:`diffcompile.autodiff.gradient.Gradient`."""
        self.span: Span | None = None
        self.guards: dict[Value, Guard] = {}
        """Where a cotangent is zero by construction."""
        self.added: dict[Op, Guard] = {}
        """Where what is added to a whole shadow is."""
        self.read_once = read_once(primal.body)
        """Values that are read by one operation."""
        self.laid_out: set[AliasClass] = set()
        """Classes of which some references are reshaped: views of arrays must be views of their shadows."""
        self.arranged: set[AliasClass] = set()
        """Classes of containers whose shadows are put back step by step."""
        self.slots: dict[Op, Operand] = {}
        """What shadows of these held where an operation stores."""
        self.mixed: set[AliasClass] = set()
        """Classes of containers whose shadows hold cells for numbers."""
        self.joined: dict[Block | Op, list[tuple[Value, Operand]]] = {}
        """Numbers that leave a block or enter a loop as what may be memory, with their cells."""
        self.for_effect: set[Op] = set()
        """Calls that may write to their arguments, for all that is known."""
        self.recorder: Recorder | None = None
        self.again = False
        """A derivative will be taken of the sweep."""
        """Who looks at every adjoint, if somebody does."""
        self.stage.simplifier.volatile = self.is_volatile
        self.stage.simplifier.is_primal = self.primal_definitions.__contains__

    @cached_property
    def edges(self) -> dict[Op, Slope]:
        """Slopes of what does not go beyond an edge."""
        return find_edges(self.primal, self.types, self.aliases, self.activity.is_active)

    def operand(self, item: Item | None) -> Operand:
        return Const(None) if item is None else self.stage.operand(item)

    def emit(self, callee: Any, *args: Item, t: Type | None = None, **attrs: Any) -> Operand:
        return self.stage.emit(callee, list(args), self.span, t=t, attrs=attrs or None)

    def effect(self, callee: Any, *args: Item, **attrs: Any) -> None:
        self.stage.effect(callee, list(args), self.span, **attrs)

    def active(self, operand: Any) -> bool:
        return self.modes.of(operand) is not Mode.NONE

    def zero(self, value: Value) -> Operand:
        """Return a zero cotangent of ``value``."""
        t = plain(self.types[value])
        if isinstance(t, Scalar) or value in self.modes.unbound:
            return Const(0.0)
        if isinstance(t, Array) and t.dtype is not None and t.dtype.kind in "fc":
            like: Any = dynamic.zeros_in_layout if self.aliases.of(value) in self.laid_out else np.zeros_like
            return self.emit(like, value, t=t)
        if self._is_error(value):
            return Const(None)
        return self.emit(dynamic.zeros_like, value, t=self.types[value])

    def _is_error(self, value: Value) -> bool:
        """Tell whether ``value`` is the error of a ``try`` block, or None: it has no cotangent."""
        op = self.primal_definitions.get(value)
        if op is None or op.callee is not Prim.UNPACK or op.results[0] is not value:
            return False
        made = self.primal_definitions.get(op.operands[0]) if isinstance(op.operands[0], Value) else None
        return made is not None and isinstance(made.callee, calling.Attempt)

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
            callee: Any = np.ndarray.copy if isinstance(plain(self.types[ct]), Array) else dynamic.own
            return self.emit(callee, ct, t=self.types[ct])
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

    def forget_shadow_values(self) -> None:
        """Forget which values are shadows: some have been replaced."""
        self._shadow_values = set()

    def update(self, shadow: Operand, index: Operand | None, ct: Item) -> None:
        """Do ``shadow[index] += ct`` or ``shadow += ct``; broadcasting does what ``broadcast_to`` would."""
        ct = self.stage.operand(ct)
        guard = self.guards.get(ct) if isinstance(ct, Value) else None
        pure: Any = operator.add
        negated = self.stage.simplifier.made_by(ct, operator.neg)
        if negated:
            pure, ct = operator.sub, negated[0]
        spread = self.stage.simplifier.made_by(ct, np.broadcast_to)
        if spread:
            ct = spread[0]
        ct = self._joined(shadow, index, self.stage.operand(ct), pure)
        if index is None:
            self.effect(Prim.UPDATE, shadow, ct, op=pure)
            if guard is not None:
                self.added[self.stage.ops[-1]] = guard
        else:
            self.effect(Prim.UPDATE_ITEM, shadow, index, ct, op=pure)

    def _joined(self, shadow: Operand, index: Operand | None, ct: Operand, pure: Any) -> Operand:
        """Return twice ``ct``, and drop the update just emitted, if that was by the same product as this one."""
        made, ops = self.stage.op_of(ct), self.stage.ops
        if made is None or made.callee is not operator.mul or len(ops) < 3 or made not in ops[-2:]:  # noqa: PLR2004
            return ct
        before = ops[-2] if ops[-1] is made else ops[-1]
        place = (shadow,) if index is None else (shadow, index)
        if before.callee not in (Prim.UPDATE, Prim.UPDATE_ITEM) or before.operands[:-1] != place:
            return ct
        other = self.stage.op_of(before.operands[-1])
        if other is None or before.attrs["op"] is not pure or other.callee is not operator.mul or other is not ops[-3]:
            return ct
        if set(made.operands) != set(other.operands) or any(map(self._sees_shadow, made.operands)):
            return ct
        del ops[-2:]
        return self.emit(operator.mul, Const(2.0), before.operands[-1])

    def _sees_shadow(self, operand: Operand) -> bool:
        return self.is_volatile(operand) and not self.sees_memory(operand)

    def sum(self, target: Value, old: Item | None, ct: Item) -> Item:
        if old is None:
            return ct
        total = self._added(target, old, ct)
        guards = [self.guards.get(part) if isinstance(part, Value) else None for part in (old, ct)]
        if guards[0] is not None and guards[1] is not None and isinstance(total, Value):
            self.guards[total] = either(self, guards[0], guards[1])
        return total

    def _added(self, target: Value, old: Item, ct: Item) -> Item:
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

    def spread_out(self, ct: Item, value: Value) -> Operand:
        """Return ``ct`` where an array of its own is needed: ``broadcast_to(1.0, ...)`` is of double precision."""
        t = plain(self.types[value])
        spread = self.stage.simplifier.made_by(ct, np.broadcast_to)
        if not spread or not isinstance(t, Array) or t.dtype is None or t.dtype == np.dtype(float):
            return self.stage.operand(ct)
        number = plain(self.stage.type(spread[0]))
        if t.dtype.kind not in "fc" or not isinstance(number, Scalar) or number.dtype is not None:
            return self.stage.operand(ct)
        cast = self.emit(t.dtype.type, spread[0], t=Scalar(t.dtype.kind, t.dtype.name))
        return self.emit(np.broadcast_to, cast, *spread[1:], t=t)

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
        known = isinstance(t, Scalar) and t.kind == "c" and t.dtype != "?"  # else it may be real when the program runs
        if isinstance(t, Scalar) and isinstance(have, Scalar) and (known or have.kind != "c"):
            return ct
        if isinstance(t, Scalar) and isinstance(have, Array) and have.owner is not None and have.dims is not None:
            return number_of(self, ct if not have.dims else self.emit(np.sum, ct), t)
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


def number_of(rev: Cotangents, ct: Operand, t: Scalar) -> Operand:
    """Return the cotangent of a number of Python's, which came as an array of another owner."""
    return rev.emit(complex, ct, t=Scalar("c")) if t.kind == "c" else rev.emit(float, ct, t=Scalar("f"))


def _plain_number(rev: Cotangents, *items: Item) -> bool:
    return all(is_number(rev.stage.type(item)) and rev.stage.type(item) is not NUMBER for item in items)
