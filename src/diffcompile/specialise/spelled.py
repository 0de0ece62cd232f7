"""Methods that Python calls by itself, written out as calls where they store something.

``f"{x}"`` is ``format(x, "")``, which calls ``__format__``, ``__str__`` or ``__repr__``; ``x in items`` compares the
items one after the other. Methods that leave everything as it is are left to Python: see
:mod:`diffcompile.specialise.hidden`.
"""

from __future__ import annotations

import operator
import re
import string
import types as pytypes
from typing import TYPE_CHECKING, Any

from diffcompile.analysis.types import ANY, Lst, OneOf, Tup, plain
from diffcompile.errors import Span
from diffcompile.ir.core import Const, Op, Prim, Value
from diffcompile.specialise import choices, hidden, instances, library, objects, results
from diffcompile.specialise.building import is_literal
from diffcompile.specialise.containers import call_method
from diffcompile.specialise.inlining import call_python
from diffcompile.specialise.items import ChoiceItem, Item, TupleItem

if TYPE_CHECKING:
    from diffcompile.specialise.driver import Specialiser


def stores(spec: Specialiser, items: list[Item], names: tuple[str, ...], span: Span | None) -> bool:
    """Tell whether a method of these names stores something, of an instance that is reached through ``items``."""
    return any(
        hidden.storing(spec, cls, item, name, span)
        for cls, item in hidden.reached_instances(spec, items, names)
        for name in names
    )


def called(spec: Specialiser, fun: Any, args: list[Item], keywords: dict[str, Item], span: Span | None) -> Item | None:
    """Return the result of a call of a builtin function that asks for methods which store something, or None."""
    found = text_of(spec, fun, args, keywords, span)
    if found is None and not keywords:
        found = searched(spec, fun, args, span)
    if found is None and fun is hash and len(args) == 1 and _is_python(objects.method(spec, args[0], "__hash__")):
        return call_method(spec, args[0], "__hash__", [], span)
    return found


def operated(spec: Specialiser, fun: Any, args: list[Item], span: Span | None) -> Item | None:
    """Return the result of an operator that asks for methods which store something, or None."""
    if len(args) != 2:  # noqa: PLR2004
        return None
    return by_percent(spec, args, span) if fun is operator.mod else compared(spec, fun, args, span)


# -- texts ------------------------------------------------------------------------------------------------------------


def display(spec: Specialiser, op: Op, parts: list[Item], name: str) -> Item:
    """An f-string."""
    return formatted(spec, parts, op.attrs["specs"], op.span, name, op.attrs.get("computed", 0))


def formatted(
    spec: Specialiser, parts: list[Item], specs: tuple[str | None, ...], span: Span | None, name: str, computed: int = 0
) -> Item:
    """``f"{parts[0]}..."``; what stands before part ``computed`` is written out before that is evaluated.

    Raises:
        UnsupportedError: it stores something.
    """
    if (text := _known(parts, specs)) is not None:
        return text
    parts, found = list(parts), list(specs)
    for number, (part, kind) in enumerate(zip(parts, specs, strict=True)):
        if kind is None or not _is_instance(spec, part) or not stores(spec, [part], hidden.TEXT, span):
            continue
        if number < computed:
            raise spec.refuse(
                "a text is made of an object that stores something, and then of what is computed behind it",
                span,
                "make the text of the object on a line of its own",
            )
        conversion, _, rest = kind.partition(":")
        parts[number] = as_text(spec, part, conversion, rest, span)
        found[number] = f":{rest}" if conversion and rest else ""
    return spec.emit(Prim.FORMAT, parts, span, name=name, attrs={"specs": tuple(found)})


def _known(parts: list[Item], specs: tuple[str | None, ...]) -> Const | None:
    """Return the text where all its parts are known, so that it may name an attribute."""
    texts = []
    for part, kind in zip(parts, specs, strict=True):
        if not isinstance(part, Const) or not is_literal(part.value):
            return None
        try:
            texts.append(part.value if kind is None else f"{{{kind}}}".format(part.value))
        except (TypeError, ValueError):
            return None  # the program raises when it gets there
    return Const("".join(texts))


def _is_instance(spec: Specialiser, item: Item) -> bool:
    if isinstance(item, ChoiceItem):
        return _is_instance(spec, item.left) or _is_instance(spec, item.right)
    several = isinstance(item, Value) and isinstance(spec.types[item], OneOf)
    return several or objects.class_of(spec, item) is not None


def as_text(spec: Specialiser, item: Item, conversion: str, rest: str, span: Span | None) -> Item:
    """Return what ``f"{item}"`` makes of an instance: what its method returns."""
    item = instances.opened(spec, item, span)
    if isinstance(item, ChoiceItem):
        return choices.on_both(spec, item, lambda part: as_text(spec, part, conversion, rest, span), span)
    if objects.class_of(spec, item) is None:
        return item
    if not conversion and _is_python(objects.method(spec, item, "__format__")):
        return call_method(spec, item, "__format__", [Const(rest)], span)
    names = ("__str__", "__repr__") if conversion in ("", "!s") else ("__repr__",)
    for name in names:
        if _is_python(objects.method(spec, item, name)):
            return call_method(spec, item, name, [], span)
    return item


