"""Adjoints of ``np.einsum``: einsums again, with the labels exchanged."""

from __future__ import annotations

import functools
import math
import operator
import string
from collections.abc import Sequence
from typing import Any

import numpy as np

from diffcompile.errors import UnsupportedError


def _einsum_labels(subscripts: str, ranks: tuple[int, ...]) -> tuple[list[list[str]], list[str]]:
    """Return the labels of the axes of the operands and of the result of an einsum, each a letter.

    The axes under an ellipsis get letters of their own, counted from the last axis, as they broadcast.
    """
    left, arrow, right = subscripts.replace(" ", "").partition("->")
    names: list[list[str]] = []
    covered = 0
    for term, rank in zip(left.split(","), ranks, strict=True):
        before, dots, after = term.partition("...")
        hidden = rank - len(before) - len(after) if dots else 0
        covered = max(covered, hidden)
        names.append([*before, *(f".{k}" for k in reversed(range(hidden))), *after])
    ellipsis = [f".{k}" for k in reversed(range(covered))]
    if arrow:
        before, dots, after = right.partition("...")
        result = [*before, *(ellipsis if dots else ()), *after]
    else:
        used = [name for term in names for name in term if not name.startswith(".")]
        result = ellipsis + sorted(name for name in set(used) if used.count(name) == 1)
    letters = dict(zip(dict.fromkeys(n for term in names for n in term), string.ascii_letters, strict=False))
    return [[letters[name] for name in term] for term in names], [letters[name] for name in result]


_WORTH_A_PLAN = 1 << 16
"""From this number of products on, an einsum is sent to BLAS where it can be."""


def _label_extents(terms: Sequence[Sequence[str]], shapes: Sequence[tuple[int, ...]]) -> dict[str, int]:
    """Return the extent of each label in order of appearance; an extent of 1 gives way to any other."""
    extents: dict[str, int] = {}
    for term, shape in zip(terms, shapes, strict=True):
        for label, extent in zip(term, shape, strict=True):
            if extents.get(label, 1) == 1:
                extents[label] = extent
    return extents


@functools.lru_cache(maxsize=512)
def _einsum_adjoint_plan(
    subscripts: str, shapes: tuple[tuple[int, ...], ...], k: int
) -> tuple[str, bool, tuple[int, ...] | None, str | None]:
    """Return how to compute the cotangent of operand ``k``.

    The subscripts of the einsum of ``ct`` and the other operands, whether it is large, the shape that its
    result gets before it is broadcast to that of the operand, and the subscripts of the diagonal it goes to.
    """
    terms, out = _einsum_labels(subscripts, tuple(len(shape) for shape in shapes))
    own = terms[k]
    others = [j for j in range(len(terms)) if j != k]
    extents = _label_extents([own], [shapes[k]])
    total = _label_extents(terms, shapes)
    elsewhere = _label_extents([terms[j] for j in others], [shapes[j] for j in others])
    elsewhere.update((label, total[label]) for label in out)
    factors = ["".join(labels) for labels in (out, *(terms[j] for j in others))]
    kept = [label for label, extent in extents.items() if label in elsewhere and extent != 1]
    value_shape = tuple(elsewhere[label] if label in kept else 1 for label in extents)
    repeated = len(extents) < len(own)
    plain = not repeated and len(kept) == len(own) and value_shape == shapes[k]
    return (
        ",".join(factors) + "->" + "".join(kept),
        math.prod(total.values()) >= _WORTH_A_PLAN,
        None if plain else value_shape,
        "".join(own) + "->" + "".join(extents) if repeated else None,
    )


