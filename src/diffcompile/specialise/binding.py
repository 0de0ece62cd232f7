"""Arguments to parameters, as Python binds them."""

from __future__ import annotations

import functools
import itertools
import operator
import types as pytypes
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from diffcompile import dynamic
from diffcompile.analysis.types import Cell, Dct, plain
from diffcompile.errors import Span, UnsupportedError
from diffcompile.frontend.lower import Code, Parameter
from diffcompile.ir.core import Const, Prim, Value
from diffcompile.specialise import containers
from diffcompile.specialise.items import Item, StarItem, TupleItem

if TYPE_CHECKING:
    from diffcompile.specialise.driver import Specialiser


def bind(
    spec: Specialiser,
    code: Code,
    parameters: tuple[Parameter, ...],
    args: list[Item],
    keywords: dict[str, Item],
    defaults: dict[str, Item],
    span: Span | None,
) -> list[Item]:
    """Return one item for each parameter, as Python binds arguments."""
    rest = args[-1] if args and isinstance(args[-1], StarItem) else None
    remaining = [arg for arg in args if arg is not rest]
    taken: list[Item] = []
    if rest is not None:
        taken = _leading(spec, code, parameters, len(remaining), keywords, defaults, rest, span)
        remaining += taken
    named = dict(keywords)
    others = named.pop(OTHERS, None)
    bound: list[Item] = []
    for parameter in parameters:
        name = parameter.name
        if parameter.kind in ("positional", "any") and remaining:
            if name in named and parameter.kind == "any":
                raise _call_error(code, f"got multiple values for argument {name!r}", span)
            bound.append(remaining.pop(0))
        elif parameter.kind == "args":
            extra = TupleItem(tuple(remaining))
            bound.append(extra if rest is None else _remainder(spec, extra, rest, len(taken), span))
            remaining = []
        elif parameter.kind == "kwargs":
            made = keyword_dict(spec, named, span, owner=code)
            bound.append(made if others is None else _with_others(spec, made, parameters, others, span))
            named = {}
        elif parameter.kind != "positional" and name in named:
            bound.append(named.pop(name))
        elif name in defaults:
            bound.append(defaults[name])
        else:
            raise _call_error(code, f"missing argument {name!r}", span)
    if remaining or named:
        raise _call_error(code, f"got an unexpected argument {next(iter(named), 'by position')!r}", span)
    return bound


MOST_LEFT_TO_DEFAULTS = 3
"""A call with ``*items`` is written out for each number of items, if so few parameters may get their defaults."""


class Uncounted(Exception):  # noqa: N818 - no error
    """How many items ``*items`` stands for decides which parameters get their defaults."""

    def __init__(self, name: str, least: int, most: int) -> None:
        super().__init__(name, least, most)
        self.name, self.least, self.most = name, least, most


OTHERS = "**"
"""Under which ``**options`` of unknown keys is among the keywords, of a function that takes any."""


def _plain_parameters(parameters: tuple[Parameter, ...], given: int, keywords: dict[str, Item]) -> list[Parameter]:
    """Return the parameters that further positional arguments go to."""
    plain_ones = [p for p in parameters if p.kind in ("positional", "any")]
    return list(itertools.takewhile(lambda p: p.name not in keywords, plain_ones[given:]))


def _leading(
    spec: Specialiser,
    code: Code,
    parameters: tuple[Parameter, ...],
    given: int,
    keywords: dict[str, Item],
    defaults: dict[str, Item],
    rest: StarItem,
    span: Span | None,
) -> list[Item]:
    """Return the items of ``*rest`` that go to parameters of their own; where there are too few, the defaults."""
    from diffcompile.specialise import displays  # noqa: PLC0415 - it is built on calls

    wanted = _plain_parameters(parameters, given, keywords)
    open_ended = any(p.kind == "args" for p in parameters)
    least = sum(p.name not in defaults for p in wanted)
    if least == len(wanted) and not open_ended:
        return displays.unpacked(spec, rest.source, least, span)
    if not open_ended and len(wanted) - least <= MOST_LEFT_TO_DEFAULTS:
        raise Uncounted(code.name, least, len(wanted))
    count = spec.emit(len, [rest.source], span)
    if least < len(wanted):
        most = Const(None if open_ended else len(wanted))
        spec.effect(dynamic.check_count, [count, Const(least), most, Const(code.name)], span)

    def item(number: int) -> Item:
        return containers.load_item(spec, rest.source, Const(number), span)

    found = [item(number) for number in range(least)]
    for number, parameter in enumerate(wanted[least:], start=least):
        there = spec.emit(operator.gt, [count, Const(number)], span)
        found.append(_or_default(spec, there, functools.partial(item, number), defaults[parameter.name], span))
    return found


