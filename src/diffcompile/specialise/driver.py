"""The specialiser: a walk over untyped SSA that knows the types of a signature and builds typed SSA.

It is a partial evaluator. What the signature decides (``isinstance``, ranks, options given as strings, which function a
variable holds) disappears; calls of functions with source are inlined; everything else is emitted with its type.
"""

from __future__ import annotations

import functools
import operator
import types as pytypes
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from diffcompile import dynamic
from diffcompile.analysis.effects import PURE_OF_INPLACE
from diffcompile.analysis.infer import infer
from diffcompile.analysis.types import (
    ANY,
    BOTTOM,
    NUMBER,
    Array,
    Cell,
    Lst,
    Obj,
    Scalar,
    Static,
    Tup,
    Type,
    anchor,
    forget_sizes,
    join,
    may_carry_derivative,
    plain,
    type_of,
)
from diffcompile.errors import Span, UnsupportedError
from diffcompile.frontend.lower import Code
from diffcompile.frontend.source import Scope
from diffcompile.ir.core import UNDEFINED, Block, Callee, Const, Function, Op, Operand, Prim, Value
from diffcompile.rules import registry
from diffcompile.signature import still
from diffcompile.specialise import objects
from diffcompile.specialise.heap import Heap
from diffcompile.specialise.items import (
    UNBOUND,
    BoundItem,
    ClosureItem,
    Item,
    ObjectItem,
    SuperItem,
    TupleItem,
    is_undefined,
)

