"""Calls of functions that mean something simpler: see :class:`diffcompile.rules.registry.Definition`."""

from __future__ import annotations

import functools
import inspect
import operator
from typing import TYPE_CHECKING, Any

import numpy as np

from diffcompile.analysis.types import ANY, NUMBER, Array, Lst, Scalar, Static, Type, plain
from diffcompile.errors import Span
from diffcompile.frontend.local_classes import LocalClass
from diffcompile.ir.core import Const, Value
from diffcompile.rules import functionals, registry
from diffcompile.rules.ufunc_methods import LEFT_TO_RIGHT
from diffcompile.specialise import choices, classes, containers, instances, local_classes, vectorised
from diffcompile.specialise.grids import listed_items
from diffcompile.specialise.handlers.arrays import outer
from diffcompile.specialise.inlining import call_python, call_read_off
from diffcompile.specialise.items import ChoiceItem, Item, TupleItem
from diffcompile.specialise.opaque import may_vary, opaque
from diffcompile.specialise.ruled import rule_call, with_output

if TYPE_CHECKING:
    from diffcompile.specialise.driver import Specialiser

_WRITERS = {np.put, np.place, np.putmask, np.put_along_axis, np.fill_diagonal}


def by_meaning(
    spec: Specialiser, fun: Any, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str
) -> Item | None:
    """Return the result of a call that is written out; None if ``fun`` is not, or sees nothing active."""
    meaning, first = _meaning(fun)
    if meaning is None:
        return None
    items = [*args, *keywords.values()]
    if not first and registry.DEFINITIONS[fun].shorter:
        made = call_read_off(spec, fun, meaning, args, keywords, span, hint)
        if made is not None:
            return made
    always = fun in _WRITERS or getattr(fun, "__name__", "") == "at"
    if not first and registry.DEFINITIONS[fun].always:
        always = registry.DEFINITIONS[fun].shorter or not all(isinstance(item, Const) for item in items)
    if not always and not any(may_vary(spec, item) for item in items) and all(map(_is_plain, items)):
        return None
    if not first and (like := registry.DEFINITIONS[fun].like) is not None:
        args, keywords = _in_order(spec, fun, like, args, keywords, span)
    known = inspect.signature(meaning).parameters
    args, keywords = with_output(spec, list(known)[len(first) :], args, keywords)
    out = keywords.pop("out", None)
    if isinstance(out, TupleItem):
        out = out.items[0]
    any_name = any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in known.values())
    for name in keywords:
        if name not in known and not any_name:
            raise spec.refuse(f"`{name}=` has no derivative here", span, "leave the keyword out")
    positions = sum(parameter.kind is not inspect.Parameter.KEYWORD_ONLY for parameter in known.values())
    any_number = any(parameter.kind is inspect.Parameter.VAR_POSITIONAL for parameter in known.values())
    if len(first) + len(args) > positions and not any_number:
        name = getattr(fun, "__name__", fun)
        raise spec.refuse(f"so many arguments of {name} have no derivative here", span, "leave the last ones out")
    result = call_python(spec, meaning, [*first, *args], keywords, span, hint)
    if out is None or (isinstance(out, Const) and out.value is None):
        return result
    containers.store_item(spec, out, Const(Ellipsis, "..."), result, span=span)
    return out


def _in_order(
    spec: Specialiser, fun: Any, like: Any, args: list[Item], keywords: dict[str, Item], span: Span | None
) -> tuple[list[Item], dict[str, Item]]:
    """Return all arguments of a call in the order of the parameters of ``like``, and keywords that it has not."""
    named = inspect.signature(like).parameters
    own = {name: item for name, item in keywords.items() if name in named}
    try:
        given = inspect.signature(like).bind(*args, **own).arguments
    except TypeError as problem:
        name = getattr(fun, "__name__", fun)
        raise spec.refuse(f"the call of {name} raises TypeError: {problem}", span) from None
    ordered = [given[name] if name in given else Const(parameter.default) for name, parameter in named.items()]
    return ordered, {name: item for name, item in keywords.items() if name not in named}


def has_form(spec: Specialiser, fun: Any, args: list[Item], keywords: dict[str, Item]) -> bool:
    """Tell whether a call of a function with a rule gives a parameter for which it is written out instead."""
    found = registry.DEFINITIONS.get(fun)
    if found is None or not found.form or not any(may_vary(spec, item) for item in (*args, *keywords.values())):
        return False
    given = {**dict(zip(inspect.signature(found.meaning).parameters, args, strict=False)), **keywords}
    asked = [given[name] for name in found.form if name in given]
    return not all(isinstance(item, Const) and (item.value is None or item.value is False) for item in asked)


