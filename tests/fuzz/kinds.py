"""What a name of a generated program may hold: enough to write only programs that run."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Scalar:
    """A float."""


@dataclass(frozen=True)
class Int:
    """An int between ``low`` and ``high``, both included."""

    low: int
    high: int


@dataclass(frozen=True)
class Array:
    """A float64 array of a known shape; not ``writable`` where NumPy or the program protects it."""

    shape: tuple[int, ...]
    writable: bool = True


@dataclass(frozen=True)
class Scalars:
    """A list of at least one float."""


@dataclass(frozen=True)
class Arrays:
    """A list of at least one writable array, all of one shape."""

    shape: tuple[int, ...]


@dataclass(frozen=True)
class Table:
    """A dict of floats with these keys."""

    keys: tuple[str, ...]


@dataclass(frozen=True)
class Pair:
    """A tuple of a float and an array of this shape, or of two floats where there is no shape."""

    shape: tuple[int, ...] | None


@dataclass(frozen=True)
class Routine:
    """A function: positional parameters by kind, and the kind of its result (None: it only mutates)."""

    params: tuple[Kind, ...]
    result: Kind | None
    keywords: tuple[str, ...] = ()
    """Names of further float parameters with defaults."""


@dataclass(frozen=True)
class Instance:
    """An object of the generated module's class, whose attributes hold floats."""


@dataclass(frozen=True)
class Object:
    """An instance of a generated class; its attributes are names in scope as well, ``cell.total``.

    Where not ``mutable``, nothing is stored to its attributes, as people do with objects that branches and
    loops exchange.
    """

    cls: str
    mutable: bool = True


@dataclass(frozen=True)
class Objects:
    """A list of at least two objects of one class."""

    cls: str


@dataclass(frozen=True)
class Living:
    """An object with a float ``level`` that changes when it is asked; one that ``walks`` is its own iterator."""

    walks: bool = False


@dataclass(frozen=True)
class Grid:
    """A list of two lists of at least two floats."""


Kind = Living | Object | Objects | Grid | Instance | Scalar | Int | Array | Scalars | Arrays | Table | Pair | Routine

SCALAR = Scalar()

POOLS: dict[type, str] = {
    Scalar: "p q r t u v w h",
    Int: "m count last",
    Array: "a b c d e g z",
    Scalars: "values terms stack",
    Arrays: "parts buffers layers",
    Table: "table options",
    Pair: "pair both",
    Routine: "shape_of inner update",
    Object: "cell node model probe body",
    Objects: "cells nodes",
    Grid: "grid rows",
    Living: "stream flow tide",
}
"""Names for locals, by kind. Blocks reuse the names of finished sibling blocks, as people do."""
