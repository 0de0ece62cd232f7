"""Functions of functions over sequences: ``map``, ``filter``, ``reduce``, ``sorted``, keys, and :mod:`itertools`."""

from __future__ import annotations

import functools
import itertools
import operator
import types as pytypes
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from diffcompile import dynamic
from diffcompile.analysis.types import RANGE, STRING, Array, Tup
from diffcompile.errors import Span
from diffcompile.ir.core import Const
from diffcompile.rules.functionals import parameter_count
from diffcompile.specialise import cursors, library, library_iterators, sequences, spelled
from diffcompile.specialise.functions import function_code
from diffcompile.specialise.handlers.handler import Handler, refused
from diffcompile.specialise.inlining import call_python
from diffcompile.specialise.items import (
    NONE,
    BoundItem,
    ClosureItem,
    GeneratorItem,
    Item,
    IteratorItem,
    TupleItem,
)
from diffcompile.specialise.opaque import opaque

if TYPE_CHECKING:
    from diffcompile.specialise.driver import Specialiser


def is_none(item: Item) -> bool:
    """Tell whether ``item`` is None."""
    return isinstance(item, Const) and item.value is None


def key_and_order(keywords: dict[str, Item]) -> tuple[Item, Item]:
    """Return the arguments ``key`` and ``reverse`` of a sort."""
    return keywords.get("key", NONE), keywords.get("reverse", Const(False))


