"""Helpers that a large program calls again and again: they become pairs, so that the code does not grow with the calls.

A helper that is inlined is read where it is used, and costs nothing at run time; this is right for nearly all
programs. Where calls multiply, 16 helpers that each call the next one twice are 2^16 bodies. So the calls are counted,
and once the program is large, one more call of what has been inlined often already is a call of its pair.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from diffcompile.analysis.types import Array, Scalar, Static, plain
from diffcompile.frontend.lower import Code
from diffcompile.ir.core import Const, Value
from diffcompile.specialise import local_classes, outside
from diffcompile.specialise.items import Item
from diffcompile.specialise.opaque import may_vary
from diffcompile.specialise.signatures import signature_of

if TYPE_CHECKING:
    from diffcompile.specialise.driver import Specialiser

LARGE = 3000
"""So many operations are walked before any helper is called as a pair."""
OFTEN = 8
"""So many calls of a helper are inlined."""
SMALL = 40
"""A helper of so few operations is inlined wherever it is called: the call would be as long as the body."""
MOST_CONSTANTS = 4
"""With so many combinations of constants a helper is called as a pair, each of which is another signature."""


class Calls:
    """What has been inlined so far of one function."""

    def __init__(self) -> None:
        self.times = 0
        self.steps = 0
        """The operations that the last of these calls took, those of the calls in it included."""
        self.constants: set[tuple[str | None, ...]] = set()


def is_pair(spec: Specialiser, code: Code, args: list[Item]) -> bool:
    """Tell whether one more call of ``code`` becomes one of a pair.

    So do those of functions of numbers and arrays that write nothing and return nothing that they were given.
    """
    calls = spec.inlined.get(code)
    if spec.slots and any(map(local_classes.is_open, local_classes.contents(code.source.scope.cells.values()))):
        return False
    if calls is None or spec.steps < LARGE or calls.times < OFTEN or calls.steps < SMALL:
        return False
    if spec.trial is not None or outside.stored(spec) or not any(may_vary(spec, arg) for arg in args):
        return False
    if not all(_is_simple(spec, arg) for arg in args):
        return False
    constants = tuple(repr(arg.value) if isinstance(arg, Const) else None for arg in args)
    if constants not in calls.constants and len(calls.constants) >= MOST_CONSTANTS:
        return False
    signature = signature_of(code, [spec.type(arg) for arg in args], spec.specialised, True)
    if not signature.fresh or signature.written or signature.returned is not None:
        return False
    calls.constants.add(constants)
    return True


def note(spec: Specialiser, code: Code, steps: int) -> None:
    """Note that a call of ``code`` has been inlined, which took so many operations."""
    calls = spec.inlined.setdefault(code, Calls())
    calls.times += 1
    calls.steps = steps


def _is_simple(spec: Specialiser, item: Item) -> bool:
    """Tell whether an argument is a number, an array of NumPy's, or a constant that has a literal."""
    if isinstance(item, Const):
        return item.value is None or isinstance(item.value, str | bool | int | float | complex)
    if not isinstance(item, Value):
        return False
    t = plain(spec.type(item))
    return isinstance(t, Scalar) or (isinstance(t, Array) and t.owner is None) or (
        isinstance(t, Static) and isinstance(t.value, str | bool | int | float | complex | None)
    )
