"""Derivatives of callees as functions of their own, which are differentiated in turn.

A pullback is a closure over what its forward sweep kept, of which nobody can take a derivative. So where a derivative
will be taken of a derivative, generated code calls a function of the arguments and the cotangent, ``x_bar =
f_pullback(x, y, result_bar)``, or of the arguments and their tangents. It runs the forward sweep again, and is a callee
like any other: it has pairs and tangents, and derivatives itself.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from diffcompile.calling import hooks
from diffcompile.calling.callees import Callee, holds
from diffcompile.calling.hooks import Pullback
from diffcompile.calling.pairs import Structure, check_all_alone, is_zero, leaves, rebuilt
from diffcompile.dynamic import loose
from diffcompile.signature import sharing, type_keys


@dataclass(slots=True)
class Typed:
    """A callee with types, and how its arguments and its result are spread over parameters and results."""

    program: Any
    guards: list[Any]
    count: int
    """How many parameters there are."""
    places: list[list[int]]
    """For each argument the parameters that it is spread over."""
    structures: list[Structure]
    """Of the arguments."""
    live: list[tuple[int, Any]]
    """Parameters that are read from the surroundings, and how."""
    result: Structure
    arrays: list[bool]
    """Which parameters surely are arrays."""
    name: str
    written: tuple[int, ...] = ()
    """Arguments of which the result holds what the function leaves in them."""
    compiled: dict[Hashable, Any] = field(default_factory=dict)

    def spread(self, args: Sequence[Any]) -> list[Any]:
        """Return the values of the parameters."""
        values: list[Any] = [None] * self.count
        for places, structure, arg in zip(self.places, self.structures, args, strict=True):
            for place, leaf in zip(places, leaves(structure, arg), strict=True):
                values[place] = leaf
        for place, read in self.live:
            values[place] = read()
        return values


class Derived(Callee):
    """The pullback or the tangent of a callee: a function of its arguments, and of a cotangent or of tangents.

    A ``pullback`` returns a tuple of cotangents of the arguments ``wrt``, a ``tangent`` the result and its tangent.
    """

    def __init__(self, base: Callee, kind: str, wrt: tuple[int, ...]) -> None:
        self.base = base
        self.kind = kind
        self.wrt = wrt
        self.written = ()
        self.fresh = True
        self.changing = ()
        self.__name__ = f"{base.__name__}_{kind}"
        self._typed: dict[Hashable, Typed] = {}

    def run(self, wrt: tuple[int, ...], args: tuple[Any, ...]) -> tuple[Any, Pullback]:
        """Return the result and the pullback with respect to the arguments ``wrt``."""
        typed = self.typed(args)
        values = self._values(typed, args)
        places, pair = self._compiled(typed, wrt, values, forward=False)
        found, pullback = pair.call(tuple(values))

        def spread(ct: Any) -> tuple[Any, ...]:
            parts = map(_filled, leaves(typed.result, ct), found)
            cts = dict(zip(places, pullback(tuple(parts)), strict=True))
            return tuple(
                rebuilt(typed.structures[number], iter([cts.get(place) for place in typed.places[number]]))
                for number in wrt
            )

        return self._result(typed, found), spread

    def run_forward(self, wrt: tuple[int, ...], args: tuple[Any, ...], dots: tuple[Any, ...]) -> tuple[Any, Any]:
        """Return the result and its tangent for tangents ``dots`` of the arguments ``wrt``."""
        typed = self.typed(args)
        values = self._values(typed, args)
        places, push = self._compiled(typed, wrt, values, forward=True)
        moved: dict[int, Any] = {}
        for number, dot in zip(wrt, dots, strict=True):
            moved.update(zip(typed.places[number], leaves(typed.structures[number], dot), strict=True))
        given = tuple(_filled(moved[place], values[place]) for place in places)
        found, tangents = push.push(tuple(values), given)
        return self._result(typed, found), self._result(typed, tangents)

    def _result(self, typed: Typed, found: Sequence[Any]) -> Any:
        """Return the result: cotangents of objects are dicts."""
        return rebuilt(typed.result, map(loose, found) if self.kind == "pullback" else iter(found))

    def typed(self, args: Sequence[Any]) -> Typed:
        """Return this function for arguments of these types."""
        count = len(args) - (1 if self.kind == "pullback" else len(self.wrt))
        inner = args[:count]
        check_all_alone(self.base.__name__, inner, self.base.written)
        key = (sharing(inner), *type_keys(inner))
        found = self._typed.get(key)
        if found is None or not holds(found):
            base = self.base
            of_base = base.typed(inner) if isinstance(base, Derived) else hooks.typed(base, tuple(inner), self.wrt)
            found = self._typed[key] = hooks.derive(of_base, self.kind, self.wrt)
        return found

    def _values(self, typed: Typed, args: tuple[Any, ...]) -> list[Any]:
        """Return the values of the parameters, with arrays of zeros for cotangents and tangents that are zero."""
        values = typed.spread(args)
        if self.kind == "tangent":
            split = len(args) - len(self.wrt)
            for number, dot in zip(self.wrt, range(split, len(args)), strict=True):
                for old, place in zip(typed.places[number], typed.places[dot], strict=True):
                    values[place] = _filled(values[place], values[old])
        elif any(typed.arrays[place] and is_zero(values[place]) for place in typed.places[-1]):
            results = leaves(typed.structures[-1], self.base(*args[:-1]))
            for place, result in zip(typed.places[-1], results, strict=True):
                values[place] = _filled(values[place], result)
        return values

    def _compiled(
        self, typed: Typed, wrt: tuple[int, ...], values: list[Any], *, forward: bool
    ) -> tuple[tuple[int, ...], Any]:
        """Return the parameters that the arguments ``wrt`` are spread over, and the compiled function."""
        places = tuple(place for number in wrt for place in typed.places[number] if _moves(values[place]))
        made = typed.compiled.get((places, forward))
        if made is None or not holds(made):
            made = typed.compiled[places, forward] = hooks.compile_program(typed.program, places, (), forward)
        return places, made


def derived(base: Callee, kind: str, wrt: tuple[int, ...]) -> Derived:
    """Return a derivative of a callee, always the same."""
    return _DERIVED.setdefault((id(base), kind, wrt), Derived(base, kind, wrt))


_DERIVED: dict[tuple[int, str, tuple[int, ...]], Derived] = {}


def _filled(ct: Any, value: Any) -> Any:
    """Return a cotangent or a tangent of an array as an array, where it is zero."""
    return np.zeros_like(value) if isinstance(value, np.ndarray) and is_zero(ct) else ct


def _moves(value: Any) -> bool:
    """Tell whether a derivative may be taken with respect to a value: it is no integer, text, or nothing."""
    if isinstance(value, np.ndarray | np.generic):
        return value.dtype.kind in "fcO"
    return not isinstance(value, bool | int | str | None)


__all__ = ["Derived", "Typed", "derived"]