def _or_default(
    spec: Specialiser, there: Item, load: Callable[[], Item], default: Item, span: Span | None
) -> Item:
    """Return an argument if it is there, and else the default."""
    from diffcompile.specialise.merging import branches  # noqa: PLC0415 - it is built on objects

    if isinstance(there, Const):
        return load() if there.value else default
    return branches(spec, there, (lambda: [load()], lambda: [default]), [""], span)[0]  # type: ignore[arg-type]


def named_arguments(
    spec: Specialiser,
    code: Code,
    given: int,
    keywords: dict[str, Item],
    defaults: dict[str, Item],
    options: Item,
    span: Span | None,
) -> dict[str, Item]:
    """Return the keywords that ``**options`` of unknown keys stands for: an argument for each parameter left."""
    places = [p for p in code.parameters if p.kind in ("positional", "any")]
    taken = {p.name for p in places[:given]} | set(keywords)
    names = [p.name for p in code.parameters if p.kind in ("any", "keyword") and p.name not in taken]
    needed = tuple(name for name in names if name not in defaults)
    any_other = any(p.kind == "kwargs" for p in code.parameters)
    allowed = Const(None if any_other else tuple(names))
    here: Item = Const(tuple(sorted(taken)))
    spec.effect(dynamic.check_keywords, [options, Const(needed), allowed, here, Const(code.name)], span)

    def item(name: str) -> Item:
        return containers.load_item(spec, options, Const(name), span)

    found = {name: item(name) for name in needed}
    for name in names:
        if name in defaults:
            there = spec.test(operator.contains, [options, Const(name)], span, "")
            found[name] = _or_default(spec, there, functools.partial(item, name), defaults[name], span)
    return {**found, OTHERS: options} if any_other else found


def _with_others(
    spec: Specialiser, named: Item, parameters: tuple[Parameter, ...], options: Item, span: Span | None
) -> Item:
    """Return the dict of ``**kwargs`` into which ``**options`` go, but for those that have parameters of their own."""
    from diffcompile.specialise import inlining, library  # noqa: PLC0415

    own = Const(tuple(p.name for p in parameters if p.kind in ("any", "keyword")))
    return inlining.call_python(spec, library.with_others, [named, options, own], {}, span)


def _remainder(spec: Specialiser, given: TupleItem, rest: StarItem, taken: int, span: Span | None) -> Item:
    """Return ``*args`` where a list goes into it: the items that no parameter of its own takes, as a list."""
    from diffcompile.specialise import inlining, library  # noqa: PLC0415

    source: Item = rest.source
    if taken:
        where = spec.emit(slice, [Const(taken), Const(None), Const(None)], span)
        return containers.load_item(spec, source, where, span)
    return inlining.call_python(spec, library.joined, [given, source], {}, span)


def defaults_of(spec: Specialiser, fun: pytypes.FunctionType, code: Code) -> dict[str, Item]:
    """Return the defaults of ``fun``, each guarded: a default that changes gives new code."""
    positional = [p for p in code.parameters if p.kind in ("positional", "any")]
    values = fun.__defaults__ or ()
    readers: dict[str, Callable[[], Any]] = {}
    for number, parameter in enumerate(positional[len(positional) - len(values) :]):
        readers[parameter.name] = functools.partial(positional_default, fun, number)
    for name in fun.__kwdefaults__ or {}:
        readers[name] = functools.partial(keyword_default, fun, name)
    return {
        name: spec.surrounding((id(fun), "default", name), name, read(), read) for name, read in readers.items()
    }


def positional_default(fun: pytypes.FunctionType, number: int) -> Any:
    """Return the present default of a parameter by its place among those that have one."""
    defaults = fun.__defaults__ or ()
    return defaults[number] if number < len(defaults) else None


def keyword_default(fun: pytypes.FunctionType, name: str) -> Any:
    """Return the present default of a keyword-only parameter."""
    return (fun.__kwdefaults__ or {}).get(name)


def keyword_dict(
    spec: Specialiser, named: dict[str, Item], span: Span | None, name: str = "kwargs", owner: Code | None = None
) -> Item:
    """Return the dict that ``**kwargs`` of ``owner`` holds, or another with these keys."""
    cell = spec.memory.cells.setdefault((spec.path, span, owner, tuple(named)), Cell(fields={}, fixed=True))
    for key, value in named.items():
        cell.add_field(key, plain(spec.type(value)))
    parts: list[Item] = [part for key, value in named.items() for part in (Const(key), value)]
    made = spec.emit(Prim.DICT, parts, span, name=name, t=Dct(cell))
    assert isinstance(made, Value)
    spec.keys[made] = (spec.depth, tuple(named))
    return made


class CallError(UnsupportedError):
    """A call whose arguments do not fit the parameters: it raises TypeError when it is made."""


def _call_error(code: Code, problem: str, span: Span | None) -> CallError:
    return CallError(f"{code.name}() {problem}", span=span)