def _is_python(fun: Any) -> bool:
    return isinstance(fun, pytypes.FunctionType)


def text_of(spec: Specialiser, fun: Any, args: list[Item], keywords: dict[str, Item], span: Span | None) -> Item | None:
    """Return what ``str``, ``format``, ``print`` and the like make of instances that store something."""
    if fun not in (str, repr, format, print, str.format) or not args:
        return None
    if not any(_is_instance(spec, arg) for arg in (*args, *keywords.values())):
        return None
    if not stores(spec, [*args, *keywords.values()], hidden.TEXT, span):
        return None
    if fun is str.format:
        return _by_template(spec, args, keywords, span)
    if fun is print:
        texts = [as_text(spec, arg, "!s", "", span) if _is_instance(spec, arg) else arg for arg in args]
        return spec.emit(print, texts, span, keywords=keywords, t=ANY)
    if fun is format:
        rest = args[1] if len(args) > 1 else Const("")
        if isinstance(rest, Const) and isinstance(rest.value, str):
            return as_text(spec, args[0], "", rest.value, span)
        return None
    return as_text(spec, args[0], "!s" if fun is str else "!r", "", span) if len(args) == 1 else None


def _by_template(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None) -> Item | None:
    """``"{} {name!r}".format(...)`` of a text that is known, as an f-string."""
    template, *given = args
    if not isinstance(template, Const) or not isinstance(template.value, str):
        return None
    parts: list[Item] = []
    specs: list[str | None] = []
    count = 0
    for text, field, rest, conversion in string.Formatter().parse(template.value):
        if text:
            parts.append(Const(text))
            specs.append(None)
        if field is None:
            continue
        if field == "":
            field, count = str(count), count + 1  # noqa: PLW2901
        if field.isdigit() and int(field) < len(given):
            parts.append(given[int(field)])
        elif field in keywords:
            parts.append(keywords[field])
        else:
            return None
        if "{" in (rest or ""):
            return None
        specs.append((f"!{conversion}" if conversion else "") + (f":{rest}" if rest else ""))
    return formatted(spec, parts, tuple(specs), span, "")


_DIRECTIVE = re.compile(r"%(%|[sr]|.)", re.DOTALL)


def by_percent(spec: Specialiser, args: list[Item], span: Span | None) -> Item | None:
    """``"%s" % x`` of a text that is known, and instances that store something."""
    template, given = args
    parts = list(given.items) if isinstance(given, TupleItem) and given.cls is None else [given]
    if not isinstance(template, Const) or not isinstance(template.value, str):
        return None
    if not any(_is_instance(spec, part) for part in parts) or not stores(spec, parts, hidden.TEXT, span):
        return None
    kinds = [found for found in _DIRECTIVE.findall(template.value) if found != "%"]
    if len(kinds) != len(parts) or any(kind not in "sr" for kind in kinds):
        return None
    rest = iter(parts)
    found: list[Item] = []
    specs: list[str | None] = []
    for piece in re.split(r"(%%|%[sr])", template.value):
        if piece in ("%s", "%r"):
            found.append(next(rest))
            specs.append(f"!{piece[1]}")
        elif piece:
            found.append(Const("%" if piece == "%%" else piece))
            specs.append(None)
    return formatted(spec, found, tuple(specs), span, "")


# -- items that are compared ------------------------------------------------------------------------------------------

_SEARCHES: dict[Any, Any] = {
    operator.contains: library.held, list.index: library.index_of, tuple.index: library.index_of,
    list.count: library.count_of, tuple.count: library.count_of, list.remove: library.remove_held,
}  # fmt: skip


def searched(spec: Specialiser, fun: Any, args: list[Item], span: Span | None) -> Item | None:
    """Return what is found by comparing items of a list or a tuple, where their ``__eq__`` stores something."""
    if fun not in _SEARCHES or len(args) != 2:  # noqa: PLR2004
        return None
    if fun is operator.contains and results.class_of(spec, args[0]) is not None:
        return results.present(spec, args[0], args[1], span)
    if not _is_row(spec, args[0]) or not stores(spec, args, ("__eq__",), span):
        return None
    return call_python(spec, _SEARCHES[fun], args, {}, span)


def compared(spec: Specialiser, fun: Any, args: list[Item], span: Span | None) -> Item | None:
    """``a == b`` and ``a != b`` of two lists, or two tuples, the ``__eq__`` of whose items stores something."""
    if fun not in (operator.eq, operator.ne) or not all(_is_row(spec, arg) for arg in args):
        return None
    if isinstance(plain(spec.type(args[0])), Lst) is not isinstance(plain(spec.type(args[1])), Lst):
        return None
    if not stores(spec, args, ("__eq__", "__ne__"), span):
        return None
    same = call_python(spec, library.same_items, args, {}, span)
    return same if fun is operator.eq else spec.test(operator.not_, [same], span, "")


def _is_row(spec: Specialiser, item: Item) -> bool:
    return isinstance(item, TupleItem) or (isinstance(item, Value) and isinstance(plain(spec.type(item)), Lst | Tup))
