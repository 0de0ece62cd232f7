"""Typed SSA under construction: operations emitted with their types, or folded where all is known."""

from __future__ import annotations

import operator
import types as pytypes
from collections.abc import Callable, Hashable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from diffcompile import dynamic
from diffcompile.analysis.infer import infer
from diffcompile.analysis.types import (
    ANY,
    BOTTOM,
    NUMBER,
    Array,
    Cell,
    Dct,
    Lst,
    Obj,
    Static,
    Tup,
    Type,
    anchor,
    may_carry_derivative,
    plain,
    type_of,
)
from diffcompile.errors import Span, UnsupportedError
from diffcompile.frontend.lower import Code
from diffcompile.ir.core import UNDEFINED, Callee, Const, Op, Operand, Prim, Value
from diffcompile.rules import registry
from diffcompile.specialise import functions, hidden, instances, texts
from diffcompile.specialise.classes import class_member
from diffcompile.specialise.failing import Ended, Failed
from diffcompile.specialise.heap import Heap
from diffcompile.specialise.items import (
    BoundItem,
    ChoiceItem,
    ClosureItem,
    Item,
    IteratorItem,
    ObjectItem,
    SuperItem,
    TupleItem,
    is_undefined,
)
from diffcompile.specialise.program import Guard, Memory
from diffcompile.specialise.trials import Trial

if TYPE_CHECKING:
    from diffcompile.specialise.raised import Outcome
    from diffcompile.specialise.repeated import Calls
    from diffcompile.specialise.ways_out import Site

ALLOCATORS = (np.zeros, np.empty, np.ones, np.full, np.zeros_like, np.empty_like, np.ones_like, np.full_like)
FOLDABLE: set[Any] = {
    operator.add, operator.sub, operator.mul, operator.truediv, operator.floordiv, operator.mod, operator.pow,
    operator.neg, operator.pos, operator.not_, operator.lt, operator.le, operator.gt, operator.ge, operator.eq,
    operator.ne, operator.is_, operator.is_not, operator.contains, operator.getitem, abs, len, int, float, bool,
    isinstance, issubclass, callable, hasattr, getattr, min, max, str, operator.and_, operator.or_, slice,
}  # fmt: skip

BY_VALUE = (
    operator.contains, operator.getitem, operator.setitem, operator.delitem, list.index, list.remove, list.count,
    dict.get, dict.pop, dict.setdefault, set.add, set.discard, set.remove,
)  # fmt: skip
"""What looks for its second operand, or keeps it to be looked for."""