ALLOCATORS = (np.zeros, np.empty, np.ones, np.full, np.zeros_like, np.empty_like, np.ones_like, np.full_like)
MOST_RUNS = 30
MOST_UNROLLED = 64
FOLDABLE: set[Any] = {
    operator.add, operator.sub, operator.mul, operator.truediv, operator.floordiv, operator.mod, operator.pow,
    operator.neg, operator.pos, operator.not_, operator.lt, operator.le, operator.gt, operator.ge, operator.eq,
    operator.ne, operator.is_, operator.is_not, operator.contains, operator.getitem, abs, len, int, float, bool,
    isinstance, issubclass, callable, hasattr, getattr, min, max, str, operator.and_, operator.or_, slice,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Guard:
    """Something that the generated code relies on: ``read()`` must give what it gave when the code was made."""

    read: Callable[[], Any]
    holds: Callable[[Any], bool]


@dataclass(slots=True)
class Program:
    """A function specialised to a signature, with the facts found on the way."""

    function: Function
    types: dict[Value, Type]
    guards: list[Guard] = field(default_factory=list)
    live_globals: list[tuple[Value, str, Callable[[], Any]]] = field(default_factory=list)
    """Parameters after the declared ones that are read from the surroundings at each call."""
    structure: Item | None = None
    """The returned value in terms of the function's results, where it is a tuple."""
    names: dict[Value, str] = field(default_factory=dict)
    """What temporaries are called in generated code."""


@dataclass(slots=True)
class _Memory:
    """What survives from one run of the specialiser to the next, until nothing changes."""

    cells: dict[Any, Cell] = field(default_factory=dict)
    paths: dict[Any, int] = field(default_factory=dict)


def specialise(
    code: Code,
    parameters: Sequence[Type | Any],
    *,
    active: Sequence[bool],
    examples: Sequence[Any] | None = None,
    defaults: Sequence[Any] = (),
) -> Program:
    """Return ``code`` specialised to the types of its parameters.

    ``active`` says which parameters are differentiated; ``examples`` holds the actual arguments, of which only
    attributes of objects are looked at.

    Raises:
        UnsupportedError: the function, or one that it calls with active arguments, is outside the subset.
    """
    memory = _Memory()
    for _ in range(MOST_RUNS):
        for cell in memory.cells.values():
            cell.root().changed = False
        run = Specialiser(memory)
        program = run.top(code, list(parameters), list(active), list(examples or []))
        if not any(cell.root().changed for cell in memory.cells.values()):
            return program
    raise UnsupportedError(f"the types in {code.name} do not settle", advice="keep one kind of value in each list")


class Specialiser:
    """One run over the program."""

    def __init__(self, memory: _Memory) -> None:
        self.memory = memory
        self.types: dict[Value, Type] = {}
        self.ops: list[Op] = []
        self.varied: set[Value] = set()
        self.sources: dict[Value, Value] = {}
        """The array or container that a view or item belongs to."""
        self.objects: dict[Any, ObjectItem] = {}
        """The caller's objects, by the parameter and the attributes that lead there."""
        self.heap = Heap()
        self.heap_at_entry: Heap | None = None
        """The heap before the loop whose types are being found."""
        self.shared: set[ObjectItem] = set()
        """Objects that something else stands for as well."""
        self.instances: dict[ObjectItem, tuple[Value, list[Op]]] = {}
        """Objects that were made for use as data, and the block of operations where."""
        self.names: dict[Value, str] = {}
        """What temporaries are called in generated code."""
        self.frames: list[tuple[Code, list[Item]]] = []
        self.guards: dict[Any, Guard] = {}
        self.live: dict[Any, tuple[Value, str, Callable[[], Any]]] = {}
        self.stack: list[Code] = []
        self.path = 0
        self.override: Span | None = None
        """Where library code that is being inlined was called from."""
        self.fresh: set[Value] = set()
        """Arrays that were allocated here and may be filled with anything."""

    # -- entry ----------------------------------------------------------------------------------------------------

    def top(self, code: Code, parameters: list[Any], active: list[bool], examples: list[Any]) -> Program:
        function = code.function()
        items: list[Item] = []
        params: list[Value] = []
        for number, (param, given) in enumerate(zip(function.params, parameters, strict=True)):
            if isinstance(given, Static) and not active[number]:
                items.append(Const(given.value, param.name if not _literal(given.value) else ""))
                params.append(Value(param.name))
                self.types[params[-1]] = given
                continue
            value = Value(param.name)
            params.append(value)
            self.types[value] = anchor(given, value)
            if active[number]:
                self.varied.add(value)
            if number < len(examples) and isinstance(given, Obj):
                items.append(self.external(examples[number], value, ()))
            else:
                items.append(value)
        if code.name in code.captures:
            own = code.captures.index(code.name)
            captured = tuple(UNBOUND if number == own else items[number] for number in range(len(code.captures)))
            items[own] = ClosureItem(code, captured, ())
        (result,) = self.inline_function(code, function, items)
        structure = result
        leaves = self.flatten_result(result)
        extra = [value for value, _, _ in self.live.values()]
        body = Block((*params, *extra), tuple(self.ops), tuple(leaves))
        return Program(
            Function(code.name, body, function.path, function.line),
            self.types,
            list(self.guards.values()),
            list(self.live.values()),
            structure,
            self.names,
        )

    def flatten_result(self, item: Item) -> list[Operand]:
        if isinstance(item, TupleItem) and item.cls is None:
            return [leaf for part in item.items for leaf in self.flatten_result(part)]
        return [self.operand(item)]

    def inline_function(self, code: Code, function: Function, args: list[Item]) -> list[Item]:
        env: dict[Value, Item] = dict(zip(function.params, args, strict=True))
        self.stack.append(code)
        self.frames.append((code, args))
        try:
            return self.block(function.body, env)
        finally:
            self.stack.pop()
            self.frames.pop()

    # -- building -------------------------------------------------------------------------------------------------

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
    ) -> Operand:
        """Emit ``callee(*args, **keywords)`` and return its result, folded where all is known."""
        keywords = keywords or {}
        folded = self.fold(callee, args, keywords)
        if folded is not None:
            return folded
        operands = [self.operand(arg) for arg in (*args, *keywords.values())]
        if t is None:
            found = [self.type(operand) for operand in operands]
            split = len(args)
            t = infer(callee, found[:split], dict(zip(keywords, found[split:], strict=True)))
        if isinstance(t, Static) and _literal(t.value):
            return Const(t.value)
        result = self.value(name, t, operands, callee)
        if callee in ALLOCATORS or (
            (callee in registry.VIEWS or callee is operator.getitem) and operands[0] in self.fresh
        ):
            self.fresh.add(result)
        all_attrs = dict(attrs or {})
        if keywords:
            all_attrs["keywords"] = tuple(keywords)
        self.ops.append(Op(callee, tuple(operands), (result,), all_attrs, (), span))
        return result

    def value(self, name: str, t: Type, operands: Sequence[Operand] = (), callee: Any = None) -> Value:
        result = Value(name)
        self.types[result] = anchor(t, result)
        if may_carry_derivative(t) and any(
            operand in self.varied for operand in operands if isinstance(operand, Value)
        ):
            try:
                constant = callee in registry.NONDIFFERENTIABLE
            except TypeError:
                constant = False
            if not constant:
                self.varied.add(result)
        return result

    def effect(self, callee: Callee, args: Sequence[Item], span: Span | None, **attrs: Any) -> None:
        operands = tuple(self.operand(arg) for arg in args)
        self.ops.append(Op(callee, operands, (), attrs, (), span))

    def fold(self, callee: Callee, args: Sequence[Item], keywords: dict[str, Item]) -> Const | None:
        """Compute now what depends on constants only."""
        if keywords or not args or not all(isinstance(arg, Const) and not is_undefined(arg) for arg in args):
            return None
        try:
            if callee not in FOLDABLE:
                return None
        except TypeError:
            return None
        if callee is slice:
            return None
        values = [arg.value for arg in args if isinstance(arg, Const)]
        if not all(
            _literal(value) or callee in (isinstance, operator.is_, operator.is_not, callable)
            for value in values
        ):
            return None
        try:
            result = callee(*values)  # type: ignore[operator]
        except Exception:
            return None  # the program raises when it gets there
        return Const(result) if _literal(result) else None

    def operand(self, item: Item) -> Operand:
        """Return ``item`` as data, building the tuple that it stands for."""
        match item:
            case Value():
                return item
            case Const():
                return item
            case TupleItem():
                operands = tuple(self.operand(part) for part in item.items)
                result = self.value("", Tup(tuple(self.type(o) for o in operands), item.cls), operands)
                self.ops.append(Op(item.cls or Prim.TUPLE, operands, (result,), {}, (), None))
                return result
            case ObjectItem():
                if item.root is not None and item not in self.heap.objects:
                    return self.operand_of_external(item)
                return objects.materialise(self, item)
        what = "a function" if isinstance(item, ClosureItem | BoundItem | SuperItem) else "an iterator"
        raise UnsupportedError(
            f"{what} is used as data",
            span=self.span,
            why="which one it is must be known when the code is compiled",
            advice="call it directly, or choose it with `if` where it is called",
        )

    def data(self, item: Item) -> Item:
        """Return ``item`` as it is kept in a container: instances exist."""
        return self.operand(item) if isinstance(item, ObjectItem | TupleItem) else item

    span: Span | None = None

    def external(self, example: Any, root: Value, path: tuple[str, ...]) -> ObjectItem:
        """Return the object of the caller to which ``path`` leads from ``root``."""
        key = (root, path)
        found = self.objects.get(key)
        if found is None:
            found = next((item for item in self.objects.values() if item.example is example), None)
            found = self.objects[key] = found or ObjectItem(type(example), root, path, example)
        return found

    def operand_of_external(self, item: ObjectItem) -> Value:
        """Return the caller's object."""
        value = item.root
        assert value is not None
        holder = item
        for depth, name in enumerate(item.path):
            key = (item.root, item.path[: depth + 1])
            holder = self.objects.get(key, item)
            found = self.emit(getattr, [value, Const(name)], self.span, t=Obj(holder.cls))
            assert isinstance(found, Value)
            value = found
        return value

    def surrounding_class(self, cls: Any) -> None:
        """Rely on what making an instance of ``cls`` runs."""
        for name in ("__new__", "__init__"):
            key = (cls, name)
            if key not in self.guards:
                read = functools.partial(objects.class_member, cls, name)
                self.guards[key] = Guard(read, same_object(read()))

    def failure(self, error: Any, message: str, span: Span | None) -> Item:
        """Emit what raises an error when the program gets here."""
        return self.emit(dynamic.fail, [Const(error, error.__name__), Const(message)], span, t=ANY)

    def scoped(self, build: Callable[[], list[Item]]) -> tuple[list[Op], list[Item]]:
        outer, self.ops = self.ops, []
        try:
            results = build()
            return self.ops, results
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

    # -- walking --------------------------------------------------------------------------------------------------

    def block(self, block: Block, env: dict[Value, Item]) -> list[Item]:
        for op in block.ops:
            self.op(op, env)
        return [self.item(result, env) for result in block.results]

    def op(self, op: Op, env: dict[Value, Item]) -> None:
        from diffcompile.specialise import calls, containers, control  # noqa: PLC0415 - one idea, several files

        if self.override is not None:
            op = replace(op, span=self.override)
        self.span = op.span
        args = [self.item(operand, env) for operand in op.operands]
        name = op.results[0].name if op.results and self.override is None else ""
        match op.callee:
            case Prim.IF:
                control.conditional(self, op, args[0], env)
            case Prim.FOR:
                control.for_loop(self, op, args, env)
            case Prim.WHILE:
                control.while_loop(self, op, args, env)
            case Prim.GLOBAL:
                env[op.result] = self.load_global(op.attrs["scope"], op.attrs["name"])
            case Prim.CLOSURE:
                env[op.result] = _closure(op, args)
            case Prim.CALL:
                env[op.result] = calls.call(self, op, args)
            case Prim.TUPLE:
                env[op.result] = containers.tuple_display(self, op, args)
            case Prim.LIST | Prim.DICT | Prim.SET:
                env[op.result] = containers.display(self, op, args)
            case Prim.UNPACK:
                containers.unpack(self, op, args[0], env)
            case Prim.UPDATE_ITEM:
                containers.update_item(self, op, args)
            case Prim.ASSERT | Prim.RAISE:
                self.effect(op.callee, args, op.span)
            case Prim.FORMAT:
                env[op.result] = self.emit(Prim.FORMAT, args, op.span, name=name, attrs=dict(op.attrs))
            case operator.setitem:
                containers.store_item(self, *args, span=op.span)
            case operator.getitem:
                env[op.result] = containers.load_item(self, args[0], args[1], op.span, name)
            case builtin if builtin is getattr:
                env[op.result] = containers.load_attribute(self, args[0], args[1], op.span, name)
            case builtin if builtin is setattr:
                self.store_attribute(op, args)
            case operator.delitem:
                containers.delete_item(self, args[0], args[1], op.span)
            case builtin if builtin is list.append or builtin is set.add:
                containers.append(self, args[0], args[1], op.span)
            case callee if callee in PURE_OF_INPLACE:
                env[op.result] = self.augmented(callee, args, op.span, name)
            case operator.is_ | operator.is_not | operator.not_ | operator.contains:
                env[op.result] = self.test(op.callee, args, op.span, name)
            case _:
                env[op.result] = self.operate(op.callee, args, op.span, name)

    def store_attribute(self, op: Op, args: list[Item]) -> None:
        """``x.name = y``; of other things than the user's objects only ``x.flags.writeable`` can be set."""
        base, name, value = args
        assert isinstance(name, Const)
        if isinstance(base, ObjectItem):
            objects.store(self, base, name.value, value, op.span)
            return
        made = self.ops[-1] if self.ops else None
        if made is not None and made.callee is getattr and made.results == (base,):
            attribute = made.operands[1]
            if isinstance(attribute, Const) and attribute.value == "flags":
                self.effect(setattr, args, op.span)
                return
        raise self.refuse(
            f"storing an attribute of {self.type(base)!r} is not supported",
            op.span,
            "keep the value in a local variable and return it",
            "which object this is, is only known at run time",
        )

    def operate(self, callee: Callee, args: list[Item], span: Span | None, name: str) -> Item:
        """An operator on numbers, strings, sequences or the user's objects."""
        if any(objects.class_of(self, arg) is not None for arg in args):
            return objects.operate(self, callee, args, span)
        args = [
            TupleItem(tuple(map(Const, arg.value))) if isinstance(arg, Const) and isinstance(arg.value, tuple) else arg
            for arg in args
        ]
        if callee is operator.add and all(isinstance(arg, TupleItem) for arg in args):
            return TupleItem(args[0].items + args[1].items)  # type: ignore[union-attr]
        if callee is operator.mul and isinstance(args[0], TupleItem) and isinstance(args[1], Const):
            return TupleItem(args[0].items * args[1].value)
        return self.emit(callee, args, span, name=name)

    def augmented(self, callee: Callee, args: list[Item], span: Span | None, name: str) -> Item:
        """``x += y``: a new value where ``x`` is a number or a tuple, a write where it is a list or an array."""
        from diffcompile.specialise import calls, containers  # noqa: PLC0415

        pure = PURE_OF_INPLACE[callee]
        if objects.class_of(self, args[0]) is not None:
            fun = objects.method(self, args[0], f"__i{getattr(pure, '__name__', '').strip('_')}__")
            if fun is not None:
                return calls.call_static(self, fun, args, {}, span, name)
        base = plain(self.type(args[0]))
        if isinstance(base, Scalar | Static | Tup) or isinstance(args[0], TupleItem):
            return self.operate(pure, args, span, name)
        if isinstance(base, Lst) and pure is operator.add:
            containers.extend(self, args[0], args[1], span)
            return args[0]
        t = base
        if not isinstance(base, Array):
            t = infer(pure, [base, self.type(args[1])], {}) if base is not ANY else ANY
            t = join(base, t) if base is NUMBER else t
        result = self.emit(callee, args, span, name=name, t=forget_sizes(t) if not isinstance(base, Array) else t)
        return result

    def test(self, callee: Callee, args: list[Item], span: Span | None, name: str) -> Item:
        """Decide what the types decide."""
        from diffcompile.specialise import containers  # noqa: PLC0415

        if callee is operator.not_:
            args = [objects.truth(self, args[0], span)]
        if callee is operator.contains and objects.class_of(self, args[0]) is not None:
            return containers.contains(self, args[0], args[1], span)
        types = [self.type(arg) for arg in args]
        if callee in (operator.is_, operator.is_not):
            if all(isinstance(arg, ObjectItem) for arg in args) and not self.shared.intersection(args):
                return Const((args[0] is args[1]) == (callee is operator.is_))
            for mine, other in ((types[0], types[1]), (types[1], types[0])):
                if (
                    isinstance(mine, Static)
                    and mine.value is None
                    and not isinstance(other, Static)
                    and other not in (ANY, BOTTOM)
                ):
                    return Const(callee is operator.is_not)
            values = [t.value for t in types if isinstance(t, Static)]
            if len(values) == len(types):
                return Const(callee(*values))
        if callee is operator.not_:
            truth = self.truth(args[0])
            if truth is not None:
                return Const(not truth)
        if callee is operator.contains and isinstance(args[0], TupleItem):
            parts = args[0].items
            if isinstance(args[1], Const) and all(isinstance(part, Const) for part in parts):
                return Const(args[1].value in [part.value for part in parts])  # type: ignore[union-attr]
        return self.emit(callee, args, span, name=name)

    def truth(self, item: Item) -> bool | None:
        """Return the truth value of ``item`` if it is known."""
        if isinstance(item, Const):
            return None if is_undefined(item) else bool(item.value)
        if isinstance(item, TupleItem):
            return bool(item.items)
        if isinstance(item, ClosureItem | BoundItem):
            return True
        if isinstance(item, ObjectItem):
            return None if any(objects.class_member(item.cls, n) for n in ("__bool__", "__len__")) else True
        t = self.types[item] if isinstance(item, Value) else ANY
        return bool(t.items) if isinstance(t, Tup) else None

    # -- surroundings ---------------------------------------------------------------------------------------------

    def load_global(self, scope: Scope, name: str) -> Item:
        key: Any = (id(scope.globals), name, id(scope.cells.get(name)))

        def read() -> Any:
            return scope.lookup(name)

        try:
            value = read()
        except NameError:
            return self.failure(NameError, f"name {name!r} is not defined", self.span)
        return self.surrounding(key, name, value, read)

    def surrounding(self, key: Any, name: str, value: Any, read: Callable[[], Any]) -> Item:
        """Return a value of the surroundings: a constant with a guard, or a parameter that is read at each call."""
        t = type_of(value, key)
        if isinstance(value, tuple) and _literal(value):
            if key not in self.guards:
                self.guards[key] = Guard(read, lambda now: type(now) is tuple and now == value)
            return Const(value)
        if isinstance(t, Static | Scalar):
            if key not in self.guards and not _is_builtin(value):
                self.guards[key] = Guard(read, same_object(value))
            is_default = isinstance(key, tuple) and "default" in key
            return Const(value, "" if _literal(value) and (is_default or not isinstance(t, Scalar)) else name)
        if key not in self.live:
            param = Value(name)
            self.types[param] = anchor(t, param)
            self.live[key] = (param, name, read)
            signature = repr(t)
            self.guards[key] = Guard(
                read, still(value) if isinstance(t, Obj) else lambda now: repr(type_of(now, key)) == signature
            )
        param = self.live[key][0]
        return self.external(value, param, ()) if isinstance(t, Obj) else param


