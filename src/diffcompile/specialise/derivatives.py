"""Derivatives that a program takes of its own functions: ``grad(f)(x)`` inside a function, and of a gradient.

A call of a derivative becomes one operation that owns a region: the body of the function in terms of the variables that
move. :mod:`diffcompile.autodiff.nested` replaces it by the statements of the derivative, which are ordinary ones; so
whatever is differentiated around it sees them, and no two derivatives can be confused.
"""

from __future__ import annotations

import inspect
import types as pytypes
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from diffcompile import dynamic
from diffcompile.analysis.types import (
    Array,
    Cell,
    Dct,
    Lst,
    Scalar,
    Static,
    Tup,
    Type,
    may_carry_derivative,
    plain,
)
from diffcompile.errors import Span
from diffcompile.ir.core import Block, Const, Op, Operand, Prim, Value
from diffcompile.signature import Operator
from diffcompile.specialise import displays
from diffcompile.specialise.binding import keyword_dict
from diffcompile.specialise.containers import load_item
from diffcompile.specialise.handlers import HANDLERS
from diffcompile.specialise.items import NONE, BoundItem, ClosureItem, Item, ObjectItem, TupleItem
from diffcompile.specialise.known_lists import known_items

if TYPE_CHECKING:
    from diffcompile.specialise.driver import Specialiser


@dataclass(frozen=True, slots=True, eq=False)
class Transform:
    """What is made of a function: ``gradient``, ``tangent`` (forward mode), or ``pullback``."""

    kind: str
    argnums: Any = 0
    has_aux: bool = False
    with_value: bool = False

    @property
    def __name__(self) -> str:
        return self.kind


def register(fun: Any, make: Callable[[Specialiser, list[Item], dict[str, Item], Span | None], Item]) -> None:
    """Declare what a call of the public function ``fun`` means inside a program."""
    HANDLERS[fun] = lambda spec, args, keywords, span, hint: make(spec, args, keywords, span)


def constructor(fun: Any, kind: str, *, with_value: bool = False) -> None:
    """Declare that ``fun(f, argnums=..., has_aux=...)`` gives a derivative of ``f``."""

    def make(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None) -> Item:
        options = {name: _constant(spec, item, name, span) for name, item in keywords.items() if name != "fun"}
        options.pop("backend", None)
        if options.pop("holomorphic", False):
            raise spec.refuse("holomorphic=True is not supported inside a function", span, "use vjp or jvp")
        if not args and "fun" not in keywords:
            return BoundItem(fun, (), tuple(keywords.items()))
        transform = Transform(kind, options.get("argnums", 0), options.get("has_aux", False), with_value)
        return BoundItem(transform, (args[0] if args else keywords["fun"],))

    register(fun, make)


def written_out(fun: Any, function: Any) -> None:
    """Declare that ``fun(f, argnums)(*args)`` is ``function(f, argnums, *args)``."""

    def make(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None) -> Item:
        options = {name: _constant(spec, item, name, span) for name, item in keywords.items() if name != "fun"}
        argnums = options.pop("argnums", 0) if len(args) < 2 else _constant(spec, args[1], "argnums", span)  # noqa: PLR2004
        if not isinstance(argnums, int) or any(options.values()):
            raise spec.refuse("this derivative takes one position as argnums inside a function", span)
        return BoundItem(WrittenOut(function, (argnums,)), (args[0] if args else keywords["fun"],))

    register(fun, make)


def _constant(spec: Specialiser, item: Item, name: str, span: Span | None) -> Any:
    if isinstance(item, Const):
        return item.value
    if isinstance(item, TupleItem) and all(isinstance(part, Const) for part in item.items):
        return tuple(part.value for part in item.items if isinstance(part, Const))
    raise spec.refuse(f"{name} of a derivative must be known when the code is compiled", span)


