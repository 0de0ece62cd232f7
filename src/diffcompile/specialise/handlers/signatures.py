"""``inspect.signature(f).bind(...)``, as decorators call it: which argument belongs to which parameter is known.

``Bound`` stands for :class:`inspect.BoundArguments`: its ``arguments`` are a dict of the program.
"""

from __future__ import annotations

import functools
import inspect
from typing import TYPE_CHECKING, Any

from diffcompile import dynamic
from diffcompile.analysis.types import Dct
from diffcompile.errors import Span
from diffcompile.ir.core import Const
from diffcompile.specialise import containers, displays, inlining, objects
from diffcompile.specialise.binding import keyword_dict
from diffcompile.specialise.items import NONE, ClosureItem, Item, ObjectItem, StarItem, TupleItem
from diffcompile.specialise.program import Guard, Is, constant

if TYPE_CHECKING:
    from diffcompile.specialise.driver import Specialiser

_Parameter = inspect.Parameter
_KINDS = {
    "positional": _Parameter.POSITIONAL_ONLY, "keyword": _Parameter.KEYWORD_ONLY,
    "args": _Parameter.VAR_POSITIONAL, "kwargs": _Parameter.VAR_KEYWORD,
}  # fmt: skip


class Bound:
    """What ``Signature.bind`` returns; its methods have handlers."""

    def apply_defaults(self) -> None:
        raise NotImplementedError

    @property
    def args(self) -> Any:
        raise NotImplementedError

    @property
    def kwargs(self) -> Any:
        raise NotImplementedError


