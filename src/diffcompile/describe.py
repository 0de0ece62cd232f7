"""Types from their descriptions: what a user writes on the command line, or as an annotation.

float, int, bool, complex, str        Python's own
float64, int32, ...                   a NumPy scalar
float64[3, 4]                         an array of this shape; of rank 0: float64[()]
float64[:, :], float64[n, m]          an array of this rank; axes of one name have one length
float64[...], array                   an array of any rank; of any rank and dtype
list[float64[3]], (float, int), {"w": float64[3]}
number, any                           a number or array; anything
"fast", None, 3, 2.5, True            this string, or None; the type of this number
"""

from __future__ import annotations

import ast
import dataclasses
import types as pytypes
import typing
from collections.abc import Hashable
from typing import Any

import numpy as np

from diffcompile.analysis.types import (
    ANY,
    NUMBER,
    RANGE,
    STRING,
    Array,
    Cell,
    Dct,
    Dim,
    Lst,
    Obj,
    Scalar,
    Tup,
    Type,
    forget_sizes,
    type_of,
)

FORMS = (
    "float, int, bool, str, float64, float64[3,4], float64[:,n], float64[...], array, list[...], (..., ...), "
    '"text", None, any'
)
_NAMES: dict[str, Type] = {
    "float": Scalar("f"), "int": Scalar("i"), "bool": Scalar("b"), "complex": Scalar("c"), "str": STRING,
    "any": ANY, "number": NUMBER, "array": Array(None, None), "range": RANGE,
}  # fmt: skip
_CLASSES: dict[Any, Type] = {
    float: Scalar("f"), int: Scalar("i"), bool: Scalar("b"), complex: Scalar("c"), str: STRING, range: RANGE,
    np.ndarray: Array(None, None), list: ANY, dict: ANY, tuple: ANY, object: ANY,
}  # fmt: skip


def parse_type(text: str, key: Hashable = ()) -> Type:
    """Return the type that ``text`` describes; ``key`` names its place, as in :func:`type_of`.

    Raises:
        ValueError: it describes none; the message says what would.
    """
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError):
        raise ValueError(f"{text!r} describes no type; write one of {FORMS}") from None
    return _parse(tree, key)


def _parse(node: ast.expr, key: Hashable) -> Type:
    match node:
        case ast.Name(id=name) if name in _NAMES:
            return _NAMES[name]
        case ast.Name(id=name):
            return type_of(_dtype(name).type(0))
        case ast.Subscript(value=ast.Name(id="list"), slice=item):
            return _list(_parse(item, (key, "item")))
        case ast.Subscript(value=ast.Name(id="tuple"), slice=ast.Tuple(elts=parts)) | ast.Tuple(elts=parts):
            return Tup(tuple(_parse(part, (key, number)) for number, part in enumerate(parts)))
        case ast.Subscript(value=ast.Name(id="tuple"), slice=part):
            return Tup((_parse(part, (key, 0)),))
        case ast.Subscript(value=ast.Name(id=name), slice=ast.Constant(value=value)) if value is Ellipsis:
            return Array(_dtype(name), None)
        case ast.Subscript(value=ast.Name(id=name), slice=sizes):
            axes = sizes.elts if isinstance(sizes, ast.Tuple) else [sizes]
            return Array(_dtype(name), tuple(_dim(size, key, number) for number, size in enumerate(axes)))
        case ast.Dict(keys=keys, values=values):
            names = [name.value for name in keys if isinstance(name, ast.Constant)]
            if len(names) < len(keys):
                raise ValueError("the keys of a dict must be written out: {'w': float64[3]}")
            return _dict(
                {name: _parse(value, (key, name)) for name, value in zip(names, values, strict=True)}
            )
    try:
        value = ast.literal_eval(node)
    except ValueError:
        raise ValueError(f"{ast.unparse(node)!r} describes no type; write one of {FORMS}") from None
    return type_of(value, key)


def _dtype(name: str) -> np.dtype[Any]:
    try:
        found = np.dtype(name)
    except TypeError:
        raise ValueError(f"{name!r} is neither a type nor a dtype; write one of {FORMS}") from None
    if found.kind not in "biufc":
        raise ValueError(f"{name!r} is no dtype of numbers; write one of {FORMS}")
    return found


