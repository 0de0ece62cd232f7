"""What a call of a function returns and writes, found by specialising the function alone.

A call that is not inlined needs to say so where it stands. In a recursion the answer depends on itself: it is found
by assuming that the inner calls return nothing that exists, and widening until the assumption holds.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass

from diffcompile.analysis.aliasing import find_aliases
from diffcompile.analysis.types import (
    ANY,
    BOTTOM,
    RANGE,
    Array,
    Dct,
    Lst,
    Scalar,
    Static,
    Tup,
    Type,
    forget_sizes,
    join,
    plain,
)
from diffcompile.errors import DiffCompileError
from diffcompile.frontend.lower import Code
from diffcompile.ir.core import Const, Operand
from diffcompile.signature import Same
from diffcompile.specialise.items import Item, TupleItem
from diffcompile.specialise.program import Guard, Program

MOST_ROUNDS = 6
MOST_NESTED = 8
"""So many signatures are found for each other: a recursion over a type that grows has no end."""
MOST_KNOWN = 64
"""So many signatures of one function are remembered."""


@dataclass(frozen=True, slots=True)
class Signature:
    """What a call of a function does, as far as its caller is concerned."""

    result: Type = ANY
    written: tuple[int, ...] = ()
    """Positions of array arguments that the function writes to."""
    fresh: bool = False
    """The result shares no memory with an argument."""
    returned: int | None = None
    """The position of the argument that is the result itself."""
    guards: tuple[Guard, ...] = ()
    items: tuple[tuple[int, Type], ...] = ()
    """What the function may leave in the lists that it is given."""
    inner: tuple[int, ...] = ()
    """Positions of lists of which it changes what they hold."""


_UNKNOWN = Signature()
_ASSUMED: dict[Hashable, Signature] = {}
_KNOWN: dict[int, tuple[Code, dict[Hashable, Signature]]] = {}


def signature_of(
    code: Code, types: list[Type], run: Callable[[Code, list[Type], bool], Program], lists: bool
) -> Signature:
    """Return what a call of ``code`` with arguments of these types does; ``run`` specialises a function.

    Nothing is known where an argument is a dict or an object (a list, unless ``lists``), or where the function is
    outside the subset.
    """
    types = [forget_sizes(t) for t in types]
    if not all(map(_is_simple, types)) or (not lists and any(isinstance(t, Lst) for t in types)):
        return _UNKNOWN
    key: Hashable = (id(code), *map(_key, types))
    if key in _ASSUMED:
        return _ASSUMED[key]
    _, known = _KNOWN.setdefault(id(code), (code, {}))
    found = known.get(key)
    if found is not None and all(guard.holds(guard.read()) for guard in found.guards):
        _note_items(found, types)
        return found
    if len(_ASSUMED) >= MOST_NESTED:
        return _UNKNOWN
    if len(known) >= MOST_KNOWN:  # what a program is must not depend on what was compiled before it
        del known[next(iter(known))]
    try:
        found = _settled(code, types, run, key)
    except (DiffCompileError, RecursionError):
        found = _UNKNOWN
    finally:
        _ASSUMED.pop(key, None)
    known[key] = found
    _note_items(found, types)
    return found


def _note_items(found: Signature, types: list[Type]) -> None:
    for number, item in found.items:
        t = types[number]
        if isinstance(t, Lst | Dct):
            t.cell.add(item)


def _settled(
    code: Code, types: list[Type], run: Callable[[Code, list[Type], bool], Program], key: Hashable
) -> Signature:
    assumed = Signature(BOTTOM, (), True)
    for _ in range(MOST_ROUNDS):
        _ASSUMED[key] = assumed
        program = run(code, types, assumed.result is BOTTOM)
        found = _described(program, len(types))
        result = join(assumed.result, found.result)
        written = tuple(sorted({*assumed.written, *found.written}))
        inner = tuple(sorted({*assumed.inner, *found.inner}))
        fresh = assumed.fresh and found.fresh
        new = Signature(result, written, fresh, found.returned, found.guards, found.items, inner)
        if (new.result, written, inner, fresh) == (assumed.result, assumed.written, assumed.inner, assumed.fresh):
            return new
        assumed = new
    return _UNKNOWN


def _described(program: Program, count: int) -> Signature:
    function = program.function
    aliases = find_aliases(function, program.types)
    nodes_of = {number: aliases.of(param) for number, param in enumerate(function.params[:count])}
    written = [number for number, node in nodes_of.items() if node is not None and node.deep_written()]
    inner = tuple(number for number, node in nodes_of.items() if node is not None and node.holds_written())
    if isinstance(program.structure, TupleItem) and program.structure.cls is None:
        nodes = [aliases.of(result) for result in function.body.results]
        fresh = all(node is None or not node.extern for node in nodes)
        leaves = iter([forget_sizes(_leaf_type(program, result)) for result in function.body.results])
        result_type = _structured(program.structure, leaves)
        return Signature(result_type, tuple(written), fresh, None, tuple(program.guards), inner=inner)
    held = {number: program.types[param] for number, param in enumerate(function.params[:count])}
    items = tuple((number, t.cell.root().item) for number, t in held.items() if isinstance(t, Lst | Dct))
    if len(function.body.results) != 1:
        return Signature(ANY, tuple(written), False, None, tuple(program.guards), items, inner)
    (result,) = function.body.results
    node = aliases.of(result)
    fresh = node is None or not node.extern
    t = _leaf_type(program, result)
    returned = function.params.index(result) if result in function.params[:count] else None
    return Signature(forget_sizes(t), tuple(written), fresh, returned, tuple(program.guards), items, inner)


def _leaf_type(program: Program, result: Operand) -> Type:
    return plain(Static(result.value) if isinstance(result, Const) else program.types[result])


def _structured(structure: Item | None, leaves: Iterator[Type]) -> Type:
    """Return the type of a nested tuple of results."""
    if isinstance(structure, TupleItem) and structure.cls is None:
        return Tup(tuple(_structured(part, leaves) for part in structure.items))
    return next(leaves)


def _is_simple(t: Type) -> bool:
    if isinstance(t, Tup):
        return all(map(_is_simple, t.items))
    if isinstance(t, Lst):
        return t.item is BOTTOM or _is_simple(t.item)
    if isinstance(t, Dct):
        cell = t.cell.root()
        plainly = cell.fields is None and cell.kind is None and not cell.fixed
        return plainly and (cell.item is BOTTOM or _is_simple(cell.item))
    return isinstance(t, Scalar | Array | Static) or t is RANGE


def _key(t: Type) -> Hashable:
    if isinstance(t, Static):
        return (Static, type(t.value), Same(t.value) if callable(t.value) else repr(t.value))
    if isinstance(t, Lst):
        return (Lst, repr(t.item))
    if isinstance(t, Dct):
        return (Dct, repr(t.cell.root().item))
    if isinstance(t, Array):
        return (Array, str(t.dtype), t.dims, t.owner)
    return (type(t), repr(t))
