"""Variations of nested arguments and results that a check needs: random ones, moved ones, others in memory."""

from __future__ import annotations

import linecache
from collections.abc import Callable
from typing import Any

import numpy as np

from diffcompile.testing.structures import leaves, parts_like, rebuild


def weighted(fun: Callable[..., Any], weights: Any) -> Callable[..., Any]:
    """Return the inner product of ``weights`` and the output of ``fun``, as a function of its arguments."""
    factors = [leaf.value for leaf in leaves(weights)]

    def total(*args: Any) -> Any:
        parts = zip(factors, parts_like(fun(*args), weights), strict=True)
        return sum(np.sum(weight * part) for weight, part in parts)

    return total


def random_like(value: Any, rng: np.random.Generator, title: str) -> Any:
    """Return random numbers in the structure, shapes and dtypes of ``value``.

    Raises:
        TypeError: there is no float in it.
    """
    parts = leaves(value)
    if not parts:
        raise TypeError(f"{title} returns {type(value).__name__}, which holds no floats")
    random = [like(rng.normal(size=np.shape(part.value)), part.value) for part in parts]
    return rebuild(value, iter(random))


def like(number: Any, value: Any) -> Any:
    """Return ``number`` with the type of ``value``: an array, a NumPy scalar or a float."""
    if isinstance(value, np.ndarray):
        return np.asarray(number, dtype=value.dtype)
    return value.dtype.type(number) if isinstance(value, np.generic) else float(number)


def nudged(tree: Any, rng: np.random.Generator) -> Any:
    """Return a nested structure whose floats are a little off."""
    moved = [
        like(leaf.value * (1.0 + 1e-3 * rng.normal(size=np.shape(leaf.value))), leaf.value) for leaf in leaves(tree)
    ]
    return rebuild(tree, iter(moved))


def strided(value: Any) -> Any:
    """Return the same numbers in another layout: every second item of a Fortran-ordered array."""
    if not isinstance(value, np.ndarray) or not value.ndim:
        return value
    wide = np.zeros((*value.shape[:-1], 2 * value.shape[-1]), dtype=value.dtype, order="F")
    wide[..., ::2] = value
    return wide[..., ::2]


def short(value: Any) -> str:
    """Return a value in half a line."""
    text = " ".join(np.array2string(value, threshold=6).split()) if isinstance(value, np.ndarray) else repr(value)
    return text if len(text) <= 60 else text[:57] + "..."  # noqa: PLR2004 - half a line


def written(text: str, name: str, title: str, scope: dict[str, Any]) -> Callable[..., Any]:
    """Return the function ``name`` that ``text`` defines, with source for the compiler to read."""
    path = f"<{title} {id(scope)}>"
    linecache.cache[path] = (len(text), None, text.splitlines(keepends=True), path)
    exec(compile(text, path, "exec"), scope)
    made: Callable[..., Any] = scope[name]
    return made


def title_of(fun: Callable[..., Any]) -> str:
    """Return the name of a function and where it is."""
    name = getattr(fun, "__qualname__", type(fun).__name__).replace("<locals>.", "")
    code = getattr(getattr(fun, "__func__", fun), "__code__", None)
    return f"{name} ({code.co_filename}:{code.co_firstlineno})" if code else str(name)