def _meaning(fun: Any) -> tuple[Any, list[Item]]:
    """Return the function that says what a callee does, and the arguments that come before those of a call."""
    try:
        found = registry.DEFINITIONS.get(fun)
    except TypeError:  # not hashable
        return None, []
    if found is not None:
        return found.meaning, []
    owner = getattr(fun, "__self__", None)
    if isinstance(owner, np.ufunc) and owner in registry.ELEMENTWISE:
        if fun.__name__ != "at" and owner not in LEFT_TO_RIGHT:
            return None, []
        meaning = registry.UFUNC_METHODS.get(fun.__name__)
        return meaning, [Const(owner, f"np.{owner.__name__}")]
    return None, []


def _is_plain(item: Item) -> bool:
    """Tell whether an argument can be handed to a call as it stands."""
    if isinstance(item, TupleItem):
        return all(map(_is_plain, item.items))
    return isinstance(item, Value | Const)


def special_object(
    spec: Specialiser, fun: Any, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str
) -> Item | None:
    """Call an object of a library that stands for a function: ``itemgetter``, ``np.vectorize``, ``np.add.outer``."""
    if isinstance(fun, LocalClass):
        return local_classes.make(spec, fun, args, span)
    if _DISPATCHING is not None and getattr(fun, "__code__", None) is _DISPATCHING:
        return dispatched(spec, fun, 0, args, keywords, span, hint)
    if isinstance(fun, classes.Dispatching):
        return dispatched(spec, fun.dispatcher, 1, args, keywords, span, hint)
    if isinstance(fun, operator.itemgetter | operator.attrgetter):
        return got(spec, type(fun), args[0], [Const(number) for number in fun.__reduce__()[1]], {}, span, hint)
    if isinstance(fun, operator.methodcaller):
        made: Any = fun.__reduce__()
        given, options = made[1], {}
        if isinstance(made[0], functools.partial):
            given, options = (*made[0].args, *given), made[0].keywords
        named: dict[str, Item] = {name: Const(value) for name, value in options.items()}
        return got(spec, type(fun), args[0], [Const(part) for part in given], named, span, hint)
    if isinstance(fun, np.vectorize):
        vectorising, function = vectorised.of_instance(spec, fun)
        return vectorised.called(spec, vectorising, function, args, keywords, span, hint)
    owner = getattr(fun, "__self__", None)
    if isinstance(owner, np.ufunc) and fun.__name__ == "outer" and owner in registry.ELEMENTWISE:
        return outer(owner)(spec, args, keywords, span, hint)
    return None


_DISPATCHING = getattr(functools.singledispatch(len), "__code__", None)


def dispatched(
    spec: Specialiser, fun: Any, place: int, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str
) -> Item:
    """Call what ``functools.singledispatch`` chooses by the class of the argument at a ``place``."""
    from diffcompile.specialise.calls import call_static, dispatch  # noqa: PLC0415 - calls are built on this

    if place >= len(args):
        return spec.failure(TypeError, f"{fun.__name__} requires at least 1 positional argument", span)
    first = instances.opened(spec, args[place], span)

    def known(part: Item) -> list[Item]:
        return [*args[:place], part, *args[place + 1 :]]

    if isinstance(first, ChoiceItem):
        return choices.on_both(
            spec, first, lambda part: dispatched(spec, fun, place, known(part), keywords, span, hint), span, hint
        )
    cls = call_static(spec, type, [first], {}, span)
    if isinstance(cls, Const):
        chosen = fun.dispatch(cls.value)
        read = functools.partial(fun.dispatch, cls.value)
        found = spec.surrounding((id(fun), "dispatch", cls.value), chosen.__name__, chosen, read)
    else:
        found = opaque(spec, fun.dispatch, [cls], {}, span, "")
    return dispatch(spec, found, known(first), keywords, span, hint)


GETTERS: tuple[Any, ...] = (operator.itemgetter, operator.attrgetter, operator.methodcaller)


class Getter:
    """What one of these returned, waiting for its argument, which comes after those that it was made with."""

    __slots__ = ("kind",)

    def __init__(self, kind: Any) -> None:
        self.kind = kind


def got(
    spec: Specialiser, kind: Any, item: Item, given: list[Item], keywords: dict[str, Item], span: Span | None, hint: str
) -> Item:
    """``itemgetter(1, 0)(item)``, ``attrgetter("a.b", "c")(item)`` or ``methodcaller(name, *args)(item)``."""
    from diffcompile.specialise.attributes import load_attribute  # noqa: PLC0415
    from diffcompile.specialise.calls import dispatch  # noqa: PLC0415

    if kind is operator.itemgetter:
        parts = [containers.load_item(spec, item, number, span) for number in given]
        return parts[0] if len(parts) == 1 else TupleItem(tuple(parts))
    names = given[:1] if kind is operator.methodcaller else given
    if not all(isinstance(name, Const) for name in names):
        raise spec.refuse(f"{kind.__name__} with a computed name is not supported", span, "write the attribute out")
    if kind is operator.methodcaller:
        return dispatch(spec, load_attribute(spec, item, given[0], span), given[1:], keywords, span, hint)
    parts = []
    for path in names:
        part = item
        for name in path.value.split("."):  # type: ignore[union-attr]
            part = load_attribute(spec, part, Const(name), span)
        parts.append(part)
    return parts[0] if len(parts) == 1 else TupleItem(tuple(parts))


