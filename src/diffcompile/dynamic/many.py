"""Values of many directions at once: each array and number has one more axis, the first."""

from __future__ import annotations

from typing import Any

import numpy as np

from diffcompile.dynamic.structures import attributes, has_attributes, twin_of


class OneByOneError(Exception):
    """Code for many directions found that it cannot take these at once: they are taken one after another."""


def reshaped_view(x: Any, shape: Any) -> Any:
    """Return a reshaped view of an array of many directions that is written to.

    Raises:
        OneByOneError: it would be a copy, because of how ``x`` lies in memory.
    """
    view = np.reshape(x, shape)
    if x.size and not np.may_share_memory(view, x):
        raise OneByOneError("a reshaped array that is written to would be a copy")
    return view


def same_sharing(view: Any, base: Any, views: Any, bases: Any) -> None:
    """Check that tangents of many directions share memory if and only if the arrays do that they belong to.

    Raises:
        OneByOneError: they do not.
    """
    if np.may_share_memory(view, base) != np.may_share_memory(views, bases):
        raise OneByOneError("a reshaped array that is written to is a view, and its tangents are not, or the reverse")


def spread(x: Any, directions: int) -> Any:
    """Return ``x`` once for each direction: its arrays and numbers repeated along a new first axis."""
    if isinstance(x, np.ndarray | float | complex | int | np.generic) and not isinstance(x, np.str_):
        return np.repeat(np.asarray(x)[None], directions, axis=0)
    if isinstance(x, list | tuple):
        parts = [spread(item, directions) for item in x]
        return type(x)(*parts) if hasattr(x, "_fields") else type(x)(parts)
    if isinstance(x, dict):
        return {key: spread(item, directions) for key, item in x.items()}
    if has_attributes(x):
        twin = twin_of(x)
        for name, value in attributes(x).items():
            object.__setattr__(twin, name, spread(value, directions))
        return twin
    return x


def count_directions(x: Any) -> int:
    """Return how many directions there are, the length of the first axis of what is found in ``x``.

    Raises:
        ValueError: there is no array in it.
    """
    found = _first(x)
    if found is None:
        raise ValueError("there is no array in a tangent or cotangent, so that their number is not known")
    return len(found)


def _first(x: Any) -> Any:
    if isinstance(x, np.ndarray):
        return x
    parts: Any = ()
    if isinstance(x, list | tuple):
        parts = x
    elif isinstance(x, dict):
        parts = x.values()
    elif has_attributes(x):
        parts = attributes(x).values()
    return next((found for part in parts if (found := _first(part)) is not None), None)
