"""Questions about classes, without running their code."""

from __future__ import annotations

import types as pytypes
from typing import Any


def class_member(cls: type, name: str, after: type | None = None) -> Any:
    """Return the member ``name`` of a class, as it is defined, or None; with ``after``, of the classes behind it."""
    order = cls.__mro__
    if after is not None:
        order = order[order.index(after) + 1 :]
    for base in order:
        if name in vars(base):
            return vars(base)[name]
    return None


def instance_names(example: Any) -> list[str]:
    """Return the names of the attributes that an instance itself has."""
    names = list(getattr(example, "__dict__", {}))
    slots = [name for base in type(example).__mro__ for name in _slots(base)]
    return names + [name for name in slots if hasattr(example, name)]


def _slots(cls: type) -> list[str]:
    slots = vars(cls).get("__slots__", ())
    names = [slots] if isinstance(slots, str) else list(slots)
    return [name for name in names if name not in ("__dict__", "__weakref__")]


def is_slot(member: Any) -> bool:
    """Tell whether a class member only reserves room for an attribute of instances."""
    return isinstance(member, pytypes.MemberDescriptorType)
