"""Functions that read an attribute: what it is, and what its derivative, depends on the object that comes."""

from __future__ import annotations

import functools
import types
from typing import Any

import numpy as np

from diffcompile.calling.data import DATA
from diffcompile.dynamic import has_attributes
from diffcompile.errors import UnsupportedError

_READERS: dict[Any, str] = {}


def _named(read: Any, name: str) -> types.FunctionType:
    read.__name__ = f"read_{name}"
    _READERS[read] = name
    assert isinstance(read, types.FunctionType)
    return read


def check_readable(fun: Any, args: tuple[Any, ...]) -> None:
    """Refuse to look for a derivative in what has attributes that nobody knows, as errors and objects in C have.

    Raises:
        UnsupportedError: ``fun`` reads an attribute of such an object.
    """
    name = _READERS.get(fun) if isinstance(fun, types.FunctionType) else None
    known = (np.ndarray, np.generic, int, float, complex, tuple, list, dict, type(None), type, types.ModuleType, *DATA)
    if name is None or isinstance(args[0], known) or has_attributes(args[0]) or isinstance(args[0], types.FunctionType):
        return
    raise UnsupportedError(
        f"the attribute {name!r} of a {type(args[0]).__name__} is not supported",
        why="it may depend on what is differentiated, and how is not known",
        advice="keep the value in a variable of its own",
    )


@functools.cache
def attribute(name: str) -> types.FunctionType:
    """Return the function ``lambda x: x.name``."""

    def read(x: Any) -> Any:
        return getattr(x, name)

    return _named(read, name)


@functools.cache
def attribute_or(name: str) -> types.FunctionType:
    """Return the function ``lambda x, default: getattr(x, name, default)``."""

    def read(x: Any, default: Any) -> Any:
        return getattr(x, name, default)

    return _named(read, name)


__all__ = ["attribute", "attribute_or", "check_readable"]
