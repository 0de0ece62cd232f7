"""The types, and the smallest type that covers two of them."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from diffcompile.analysis.types.dims import ONE, Dim, same_dim


class Type:
    """Base of all types."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class _Named(Type):
    name: str

    def __repr__(self) -> str:
        return self.name


BOTTOM = _Named("never")
ANY = _Named("any")
NUMBER = _Named("number")
"""A Python or NumPy number, or an array of any rank."""
STRING = _Named("str")
SLICE = _Named("slice")
RANGE = _Named("range")


@dataclass(frozen=True, slots=True, eq=False)
class Static(Type):
    """One particular Python object: None, a string, a number literal, a module, a function, a class ..."""

    value: Any

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Static):
            return NotImplemented
        mine, theirs = self.value, other.value
        if mine is theirs:
            return True
        if type(mine) is not type(theirs):
            return False
        if isinstance(mine, float):  # 0.0 is not -0.0, and nan is nan
            return repr(mine) == repr(theirs)
        if isinstance(mine, tuple):
            return len(mine) == len(theirs) and all(map(Static.__eq__, map(Static, mine), map(Static, theirs)))
        return isinstance(mine, bool | int | str | np.dtype) and bool(mine == theirs)

    def __hash__(self) -> int:
        return hash(type(self.value))

    def __repr__(self) -> str:
        return getattr(self.value, "__name__", None) or repr(self.value)


@dataclass(frozen=True, slots=True)
class Scalar(Type):
    """A number: ``kind`` is ``b``, ``i``, ``f`` or ``c``; ``dtype`` None for Python's own, else NumPy's name or ``?``.

    With ``?`` it may be Python's or any of NumPy's, and kind ``f`` also stands for ``b`` and ``i``, kind ``c`` for all
    (but there are no long doubles of kind ``f``: what is added to a float64 array leaves it one).
    """

    kind: str
    dtype: str | None = None
    symbol: Hashable = None
    """For an integer, the key of an axis of this length."""

    def __repr__(self) -> str:
        names = {"b": "bool", "i": "int", "f": "float", "c": "complex"}
        return names[self.kind] if self.dtype in (None, "float64", "int64", "?") else str(self.dtype)


@dataclass(frozen=True, slots=True, eq=False)
class Array(Type):
    """An ``ndarray``; ``dtype`` or ``dims`` None where unknown (an unknown dtype is one of numbers or truth values)."""

    dtype: np.dtype[Any] | None
    dims: tuple[Dim, ...] | None
    owner: type | None = None
    """The class of the array where it is not ``ndarray``, but one that NumPy's protocols carry."""

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Array):
            return NotImplemented
        return same_dtype(self.dtype, other.dtype) and self.dims == other.dims and self.owner is other.owner

    def __hash__(self) -> int:
        return hash(self.dims)

    @property
    def rank(self) -> int | None:
        """The number of axes, if known."""
        return None if self.dims is None else len(self.dims)

    def __repr__(self) -> str:
        axes = "..." if self.dims is None else ",".join("1" if dim == ONE else ":" for dim in self.dims)
        whose = "" if self.owner is None else f"{self.owner.__module__.partition('.')[0]} "
        return f"{whose}{self.dtype or '?'}[{axes}]"


@dataclass(frozen=True, slots=True)
class Tup(Type):
    """A tuple of known length; ``cls`` is set for a named tuple."""

    items: tuple[Type, ...]
    cls: type | None = None

    def __repr__(self) -> str:
        return f"({', '.join(map(repr, self.items))})"


class SliceOf(Type):
    """A slice whose three parts are known symbols: the type of an index."""

    __slots__ = ("parts",)

    def __init__(self, parts: tuple[Type, ...]) -> None:
        self.parts = parts

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SliceOf) and self.parts == other.parts

    def __hash__(self) -> int:
        return hash(SliceOf)

    def __repr__(self) -> str:
        return "slice"