def sort(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item | None:
    """``sorted(...)`` of numbers, or with a key; None for anything else."""
    item = args[0]
    t = spec.type(item)
    parts = [spec.type(part) for part in item.items] if isinstance(item, TupleItem) else [t]
    numbers = isinstance(t, Array) or (isinstance(t, Lst) and isinstance(plain(t.item), Scalar))
    numbers = numbers or (isinstance(item, TupleItem) and all(isinstance(plain(part), Scalar) for part in parts))
    if not any(may_vary(spec, part) for part in args) or not (numbers or "key" in keywords):
        return None
    meaning = functionals.sort_by_key if "key" in keywords else functionals.sort_numbers
    return call_python(spec, meaning, args, keywords, span, hint)


def piecewise(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
    """``np.piecewise(x, conditions, functions, *args)``: each piece is read, computed and stored where it holds."""
    from diffcompile.specialise.calls import call_static, dispatch  # noqa: PLC0415

    base = call_static(spec, np.asarray, [args[0]], {}, span)
    pieces = listed_items(spec, args[2])
    if pieces is None or keywords:
        raise spec.refuse("the functions of np.piecewise are not known here", span, "write them out in a list")
    result = call_static(spec, np.zeros_like, [base], {}, span, hint)
    for number, piece in enumerate(pieces):
        where = spec.emit(_condition(), [args[1], Const(number)], span, t=Array(np.dtype(bool), _dims(spec, base)))
        value = piece
        if _is_function(spec, piece):
            value = dispatch(spec, piece, [containers.load_item(spec, base, where, span), *args[3:]], {}, span)
        elif isinstance(piece, Value) and not _is_data(plain(spec.type(piece))):
            raise spec.refuse("a function of np.piecewise is not known here", span, "write them out in a list")
        containers.store_item(spec, result, where, value, span=span)
    return result


def select(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None) -> Item | None:
    """``np.select(conditions, choices, default)`` of lists that are known: a choice in a choice in a choice.

    So what is not chosen has a cotangent that is zero by construction, as with ``np.where``.
    """
    from diffcompile.specialise.calls import call_static  # noqa: PLC0415

    given = dict(zip(("condlist", "choicelist", "default"), args, strict=False)) | keywords
    conditions, choices = (
        listed_items(spec, given[name]) if name in given else None for name in ("condlist", "choicelist")
    )
    if not conditions or not choices or len(conditions) != len(choices):
        return None
    if not any(may_vary(spec, item) for item in given.values()):
        return None
    result = given.get("default", Const(0))
    for condition, choice in zip(reversed(conditions), reversed(choices), strict=True):
        result = call_static(spec, np.where, [condition, choice, result], {}, span)
    return result


def _condition() -> Any:
    from diffcompile import runtime  # noqa: PLC0415

    return runtime.piecewise_condition


def _dims(spec: Specialiser, base: Item) -> Any:
    t = spec.type(base)
    return t.dims if isinstance(t, Array) else None


def _is_function(spec: Specialiser, item: Item) -> bool:
    if isinstance(item, Const):
        return callable(item.value)
    t = spec.type(item) if isinstance(item, Value) else None
    return (isinstance(t, Static) and callable(t.value)) or not isinstance(item, Value)


def _is_data(t: Type) -> bool:
    return isinstance(t, Scalar | Array) or t is NUMBER


def einsum(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item | None:
    """``np.einsum(a, [0, 1], b, [1, 2], [0, 2])`` in the form with a string; None for any other form."""
    if not args or (isinstance(args[0], Const) and isinstance(args[0].value, str)):
        return None
    if not _is_data(plain(spec.type(args[0]))):
        return None
    terms = args[1::2] + args[-1:] if len(args) % 2 else args[1::2]
    texts = [_letters(listed_items(spec, term)) for term in terms]
    operands = args[: len(args) // 2 * 2 : 2]
    if None in texts:
        subscripts: Item = spec.emit(_spelled(), [Const(len(args) % 2 == 1), *terms], span, t=ANY)
    else:
        subscripts = Const(_spelled()(len(args) % 2 == 1, *(text for text in texts if text is not None)))
    return rule_call(spec, np.einsum, [subscripts, *operands], keywords, span, hint)


def _spelled() -> Any:
    from diffcompile import runtime  # noqa: PLC0415

    return runtime.einsum_subscripts


def _letters(labels: tuple[Item, ...] | None) -> tuple[Any, ...] | None:
    """Return the labels of an operand: whole numbers, or an ellipsis; None if they are not known."""
    if labels is None or not all(isinstance(label, Const) for label in labels):
        return None
    return tuple(label.value for label in labels if isinstance(label, Const))
