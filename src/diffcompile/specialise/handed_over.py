"""Objects that a call through a pair may change: their attributes go in, and come back as further results.

    before: visit(x, acc)
    after:  result, total = visit(x, Acc(total)); acc.total = total

Which object it is must be known, and that nothing else stands for it: the callee works on another one of the same
class. That its attributes stay what they were, numbers or arrays of a rank, is looked at when the program runs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import gast

from diffcompile import dynamic
from diffcompile.analysis.types import ANY, Array, Cell, Obj, Scalar, Tup, Type, plain
from diffcompile.errors import Span
from diffcompile.frontend.cells import Cells, Globals
from diffcompile.frontend.lower import Code
from diffcompile.frontend.nodes import nodes_under
from diffcompile.ir.core import Const, Op, Prim, Value, blocks
from diffcompile.specialise import heap
from diffcompile.specialise.items import (
    BoundItem,
    ChoiceItem,
    ClosureItem,
    GeneratorItem,
    Item,
    IteratorItem,
    ObjectItem,
    SuperItem,
    TupleItem,
    is_undefined,
)

if TYPE_CHECKING:
    from diffcompile.specialise.building import Building
    from diffcompile.specialise.driver import Specialiser

Changing = tuple[tuple[int, tuple[str, ...]], ...]
"""Arguments that are objects, and those of their attributes that a call hands back."""


def note_store(spec: Building) -> None:
    """Record that the functions that are being inlined store attributes.

    Raises:
        Restart: one of them was called as a pair, as if it did not.
    """
    from diffcompile.specialise.instances import Restart  # noqa: PLC0415

    new = set(spec.stack) - spec.memory.storing
    spec.memory.storing |= new
    if spec.may_restart and not new.isdisjoint(spec.memory.paired):
        raise Restart


def changing(spec: Specialiser, code: Code, args: list[Item]) -> Changing:
    """Return the objects among the arguments that a call of ``code`` may change, and hand back."""
    spec.memory.paired.add(code)
    if code not in spec.memory.storing and not _stores(code):
        return ()
    found = []
    for number, item in enumerate(args):
        if not isinstance(item, ObjectItem) or not _is_alone(spec, item, args):
            continue
        names = tuple(name for name, value in _fields(spec, item).items() if _kind(spec, value) is not None)
        if names:
            found.append((number, names))
    return tuple(found)


def _stores(code: Code) -> bool:
    """Tell whether the text of a function stores attributes."""
    nodes = nodes_under(code.source.node)
    return any(isinstance(node, gast.Attribute) and isinstance(node.ctx, gast.Store) for node in nodes)


def _is_alone(spec: Specialiser, item: ObjectItem, args: list[Item]) -> bool:
    """Tell whether nothing else stands for an object, and all that it holds is data."""
    if item.root is not None and item not in spec.handed:
        return False  # the caller's: anything of his may refer to it
    if item in spec.shared or isinstance(item.example, Globals) or item.cls is Cells:
        return False
    if sum(reaches(arg, item) for arg in args) != 1 or _is_held(spec, item):
        return False
    fields = heap.fields_of(spec, item)
    flags = [value for name, value in fields.items() if heap.is_flag(name)]
    data = Value | Const | ClosureItem | BoundItem
    return all(flag is heap.YES for flag in flags) and all(isinstance(value, data) for value in fields.values())


def _fields(spec: Specialiser, item: ObjectItem) -> dict[str, Item]:
    return {name: value for name, value in heap.fields_of(spec, item).items() if not heap.is_flag(name)}


def _is_held(spec: Building, item: ObjectItem) -> bool:
    return any(reaches(value, item) for fields in spec.heap.objects.values() for value in fields.values())


def reaches(item: Item, wanted: ObjectItem) -> bool:
    """Tell whether ``item`` is or holds an object; what objects hold is known to the heap."""
    parts: tuple[Item, ...] = ()
    match item:
        case ObjectItem():
            return item is wanted
        case TupleItem():
            parts = item.items
        case ClosureItem():
            parts = (*item.captured, *item.defaults)
        case BoundItem():
            parts = (*item.args, *(part for _, part in item.keywords))
        case IteratorItem():
            parts = item.sources
        case GeneratorItem():
            parts = item.args
        case SuperItem():
            parts = (item.instance,)
        case ChoiceItem():
            parts = (item.left, item.right)
    return any(reaches(part, wanted) for part in parts)


def _kind(spec: Building, item: Item) -> tuple[Type, tuple[str, int]] | None:
    """Return what is taken for granted of an attribute after a call: its type, and what is looked at."""
    if not isinstance(item, Value | Const):
        return None
    t = plain(spec.type(item))
    if isinstance(item, Const) and isinstance(item.value, bool):
        t = Scalar("b")
    if isinstance(t, Array) and t.dtype is not None and t.rank is not None and t.owner is None:
        bare = Array(t.dtype, tuple(type(dim)(None, False) for dim in t.dims or ()))
        return bare, (str(t.dtype), t.rank)
    if isinstance(t, Scalar) and t.kind in "bif":
        return Scalar(t.kind), (t.kind, 0)
    return (ANY, ("any", 0)) if t is ANY else None


def copied(spec: Specialiser, item: ObjectItem, span: Span | None) -> Value:
    """Return a new instance with the attributes that an object has now."""
    fields = {name: value for name, value in _fields(spec, item).items() if not is_undefined(value)}
    operands = [spec.operand(value) for value in fields.values()]
    cell = spec.memory.cells.setdefault((spec.path, item.cls, "copied", tuple(fields)), Cell(fields={}))
    for name, operand in zip(fields, operands, strict=True):
        cell.add_field(name, plain(spec.type(operand)))
    result = spec.value("", Obj(item.cls, cell), operands)
    spec.ops.append(Op(Prim.OBJECT, tuple(operands), (result,), {"cls": item.cls, "names": tuple(fields)}, (), span))
    return result


def types_of(spec: Specialiser, args: list[Item], objects: Changing) -> list[Type]:
    """Return the types of what a call hands back: a tuple for each object."""
    found: list[Type] = []
    for number, names in objects:
        fields = heap.fields_of(spec, args[number])  # type: ignore[arg-type]
        found.append(Tup(tuple(_kind(spec, fields[name])[0] for name in names)))  # type: ignore[index]
    return found


def stored(spec: Specialiser, args: list[Item], objects: Changing, results: list[Value], span: Span | None) -> None:
    """Store what a call handed back in the objects."""
    for (number, names), result in zip(objects, results, strict=True):
        item = args[number]
        assert isinstance(item, ObjectItem)
        before = heap.fields_of(spec, item)
        t = spec.types[result]
        assert isinstance(t, Tup)
        values = [spec.value("", part, [result]) for part in t.items]
        attrs = {"before": len(values), "starred": False, "after": 0}
        spec.ops.append(Op(Prim.UNPACK, (result,), tuple(values), attrs, (), span))
        for name, value in zip(names, values, strict=True):
            kind = _kind(spec, before[name])
            assert kind is not None
            spec.names.setdefault(value, heap.spoken(name))
            spec.effect(dynamic.check_kind, [value, *map(Const, kind[1]), Const(name)], span)
            spec.heap.set(item, name, value)


def contents(spec: Specialiser, items: list[Item], result: Item, objects: Changing) -> tuple[Item, ...]:
    """Return what a function leaves in the objects that it was given.

    Raises:
        UnsupportedError: it keeps one, or returns it: its caller has another one.
    """
    found = []
    for number, names in objects:
        item = items[number]
        escapes = not isinstance(item, ObjectItem) or item in spec.shared or reaches(result, item)
        if escapes or _is_held(spec, item) or _is_used(spec, item):  # type: ignore[arg-type]
            raise spec.refuse(
                "a function that is called recursively stores attributes of an object that it is given, and keeps or "
                "returns it",
                spec.span,
                "return the attributes",
            )
        found.append(TupleItem(tuple(heap.initial(spec, item, name) for name in names)))  # type: ignore[arg-type]
    return tuple(found)


def _is_used(spec: Building, item: ObjectItem) -> bool:
    """Tell whether a parameter is used for more than reading its attributes."""
    for block in blocks_of(spec.ops):
        for op in block:
            if item.root in op.operands and op.callee is not getattr:
                return True
            if any(item.root in region.results for region in op.regions):
                return True
    return False


def blocks_of(ops: list[Op]) -> list[list[Op]]:
    """Return the operations, and those of all regions."""
    found = [list(ops)]
    for op in ops:
        for region in op.regions:
            found += [list(block.ops) for block in blocks(region)]
    return found


__all__ = ["Changing", "changing", "contents", "copied", "note_store", "stored", "types_of"]