def call_operator(
    spec: Specialiser, operator: Operator, args: list[Item], keywords: dict[str, Item], span: Span | None
) -> Item:
    """Call a derivative that was made outside of the program."""
    transform = operator.transform
    if transform is None:
        advice = "leave sparse=True and holomorphic=True out"
        raise spec.refuse("this derivative is not supported inside a function", span, advice)
    primal = Const(operator.primal, getattr(operator.primal, "__name__", ""))
    if isinstance(transform, Transform):
        return derive(spec, transform, [primal, *args], keywords, span)
    return call_written_out(spec, transform, [primal, *args], keywords, span)


@dataclass(frozen=True, slots=True, eq=False)
class WrittenOut:
    """A derivative that is a Python function in terms of others: ``function(f, *options, *args)``."""

    function: pytypes.FunctionType
    options: tuple[Any, ...] = ()

    @property
    def __name__(self) -> str:
        return self.function.__name__


def call_written_out(
    spec: Specialiser, derivative: WrittenOut, args: list[Item], keywords: dict[str, Item], span: Span | None
) -> Item:
    """Inline a derivative that is written in terms of others."""
    from diffcompile.specialise.binding import bind, defaults_of  # noqa: PLC0415
    from diffcompile.specialise.functions import function_code  # noqa: PLC0415
    from diffcompile.specialise.inlining import inline  # noqa: PLC0415 - calls import this module

    function = derivative.function
    code = function_code(function)
    given = [args[0], *map(Const, derivative.options), *args[1:]]
    defaults = defaults_of(spec, function, code)
    return inline(spec, code, bind(spec, code, code.parameters, given, keywords, defaults, span), span, library=True)


def name_of(function: Item) -> str:
    """Return what messages call a function that is differentiated."""
    if isinstance(function, ClosureItem):
        return function.code.name
    if isinstance(function, BoundItem):
        return name_of(function.args[0] if isinstance(function.function, Transform) else Const(function.function))
    return getattr(function.value, "__name__", "the function") if isinstance(function, Const) else "the function"


def parameter_names(spec: Specialiser, function: Item) -> list[str]:
    """Return the names of the parameters of what is differentiated."""
    if isinstance(function, ClosureItem):
        return [parameter.name for parameter in function.code.parameters]
    if isinstance(function, BoundItem):
        if isinstance(function.function, Transform):
            return parameter_names(spec, function.args[0])
        bound = {name for name, _ in function.keywords}
        names = [p for p in _signature(function.function) if p not in bound]
        return names[len(function.args) :]
    if isinstance(function, Const) and callable(function.value):
        return _signature(function.value)
    raise spec.refuse("the function to differentiate is not known when the code is compiled", spec.span)


def _signature(fun: Any) -> list[str]:
    """Return the names of the parameters of a callable; none of a builtin that does not tell."""
    try:
        return list(inspect.signature(fun).parameters)
    except (TypeError, ValueError):
        return []


@dataclass(slots=True)
class _Inputs:
    """What goes into a derivative: operands outside, parameters of the region inside."""

    operands: list[Operand] = field(default_factory=list)
    params: list[Value] = field(default_factory=list)
    moving: list[int] = field(default_factory=list)
    """Positions of the parameters that are differentiated."""


