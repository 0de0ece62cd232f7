"""Checks of the arguments of an exported gradient: they have the types that the code was made for, or it refuses."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from diffcompile.analysis.types import ONE, Array, Dct, Dim, Lst, Obj, Scalar, Static, Tup, Type, plain
from diffcompile.export.inline import ExportError
from diffcompile.export.kinds import class_name, fixed_members, unclear
from diffcompile.export.kinds import kinds as kinds_of

PLAIN_TYPES = {"f": "float", "i": "int", "b": "bool", "c": "complex"}
HELPER = '''def _require(holds: bool, what: str) -> None:
    if not holds:
        raise TypeError(f"this gradient was made for another type of argument: {what}")'''
APART = '''def _require_apart(*arrays: NDArray[Any]) -> None:
    if any(np.may_share_memory(arrays[0], other) for other in arrays[1:]):
        raise ValueError("two arguments share memory, and the function writes to one of them: pass copies")'''


@dataclass(slots=True)
class Checks:
    """The statements that check arguments; axes of one key must have one length."""

    names: Callable[[Any], str | None]
    """What a function, class or module is called in the exported module; None where it has to be known by its name."""
    helper: Callable[[str], str]
    """Defines a function of :mod:`diffcompile.export.kinds` in the exported module, and returns its name there."""
    axes: dict[Hashable, str] = field(default_factory=dict)
    depth: int = 0

    def of(self, path: str, t: Type) -> Iterator[str]:
        """Yield statements that check what ``path`` holds.

        Raises:
            ExportError: it is one particular function that cannot be told from others.
        """
        if isinstance(t, Static) and not isinstance(plain(t), Scalar):
            yield self._one(path, t.value)
            return
        t = plain(t)
        match t:
            case Scalar():
                yield from self._number(path, t)
            case Array():
                yield from self._array(path, t)
            case Tup():
                cls = f"type({path}) is tuple" if t.cls is None else f"{self._class_of(path)} == {class_name(t.cls)!r}"
                what = "tuple" if t.cls is None else t.cls.__name__
                yield _require(
                    f"{cls} and len({path}) == {len(t.items)}", f"{path} must be a {what} of {len(t.items)}"
                )
                for number, item in enumerate(t.items):
                    yield from self.of(f"{path}.{t.cls._fields[number]}" if _named(t) else f"{path}[{number}]", item)  # type: ignore[union-attr]
            case Lst():
                yield _require(f"type({path}) is list", f"{path} must be a list")
                yield from self._items(path, t.item)
            case Dct() if t.cell.root().fields is not None:
                fields = t.cell.root().fields or {}
                names = sorted(map(repr, fields))
                yield _require(
                    f"type({path}) is dict and set({path}) == {{{', '.join(names)}}}" if names
                    else f"{path} == {{}}",
                    f"{path} must be a dict with the keys {', '.join(names)}",
                )  # fmt: skip
                for name, item in fields.items():
                    yield from self.of(f"{path}[{name!r}]", item)
            case Obj(cls=cls) if cls is not object:
                yield self._object(path, cls)

    def given(self, paths: Sequence[str], values: Sequence[Any]) -> Iterator[str]:
        """Yield the check of arguments that hold objects: they are made of what the given ones are made of.

        Raises:
            ExportError: they hold a function that cannot be told from others.
        """
        for path, value in zip(paths, values, strict=True):
            found = unclear(value)
            if found is not None:
                raise _indistinct(path, found)
        if paths:
            listed = ", ".join(paths)
            test = f"{self.helper('kinds')}({listed}) == {kinds_of(*values)!r}"
            yield _require(test, f"{listed} must be made of what the code was made for")

    def _object(self, path: str, cls: type) -> str:
        """Return the check of an object of which only the class is known."""
        members = fixed_members(cls)
        fields = dataclasses.fields(cls) if dataclasses.is_dataclass(cls) else ()
        replaced = [one.name for one in fields if one.name in members]
        if replaced:
            raise ExportError(
                f"what {path}.{replaced[0]} is cannot be checked",
                why=f"each {cls.__name__} may hold another function there",
                advice=f"give one: --set {path}={cls.__name__}(...)",
            )
        test = f"{self._class_of(path)} == {class_name(cls)!r}"
        if not members:
            return _require(test, f"{path} must be a {cls.__name__}")
        test += f" and not {self.helper('holds_own')}({path}, {members!r})"
        return _require(test, f"{path} must be a {cls.__name__} with the methods of its class")

    def _one(self, path: str, value: Any) -> str:
        """Return the check that ``path`` is this very object."""
        if value is None or value is Ellipsis:
            return _require(f"{path} is {value!r}", f"{path} must be {value!r}")
        if isinstance(value, str | np.dtype):
            text = f"np.dtype(np.{value.name})" if isinstance(value, np.dtype) else repr(value)
            return _require(f"{path} == {text}", f"{path} must be {text}")
        name = self.names(value)
        if name is not None:
            return _require(f"{path} is {name}", f"{path} must be {name}")
        found = unclear(value)
        if found is not None:
            raise _indistinct(path, found)
        return _require(f"{self.helper('kinds')}({path}) == {kinds_of(value)!r}", f"{path} must be {class_name(value)}")

    def _class_of(self, path: str) -> str:
        return f"{self.helper('class_name')}(type({path}))"

    def _items(self, path: str, item: Type) -> Iterator[str]:
        self.depth += 1
        inner = [f"    {line}" for line in self.of(f"_item{self.depth}", item)]
        if inner:
            yield f"for _item{self.depth} in {path}:"
            yield from inner
        self.depth -= 1

    def _number(self, path: str, t: Scalar) -> Iterator[str]:
        if t.dtype == "?":
            return
        if t.dtype is not None:
            yield _require(f"isinstance({path}, np.{t.dtype})", f"{path} must be a NumPy {t.dtype}")
        elif t.kind == "i":
            yield _require(
                f"isinstance({path}, int | np.integer) and not isinstance({path}, bool)", f"{path} must be an int"
            )
        elif t.kind == "b":
            yield _require(f"isinstance({path}, bool | np.bool_)", f"{path} must be a bool")
        else:
            yield _require(f"isinstance({path}, {PLAIN_TYPES[t.kind]})", f"{path} must be a {PLAIN_TYPES[t.kind]}")

    def _array(self, path: str, t: Array) -> Iterator[str]:
        tests = [f"type({path}) is np.ndarray"]
        if t.dtype is not None:
            tests.append(f"{path}.dtype == np.{t.dtype.name}")
        if t.dims is not None:
            tests.append(f"{path}.ndim == {len(t.dims)}")
        yield _require(" and ".join(tests), f"{path} must be {t!r}".replace("?[...]", "an array"))
        for axis, dim in enumerate(t.dims or ()):
            yield from self._axis(f"{path}.shape[{axis}]", dim)

    def _axis(self, length: str, dim: Dim) -> Iterator[str]:
        if dim == ONE:
            yield _require(f"{length} == 1", f"{length} must be 1")
        elif isinstance(dim.key, int):
            yield _require(f"{length} == {dim.key}", f"{length} must be {dim.key}")
        elif dim.not_one:
            yield _require(f"{length} != 1", f"{length} must not be 1")
        if dim.key is not None and not isinstance(dim.key, int):
            first = self.axes.setdefault(dim.key, length)
            if first != length:
                yield _require(f"{length} == {first}", f"{length} must be {first}")


def _indistinct(path: str, found: Any) -> ExportError:
    return ExportError(
        f"which function {path} is, or holds, cannot be checked",
        why=f"it is {class_name(found) or type(found).__name__}, and others are called so, too",
        advice="define it at the top of a module",
    )


def _named(t: Tup) -> bool:
    return t.cls is not None and hasattr(t.cls, "_fields")


def _require(test: str, what: str) -> str:
    return f"_require({test}, {what!r})"


def apart(written: Sequence[str], types: Mapping[str, Type], helper: Callable[[str], str]) -> Iterator[str]:
    """Yield statements that refuse arguments that share memory with one that the function writes to.

    ``types`` are those of all arguments, and ``helper`` is that of :class:`Checks`. Of arrays that is soon told.
    """
    for name in written:
        kinds = {other: plain(t) for other, t in types.items() if not isinstance(plain(t), Scalar | Static)}
        others = [other for other in kinds if other != name]
        if not all(isinstance(t, Array) for t in kinds.values()):
            yield f"{helper('require_apart')}({', '.join([name, *others])})"
        elif others:
            yield f"_require_apart({', '.join([name, *others])})"


def annotation(t: Type) -> str:
    """Return the annotation of a parameter of a type.

    >>> annotation(Tup((Scalar("f"), Scalar("i"))))
    'tuple[float, int]'
    """
    if isinstance(t, Static):
        other = PLAIN_TYPES.get(getattr(plain(t), "kind", ""), "Any")
        return {type(None): "None", str: "str"}.get(type(t.value), other)
    match plain(t):
        case Scalar(kind=kind, dtype=None):
            return PLAIN_TYPES[kind]
        case Scalar(dtype=str(name)) if name != "?":
            return f"np.{name}"
        case Array(dtype=dtype):
            return f"NDArray[np.{dtype.name}]" if dtype is not None else "NDArray[Any]"
        case Tup(items=items, cls=None):
            return f"tuple[{', '.join(map(annotation, items)) or '()'}]"
        case Lst() as of:
            return f"list[{annotation(of.item)}]"
        case Dct():
            return "dict[Any, Any]"
    return "Any"