@dataclass(slots=True, eq=False)
class Cell:
    """What a kind of mutable containers holds: grows while the program is read, shared by joining."""

    item: Type = BOTTOM
    fields: dict[Any, Type] | None = None
    parent: Cell | None = None
    changed: bool = False
    fixed: bool = False
    """The keys are exactly those of ``fields``: nothing was ever stored."""
    varied: bool = False
    """Something that depends on what is differentiated was put into such a container."""
    keyed: bool = False
    """A key of such a dict depends on what is differentiated."""
    given: bool = False
    """The caller made such a dict, or one was found in the surroundings."""
    filled: bool = False
    """No such list is empty: each was made with an item, and none is ever taken out."""
    kind: Any = None
    """The class that such a list or dict stands for: None for ``list`` and ``dict``, or ``deque``, ``defaultdict``."""
    parts: tuple[Type, ...] | None = None
    """The types of the items of a list that is an argument, where its length belongs to the signature."""
    option: Any = None
    """What the specialiser knows of a ``deque`` (the greatest length) or a ``defaultdict`` (the factory)."""

    def root(self) -> Cell:
        """Return the representative of this cell's class."""
        cell = self
        while cell.parent is not None:
            cell = cell.parent
        return cell

    def add(self, item: Type) -> None:
        """Record that such containers may hold ``item``."""
        cell, old, new = self._joined(lambda cell: cell.item, forget_sizes(item))
        if new != old:
            cell.item, cell.changed = new, True

    def _joined(self, read: Callable[[Cell], Type], item: Type) -> tuple[Cell, Type, Type]:
        """Return the cell, what it holds and what it holds with ``item``: to join may change the cell itself."""
        while True:
            old = read(self.root())
            new = join(old, item)
            if read(self.root()) == old:
                return self.root(), old, new

    def add_field(self, key: Any, item: Type) -> None:
        """Record that such dicts may hold ``item`` under ``key``."""
        cell = self.root()
        if cell.fields is None:
            self.add(item)
            return


        def held(cell: Cell) -> Type:
            return cell.item if cell.fields is None else cell.fields.get(key, BOTTOM)

        cell, old, new = self._joined(held, forget_sizes(item))
        if cell.fields is None:
            cell.add(new)
        elif new != old or key not in cell.fields:
            cell.fields[key] = new
            cell.changed = True

    def unfix(self) -> None:
        """Record that something is stored after all: what rested on the keys is found anew."""
        cell = self.root()
        if cell.fixed:
            cell.fixed, cell.changed = False, True

    def vary(self) -> None:
        """Record that such containers hold something that depends on what is differentiated."""
        cell = self.root()
        if not cell.varied:
            cell.varied = cell.changed = True

    def generalise(self) -> None:
        """Forget which key holds what."""
        cell = self.root()
        if cell.fields is not None:
            fields, cell.fields, cell.changed = cell.fields, None, True
            for item in fields.values():
                self.add(item)

    def merge(self, other: Cell) -> None:
        """Make two cells one."""
        mine, theirs = self.root(), other.root()
        if mine is theirs:
            return
        known = mine.known(), theirs.known()
        changed = mine.changed or theirs.changed
        self._merge(mine, theirs)
        # what was said of either before is true of both only if nothing had to be added
        mine.changed = changed or any(before != mine.known() for before in known)

    def known(self) -> tuple[Any, ...]:
        """Return what is said of such containers."""
        fields = None if self.fields is None else dict(self.fields)
        return self.item, fields, self.fixed, self.varied, self.keyed, self.given, self.filled, self.kind, self.option

    @staticmethod
    def _merge(mine: Cell, theirs: Cell) -> None:
        mine.varied = mine.varied or theirs.varied
        mine.keyed = mine.keyed or theirs.keyed
        mine.given = mine.given or theirs.given
        mine.filled = mine.filled and theirs.filled
        same_keys = mine.fields is not None and theirs.fields is not None and set(mine.fields) == set(theirs.fields)
        mine.fixed = mine.fixed and theirs.fixed and same_keys
        if mine.kind is not theirs.kind or mine.option is not theirs.option:
            mine.kind, mine.option = object, None
        theirs.parent = mine
        if mine.fields is not None and theirs.fields is not None:
            for key, item in theirs.fields.items():
                mine.add_field(key, item)
            return
        fields = [*(mine.fields or {}).values(), *(theirs.fields or {}).values(), theirs.item]
        mine.fields = None
        for item in fields:
            mine.add(item)


