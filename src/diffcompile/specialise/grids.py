"""Items of ``np.r_``, ``np.c_``, ``np.mgrid`` and ``np.ogrid``; what is known of lists where they are made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from diffcompile.analysis.types import Array, Scalar, plain
from diffcompile.errors import Span
from diffcompile.ir.core import Const, Value
from diffcompile.rules import joining
from diffcompile.specialise.items import Item, TupleItem
from diffcompile.specialise.known_lists import known_items

if TYPE_CHECKING:
    from diffcompile.specialise.driver import Specialiser

_ROWS, _COLUMNS = type(np.r_), type(np.c_)
_MESH, _OPEN_MESH = type(np.mgrid), type(np.ogrid)


def is_grid(value: object) -> bool:
    """Tell whether a value is one of NumPy's objects that build arrays from an index."""
    return type(value) in (_ROWS, _COLUMNS, _MESH, _OPEN_MESH, type(np.s_))


def made_of(spec: Specialiser, item: Item, callee: object) -> tuple[Item, ...] | None:
    """Return the operands of the operation of this block that made ``item`` with ``callee``, or None."""
    for op in reversed(spec.ops):
        if item in op.results:
            return op.operands if op.callee is callee else None
    return None


def listed_items(spec: Specialiser, item: Item) -> tuple[Item, ...] | None:
    """Return the items of a tuple, or of a list that was written out before; None if they are not known."""
    if isinstance(item, TupleItem):
        return item.items
    if isinstance(item, Const) and isinstance(item.value, tuple):
        return tuple(Const(part) for part in item.value)
    items = known_items(spec, item, far=True)
    return None if items is None else tuple(items)


def grid_item(spec: Specialiser, base: Item, index: Item, span: Span | None) -> Item | None:
    """Return ``base[index]`` if ``base`` is one of NumPy's objects that build arrays, or indices, from an index."""
    kind = type(base.value) if isinstance(base, Const) else None
    if kind is type(np.s_):
        wrapped = base.value.maketuple and not isinstance(index, TupleItem)  # type: ignore[union-attr]
        return TupleItem((index,)) if wrapped else index
    if kind not in (_ROWS, _COLUMNS, _MESH, _OPEN_MESH):
        return None
    from diffcompile.specialise.ruled import rule_call  # noqa: PLC0415

    parts = index.items if isinstance(index, TupleItem) else (index,)
    ranges = [_range(spec, part, span) for part in parts]
    if kind in (_MESH, _OPEN_MESH):
        if any(found is None for found in ranges):
            raise spec.refuse("the index of a mesh must be slices", span)
        axes: list[Item] = [found for found in ranges if found is not None]
        if not isinstance(index, TupleItem):
            return axes[0]
        options: dict[str, Item] = {"indexing": Const("ij")}
        if kind is _OPEN_MESH:
            return rule_call(spec, np.meshgrid, axes, {**options, "sparse": Const(True)}, span, "")
        return rule_call(spec, np.array, [rule_call(spec, np.meshgrid, axes, options, span, "")], {}, span, "")
    places, parts, ranges = _directions(spec, kind, parts, ranges, span)
    return _joined(spec, places, parts, ranges, span)


_OF_COLUMNS = (-1, 2, 0)


@dataclass(frozen=True, slots=True)
class _Places:
    """How ``np.r_`` joins: along which axis, arrays of how many axes at least, and where those of a smaller one go."""

    axis: int = 0
    rank: int = 1
    old_axes: int = -1


def _directions(
    spec: Specialiser, kind: type, parts: tuple[Item, ...], ranges: list[Item | None], span: Span | None
) -> tuple[_Places, tuple[Item, ...], list[Item | None]]:
    """Return how the arrays are joined, by the text that comes first or by the class, and the arrays."""
    first = parts[0]
    text = first.value if isinstance(first, Const) and isinstance(first.value, str) else None
    if any(isinstance(part, Const) and isinstance(part.value, str) for part in parts[0 if text is None else 1 :]):
        raise spec.refuse("directions behind the first item of np.r_ are not supported", span, "put them first")
    given = _OF_COLUMNS if kind is _COLUMNS else (0, 1, -1)
    if text is None:
        return _Places(*given), parts, ranges
    try:
        numbers = tuple(int(part) for part in text.split(","))
    except ValueError:
        raise spec.refuse("matrices are not supported", span, "use np.concatenate") from None
    if "," not in text:
        numbers = (*numbers, *given[1:])
    elif len(numbers) < len(given):
        numbers = (*numbers, given[2])
    return _Places(*numbers), parts[1:], ranges[1:]