def _sorted(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
    key, backwards = key_and_order(keywords)
    if is_none(key):
        return call_python(spec, library.ordered, [args[0], backwards], {}, span)
    return call_python(spec, library.ordered_by, [args[0], key, backwards], {}, span)


def _map(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
    single = len(args) == 2  # noqa: PLR2004
    asked = sequences.iterated if single else cursors.begun
    args = [args[0], *(asked(spec, arg, span) for arg in args[1:])]
    return call_python(spec, library.mapped if single else library.mapped_over, args, {}, span)


def _filter(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
    args = [args[0], sequences.iterated(spec, args[1], span)]
    if is_none(args[0]):
        return call_python(spec, library.true_items, args[1:], {}, span)
    return call_python(spec, library.filtered, args, {}, span)


def _reduce(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
    from_start = len(args) == 3  # noqa: PLR2004
    return call_python(spec, library.reduced_from if from_start else library.reduced, args, {}, span)


def _accumulate(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
    function = args[1] if len(args) > 1 else keywords.get("func", Const(operator.add, "operator.add"))
    if is_none(function):
        function = Const(operator.add, "operator.add")
    source = sequences.iterated(spec, args[0], span)
    if not is_none(start := keywords.get("initial", NONE)):
        source = call_python(spec, library.chained, [TupleItem((start,)), source], {}, span)
    return call_python(spec, library.accumulated, [source, function], {}, span)


def _by(function: Any) -> Handler:
    def handle(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
        return call_python(spec, function, args, keywords, span)

    return handle


def _over(function: Any) -> Handler:
    """Return the handler of ``kind(choice, items)``, which asks for the iterator of ``items`` when it is called."""

    def handle(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
        return call_python(spec, function, [args[0], sequences.iterated(spec, args[1], span)], {}, span)

    return handle


def _islice(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
    bounds = [NONE, args[1]] if len(args) == 2 else args[1:]  # noqa: PLR2004
    source = sequences.iterated(spec, args[0], span)
    if isinstance(source, TupleItem) or spec.type(source) is RANGE:
        where = spec.emit(slice, [*bounds, NONE][:3], span)
        return call_python(spec, library.sliced, [source, where], {}, span)
    start, stop, step = [*bounds, NONE][:3]
    bounds = [Const(0) if is_none(start) else start, stop, Const(1) if is_none(step) else step]
    return call_python(spec, library.sliced_lazily, [source, *bounds], {}, span)


def _pairwise(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
    return call_python(spec, library.paired, [sequences.iterated(spec, args[0], span)], {}, span)


def _count(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
    given: dict[str, Item] = {"start": Const(0), "step": Const(1), **keywords}
    given.update(zip(given, args, strict=False))
    start, step = given["start"], given["step"]
    site = cursors.site(spec, "count", span)
    if site in spec.memory.shared:
        return cursors.shared(spec, "count", [start, step], span)
    made = call_python(spec, library.counted, [start, step], {}, span)
    assert isinstance(made, GeneratorItem)
    return replace(made, site=site)


def _cycle(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
    return cursors.cycled(spec, args, span)


def _truth(function: Any, of_data: Any) -> Handler:
    """``any`` and ``all`` of what is not there yet: they stop where they know the answer."""

    def handle(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
        args = [sequences.iterated(spec, args[0], span)]
        if spelled.stores(spec, args, ("__bool__", "__len__"), span):
            return call_python(spec, function, args, {}, span)
        if isinstance(args[0], GeneratorItem | IteratorItem) or cursors.is_stateful(spec, args[0]):
            return call_python(spec, function, args, {}, span)
        return opaque(spec, of_data, args, keywords, span, hint)

    return handle


def _zip_longest(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
    parts = [sequences.by_number(spec, arg, span) for arg in args]
    return IteratorItem("longest", (keywords.get("fillvalue", NONE), *parts))


def _picked(kind: str) -> Handler:
    """``product``, ``combinations`` and ``permutations``: which items go together is decided by their numbers alone."""

    def handle(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
        if kind == "product":
            sources, count = args, keywords.get("repeat", Const(1))
        else:
            sources = args[:1]
            count = args[1] if len(args) > 1 else keywords.get("r", NONE)
        if not isinstance(count, Const) or not isinstance(count.value, int):
            raise spec.refuse(f"`itertools.{kind}` needs a known number of items", span, "write the loops")
        lists = [_kept(spec, source, span) for source in sources]
        sizes = TupleItem(tuple(sequences.length(spec, part) for part in lists))
        numbers = lists * count.value
        places = spec.emit(dynamic.index_sets, [Const(kind), sizes, count], span)
        return IteratorItem("picked", (places, *numbers))

    return handle


def _kept(spec: Specialiser, source: Item, span: Span | None) -> Item:
    """Return something with numbered items that holds what ``source`` holds now, whatever is stored there later."""
    source = sequences.sequence(spec, source)
    t = spec.type(source)
    if isinstance(source, TupleItem | Const) or t in (RANGE, STRING) or isinstance(t, Tup):
        return source
    if isinstance(t, Array) and (t.owner is not None or (t.rank is not None and t.rank > 1)):
        return source  # its items are views, whenever they are taken
    if isinstance(t, Array) and t.rank == 1:
        return spec.emit(np.copy, [source], span)
    return call_python(spec, library.listed, [source], {}, span)


def _groupby(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
    """Find all items and keys first, which may not be when Python asks for them; a user's generator would show it."""
    source = args[0] if args else keywords["iterable"]
    key = args[1] if len(args) > 1 else keywords.get("key", NONE)
    if (isinstance(source, GeneratorItem) and source.code.name != "<genexpr>") or cursors.is_stateful(spec, source):
        raise spec.refuse("`itertools.groupby` of a generator is not supported", span, "make a list of it first")
    items = call_python(spec, library.listed, [sequences.iterated(spec, source, span)], {}, span)
    keys = items
    if not is_none(key):
        keys = call_python(spec, library.listed, [call_python(spec, library.mapped, [key, items], {}, span)], {}, span)
    return call_python(spec, library_iterators.grouped, [items, keys], {}, span)


def _parameter_count(
    spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str
) -> Item:
    (fun,) = args
    given: tuple[Item, ...] = ()
    if isinstance(fun, BoundItem):
        given, fun = fun.args, Const(fun.function)
    if isinstance(fun, Const) and isinstance(fun.value, pytypes.FunctionType):
        parameters: Any = function_code(fun.value).parameters
    elif isinstance(fun, ClosureItem):
        parameters = fun.code.parameters
    else:
        raise spec.refuse("how many parameters the function of a fit has is not known here", span, "give p0")
    if any(parameter.kind == "args" for parameter in parameters):
        return spec.failure(ValueError, "Unable to determine number of fit parameters.", span)
    return Const(sum(parameter.kind in ("any", "positional") for parameter in parameters) - len(given))


_CACHE_ADVICE = "define the function at module level, or keep what it returned in a dict"
HANDLERS: dict[Any, Handler] = {
    any: _truth(library.any_true, any), all: _truth(library.all_true, all),
    sorted: _sorted, map: _map, filter: _filter, functools.reduce: _reduce,
    itertools.count: _count, itertools.accumulate: _accumulate, itertools.chain: _by(library.chained),
    itertools.chain.from_iterable: _by(library.flattened), itertools.starmap: _over(library.star_mapped),
    itertools.islice: _islice,
    itertools.pairwise: _pairwise, itertools.zip_longest: _zip_longest, itertools.product: _picked("product"),
    itertools.combinations: _picked("combinations"), itertools.permutations: _picked("permutations"),
    itertools.combinations_with_replacement: _picked("combinations_with_replacement"),
    itertools.takewhile: _over(library.taken_while), itertools.dropwhile: _over(library.dropped_while),
    itertools.cycle: _cycle, parameter_count: _parameter_count,
    functools.lru_cache: refused("`functools.lru_cache` of a nested function is not supported", _CACHE_ADVICE),
    functools.cache: refused("`functools.cache` of a nested function is not supported", _CACHE_ADVICE),
    itertools.groupby: _groupby,
}  # fmt: skip
