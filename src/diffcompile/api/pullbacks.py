"""``vjp``: the pullback of a function at a point."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import numpy as np

from diffcompile import dynamic
from diffcompile.analysis.types import Dct, Lst, Tup, Type, may_carry_derivative, plain
from diffcompile.api.arguments import is_differentiable, kept, of_class_of, refuse_carried
from diffcompile.api.differentiated import Differentiated
from diffcompile.api.directions import count, first_of, many_directions, many_like, owned, stacked, taken
from diffcompile.api.fitting import fitted
from diffcompile.api.gradients import grad
from diffcompile.errors import Span
from diffcompile.ir.core import Const
from diffcompile.owners import is_array, is_carried
from diffcompile.pipeline import Compiled, Request, compile_gradient, flattened
from diffcompile.specialise.derivatives import register
from diffcompile.specialise.driver import Specialiser
from diffcompile.specialise.functions import function_code
from diffcompile.specialise.inlining import call_python
from diffcompile.specialise.items import Item


def _code_of(fun: Callable[..., Any], wrt: tuple[int, ...], *, batched: bool = False) -> dict[Any, Compiled]:
    """Return the code that pullbacks of ``fun`` at other points have made."""
    try:
        return _shared(fun, wrt, batched)
    except TypeError:  # not hashable
        return {}


@functools.lru_cache(maxsize=256)
def _shared(fun: Callable[..., Any], wrt: tuple[int, ...], batched: bool) -> dict[Any, Compiled]:
    return {}


def vjp(fun: Callable[..., Any], *primals: Any) -> tuple[Any, Pullback]:
    """Return ``fun(*primals)`` and its pullback.

    ``pullback(ct)`` takes a cotangent of the structure of the output and returns a tuple with a cotangent for each
    primal (None for one that is not made of floating-point numbers). It may be called any number of times.

    ``pullback(cts, batched=True)`` takes many cotangents at once: each array in ``cts``, of shape ``(k, ...)``, holds
    one in each row, and so does each array of the result. There is one sweep for all of them, in code of its own; a
    program that cannot be written so takes one after another.
    """
    pullback = Pullback(fun, primals)
    return pullback.value, pullback


class Pullback(Differentiated):
    """The pullback of a function at a point."""

    _may_be_constant = True
    _carries = True
    _at_first: Compiled | None = None
    """The code for the primals, where the pullback was made; it does not travel."""
    _surroundings: Sequence[Any] = ()

    def __init__(
        self,
        fun: Callable[..., Any],
        primals: tuple[Any, ...],
        known: dict[Any, Compiled] | None = None,
        wrt: tuple[int, ...] | None = None,
    ) -> None:
        """Differentiate with respect to the primals ``wrt``, by default to all that are made of floats."""
        if wrt is None:
            wrt = tuple(number for number, primal in enumerate(primals) if is_differentiable(primal))
        super().__init__(fun, wrt, "numpy")
        if self._fits is not None:
            self._fits = None
            self._adopt(fitted(fun, len(primals)))
        self._primals = [kept(value) for value in self._bind(primals, {})]
        self._count = len(primals)
        self._compiled = _code_of(fun, wrt) if known is None else known
        with suppress(Exception):  # who asks for the value alone gets it; a pullback is refused when it is called
            self._at_first = self._find(self._primals)
            # the call may assign variables around the function, and the pullback belongs to what they were
            self._surroundings = [read() for read in self._at_first.live_globals]
        self.value = fun(*[kept(primal) for primal in primals])

    def __repr__(self) -> str:
        return f"<diffcompile pullback of {self._display}>"

    def __call__(self, ct: Any, *, batched: bool = False) -> tuple[Any, ...]:
        """Return a cotangent for each primal; if ``batched``, many for each, stacked along a new first axis.

        Raises:
            ValueError: the cotangent does not have the structure and the shapes of the output.
        """
        if batched:
            return self._of_many(ct)
        values = self._primals
        compiled = self._at_first or self._find(values)
        leaves: list[Any] = []
        flattened(compiled.structure, ct, leaves)
        for place, (leaf, output) in enumerate(zip(list(leaves), self._outputs(compiled), strict=True)):
            if is_carried(type(output)):
                leaves[place] = leaf = of_class_of(leaf, output)  # noqa: PLW2901
            plain = is_array(output) or isinstance(output, float | np.generic)
            if plain and leaf is not None and np.shape(leaf) != np.shape(output):
                raise ValueError(f"the cotangent has shape {np.shape(leaf)}, the output {np.shape(output)}")
            if isinstance(output, list | dict):
                leaves[place] = _like(leaf, output)
        return self._for_each_primal(self._run(compiled, leaves))

    def _outputs(self, compiled: Compiled) -> list[Any]:
        outputs: list[Any] = []
        flattened(compiled.structure, self.value, outputs)
        return outputs

    def _run(self, compiled: Compiled, leaves: list[Any]) -> tuple[Any, ...]:
        at_first = compiled is self._at_first
        surroundings = self._surroundings if at_first else [read() for read in compiled.live_globals]
        results = compiled.function(*self._primals, *surroundings, *leaves)
        return results if len(self._wrt) != 1 else (results,)

    def _for_each_primal(self, gradients: Sequence[Any]) -> tuple[Any, ...]:
        found: list[Any] = [None] * self._count
        for number, gradient in zip(self._wrt, gradients, strict=True):
            found[number - len(self._prefix)] = gradient
        return tuple(found)

    def _of_many(self, cts: Any) -> tuple[Any, ...]:
        """Return cotangents for many cotangents of the output."""
        values = self._primals
        refuse_carried(values)
        many = many_directions(self, _code_of(self._fun, tuple(self._wrt), batched=True))
        compiled = many.find(values) if self._wrt else None
        structure = (compiled or self._find(values)).structure
        leaves: list[Any] = []
        flattened(structure, cts, leaves)
        outputs: list[Any] = []
        flattened(structure, self.value, outputs)
        n = count(leaves, outputs, "cotangent")
        wide = max(n, 1)
        given = leaves if n else [None] * len(leaves)
        seeds = [many_like(leaf, y, wide, "the cotangent") for leaf, y in zip(given, outputs, strict=True)]
        moving = [values[number] for number in self._wrt]
        results = many.run(compiled, values, seeds) if compiled is not None else None
        if results is not None:
            bars = results if len(self._wrt) != 1 else (results,)
            found = [owned(bar, x, seeds) for bar, x in zip(bars, moving, strict=True)]
        else:
            one = self._find(values)
            ones = [
                self._run(one, [taken(seed, y, k) for seed, y in zip(seeds, outputs, strict=True)])
                for k in range(wide)
            ]
            found = [stacked(bars, x) for bars, x in zip(zip(*ones, strict=True), moving, strict=True)]
        return self._for_each_primal(found if n else [first_of(bar, 0) for bar in found])

    @property
    def batched_source(self) -> str:
        """The generated text for many directions.

        Raises:
            RuntimeError: there is none: ``pullback(cts, batched=True)`` was not called, or takes one after another.
        """
        return many_directions(self, {}).source

    def _compile(self, values: list[Any]) -> Compiled:
        code = function_code(self._fun)
        request = Request(
            code, self._types(values), self._wrt, examples=values, pullback=True, batched=self._batched, cached=True
        )
        return compile_gradient(request)


# -- inside functions -----------------------------------------------------------------------------------------------


def value_and_pullback(fun: Any, places: Any, moving: Any, *primals: Any) -> Any:
    """Return what :func:`vjp` does inside a function: the pullback is a gradient of a weighted sum.

    ``moving`` are the numbers of the primals that are differentiated, and ``places`` holds, for each primal, where in
    ``moving`` it is, or None.
    """

    def pullback(ct: Any) -> Any:
        slopes = grad(lambda *xs: weighted_sum(fun(*xs), ct), argnums=moving)(*primals)
        return tuple(None if place is None else slopes[place] for place in places)

    return fun(*primals), pullback


def weighted_sum(y: Any, ct: Any) -> Any:
    """Return the real part of the sum of the numbers in ``y``, times those in ``ct``; both nest two levels deep."""
    if isinstance(y, tuple | list):
        return sum(_weighted_items(part, weight) for part, weight in zip(y, ct, strict=True))
    if isinstance(y, dict):
        return sum(_weighted_items(y[key], ct[key]) for key in ct)
    return _weighted(y, ct)


def _like(ct: Any, output: Any) -> Any:
    """Return the cotangent of a list or dict, checked; None and 0.0 are zero everywhere."""
    if ct is None or (isinstance(ct, float) and ct == 0.0):
        return dynamic.zeros_like(output)
    if isinstance(output, list):
        if not isinstance(ct, list | tuple) or len(ct) != len(output):
            raise ValueError(f"the cotangent of {_said(output)} is {_said(ct)}")
        return [_like(part, inner) for part, inner in zip(ct, output, strict=True)]
    if isinstance(output, dict):
        if not isinstance(ct, dict) or ct.keys() != output.keys():
            raise ValueError(f"the cotangent of {_said(output)} is {_said(ct)}")
        return {key: _like(ct[key], inner) for key, inner in output.items()}
    return ct


def _said(value: Any) -> str:
    if isinstance(value, dict):
        return f"a dict with the keys {', '.join(map(repr, value))}"
    kind = type(value).__name__
    return f"a {kind} of length {len(value)}" if isinstance(value, list | tuple) else kind


def _weighted_items(y: Any, ct: Any) -> Any:
    if isinstance(y, tuple | list):
        return sum(_weighted(part, weight) for part, weight in zip(y, ct, strict=True))
    if isinstance(y, dict):
        return sum(_weighted(y[key], ct[key]) for key in ct)
    return _weighted(y, ct)


def _weighted(y: Any, ct: Any) -> Any:
    if ct is None:
        return 0.0
    return np.sum(np.real(y * ct)) if np.iscomplexobj(y) or np.iscomplexobj(ct) else np.sum(y * ct)


def _inside(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None) -> Item:
    function, *primals = args
    moving = tuple(number for number, primal in enumerate(primals) if _moves(spec.type(primal)))
    places = tuple(moving.index(number) if number in moving else None for number in range(len(primals)))
    return call_python(spec, value_and_pullback, [function, Const(places), Const(moving), *primals], {}, span)


def _moves(t: Type) -> bool:
    t = plain(t)
    if isinstance(t, Tup):
        return any(map(_moves, t.items))
    if isinstance(t, Lst):
        return _moves(t.item)
    if isinstance(t, Dct):
        return any(map(_moves, (t.cell.root().fields or {}).values()))
    return may_carry_derivative(t)


register(vjp, _inside)