class Building:
    """The operations so far, and what is known of their values."""

    def __init__(self, memory: Memory) -> None:  # noqa: PLR0915 - the whole state of a walk
        self.memory = memory
        self.types: dict[Value, Type] = {}
        self.ops: list[Op] = []
        self.varied: set[Value] = set()
        self.derived = 0
        """How many derivatives are taken around what is read now, each of a function of the program."""
        self.sources: dict[Value, Value] = {}
        """The array or container that a view or item belongs to."""
        self.objects: dict[Any, ObjectItem] = {}
        """The caller's objects, by the parameter and the attributes that lead there."""
        self.heap = Heap()
        self.outside: dict[Any, ObjectItem] = {}
        """The variables outside that the program assigns, by module or cell."""
        self.looked_outside = False
        """Something that was assigned outside has been read."""
        self.heap_at_entry: Heap | None = None
        """The heap before the loop whose types are being found."""
        self.shared: set[ObjectItem] = set()
        """Objects that something else stands for as well."""
        self.handed: set[ObjectItem] = set()
        """Objects of the caller that the function has to itself, and hands back what becomes of them."""
        self.standins: set[ObjectItem] = set()
        """Objects that are one of several, depending on a branch or a loop."""
        self.making: list[ObjectItem] = []
        """Objects for use as data of which some attributes are still to be found."""
        self.instances: dict[ObjectItem, tuple[Value, list[Op]]] = {}
        """Objects that were made for use as data, and the block of operations where."""
        self.names: dict[Value, str] = {}
        """What temporaries are called in generated code."""
        self.frames: list[tuple[Code, list[Item]]] = []
        self.environments: list[dict[Value, Item]] = []
        self.class_data: dict[tuple[Value, str], tuple[Cell, Type]] = {}  # what new instances have of their class
        self.exchanged: list[tuple[Any, Any, Any]] = []  # what stood for something else, to take an attempt back
        self.guards: dict[Any, Guard] = {}
        self.live: dict[Any, tuple[Value, str, Callable[[], Any]]] = {}
        self.stack: list[Code] = []
        self.path = 0
        self.may_restart = False
        """The walk can start again from the beginning: it is that of a whole program."""
        self.examples: list[Any] = []
        """The arguments at the call that the code is made for."""
        self.override: Span | None = None
        """Where library code that is being inlined was called from."""
        self.probing = False
        self.describing = False
        """Only what a call of the function does is wanted: what it returns and writes to."""
        self.consumer: Callable[[Item], Item] | None = None
        """Walks one trip of the loop that consumes the generator around here."""
        self.attempted: list[Op] | None = None
        self.entered: dict[tuple[Item, type], list[bool]] = {}
        """Whether the blocks that were entered, and not left yet, are noted at run time."""
        """The operations of the ``try`` block that is walked."""
        self.sites: dict[int, Site] = {}
        """Where the ``try`` block that is walked raises errors that it makes itself."""
        self.outcomes: dict[Value, Outcome] = {}
        """From whether a ``try`` block went through to how it may have ended."""
        self.raising: list[Heap] = []
        """The heaps of branches that raise, in the ``try`` block that is walked."""
        self.failing: dict[Value, dict[tuple[ObjectItem, str], Item]] = {}
        """From the error of a ``try`` block to what attributes are where it failed."""
        self.stores: dict[tuple[ObjectItem, str], tuple[list[Op], int, Item | None]] = {}
        """Where in its ``try`` block an attribute was stored first, and what, if nothing else was."""
        self.texts: set[Value] = set()
        """Texts, and what holds them, that were made of numbers which depend on what is differentiated."""
        self.flats: dict[Item, tuple[float, Item]] = {}
        """From iterators ``x.flat`` over all items of an array to when they were born, and the array; inf: begun."""
        self.began = 0
        """When the loop began whose body is walked: an iterator that is older is not gone over once."""
        self.consumed: set[Item] = set()
        """Iterators that something has gone over."""
        self.fresh: set[Value] = set()
        """Arrays that were allocated here and may be filled with anything."""
        self.later: dict[Item, dict[str, Callable[[], Item]]] = {}
        """Fields of results of solvers, which are made when they are read; by the answer."""
        self.lists: list[Value] = []
        """Lists that the program makes, in the order of their making."""
        self.steps = 0
        """The operations that were walked."""
        self.inlined: dict[Code, Calls] = {}
        """What was inlined so far, by function."""
        self.trial: Trial | None = None
        """What is walked is thrown away: only the type of its result is wanted."""
        self.unrollable = False
        """The loop that is walked may be walked trip by trip instead."""
        self.side: list[Op] | None = None
        """The operations of the side of a branch that is walked."""
        self.depth = 0
        """How many branches and loops are around what is being built."""
        self.apart: set[Value] = set()
        """Lists whose items are known, and are gone over one by one even if they are of one type."""
        self.watched: dict[Value, Any] = {}
        """Containers that a loop took apart, before and after it, with a mark of the loop: nothing may change them."""
        self.handed_in: dict[Value, list[Any]] = {}
        """The items of lists that are arguments: their types, or where they have been loaded, these values."""
        self.keys: dict[Value, tuple[int, tuple[Any, ...]]] = {}
        """Which keys a dict has where the walk is, and how deep it was made: code relies on it with a check only."""

    span: Span | None = None

    def item(self, operand: Operand, env: dict[Value, Item]) -> Item:
        return operand if isinstance(operand, Const) else env[operand]

    def type(self, item: Item) -> Type:
        match item:
            case Value():
                return self.types[item]
            case Const():
                return BOTTOM if item.value is UNDEFINED else Static(item.value)
            case TupleItem():
                return Tup(tuple(self.type(part) for part in item.items), item.cls)
            case ObjectItem():
                return Obj(item.cls)
            case ClosureItem(late=False):
                return self.type(functions.captured(item))
            case BoundItem() if callable(item.function):
                return self.type(functions.captured(item))
        return ANY

    def emit(
        self,
        callee: Callee,
        args: Sequence[Item],
        span: Span | None,
        *,
        keywords: dict[str, Item] | None = None,
        name: str = "",
        t: Type | None = None,
        attrs: dict[str, Any] | None = None,
        followed: bool = False,
    ) -> Operand:
        """Emit ``callee(*args, **keywords)`` and return its result, folded where all is known.

        ``followed`` says that what the callee does with methods of its arguments was seen already.
        """
        keywords = keywords or {}
        folded = self.fold(callee, args, keywords)
        if folded is not None:
            return folded
        if not followed:
            hidden.check(self, callee, (*args, *keywords.values()), span)
        operands = [self.operand(arg) for arg in (*args, *keywords.values())]
        self.check_identity(callee, operands, span)
        if t is None:
            found = [self.type(operand) for operand in operands]
            split = len(args)
            if self.probing and any(isinstance(o, Value) and self.types[o] is BOTTOM for o in operands):
                t = BOTTOM
            else:
                t = infer(callee, found[:split], dict(zip(keywords, found[split:], strict=True)))
        if isinstance(t, Static) and is_literal(t.value):
            return Const(t.value)
        result = self.value(name, t, operands[bool(args and callee is np.full_like) :], callee)  # less a mere shape
        if callee in ALLOCATORS or (
            (callee in registry.VIEWS or callee is operator.getitem) and operands[0] in self.fresh
        ):
            self.fresh.add(result)
        if callee is Prim.LIST:
            self.lists.append(result)
        all_attrs = dict(attrs or {})
        if keywords:
            all_attrs["keywords"] = tuple(keywords)
        self.ops.append(Op(callee, tuple(operands), (result,), all_attrs, (), span))
        return result

    def value(self, name: str, t: Type, operands: Sequence[Operand] = (), callee: Any = None) -> Value:
        result = Value(name)
        self.types[result] = anchor(t, result)
        if may_carry_derivative(t) and any(map(self.depends, operands)):
            try:
                constant = callee in registry.NONDIFFERENTIABLE
            except TypeError:
                constant = False
            if not constant:
                self.varied.add(result)
                self.check_numbers(t)
        texts.note(self, callee, operands, result)
        return result

    def check_numbers(self, t: Type) -> None:
        """Refuse arrays of objects and records that depend on what is differentiated."""
        t = plain(t)
        if isinstance(t, Array) and t.dtype is not None and t.dtype.kind in "OV":
            raise self.refuse(
                "an array of objects that depends on what is differentiated is not supported"
                if t.dtype.kind == "O"
                else "an array of records that depends on what is differentiated is not supported",
                self.span,
                "use an array of floats, or a list" if t.dtype.kind == "O" else "use an array for each field",
            )

    def check_store(self, base: Operand, span: Span | None) -> None:
        """Refuse a store, of what depends on what is differentiated, to an array that does not hold floats.

        Where the dtype is not known, that is found out when the store runs.
        """
        t = plain(self.type(base))
        self.check_numbers(t)
        if t in (ANY, NUMBER) or (isinstance(t, Array) and t.dtype is None):
            self.ops.append(Op(dynamic.check_inexact, (base,), (), {}, (), span))

    def depends(self, operand: Operand) -> bool:
        """Tell whether ``operand`` depends on what is differentiated, or holds something that does."""
        cell = getattr(self.types[operand], "cell", None) if isinstance(operand, Value) else None
        return operand in self.varied or (cell is not None and cell.root().varied)

    def effect(self, callee: Callee, args: Sequence[Item], span: Span | None, **attrs: Any) -> None:
        hidden.check(self, callee, args, span)
        operands = tuple(self.operand(arg) for arg in args)
        self.check_identity(callee, operands, span)
        cell = getattr(self.types[operands[0]], "cell", None) if isinstance(operands[0], Value) else None
        if cell is not None and any(map(self.depends, operands[1:])):
            cell.vary()
        if cell is not None and operands[-1] in self.texts:
            self.texts.add(operands[0])  # type: ignore[arg-type]
        if callee in (operator.setitem, Prim.UPDATE_ITEM) and any(map(self.depends, operands[2:])):
            self.check_store(operands[0], span)
        self.ops.append(Op(callee, operands, (), attrs, (), span))
        if callee is Prim.RAISE:
            self.end()

    def check_identity(self, callee: Callee, operands: Sequence[Operand], span: Span | None) -> None:
        """Refuse to look for an object by its identity: an object that is used as data twice is two at run time."""
        sought = operands[1:2] if callee in BY_VALUE else operands if callee is Prim.SET else ()
        if callee is Prim.DICT:
            sought = operands[::2]
        for operand in sought:
            t = self.types[operand] if isinstance(operand, Value) else None
            if isinstance(t, Obj) and t.cell is not None and class_member(t.cls, "__eq__") is object.__eq__:
                instances.demand(self, t.cls)
                if t.cls in self.memory.real:
                    continue
                raise self.refuse(
                    f"looking for a {t.cls.__name__}, which has no `__eq__`, is not supported",
                    span,
                    "compare a field that tells the objects apart",
                    "which object it is, is not kept where it is used as data",
                )

    def fold(self, callee: Callee, args: Sequence[Item], keywords: dict[str, Item]) -> Const | None:
        """Compute now what depends on constants only."""
        if keywords or not args or not all(isinstance(arg, Const) and not is_undefined(arg) for arg in args):
            return None
        try:
            if callee not in FOLDABLE and getattr(callee, "__objclass__", None) is not str:
                return None
        except TypeError:
            return None
        if callee is slice:
            return None
        values = [arg.value for arg in args if isinstance(arg, Const)]
        if callee is operator.or_ and any(isinstance(value, type | pytypes.UnionType) for value in values):
            return _union(values)
        if not all(
            is_literal(value) or callee in (isinstance, issubclass, operator.is_, operator.is_not, callable)
            for value in values
        ):
            return None
        try:
            result = callee(*values)  # type: ignore[operator]
        except Exception:
            return None  # the program raises when it gets there
        return Const(result) if is_literal(result) else None

    def operand(self, item: Item) -> Operand:
        """Return ``item`` as data, building the tuple that it stands for."""
        match item:
            case Value():
                return item
            case Const():
                return item
            case TupleItem():
                instances.need_list(self, item)
                operands = tuple(self.operand(part) for part in item.items)
                result = self.value("", Tup(tuple(self.type(o) for o in operands), item.cls), operands)
                attrs = {"cls": item.cls} if item.cls is not None else {}
                self.ops.append(Op(Prim.TUPLE, operands, (result,), attrs, (), None))
                return result
            case ClosureItem() | BoundItem():
                return self.operand(functions.captured(item))
            case ObjectItem():
                if item.root is not None and item not in self.heap.objects:
                    return self.operand_of_external(item)
                hidden.note_data(self, item.cls)
                return self.materialise(item)
            case ChoiceItem():
                self.make_real(item)
        what = "`super()`" if isinstance(item, SuperItem) else "an iterator"
        raise UnsupportedError(
            f"{what} is used as data",
            span=self.span,
            why="which one it is must be known when the code is compiled",
            advice="call it directly, or choose it with `if` where it is called",
        )

    def data(self, item: Item) -> Item:
        """Return ``item`` as it is kept in a container, or from one trip of a loop to the next.

        Raises:
            UnsupportedError: it is a function that sees a variable which the next trip changes.
        """
        instances.check_kept(self, item)
        return self.operand(item) if not isinstance(item, IteratorItem | SuperItem) else item

    def type_outside(self, value: Any, key: Hashable) -> Type:
        """Return the type of something of the caller's; what becomes of a container is kept from walk to walk."""
        t = type_of(value, key)
        if not isinstance(t, Lst | Dct | Obj | Tup):
            return t
        return self.memory.outside.setdefault(id(value), (value, t))[1]

    def typed(self, t: Type, example: Any) -> Type:
        """Return the type of something of the caller's, with the attributes of real instances."""
        raise NotImplementedError

    def make_real(self, item: ChoiceItem) -> None:
        """Have the objects of a choice made at run time, so that the choice is data."""
        raise NotImplementedError

    def materialise(self, item: ObjectItem) -> Value:
        """Return a real instance with the attributes of ``item``."""
        raise NotImplementedError

    def operand_of_external(self, item: ObjectItem) -> Value:
        """Return the caller's object."""
        raise NotImplementedError

    def failure(self, error: Any, message: str, span: Span | None) -> Item:
        """Emit what raises an error when the program gets here."""
        if self.attempted is self.ops:
            raise Failed(error, message)
        result = self.emit(dynamic.fail, [Const(error, error.__name__), Const(message)], span, t=ANY)
        self.end()
        return result

    def end(self) -> None:
        """Stop the walk through the side of a branch, if what was just emitted surely raises there."""
        if self.ops is self.side:
            raise Ended

    def scoped(self, build: Callable[[], list[Item]]) -> tuple[list[Op], list[Item]]:
        outer, self.ops = self.ops, []
        self.depth += 1
        try:
            results = build()
            return self.ops, results
        finally:
            self.ops = outer
            self.depth -= 1

    def keys_of(self, item: Item) -> tuple[Any, ...] | None:
        """Return the keys of a dict, if they are known here; emits the check that they are these."""
        depth, keys = self.keys.get(item, (-1, ())) if isinstance(item, Value) else (-1, ())
        if depth != self.depth:
            return None
        self.effect(dynamic.has_keys, [item, Const(keys)], self.span)
        return keys

    def note_keys(self, item: Item, change: Callable[[list[Any]], Any] | None) -> None:
        """Record how a write changes the keys of a dict; None where that is not known."""
        if not isinstance(item, Value) or item not in self.keys:
            return
        depth, keys = self.keys.pop(item)
        if depth == self.depth and change is not None:
            changed = list(keys)
            change(changed)
            self.keys[item] = (depth, tuple(changed))

    def scoped_into(self, ops: list[Op], build: Callable[[], Any]) -> Any:
        """Build something at the end of ``ops``."""
        outer, self.ops = self.ops, ops
        try:
            return build()
        finally:
            self.ops = outer

    def cell(self, op: Op, **initial: Any) -> Cell:
        """Return what is remembered of the containers made at this op on this call path."""
        key = (self.path, op.results)
        if key not in self.memory.cells:
            self.memory.cells[key] = Cell(**initial)
        return self.memory.cells[key]

    def refuse(self, what: str, span: Span | None, advice: str = "", why: str = "") -> UnsupportedError:
        return UnsupportedError(what, span=span, why=why, advice=advice)

    def truth(self, item: Item) -> bool | None:
        """Return the truth value of ``item`` if it is known."""
        if isinstance(item, Const):
            return None if is_undefined(item) else bool(item.value)
        if isinstance(item, TupleItem):
            return bool(item.items)
        if isinstance(item, ClosureItem | BoundItem):
            return True
        if isinstance(item, ObjectItem):
            return None if any(class_member(item.cls, n) for n in ("__bool__", "__len__")) else True
        t = self.types[item] if isinstance(item, Value) else ANY
        if isinstance(t, Dct) and t.cell.root().fixed:
            return bool(t.cell.root().fields)
        return bool(t.items) if isinstance(t, Tup) else None


def _union(values: list[Any]) -> Const | None:
    """Return ``A | B`` of classes."""
    try:
        return Const(operator.or_(*values), " | ".join(getattr(value, "__name__", str(value)) for value in values))
    except TypeError:
        return None


def is_literal(value: Any) -> bool:
    """Tell whether ``value`` prints as a literal of the language."""
    if isinstance(value, tuple):
        return all(map(is_literal, value))
    return value is None or value is Ellipsis or type(value) in (bool, int, float, complex, str)