def _closure(op: Op, args: list[Item]) -> Item:
    code: Code = op.attrs["code"]
    count = len(code.captures)
    return ClosureItem(code, tuple(args[:count]), tuple(args[count:]), op.attrs.get("late", False))


def _literal(value: Any) -> bool:
    """Tell whether ``value`` prints as a literal of the language."""
    if isinstance(value, tuple):
        return all(map(_literal, value))
    return value is None or value is Ellipsis or type(value) in (bool, int, float, complex, str)


def _is_builtin(value: Any) -> bool:
    module = getattr(value, "__module__", None) or getattr(value, "__name__", "")
    return str(module).split(".")[0] in ("builtins", "numpy", "math", "operator", "_operator", "scipy", "diffcompile")


def _is_nan(value: Any) -> bool:
    return bool(value != value)  # noqa: PLR0124 - for numbers of all classes, and other constants too


def same_object(value: Any) -> Callable[[Any], bool]:
    if isinstance(value, bool | int | float | complex | str | np.generic):
        return lambda now: type(now) is type(value) and bool(now == value or (_is_nan(now) and _is_nan(value)))
    if isinstance(value, pytypes.FunctionType):
        code = value.__code__
        return lambda now: now is value and now.__code__ is code
    return lambda now: now is value


__all__ = ["UNBOUND", "Guard", "Program", "Specialiser", "specialise"]