def _dim(size: ast.expr, key: Hashable, axis: int) -> Dim:
    match size:
        case ast.Constant(value=int(number)) if not isinstance(number, bool):
            return Dim(1) if number == 1 else Dim(("arg", key, axis), not_one=True)
        case ast.Name(id=name):
            return Dim(("size", name))
        case ast.Slice(lower=None, upper=None, step=None):
            return Dim()
    raise ValueError(f"{ast.unparse(size)!r} is no size of an axis; write a number, a name or `:`")


def _list(item: Type) -> Type:
    cell = Cell()
    cell.add(item)
    return Lst(cell)


def _dict(fields: dict[Any, Type]) -> Type:
    return Dct(Cell(fields={name: forget_sizes(item) for name, item in fields.items()}, fixed=True))


def annotated_type(annotation: Any) -> Type:
    """Return the type that an annotation describes; ``ANY`` for one that says nothing that helps."""
    text = described(annotation)
    if text is not None:
        return parse_type(text, ("annotation", text))  # of one text, one length
    origin, args = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated:
        return annotated_type(args[0])
    alias = annotation if origin is None else origin
    if type(alias).__name__ == "TypeAliasType":  # `type X = ...`, from Python 3.12 on; NDArray is one in NumPy 2.5
        return annotated_type(alias.__value__[args] if args else alias.__value__)
    if origin is np.ndarray:
        return Array(_annotated_dtype(args[-1]), None)
    if origin is list and args:
        return _list(annotated_type(args[0]))
    if origin is tuple and args and Ellipsis not in args:
        return Tup(tuple(map(annotated_type, args)))
    if origin is not None or not isinstance(annotation, type):
        return ANY
    if annotation in _CLASSES:
        return _CLASSES[annotation]
    if issubclass(annotation, np.number | np.bool_):
        try:
            return type_of(annotation(0))
        except TypeError:  # an abstract class
            return NUMBER
    fields = getattr(annotation, "_fields", None)
    if issubclass(annotation, tuple) and fields is not None:
        hints = annotations_of(annotation)
        return Tup(tuple(annotated_type(hints.get(name)) for name in fields), annotation)
    return Obj(annotation) if dataclasses.is_dataclass(annotation) else ANY


def described(annotation: Any) -> str | None:
    """Return the text of an annotation in the words above: ``"float64[n]"`` or ``Annotated[..., "float64[n]"]``."""
    given = typing.get_args(annotation)[1:] if typing.get_origin(annotation) is typing.Annotated else (annotation,)
    for text in given:
        if isinstance(text, str) and "[" in text:  # a word alone is rather a name that is not there
            try:
                parse_type(text)
            except ValueError:
                continue
            return text
    return None


def _annotated_dtype(annotation: Any) -> np.dtype[Any] | None:
    """Read ``np.dtype[np.float64]``; ``np.dtype[np.floating]`` and ``np.dtype[Any]`` leave it open."""
    args = typing.get_args(annotation)
    if not args or not isinstance(args[0], type) or not issubclass(args[0], np.generic):
        return None
    try:
        return np.dtype(args[0]) if args[0] not in _ABSTRACT else None
    except TypeError:
        return None


_ABSTRACT = (
    np.generic, np.number, np.integer, np.signedinteger, np.unsignedinteger, np.inexact, np.floating,
    np.complexfloating,
)  # fmt: skip


def annotations_of(holder: Any) -> dict[str, Any]:
    """Return the evaluated annotations of a function or class, without those that cannot be evaluated."""
    try:
        return typing.get_type_hints(holder, include_extras=True)
    except Exception:  # the annotation is the user's text, and evaluating it may raise anything
        found: dict[str, Any] = {}
    names = getattr(holder, "__globals__", {})
    for name, annotation in getattr(holder, "__annotations__", {}).items():
        one = pytypes.SimpleNamespace(__annotations__={name: annotation})
        try:
            found[name] = typing.get_type_hints(one, globalns=names, include_extras=True)[name]
        except Exception:  # as above
            text = annotation.strip("\"'") if isinstance(annotation, str) else annotation
            if described(text) is not None:
                found[name] = text
    return found
