"""Builtins in terms of the language itself: the specialiser inlines these like any function of the user's."""

from __future__ import annotations

from typing import Any


def sum_items(items: Any, start: Any = 0) -> Any:
    total = start
    for item in items:
        total = total + item
    return total


def smaller(x: Any, y: Any) -> Any:
    return y if y < x else x


def larger(x: Any, y: Any) -> Any:
    return y if y > x else x


def smallest(items: Any) -> Any:
    best = items[0]
    for k in range(1, len(items)):
        if items[k] < best:
            best = items[k]
    return best


def largest(items: Any) -> Any:
    best = items[0]
    for k in range(1, len(items)):
        if items[k] > best:
            best = items[k]
    return best


def listed(items: Any) -> Any:
    result = []
    for item in items:
        result.append(item)
    return result


def mapped(function: Any, items: Any) -> Any:
    result = []
    for item in items:
        result.append(function(item))
    return result


def dict_get(mapping: Any, key: Any, default: Any = None) -> Any:
    return mapping[key] if key in mapping else default