def _signature(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
    """``inspect.signature(f)``, also of a function that the program defines, whose defaults are constants."""
    from diffcompile.specialise import calls  # noqa: PLC0415 - handlers are called from there

    fun = args[0] if args else NONE
    if not isinstance(fun, ClosureItem):
        found = calls.inspected(spec, inspect.signature, args, keywords)
        return found if found is not None else inlining.call_python(spec, inspect.signature, args, keywords, span)
    defaults = dict(zip(fun.code.defaulted, fun.defaults, strict=True))
    if not all(isinstance(default, Const) for default in defaults.values()):
        raise spec.refuse("the signature of a function with computed defaults is not supported", span)
    made = inspect.Signature([
        _Parameter(
            one.name,
            _KINDS.get(one.kind, _Parameter.POSITIONAL_OR_KEYWORD),
            default=getattr(defaults[one.name], "value", None) if one.name in defaults else _Parameter.empty,
        )
        for one in fun.code.parameters
    ])
    return spec.surrounding((id(fun.code), "signature"), "signature", made, functools.partial(constant, made))


def _known(spec: Specialiser, item: Item) -> inspect.Signature | None:
    """Return a signature that is a constant, or an object of the surroundings, on which the code relies from now on."""
    if isinstance(item, Const):
        return item.value if isinstance(item.value, inspect.Signature) else None
    if not isinstance(item, ObjectItem) or not isinstance(item.example, inspect.Signature):
        return None
    live = next((one for one in spec.live.values() if one[0] is item.root), None)
    if live is None:
        return None
    read = functools.partial(_followed, live[2], item.path)
    spec.guards[id(item.example), "itself"] = Guard(read, Is(item.example))
    return item.example


def _followed(read: Any, path: tuple[str, ...]) -> Any:
    return functools.reduce(getattr, path, read())


def _bind(
    partial: bool, spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str
) -> Item:
    signature = _known(spec, args[0])
    if signature is None or isinstance(args[-1], StarItem):
        own = inspect.Signature.bind_partial if partial else inspect.Signature.bind
        raise spec.refuse(f"{own.__name__} of a signature that is not known is not supported", span)
    bind = signature.bind_partial if partial else signature.bind
    try:
        found = bind(*args[1:], **keywords).arguments
    except TypeError as error:
        raise spec.refuse(f"the arguments do not fit the signature: {error}", span) from None
    for name, parameter in signature.parameters.items():
        if name in found and parameter.kind is _Parameter.VAR_POSITIONAL:
            found[name] = TupleItem(found[name])
        elif name in found and parameter.kind is _Parameter.VAR_KEYWORD:
            found[name] = keyword_dict(spec, found[name], span, name)
    item = objects.new(spec, Bound)
    assert isinstance(item, ObjectItem)
    _keep(spec, item, found, span)
    spec.heap.set(item, "signature", Const(signature, "signature"))
    return item


def _keep(spec: Specialiser, item: ObjectItem, arguments: dict[str, Item], span: Span | None) -> None:
    made = keyword_dict(spec, {name: spec.data(value) for name, value in arguments.items()}, span, "arguments")
    spec.heap.set(item, "arguments", made)
    spec.heap.set(item, "names", Const(tuple(arguments)))


def _held(spec: Specialiser, item: Item, span: Span | None) -> tuple[inspect.Signature, dict[str, Item]]:
    """Return the signature, and what the dict of arguments holds now."""
    assert isinstance(item, ObjectItem)
    signature, arguments = (objects.load(spec, item, name, span) for name in ("signature", "arguments"))
    assert isinstance(signature, Const)
    keys = _keys(spec, arguments)
    if keys is None:  # the program has stored something under a computed name: one of these, if all is well
        names = spec.heap.get(item, "names")
        assert isinstance(names, Const)
        spec.effect(dynamic.has_keys, [arguments, names], span)
        keys = names.value
    return signature.value, {key: containers.load_item(spec, arguments, Const(key), span) for key in keys}


def _keys(spec: Specialiser, item: Item) -> tuple[str, ...] | None:
    t = spec.type(item)
    assert isinstance(t, Dct)
    cell = t.cell.root()
    return tuple(cell.fields or ()) if cell.fixed else spec.keys_of(item)


def _apply_defaults(
    spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str
) -> Item:
    item = args[0]
    assert isinstance(item, ObjectItem)
    signature, given = _held(spec, item, span)
    for name, parameter in signature.parameters.items():
        if name in given:
            continue
        if parameter.kind is _Parameter.VAR_POSITIONAL:
            given[name] = TupleItem(())
        elif parameter.kind is _Parameter.VAR_KEYWORD:
            given[name] = keyword_dict(spec, {}, span, name)
        elif parameter.default is not _Parameter.empty:
            read = functools.partial(constant, parameter.default)
            given[name] = spec.surrounding((id(signature), name, "default"), name, parameter.default, read)
    _keep(spec, item, {name: given[name] for name in signature.parameters if name in given}, span)
    return NONE


def _args(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
    return _divided(spec, args[0], span)[0]


def _kwargs(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
    return keyword_dict(spec, _divided(spec, args[0], span)[1], span)


def _divided(spec: Specialiser, item: Item, span: Span | None) -> tuple[TupleItem, dict[str, Item]]:
    """Return what is handed over by place, and what by name: all behind the first parameter that has no argument."""
    signature, given = _held(spec, item, span)
    placed: list[Item] = []
    named: dict[str, Item] = {}
    by_name = False
    for name, parameter in signature.parameters.items():
        by_name = by_name or name not in given or parameter.kind in (_Parameter.KEYWORD_ONLY, _Parameter.VAR_KEYWORD)
        if name not in given:
            continue
        if parameter.kind is _Parameter.VAR_KEYWORD:
            keys = _keys(spec, given[name]) or ()
            named |= {key: containers.load_item(spec, given[name], Const(key), span) for key in keys}
        elif parameter.kind is _Parameter.VAR_POSITIONAL:
            placed += displays.expand(spec, given[name], span)
        elif by_name:
            named[name] = given[name]
        else:
            placed.append(given[name])
    return TupleItem(tuple(placed)), named


HANDLERS: dict[Any, Any] = {
    inspect.signature: _signature,
    inspect.Signature.bind: functools.partial(_bind, False),
    inspect.Signature.bind_partial: functools.partial(_bind, True),
    Bound.apply_defaults: _apply_defaults,
    Bound.args.fget: _args,  # type: ignore[attr-defined]
    Bound.kwargs.fget: _kwargs,  # type: ignore[attr-defined]
}