def derive(
    spec: Specialiser, transform: Transform, args: list[Item], keywords: dict[str, Item], span: Span | None
) -> Item:
    """Emit the operation that stands for a derivative, and return its result."""
    function, *given = args
    names = parameter_names(spec, function)
    chosen = _chosen(spec, transform.argnums, names, len(given), span)
    inputs = _Inputs()
    parts: list[Item] = []
    for number, item in enumerate(given):
        name = names[number] if number < len(names) else ""
        parts.append(_entered(spec, item, number in chosen, name, inputs, span))
    named = {
        key: _entered(spec, item, _index(names, key) in chosen, key, inputs, span) for key, item in keywords.items()
    }
    inner, ops, leaves = _body(spec, function, parts, named, span)
    _check_result(spec, transform, inner, span)
    moved = {number: parts[number] for number in chosen if number < len(parts)}
    moved.update({_index(names, key): item for key, item in named.items() if _index(names, key) in chosen})
    if len(moved) < len(chosen):
        raise spec.refuse("an argument that is differentiated has its default value here", span, "pass it")
    results: list[Value] = []
    value = None
    if transform.with_value or transform.has_aux:
        value = _restored(inner, iter([_result(spec, spec.type(leaf), results, leaf) for leaf in leaves]))
    gradients = [_gradient(spec, moved[number], inputs, results) for number in chosen]
    block = Block(tuple(inputs.params), tuple(ops), tuple(leaves))
    attrs = {"transform": transform, "moving": tuple(inputs.moving), "name": name_of(function)}
    spec.ops.append(Op(Prim.DERIVE, tuple(inputs.operands), tuple(results), attrs, (block,), span))
    gradients = [_built(spec, part, span) for part in gradients]
    gradient = gradients[0] if isinstance(transform.argnums, int | str) else TupleItem(tuple(gradients))
    if transform.with_value:
        assert value is not None
        return TupleItem((value, gradient))
    return TupleItem((gradient, value.items[1])) if isinstance(value, TupleItem) and transform.has_aux else gradient


def _index(names: list[str], key: str) -> int:
    return names.index(key) if key in names else -1


def _chosen(spec: Specialiser, argnums: Any, names: list[str], count: int, span: Span | None) -> list[int]:
    wanted = [argnums] if isinstance(argnums, int | str) else list(argnums)
    found = []
    for one in wanted:
        if isinstance(one, str) and one not in names:
            raise spec.refuse(f"argnums names no parameter: {one!r}; there are {', '.join(names)}", span)
        number = names.index(one) if isinstance(one, str) else one + (len(names) if one < 0 else 0)
        if not 0 <= number < max(len(names), count):
            raise spec.refuse(f"argnums: there is no parameter number {one}", span)
        found.append(number)
    return found


def _entered(
    spec: Specialiser, item: Item, moves: bool, name: str, inputs: _Inputs, span: Span | None
) -> Item:
    """Return ``item`` as the function sees it: what moves, and memory, as parameters of the region."""
    parts: Any = (_taken_apart(spec, item, span) if moves else None) or item
    if isinstance(parts, TupleItem | _Container):
        entered = tuple(_entered(spec, part, moves, "", inputs, span) for part in parts.items)
        return replace(parts, items=entered)  # type: ignore[return-value]  # built inside, by _built
    if isinstance(item, ObjectItem) and moves:
        raise spec.refuse("the derivative with respect to an object is not supported here", span, "pass its parts")
    t = plain(spec.type(item))
    differentiable = may_carry_derivative(t)
    if moves and isinstance(t, Scalar) and not differentiable:
        raise spec.refuse("an integer cannot be differentiated", span, "pass a float")
    if not isinstance(item, Value | Const) or (isinstance(item, Const) and not (moves and differentiable)):
        return item
    if isinstance(t, Static) or (isinstance(t, Scalar) and not moves):
        return item
    param = Value(name or getattr(item, "name", ""))
    spec.types[param] = t
    if moves and differentiable:
        inputs.moving.append(len(inputs.params))
        spec.varied.add(param)
    elif item in spec.varied:
        spec.varied.add(param)
    inputs.operands.append(item)
    inputs.params.append(param)
    return param


@dataclass(frozen=True, slots=True)
class _Container:
    """A list, or a dict with ``keys``, whose items move one by one."""

    items: tuple[Any, ...]
    keys: tuple[Any, ...] | None = None

    def built(self, spec: Specialiser, span: Span | None) -> Item:
        """Return the container itself."""
        items = [_built(spec, item, span) for item in self.items]
        if self.keys is not None:
            return keyword_dict(spec, dict(zip(self.keys, items, strict=True)), span, "")
        cell = Cell()
        for item in items:
            cell.add(plain(spec.type(item)))
        made = spec.emit(Prim.LIST, items, span, t=Lst(cell))
        if isinstance(made, Value):
            spec.apart.add(made)
        return made