def einsum_adjoint(ct: Any, subscripts: Any, operands: Sequence[Any], k: int, optimize: Any = False) -> Any:
    """Return the cotangent of ``operands[k]`` in ``np.einsum(subscripts, *operands)``.

    It is the einsum of ``ct`` and the other operands with the labels of operand ``k`` as its result. Labels
    that only operand ``k`` has are broadcast, and labels that it repeats address its diagonal.
    """
    einsum_subscripts_adjoint(subscripts)
    shapes = tuple(np.shape(operand) for operand in operands)
    adjoint, large, value_shape, diagonal = _einsum_adjoint_plan(subscripts, shapes, k)
    dtype = np.result_type(ct, operands[k])
    ct = ct.astype(dtype, copy=False) if hasattr(ct, "astype") else np.asarray(ct, dtype)
    others = [operand for j, operand in enumerate(operands) if j != k]
    value = np.einsum(adjoint, ct, *others, optimize=large or bool(optimize))
    if value_shape is None:
        return value
    value = np.reshape(value, value_shape)
    if diagonal is None:
        return np.broadcast_to(value, shapes[k])
    bar = np.zeros(shapes[k], value.dtype)
    np.einsum(diagonal, bar)[...] = value  # a writable view of the diagonal
    return bar


def einsum_adjoint_adjoint(
    bar: Any, ct: Any, subscripts: Any, operands: Sequence[Any], k: int, optimize: Any
) -> tuple[Any, list[Any]]:
    """Return the cotangents of ``ct`` and of the operands in :func:`einsum_adjoint`.

    What that returns pairs with ``bar`` as ``ct`` does with the einsum in which ``bar`` stands for operand ``k``.
    """
    placed = [*operands[:k], np.asarray(bar), *operands[k + 1 :]]
    bars = [
        np.zeros(np.shape(operand)) if j == k else einsum_adjoint(ct, subscripts, placed, j, optimize)
        for j, operand in enumerate(operands)
    ]
    return np.einsum(subscripts, *placed, optimize=bool(optimize)), bars


def einsum_adjoint_tangent(
    operands_dot: Sequence[Any], ct: Any, subscripts: Any, operands: Sequence[Any], k: int, optimize: Any
) -> Any:
    """Return the tangent of :func:`einsum_adjoint` for tangents of the operands, None for those that do not move."""
    moved: Any = np.zeros(np.shape(operands[k]))
    for j, dot in enumerate(operands_dot):
        if j != k and dot is not None:
            moved = moved + einsum_adjoint(ct, subscripts, [*operands[:j], dot, *operands[j + 1 :]], k, optimize)
    return moved


def einsum_adjoints(ct: Any, subscripts: Any, operands: Sequence[Any], optimize: Any = False) -> tuple[Any, ...]:
    """Return None and the cotangents of all operands of ``np.einsum(subscripts, *operands)``."""
    bars = [einsum_adjoint(ct, subscripts, operands, k, optimize) for k in range(len(operands))]
    return (einsum_subscripts_adjoint(subscripts), *bars)


def einsum_subscripts_adjoint(subscripts: Any) -> Any:
    """Refuse an einsum whose first argument is an array, which is the form with lists of labels."""
    if not isinstance(subscripts, str):
        raise UnsupportedError(
            "np.einsum with lists of labels has no derivative here: write the subscripts as a string"
        )


def einsum_subscripts(has_result: bool, *terms: Any) -> str:
    """Return the subscripts of an einsum with lists of labels; the last of ``terms`` may be that of the result.

    Raises:
        TypeError: a label is no whole number.
        ValueError: a label is not one of 0 to 51, of which NumPy has letters.
    """
    texts = ["".join(map(_letter, term)) for term in terms]
    return ",".join(texts[:-1]) + "->" + texts[-1] if has_result else ",".join(texts)


def _letter(label: Any) -> str:
    """Return the letter of a label: a whole number, or an ellipsis."""
    if label is Ellipsis:
        return "..."
    number = operator.index(label)
    if not 0 <= number < len(string.ascii_letters):
        raise ValueError(f"np.einsum has no label {number}: labels are 0 to {len(string.ascii_letters) - 1}")
    return string.ascii_letters[number]
