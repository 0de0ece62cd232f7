"""Sparse matrices that can only be applied: find their pattern, colour it, and read the entries off a few products.

Nothing here knows of derivatives. A matrix of ``m`` rows and ``n`` columns is given by two functions, ``v -> A v`` and
``w -> A.T w``, and a product is a *sweep*.

**Pattern.** Whole groups of neighbouring columns first, then each group in halves of halves, down to single columns.
At each level, groups that meet in no row share a sweep; a row that answers tells which part of its group it depends
on. The tangents are random, so nothing cancels: the pattern is that of the matrix at this point, to the last entry.
It costs the logarithm of ``n``, times the number of colours.

**Colouring.** Columns that meet in no row have one colour, and one sweep serves them all (Curtis, Powell and Reid,
*On the estimation of sparse Jacobian matrices*, 1974). Rows so full that they would cost more colours than themselves
are set aside and read off by products with the transposed matrix: an arrow takes four sweeps, not ``n``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

PARTS = 4
"""Into how many parts a group of columns is split for the next level."""

Product = Callable[[Any], Any]


@dataclass(slots=True)
class Matrix:
    """A matrix that is known by its products."""

    shape: tuple[int, int]
    apply: Product
    """``v -> A v``"""
    transposed: Product
    """``w -> A.T w``"""
    dtype: Any = np.float64
    """Of what goes into ``apply``."""
    result_dtype: Any = np.float64
    """Of what comes out of it."""

    @property
    def flipped(self) -> Matrix:
        """The transposed matrix."""
        return Matrix(self.shape[::-1], self.transposed, self.apply, self.result_dtype, self.dtype)


@dataclass(slots=True)
class Plan:
    """How to read off all entries of a matrix of a known pattern."""

    shape: tuple[int, int]
    rows: Any
    """Rows of the entries that coloured sweeps give, with their ``columns``."""
    columns: Any
    colours: Any
    """The colour of each column, -1 for one that has no such entry."""
    full: Any
    """Rows that are set aside: each takes a sweep of the transposed matrix."""

    @property
    def sweeps(self) -> int:
        """The number of products that it takes."""
        return int(self.colours.max(initial=-1)) + 1 + len(self.full)


def find_pattern(matrix: Matrix, seed: int = 0) -> tuple[Any, Any]:
    """Return rows and columns of the entries of ``matrix`` that are not zero, sorted by columns.

    Raises:
        FloatingPointError: a product is not finite, so that nothing can be said.
    """
    m, n = matrix.shape
    random = np.random.default_rng(seed)
    size = 1
    while size * PARTS < n:
        size *= PARTS
    touched = _Entries(m, np.zeros(0, np.intp), np.zeros(0, np.intp))
    aside: dict[int, Any] = {}
    groups = -(-n // size)
    if m and n:
        touched = _answers(matrix, np.zeros(1, np.intp), touched, size, np.ones(m, bool), random, first=groups)
    while size > 1:
        full = touched.full(PARTS)
        for row in full:
            aside[int(row)] = np.flatnonzero(_finite(matrix.transposed(_unit(m, row, matrix.result_dtype))))
        wanted = np.ones(m, bool)
        wanted[list(aside)] = False
        touched = touched.only(wanted)
        colours = coloured(touched.rows, touched.columns, m, -(-n // size))
        touched = _answers(matrix, colours, touched, size // PARTS, wanted, random)
        size //= PARTS
    rows = np.concatenate([touched.rows, *(np.full(len(found), row) for row, found in aside.items())])
    columns = np.concatenate([touched.columns, *aside.values()])
    order = np.lexsort((rows, columns))
    return rows[order].astype(np.intp), columns[order].astype(np.intp)


@dataclass(slots=True)
class _Entries:
    """Which rows a group of columns has entries in."""

    height: int
    rows: Any
    columns: Any

    def full(self, price: int) -> Any:
        """Return the rows that are cheaper by themselves, where a colour costs ``price`` sweeps and a row one."""
        counts = np.bincount(self.rows, minlength=self.height)
        order = np.argsort(-counts, kind="stable")
        falling = np.append(counts[order], 0)
        cost = np.arange(len(falling)) + price * falling
        return order[: int(np.argmin(cost))]

    def only(self, wanted: Any) -> _Entries:
        """Return the entries in some rows."""
        kept = wanted[self.rows]
        return _Entries(self.height, self.rows[kept], self.columns[kept])


def _answers(
    matrix: Matrix, colours: Any, touched: _Entries, size: int, wanted: Any, random: Any, first: int = 0
) -> _Entries:
    """Return which rows answer to which group of ``size`` columns, where groups of a colour were split in parts.

    ``first`` is the number of groups at the first level, where nothing is known.
    """
    m, n = matrix.shape
    group = np.arange(n) // size
    parent = np.zeros(n, np.intp) if first else group // PARTS
    part = group if first else group % PARTS
    of_column = colours[parent]
    rows, columns = [], []
    for colour in range(int(colours.max(initial=-1)) + 1):
        owner = np.full(m, 0 if first else -1, np.intp)
        if not first:
            mine = colours[touched.columns] == colour
            owner[touched.rows[mine]] = touched.columns[mine]
        for number in range(first or PARTS):
            moves = (of_column == colour) & (part == number)
            if not moves.any():
                continue
            direction = np.where(moves, random.uniform(1.0, 2.0, n), 0.0).astype(matrix.dtype)
            answer = np.flatnonzero((_finite(matrix.apply(direction)) != 0) & wanted & (owner >= 0))
            rows.append(answer)
            columns.append(np.full(len(answer), number) if first else owner[answer] * PARTS + number)
    if not rows:
        return _Entries(m, np.zeros(0, np.intp), np.zeros(0, np.intp))
    return _Entries(m, np.concatenate(rows), np.concatenate(columns))


def _finite(product: Any) -> Any:
    wrong = np.flatnonzero(~np.isfinite(product))
    if len(wrong):
        raise FloatingPointError(
            f"a derivative is not finite (number {wrong[0]} of a product), so the sparse pattern cannot be found: "
            "use sparse=False to see where"
        )
    return product


def _unit(size: int, place: int, dtype: Any) -> Any:
    unit = np.zeros(size, dtype)
    unit[place] = 1.0
    return unit


def coloured(rows: Any, columns: Any, height: int, width: int) -> Any:
    """Return a colour for each column, so that columns which meet in a row differ; -1 for an empty one.

    Greedy, full columns first: each takes the first colour that none of its rows has seen.
    """
    counts = np.bincount(columns, minlength=width)
    starts = np.concatenate([[0], np.cumsum(counts)]).tolist()
    by_column = rows[np.argsort(columns, kind="stable")].tolist()
    colours = np.full(width, -1, np.intp)
    seen = [0] * height  # a bit for each colour
    for column in np.argsort(-counts, kind="stable").tolist():
        mine = by_column[starts[column] : starts[column + 1]]
        if not mine:
            break
        taken = 0
        for row in mine:
            taken |= seen[row]
        free = ~taken & (taken + 1)
        for row in mine:
            seen[row] |= free
        colours[column] = free.bit_length() - 1
    return colours


def plan(rows: Any, columns: Any, shape: tuple[int, int]) -> Plan:
    """Return how to read off the entries of a matrix that are at ``rows`` and ``columns``."""
    entries = _Entries(shape[0], rows, columns)
    full = entries.full(1)
    wanted = np.ones(shape[0], bool)
    wanted[full] = False
    rest = entries.only(wanted)
    return Plan(shape, rest.rows, rest.columns, coloured(rest.rows, rest.columns, *shape), full)


def read_off(matrix: Matrix, how: Plan) -> Any:
    """Return the entries of ``matrix`` as a ``scipy.sparse.csr_array``, by ``how.sweeps`` products."""
    import scipy.sparse  # noqa: PLC0415 - SciPy is optional

    m, n = how.shape
    dtype = np.result_type(matrix.dtype, matrix.result_dtype)
    values = np.zeros(len(how.rows), dtype)
    colour_of = how.colours[how.columns]
    for colour in range(int(how.colours.max(initial=-1)) + 1):
        product = matrix.apply((how.colours == colour).astype(matrix.dtype))
        mine = colour_of == colour
        values[mine] = product[how.rows[mine]]
    rows, columns, data = [how.rows], [how.columns], [values]
    for row in how.full:
        found = matrix.transposed(_unit(m, row, matrix.result_dtype))
        places = np.flatnonzero(found)
        rows.append(np.full(len(places), row))
        columns.append(places)
        data.append(found[places])
    entries = (np.concatenate(data), (np.concatenate(rows), np.concatenate(columns)))
    return scipy.sparse.csr_array(entries, shape=(m, n))


def difference(found: Any, matrix: Matrix, seed: int = 1, *, of_row: bool = True) -> float:
    """Return how far a sparse matrix is from ``matrix`` in a random direction, in rounding errors.

    Each row is compared to itself, or with ``of_row=False`` to the largest: where large terms cancel inside a
    product, a small row is not known any better.
    """
    direction = np.random.default_rng(seed).uniform(1.0, 2.0, matrix.shape[1]).astype(matrix.dtype)
    wanted, have = matrix.apply(direction), found @ direction
    away = np.abs(wanted - have)
    if not away.any():
        return 0.0
    scale = abs(found) @ direction.real + np.abs(wanted)
    worst = np.max(away[away > 0] / scale[away > 0]) if of_row else np.max(away) / np.max(scale)
    return float(worst / np.finfo(np.result_type(matrix.dtype, matrix.result_dtype)).eps)


__all__ = ["Matrix", "Plan", "coloured", "difference", "find_pattern", "plan", "read_off"]