def _taken_apart(spec: Specialiser, item: Item, span: Span | None) -> TupleItem | _Container | None:
    """Return the items of a container that are known one by one."""
    if not isinstance(item, Value):
        return None
    t = spec.types[item]
    if isinstance(t, Tup):
        return TupleItem(tuple(displays.expand(spec, item, span)), t.cls)
    if isinstance(t, Dct) and t.cell.root().kind is None:
        fields = t.cell.root().fields
        keys = tuple(fields or ()) if t.cell.root().fixed else spec.keys_of(item)
        if keys is None and fields is not None:
            keys = tuple(fields)
            spec.effect(dynamic.has_keys, [item, Const(keys)], span)
        if keys is not None:
            return _Container(tuple(load_item(spec, item, Const(key), span) for key in keys), keys)
    if isinstance(t, Lst) and t.cell.root().kind is None and (items := known_items(spec, item)) is not None:
        return _Container(tuple(items))
    return None


def _built(spec: Specialiser, item: Any, span: Span | None) -> Item:
    """Return an argument with its containers built."""
    if isinstance(item, _Container):
        return item.built(spec, span)
    if isinstance(item, TupleItem):
        return TupleItem(tuple(_built(spec, part, span) for part in item.items), item.cls)
    found: Item = item
    return found


def _body(
    spec: Specialiser, function: Item, args: list[Item], keywords: dict[str, Item], span: Span | None
) -> tuple[Item, list[Op], list[Operand]]:
    """Return what the function returns, the operations of its body, and the leaves of the result."""
    from diffcompile.specialise.calls import dispatch  # noqa: PLC0415 - calls import this module

    found: list[Item] = []
    heap = spec.heap.copy()

    def build() -> list[Item]:
        given = [_built(spec, item, span) for item in args]
        named = {name: _built(spec, item, span) for name, item in keywords.items()}
        found.append(dispatch(spec, function, given, named, span))
        return list(spec.flatten_result(found[0]))

    spec.derived += 1
    try:
        ops, leaves = spec.scoped(build)
    finally:
        spec.derived -= 1
    if spec.heap.changes(heap):
        raise spec.refuse("a function that is differentiated here changes an object", span, "return the new value")
    return found[0], ops, [leaf for leaf in leaves if isinstance(leaf, Value | Const)]


def _check_result(spec: Specialiser, transform: Transform, result: Item, span: Span | None) -> None:
    if transform.kind != "gradient":
        return
    is_tuple = isinstance(result, TupleItem)
    if transform.has_aux and not (isinstance(result, TupleItem) and len(result.items) == 2):  # noqa: PLR2004
        raise spec.refuse("with has_aux=True the function must return a pair (value, auxiliary)", span)
    if is_tuple and not transform.has_aux:
        raise spec.refuse("grad needs a function that returns one real number, but it returned a tuple", span)


def _result(spec: Specialiser, t: Type, results: list[Value], like: Item | None = None) -> Item:
    """Return a new result of the operation."""
    result = Value(like.name if isinstance(like, Value) else "")
    spec.types[result] = t
    if may_carry_derivative(t):
        spec.varied.add(result)
    results.append(result)
    return like if isinstance(like, Const) else result


def _restored(structure: Item, leaves: Any) -> Item:
    """Return a result of the structure of ``structure`` from its leaves."""
    if isinstance(structure, TupleItem) and structure.cls is None:
        return TupleItem(tuple(_restored(part, leaves) for part in structure.items))
    found: Item = next(leaves)
    return found


