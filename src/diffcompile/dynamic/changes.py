"""What is reachable from objects that unknown code is given, and whether that has changed."""

from __future__ import annotations

import collections
import types
from typing import Any

import numpy as np

_MOST_LOOKED_AT = 10_000


def reachable(values: list[Any]) -> list[tuple[Any, Any]]:
    """Return the containers, arrays and objects that can be reached, each with what it holds now."""
    found: list[tuple[Any, Any]] = []
    pending, seen = list(values), set()
    while pending and len(found) < _MOST_LOOKED_AT:
        one = pending.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        if isinstance(one, np.ndarray):
            found.append((one, one.copy()))
        elif (held := _held(one)) is not None:
            found.append((one, held))
            pending += held
    return found


def _held(one: Any) -> list[Any] | None:
    """Return what a container or an object holds; None for anything else."""
    if isinstance(one, dict):
        return [*one.keys(), *one.values()]
    if isinstance(one, list | tuple | set | collections.deque):
        return list(one)
    if isinstance(one, types.ModuleType | type | types.FunctionType):
        return None
    members = [name for base in type(one).__mro__ for name, member in vars(base).items() if _is_slot(member)]
    slots = [name for name in members if hasattr(one, name)]
    if not slots and not hasattr(one, "__dict__"):
        return None
    fields = {**getattr(one, "__dict__", {}), **{name: getattr(one, name) for name in slots}}
    return [*fields.keys(), *fields.values()]


def _is_slot(member: Any) -> bool:
    return isinstance(member, types.MemberDescriptorType)


def is_changed(one: Any, held: Any) -> bool:
    """Tell whether something that :func:`reachable` found holds something else now."""
    if isinstance(one, np.ndarray):
        return bool(one.shape != held.shape or one.tobytes() != held.tobytes())
    now = _held(one)
    return now is None or len(now) != len(held) or any(a is not b for a, b in zip(now, held, strict=True))
