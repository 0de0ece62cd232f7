"""Items of ``np.r_``, ``np.c_``, ``np.mgrid`` and ``np.ogrid``; what is known of lists where they are made."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from diffcompile.analysis.types import Scalar, plain
from diffcompile.errors import Span
from diffcompile.ir.core import Const, Value
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
    if any(isinstance(part, Const) and isinstance(part.value, str) for part in parts):
        raise spec.refuse("directions in the index of np.r_ are not supported", span, "use np.concatenate")
    arrays = [part if found is None else found for part, found in zip(parts, ranges, strict=True)]
    if kind is _COLUMNS:
        return rule_call(spec, np.column_stack, [TupleItem(tuple(arrays))], {}, span, "")
    flat = [rule_call(spec, np.atleast_1d, [part], {}, span, "") for part in arrays]
    return rule_call(spec, np.concatenate, [TupleItem(tuple(flat))], {}, span, "")


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