def _gradient(spec: Specialiser, item: Item, inputs: _Inputs, results: list[Value]) -> Item:
    """Return the derivative with respect to an argument, in its structure."""
    if isinstance(item, TupleItem):
        return TupleItem(tuple(_gradient(spec, part, inputs, results) for part in item.items), item.cls)
    if isinstance(item, _Container):
        return replace(item, items=tuple(_gradient(spec, part, inputs, results) for part in item.items))
    if not isinstance(item, Value) or item not in inputs.params:
        return NONE
    if inputs.params.index(item) not in inputs.moving:
        return NONE
    return _result(spec, plain(spec.types[item]), results)


# -- forward mode ---------------------------------------------------------------------------------------------------


def push(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None) -> Item:
    """``jvp(f, primals, tangents)``"""
    bound = inspect.signature(lambda fun, primals, tangents, batched=None: None).bind(*args, **keywords).arguments
    if "batched" in bound:
        raise spec.refuse("jvp of many directions is not supported inside a function", span, "loop over the directions")
    function = bound["fun"]
    primals = displays.expand(spec, bound["primals"], span)
    tangents = displays.expand(spec, bound["tangents"], span)
    if len(primals) != len(tangents):
        raise spec.refuse(f"{len(primals)} primals, but {len(tangents)} tangents", span)
    inputs = _Inputs()
    parts, dots = [], list[Operand]()
    for primal, tangent in zip(primals, tangents, strict=True):
        moves = not (isinstance(tangent, Const) and tangent.value is None)
        parts.append(_entered(spec, primal, moves, "", inputs, span))
        if moves:
            _tangents(spec, primal, tangent, dots, span)
    if len(dots) != len(inputs.moving):
        raise spec.refuse("the tangents do not have the structure of the primals", span)
    inner, ops, leaves = _body(spec, function, parts, {}, span)
    results: list[Value] = []
    values = [_result(spec, spec.type(leaf), results, leaf) for leaf in leaves]
    moved = [_result(spec, plain(spec.type(leaf)), results) for leaf in leaves]
    block = Block(tuple(inputs.params), tuple(ops), tuple(leaves))
    attrs = {"transform": Transform("tangent"), "moving": tuple(inputs.moving), "name": name_of(function)}
    spec.ops.append(Op(Prim.DERIVE, (*inputs.operands, *dots), tuple(results), attrs, (block,), span))
    return TupleItem((_restored(inner, iter(values)), _restored(inner, iter(moved))))


def _tangents(spec: Specialiser, primal: Any, tangent: Item, found: list[Operand], span: Span | None) -> None:
    """Append the leaves of a tangent of ``primal``, checked to have its shape."""
    from diffcompile.analysis.infer import same_shape  # noqa: PLC0415

    primal = _taken_apart(spec, primal, span) or primal
    if isinstance(primal, _Container) and primal.keys is not None:
        for key, part in zip(primal.keys, primal.items, strict=True):
            _tangents(spec, part, load_item(spec, tangent, Const(key), span), found, span)
        return
    if isinstance(primal, TupleItem | _Container):
        parts = known_items(spec, tangent) if isinstance(primal, _Container) else None
        parts = parts if parts is not None else displays.expand(spec, tangent, span)
        if len(parts) != len(primal.items):
            raise spec.refuse("the tangents do not have the structure of the primals", span)
        for part, own in zip(primal.items, parts, strict=True):
            _tangents(spec, part, own, found, span)
        return
    t, have = plain(spec.type(primal)), plain(spec.type(tangent))
    if not may_carry_derivative(t):
        return
    matches = isinstance(t, Array) and isinstance(have, Array) and same_shape(t, have) and t.dtype == have.dtype
    if not matches and not (isinstance(t, Scalar) and isinstance(have, Scalar)):
        tangent = spec.emit(dynamic.checked_tangent, [tangent, primal], span, t=t)
    found.append(spec.operand(tangent))


__all__ = ["Transform", "Tup", "call_operator", "constructor", "derive", "push", "pytypes", "register"]
