"""What a variable of the user's program stands for while the program is specialised.

Most variables stand for a :class:`~diffcompile.ir.core.Value` or a constant. Tuples, closures and iterators stand for
themselves: their parts are known, and they cost nothing at run time unless they are used as data.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import Any

from diffcompile.frontend.lower import Code
from diffcompile.ir.core import UNDEFINED, Const, Value

BIRTHS = itertools.count(1)
"""Numbers that grow: what has a smaller one was made before."""


@dataclass(frozen=True, slots=True, eq=False)
class TupleItem:
    """A tuple whose length and parts are known."""

    items: tuple[Item, ...]
    cls: type | None = None
    sites: frozenset[Any] = frozenset()
    """Of a list of functions, of which only the items were asked for so far: where it, or one it may be, is made."""


@dataclass(frozen=True, slots=True, eq=False)
class ClosureItem:
    """A nested function or lambda with its captured values and defaults."""

    code: Code
    captured: tuple[Item, ...]
    defaults: tuple[Item, ...]
    late: bool = False
    """A captured variable is assigned later, so ``captured`` may not be what a call sees."""
    rebound: Code | None = None
    """The function that makes it, in a loop that assigns a captured variable: calls in other trips see other values."""


@dataclass(frozen=True, slots=True, eq=False)
class BoundItem:
    """A function whose first arguments are already given: a method, a ``partial``."""

    function: Any
    args: tuple[Item, ...]
    keywords: tuple[tuple[str, Item], ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class IteratorItem:
    """``range``-like iteration that a loop turns into an index: ``zip``, ``enumerate``, ``reversed``, ``items``."""

    kind: str
    sources: tuple[Item, ...]
    ready: bool = False
    """It stands for a sequence that was made of the iterator, and may be gone over again."""
    born: int = field(default_factory=BIRTHS.__next__)
    site: Any = None
    """The call that makes it; see :mod:`diffcompile.specialise.cursors`."""


@dataclass(frozen=True, slots=True, eq=False)
class ObjectItem:
    """One particular instance of a class; the specialiser's heap knows its attributes, identity is the object's.

    An instance that the function makes costs nothing at run time: its attributes are variables.
    """

    cls: type
    root: Value | None = None
    """The parameter through which the caller's object is reached, for one that the function did not make."""
    path: tuple[str, ...] = ()
    """The attributes from the root to the object."""
    example: Any = None
    """The caller's object at the call that the code is made for; another call has one of the same types."""


@dataclass(frozen=True, slots=True, eq=False)
class GeneratorItem:
    """A generator that nothing has gone over yet: its code and the arguments of the call."""

    code: Code
    args: tuple[Item, ...]
    born: int = field(default_factory=BIRTHS.__next__)
    site: Any = None
    """The call that makes it, if it can be made as an object."""


@dataclass(frozen=True, slots=True, eq=False)
class SuperItem:
    """``super()``: looks members up in the bases of ``start``."""

    start: type
    instance: Item
    cls: type


@dataclass(frozen=True, slots=True, eq=False)
class StarItem:
    """``*source`` as the last argument of a call, where the number of its items is not known."""

    source: Item


@dataclass(frozen=True, slots=True, eq=False)
class ChoiceItem:
    """One of two things that no type covers, such as instances of two classes: which one, a condition says."""

    condition: Value
    left: Item
    right: Item


Function = ClosureItem | BoundItem
Item = (
    Value | Const | TupleItem | Function | IteratorItem | GeneratorItem | ObjectItem | SuperItem | StarItem | ChoiceItem
)
Env = dict[Value, Item]
"""From a value of untyped code to what it stands for."""
NONE = Const(None)
UNBOUND = Const(UNDEFINED)


def is_undefined(item: Item) -> bool:
    """Tell whether ``item`` stands for an unassigned variable."""
    return isinstance(item, Const) and item.value is UNDEFINED