@dataclass(frozen=True, slots=True)
class Lst(Type):
    """A list."""

    cell: Cell

    @property
    def item(self) -> Type:
        """The join of all items."""
        return self.cell.root().item

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Lst) and self.cell.root() is other.cell.root()

    def __hash__(self) -> int:
        return hash(Lst)

    def __repr__(self) -> str:
        return f"list[{self.item!r}]"


@dataclass(frozen=True, slots=True)
class Dct(Type):
    """A dict; its cell has ``fields`` while all keys are constants."""

    cell: Cell

    def field(self, key: Any) -> Type:
        """Return the type under ``key``."""
        cell = self.cell.root()
        return cell.item if cell.fields is None else cell.fields.get(key, BOTTOM)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Dct) and self.cell.root() is other.cell.root()

    def __hash__(self) -> int:
        return hash(Dct)

    def __repr__(self) -> str:
        return "dict"


@dataclass(frozen=True, slots=True)
class Obj(Type):
    """An instance of a class; its cell has ``fields``, where they are known."""

    cls: type
    cell: Cell | None = None

    def field(self, name: str) -> Type:
        """Return the type of an attribute, ``ANY`` if nothing is known of it."""
        fields = self.cell.root().fields if self.cell is not None else None
        return ANY if fields is None else fields.get(name, ANY)

    def __eq__(self, other: object) -> bool:
        if type(other) is not Obj or self.cls is not other.cls:
            return False
        mine = self.cell.root() if self.cell is not None else None
        return mine is (other.cell.root() if other.cell is not None else None)

    def __hash__(self) -> int:
        return hash(self.cls)

    def __repr__(self) -> str:
        return self.cls.__name__


@dataclass(frozen=True, slots=True, eq=False)
class OneOf(Obj):
    """An instance of one of several classes, or None: which one, only shows at run time."""

    items: tuple[Obj, ...] = ()
    none: bool = False

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, OneOf) or self.none != other.none or len(self.items) != len(other.items):
            return False
        return all(item in other.items for item in self.items)

    def __hash__(self) -> int:
        return hash((OneOf, len(self.items)))

    def __repr__(self) -> str:
        return " | ".join([*map(repr, self.items), *(["None"] if self.none else [])])


def _join_objects(left: Type, right: Type) -> Type | None:
    """Return what covers instances of classes, and None, or None if one of the two is neither."""
    found: dict[type, Obj] = {}
    none = False
    for t in (left, right):
        if isinstance(t, Static) and t.value is None:
            none = True
        elif isinstance(t, Obj) and (isinstance(t, OneOf) or t.cell is not None):
            none = none or (isinstance(t, OneOf) and t.none)
            for item in t.items if isinstance(t, OneOf) else (t,):
                if item.cls in found and found[item.cls] != item:
                    joined = join(found[item.cls], item)
                    assert isinstance(joined, Obj)
                    item = joined  # noqa: PLW2901
                found[item.cls] = item
        else:
            return None
    return OneOf(object, None, tuple(found.values()), none) if found else None


def forget_sizes(t: Type) -> Type:
    """Return ``t`` without symbols of sizes: what may be said of it at another time."""
    if isinstance(t, Array) and t.dims is not None:
        dims = tuple(dim if isinstance(dim.key, int) else Dim(None, dim.not_one) for dim in t.dims)
        return Array(t.dtype, dims, t.owner)
    if isinstance(t, SliceOf):
        return SLICE
    if isinstance(t, Scalar) and t.symbol is not None:
        return replace(t, symbol=None)
    if isinstance(t, Tup):
        return replace(t, items=tuple(forget_sizes(item) for item in t.items))
    return t


def anchor(t: Type, value: Hashable) -> Type:
    """Return ``t`` with the unknown sizes named after ``value``, which is the only one that has them."""
    if isinstance(t, Array) and t.dims is not None and any(dim.key is None for dim in t.dims):
        dims = tuple(
            Dim(("axis", value, number), dim.not_one) if dim.key is None else dim for number, dim in enumerate(t.dims)
        )
        return Array(t.dtype, dims, t.owner)
    if isinstance(t, Scalar) and t.kind == "i" and t.symbol is None:
        return replace(t, symbol=("value", value))
    return t


