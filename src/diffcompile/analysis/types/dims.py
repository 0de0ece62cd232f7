"""Sizes of axes: symbols, some of which stand for a known number."""

from __future__ import annotations

import math
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Dim:
    """The length of an axis: ``key`` None if nothing is known; ``not_one`` if it is surely not 1."""

    key: Hashable = None
    not_one: bool = False


ONE = Dim(1)
UNKNOWN_DIM = Dim()


def same_dim(left: Dim, right: Dim) -> bool:
    """Tell whether two axes certainly have the same length."""
    if left.key is None or right.key is None:
        return False
    return left.key == right.key or ((size := length(left)) is not None and size == length(right))


def length(dim: Dim) -> int | None:
    """Return the length of an axis if it follows from the sizes of arguments, which a signature fixes."""
    number = evaluated(dim.key)
    return None if number is None else max(number, 0)


def evaluated(key: Hashable) -> int | None:
    """Return the integer behind a symbol if it follows from the sizes of arguments.

    An axis of an argument at a call has the symbol ``("arg", place, axis, size)``; described ones have no size.
    """
    match key:
        case bool():
            return None
        case int():
            return key
        case ("arg", _, _, int(size)):
            return size
        case ("offset", base, int(by)):
            return None if (number := evaluated(base)) is None else number + by
        case ("length", base):
            return None if (number := evaluated(base)) is None else max(number, 0)
        case ("times" | "quotient" | "broadcast" as kind, left, right):
            return _combined(kind, evaluated(left), evaluated(right))
        case ("product", *factors):
            sizes = [evaluated(factor) for factor in factors]
            return None if None in sizes else math.prod(max(size, 0) for size in sizes if size is not None)
        case ("slice", base, *bounds):
            return _sliced(evaluated(base), bounds)
    return None


def _combined(kind: str, left: int | None, right: int | None) -> int | None:
    if left is None or right is None:
        return None
    match kind:
        case "times":
            return left * right
        case "broadcast":
            return max(right, 0) if left == 1 else max(left, 0) if right in (1, left) else None
    return left // right if right else None


def _sliced(whole: int | None, bounds: list[Any]) -> int | None:
    parts = [bound if tag == "at" else evaluated(bound) for tag, bound in bounds]
    unknown = any(part is None and tag != "at" for part, (tag, _) in zip(parts, bounds, strict=True))
    if whole is None or unknown or parts[2] == 0:
        return None
    return len(range(*slice(*parts).indices(max(whole, 0))))