def _joined(
    spec: Specialiser, places: _Places, parts: tuple[Item, ...], ranges: list[Item | None], span: Span | None
) -> Item:
    """Return the arrays behind one another; numbers of Python's do not widen what they are joined with."""
    from diffcompile.specialise.calls import call_static  # noqa: PLC0415 - calls are built on this
    from diffcompile.specialise.inlining import call_python  # noqa: PLC0415
    from diffcompile.specialise.ruled import rule_call  # noqa: PLC0415

    known = [part if found is None else found for part, found in zip(parts, ranges, strict=True)]
    if places == _Places(*_OF_COLUMNS) and _are_flat(spec, known) and not _are_mixed(spec, known):
        return rule_call(spec, np.column_stack, [TupleItem(tuple(known))], {}, span, "")
    arrays: list[Item] = []
    for part, found in zip(known, ranges, strict=True):
        if places.rank <= 1:
            arrays.append(rule_call(spec, np.atleast_1d, [part], {}, span, ""))
        else:
            options = [Const(places.rank), Const(places.old_axes), Const(found is not None)]
            arrays.append(call_python(spec, joining.with_axes, [part, *options], {}, span))
    keywords: dict[str, Item] = {} if places.axis == 0 else {"axis": Const(places.axis)}
    if _are_mixed(spec, known):
        keywords["dtype"] = call_static(spec, np.result_type, known, {}, span)
    return rule_call(spec, np.concatenate, [TupleItem(tuple(arrays))], keywords, span, "")


def _are_flat(spec: Specialiser, parts: list[Item]) -> bool:
    """Tell whether there are only numbers and arrays of two axes at most."""
    types = [plain(spec.type(part)) for part in parts]
    return all(isinstance(t, Scalar) or (isinstance(t, Array) and t.rank is not None and t.rank <= 2) for t in types)  # noqa: PLR2004


def _are_mixed(spec: Specialiser, parts: list[Item]) -> bool:
    """Tell whether there are numbers of Python's among arrays that are narrower."""
    types = [plain(spec.type(part)) for part in parts]
    wide = (np.float64, np.complex128)
    narrow = any(isinstance(t, Array) and t.dtype not in wide for t in types)
    return narrow and any(isinstance(t, Scalar) for t in types)


def _range(spec: Specialiser, part: Item, span: Span | None) -> Item | None:
    """Return the numbers that a slice stands for, as NumPy reads it: a complex step counts them; None for no slice."""
    from diffcompile.specialise.ruled import rule_call  # noqa: PLC0415

    bounds: tuple[Item, ...] | None = None
    if isinstance(part, Const) and isinstance(part.value, slice):
        bounds = tuple(Const(bound) for bound in (part.value.start, part.value.stop, part.value.step))
    elif isinstance(part, Value):
        bounds = made_of(spec, part, slice)
    if bounds is None:
        return None
    start, stop, step = bounds
    if isinstance(start, Const) and start.value is None:
        start = Const(0)
    if isinstance(step, Const) and isinstance(step.value, complex):
        return rule_call(spec, np.linspace, [start, stop, Const(int(abs(step.value)))], {}, span, "")
    if isinstance(step, Const) and step.value is None:
        step = Const(1)
    return rule_call(spec, np.arange, [start, stop, step], {}, span, "")


def refuse_flag(spec: Specialiser, base: Item, index: Item, span: Span | None) -> None:
    """Refuse ``a.flat[flag]``: to a flat iterator a truth value is not what it is to an array."""
    t = plain(spec.type(index))
    made = made_of(spec, base, getattr) if isinstance(t, Scalar) and t.kind == "b" and isinstance(base, Value) else None
    if made is not None and isinstance(made[1], Const) and made[1].value == "flat":
        raise spec.refuse("a flat iterator indexed by a truth value is not supported", span, "use np.ravel")