def join(left: Type, right: Type) -> Type:
    """Return the smallest type that covers both."""
    if left is right or left == right:
        return left
    if left is BOTTOM:
        return right
    if right is BOTTOM:
        return left
    if isinstance(left, Obj) or isinstance(right, Obj):
        same = type(left) is Obj and type(right) is Obj and left.cls is right.cls
        if not same and (objects := _join_objects(left, right)) is not None:
            return objects
    if isinstance(left, Static) or isinstance(right, Static):
        generic = plain(left), plain(right)
        return ANY if generic == (left, right) else join(*generic)
    match left, right:
        case Scalar(), Scalar():
            return _join_scalars(left, right)
        case Array(), Array():
            if not (_numeric(left) and _numeric(right)) and not same_dtype(left.dtype, right.dtype):
                return ANY
            if left.owner is not right.owner:
                return ANY
            dtype = left.dtype if same_dtype(left.dtype, right.dtype) else None
            if left.dims is None or right.dims is None or len(left.dims) != len(right.dims):
                return Array(dtype, None, left.owner)
            return Array(dtype, tuple(map(_join_dims, left.dims, right.dims)), left.owner)
        case Tup(), Tup() if len(left.items) == len(right.items) and left.cls is right.cls:
            return Tup(tuple(map(join, left.items, right.items)), left.cls)
        case Lst(), Lst():
            left.cell.merge(right.cell)
            return left
        case Dct(), Dct():
            left.cell.merge(right.cell)
            return left
        case Obj(), Obj() if left.cls is right.cls:
            if left.cell is None or right.cell is None:
                return Obj(left.cls)
            left.cell.merge(right.cell)
            return left
    if _numeric(left) and _numeric(right):
        return NUMBER
    if all(isinstance(t, SliceOf) or t is SLICE for t in (left, right)):
        return SLICE
    return ANY


_LONG = {np.dtype(np.longdouble).name, np.dtype(np.clongdouble).name} - {"float64", "complex128"}


def _join_scalars(left: Scalar, right: Scalar) -> Type:
    symbol = left.symbol if left.symbol == right.symbol else None
    if left.kind == right.kind and left.dtype == right.dtype:
        return Scalar(left.kind, left.dtype, symbol)
    kind = max(left.kind, right.kind, key="bifc".index)
    if {left.kind, right.kind} == {"b", "i"} or (kind == "f" and not _LONG.isdisjoint((left.dtype, right.dtype))):
        return NUMBER  # an index True is not the index 1
    return Scalar(kind, "?", symbol)


def _numeric(t: Type) -> bool:
    if isinstance(t, Array):
        return t.dtype is None or t.dtype.kind in "biufc"
    return isinstance(t, Scalar) or t is NUMBER


def same_dtype(left: np.dtype[Any] | None, right: np.dtype[Any] | None) -> bool:
    """Tell whether two dtypes are one; ``==`` would not do, for NumPy takes None for float64."""
    if left is None or right is None:
        return left is right
    return left == right


def _join_dims(left: Dim, right: Dim) -> Dim:
    return left if same_dim(left, right) else Dim(None, left.not_one and right.not_one)


def plain(t: Type) -> Type:
    """Return the type of a number literal as if it were a variable: forget which number or string it is."""
    if isinstance(t, Static):
        return constant_type(t.value) or t
    return t


def constant_type(value: Any) -> Type | None:
    """Return the type of a number or string without its value."""
    if isinstance(value, bool):
        return Scalar("b")
    if isinstance(value, int):
        return Scalar("i")
    if isinstance(value, np.bool_ | np.number):
        return Scalar({"b": "b", "u": "i"}.get(value.dtype.kind, value.dtype.kind), value.dtype.name)
    if isinstance(value, float):
        return Scalar("f")
    if isinstance(value, complex):
        return Scalar("c")
    if isinstance(value, str):
        return STRING
    return None
