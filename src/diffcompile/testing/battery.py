"""All that can be asked of a gradient at a point, one question after the other.

:func:`examine` does not stop at the first wrong answer: what is printed tells which questions were answered how. The
questions:

- *repeatable*: the function itself gives the same value twice; else nothing can be said about its gradient.
- *value*, *arguments*, *form*: the value is that of the function; the arguments are left alone; the gradient has the
  structure, shapes and dtypes of its argument.
- *gradient*: along random directions, and for some entries, the derivative is that of extrapolated differences or of
  the complex step. For an output that is no scalar this is ``<v, J u> = <J^T v, u>`` with a random cotangent ``v``.
- *pullback*: ``vjp`` is linear in its cotangent and agrees with the gradient.
- *repeated*: a second call gives the same bits, also after a call elsewhere, where the gradient is right, too.
- *layout*: arguments in another memory layout (strided, Fortran order) give the same gradient.
- *aliased*: one array for two arguments gives what two equal arrays give (or is refused, where one is written).
- *symmetry* (order 2): ``<u, H v> = <v, H u>``, where ``H v`` is a numerical derivative of the gradient.
- *product* (order 2): the product of the Hessian with a vector, compiled, agrees with that derivative.
- *forward* (mode ``fwd``): ``<v, J u> = <J^T v, u>``, the left side by forward mode, the right side by the gradient.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from diffcompile.errors import DiffCompileError
from diffcompile.testing.checks import (
    Argnums,
    argument_names,
    require_known,
    resolve_argnums,
)
from diffcompile.testing.compare import (
    TOLERANCES,
    Comparison,
    GradientMismatch,
    InconclusiveCheck,
    inconclusive,
    mismatch,
)
from diffcompile.testing.examination import FAILED, PASSED, SKIPPED, UNKNOWN, Answer, Examination
from diffcompile.testing.numerical import Line, extrapolated_differences
from diffcompile.testing.reals import holds_complex
from diffcompile.testing.second_order import check_forward, check_second
from diffcompile.testing.structures import (
    copy_tree,
    difference_in_structure,
    first_change,
    is_leaf,
    leaves,
    parts_like,
    rebuild,
)
from diffcompile.testing.variations import like, nudged, random_like, short, strided, title_of, weighted

__tracebackhide__ = True  # pytest shows the code of its user

COORDINATES = 4
"""Entries that are looked at one by one, beside the random directions."""
NARROW = 4
"""Bytes of a float32."""
LINEAR = 1e-6
"""How exactly a pullback must be linear, relative to its size: there may be float32 inside."""


def examine(
    fun: Callable[..., Any],
    args: Sequence[Any],
    *,
    argnums: Argnums = None,
    order: int = 1,
    modes: Sequence[str] = ("rev",),
    rtol: float | None = None,
    atol: float | None = None,
    seed: int = 0,
    directions: int = 3,
    backend: str = "numpy",
) -> Examination:
    """Ask every question about the gradient of ``fun`` at ``args``; see the module.

    Args:
        fun: The function; its result is a scalar, an array, or a nested structure of these.
        args: Its arguments; nested structures of arrays and floats, and whatever is not differentiated.
        argnums: Which arguments to differentiate; by default all that hold floats.
        order: 2 also asks whether the Hessian is symmetric.
        modes: ``rev``, ``fwd``, as for :func:`check_grads`.
        rtol: Tolerance relative to the size of the derivative; by default that of the narrowest dtype.
        atol: Absolute tolerance.
        seed: Of the random directions.
        directions: How many of them.
        backend: Who executes the generated code.
    """
    require_known(order, modes)
    trial = _Trial(fun, tuple(args), argnums, order, tuple(modes), rtol, atol, seed, directions, backend)
    return trial.run()


class _Trial:
    def __init__(
        self,
        fun: Callable[..., Any],
        args: tuple[Any, ...],
        argnums: Argnums,
        order: int,
        modes: tuple[str, ...],
        rtol: float | None,
        atol: float | None,
        seed: int,
        directions: int,
        backend: str,
    ) -> None:
        self.fun, self.args, self.order, self.modes = fun, args, order, modes
        self.chosen = resolve_argnums(fun, args, argnums)
        self.names = argument_names(fun, args)
        hidden = [self.names[k] for k in self.chosen if holds_complex(args[k])]
        if hidden:
            raise TypeError(
                f"{hidden[0]} of {title_of(fun)} holds complex numbers, whose derivatives are not looked at here: "
                "use check_grads, or leave it out of what is differentiated"
            )
        self.rtol, self.atol, self.seed, self.directions, self.backend = rtol, atol, seed, directions, backend
        self.kept = copy_tree(args)
        self.found = Examination(title_of(fun))
        self.scalar = True
        self.gradients: tuple[Any, ...] = ()
        self.compute: Callable[..., tuple[Any, tuple[Any, ...]]] = self._by_gradient
        self.both: Any = None
        self.weights: Any = None

    def run(self) -> Examination:
        expected = self.fun(*copy_tree(self.args))
        again = self.fun(*copy_tree(self.args))
        if first_change(expected, again, "value"):
            text = f"two calls with the same arguments give {short(expected)} and {short(again)}"
            self._unknown("repeatable", InconclusiveCheck(
                f"the gradient of {self.found.title} cannot be checked: {text}\n"
                "  why: random numbers, a counter or other state\n  try: pass a seeded generator's draws as an argument"
            ))  # fmt: skip
            return self.found
        self._passed("repeatable")
        self.scalar = is_leaf(expected) and np.ndim(expected) == 0
        if not self.scalar:
            self.weights = random_like(expected, np.random.default_rng(self.seed + 1), self.found.title)
            self.compute = self._by_pullback
        value, self.gradients = self.compute(*self.args)
        self._ask("arguments", self._arguments)
        self._ask("value", lambda: self._value(expected, value))
        if self._ask("form", self._form) and self._ask("gradient", self._gradient):
            self._ask("pullback", self._pullback)
            self._ask("repeated", self._repeated)
            self._ask("layout", self._layout)
            self._ask("aliased", self._aliased)
            if self.order > 1:
                self._ask("symmetry", self._symmetry)
                self._ask("product", self._product)
            if "fwd" in self.modes:
                self._ask("forward", self._forward)
        return self.found

    # -- the gradient

    def _by_gradient(self, *args: Any) -> tuple[Any, tuple[Any, ...]]:
        from diffcompile import api  # noqa: PLC0415 - the compiler is loaded only by a check

        if self.both is None:
            options: dict[str, Any] = {} if self.backend == "numpy" else {"backend": self.backend}
            self.both = api.value_and_grad(self.fun, argnums=self.chosen, **options)
        value, gradients = self.both(*args)
        self.found.source = self.both.source or ""
        return value, tuple(gradients)

    def _by_pullback(self, *args: Any) -> tuple[Any, tuple[Any, ...]]:
        from diffcompile import api  # noqa: PLC0415

        value, pullback = api.vjp(self.fun, *args)
        cotangents = pullback(copy_tree(self.weights))
        self.found.source = getattr(pullback, "source", "") or ""
        return value, tuple(cotangents[k] for k in self.chosen)

    # -- questions

    def _ask(self, question: str, ask: Callable[[], str | None]) -> bool:
        try:
            text = ask()
        except InconclusiveCheck as error:
            self._unknown(question, error)
            return False
        except GradientMismatch as error:
            self.found.answers.append(Answer(question, FAILED, str(error), error))
            return False
        except Exception as error:
            if not self.found.of(FAILED):
                raise
            text = f"raises {type(error).__name__}"  # after a wrong answer nothing has to work
        if text is not None:
            self.found.answers.append(Answer(question, SKIPPED, text))
        else:
            self._passed(question)
        return True

    def _passed(self, question: str) -> None:
        self.found.answers.append(Answer(question, PASSED))

    def _unknown(self, question: str, error: InconclusiveCheck) -> None:
        self.found.answers.append(Answer(question, UNKNOWN, str(error), error))

    def _wrong(self, text: str, argument: str = "") -> GradientMismatch:
        return GradientMismatch(f"the gradient of {self.found.title} {text}", argument=argument)

    def _arguments(self) -> None:
        for name, before, after in zip(self.names, self.kept, self.args, strict=True):
            where = first_change(before, after, name)
            if where:
                raise self._wrong(f"is computed by a call that modified its argument {where}", where)

    def _value(self, expected: Any, value: Any) -> None:
        problem = difference_in_structure(expected, value) if leaves(expected) else None
        pairs = [] if problem else zip(leaves(expected), parts_like(value, expected), strict=True)
        for leaf, number in pairs:
            narrow = np.asarray(leaf.value).dtype.itemsize <= NARROW
            if not np.allclose(leaf.value, number, rtol=1e-5 if narrow else 1e-12, atol=0.0, equal_nan=True):
                problem = f"{short(number)}, not {short(leaf.value)}"
        if problem:
            raise self._wrong(f"comes with a wrong value: {problem}")

    def _form(self) -> None:
        for k, gradient in zip(self.chosen, self.gradients, strict=True):
            problem = difference_in_structure(self.kept[k], gradient)
            if problem:
                raise self._wrong(f"with respect to {self.names[k]} has the wrong form: {problem}", self.names[k])

    def _gradient(self) -> None:
        comparison = self.found.comparison = self._compared(self.kept, self.gradients)
        rng = np.random.default_rng(self.seed)
        directions = [comparison.random_direction(rng) for _ in range(self.directions)]
        directions += comparison.some_coordinates(rng, COORDINATES)
        verdicts = [comparison.judge(direction) for direction in directions]
        if "wrong" in verdicts:
            raise mismatch(comparison.wrong_entries(rng), comparison, self.found.title, self.found.source)
        for verdict in verdicts:
            if verdict != "right":
                raise inconclusive(self.found.title, verdict)

    def _pullback(self) -> str | None:
        if self.backend != "numpy":
            return "only asked of the backend numpy"
        from diffcompile import api  # noqa: PLC0415

        value, pullback = api.vjp(self.fun, *copy_tree(self.kept))
        rng = np.random.default_rng(self.seed + 2)
        v, w = (random_like(value, rng, self.found.title) for _ in range(2))
        pairs = zip(leaves(v), leaves(w), strict=True)
        both = rebuild(v, iter([like(one.value + 2.0 * other.value, one.value) for one, other in pairs]))
        parts = [self._flat(pullback(ct)) for ct in (v, w, both)]
        exactness = LINEAR if self._width() > NARROW else TOLERANCES[NARROW][0]
        for one, other, total in zip(*parts, strict=True):
            size = float(np.max(np.abs(one), initial=0.0) + 2.0 * np.max(np.abs(other), initial=0.0))
            off = float(np.max(np.abs(one + 2.0 * other - total), initial=0.0))
            if not off <= exactness * size:
                raise self._wrong(f"comes from a pullback that is not linear: off by {off:.3g}")
        unit = self.weights if not self.scalar else like(1.0, value)
        self._require_close(tuple(pullback(unit)[k] for k in self.chosen), "differs between grad and vjp")
        return None

    def _repeated(self) -> None:
        _, again = self.compute(*copy_tree(self.kept))
        self._require_same(again, "changes from call to call")
        rng = np.random.default_rng(self.seed + 3)
        elsewhere = nudged(self.kept, rng)
        _, there = self.compute(*copy_tree(elsewhere))
        _, again = self.compute(*copy_tree(self.kept))
        self._require_same(again, "changes after a call with other arguments")
        comparison = self._compared(elsewhere, there)
        if comparison.judge(comparison.random_direction(rng)) == "wrong":
            raise mismatch(comparison.wrong_entries(rng), comparison, self.found.title, self.found.source)

    def _compared(self, args: tuple[Any, ...], gradients: tuple[Any, ...]) -> Comparison:
        fun = self.fun if self.scalar else weighted(self.fun, self.weights)
        found = dict(zip(self.chosen, gradients, strict=True))
        return Comparison.of(fun, args, found, self.names, self.rtol, self.atol)

    def _layout(self) -> str | None:
        others = [strided(leaf.value) for leaf in leaves(self.kept)]
        if not any(isinstance(value, np.ndarray) and value.size > 1 for value in others):
            return "no array with more than one entry"
        args = rebuild(self.kept, iter(others))
        failure = self._failure(rebuild(self.kept, iter([strided(leaf.value) for leaf in leaves(self.kept)])))
        if failure:
            return failure
        _, again = self.compute(*args)
        self._require_close(again, "depends on the memory layout of the arguments")
        return None

    def _failure(self, args: tuple[Any, ...]) -> str:
        """Return how the function itself fails on arguments; then its gradient may, too."""
        try:
            self.fun(*args)
        except Exception as error:  # the user's function may raise anything
            return f"the function itself raises {type(error).__name__} there"
        return ""

    def _aliased(self) -> str | None:
        pair = self._equal_pair()
        if pair is None:
            return "no two differentiated arrays of one shape and dtype"
        first, second = pair
        apart = list(copy_tree(self.kept))
        apart[second] = apart[first].copy()
        _, expected = self.compute(*apart)
        shared = list(copy_tree(self.kept))
        shared[second] = shared[first]
        try:
            _, found = self.compute(*shared)
        except ValueError as error:
            if "share memory" in str(error):
                return "refused, as the function writes to one of them"
            raise
        both = f"{self.names[first]} and {self.names[second]}"
        self._require_close(found, f"is another where {both} are one array", expected)
        return None

    def _equal_pair(self) -> tuple[int, int] | None:
        arrays = [k for k in self.chosen if isinstance(self.kept[k], np.ndarray) and self.kept[k].size]
        for place, first in enumerate(arrays):
            for second in arrays[place + 1 :]:
                one, other = self.kept[first], self.kept[second]
                if one.shape == other.shape and one.dtype == other.dtype:
                    return first, second
        return None

    def _symmetry(self) -> None:
        rng = np.random.default_rng(self.seed + 4)
        comparison = self._compared(self.kept, self.gradients)
        u, v = comparison.random_direction(rng), comparison.random_direction(rng)
        one = extrapolated_differences(Line(self._slope(u), self.kept, v))
        other = extrapolated_differences(Line(self._slope(v), self.kept, u))
        off = abs(one.value - other.value)
        tolerance = comparison.rtol * max(abs(one.value), abs(other.value)) + comparison.atol
        if not off <= tolerance + 2.0 * (one.error + other.error):
            raise self._wrong(
                f"is not the gradient of anything: <u, H v> = {one.value:.10g}, but <v, H u> = {other.value:.10g}"
            )
        if one.error + other.error > tolerance:
            raise inconclusive(self.found.title, f"<u, H v> is only good to {one.error:.1e}")

    def _product(self) -> str | None:
        try:
            check_second(
                self.fun, copy_tree(self.kept), self.chosen, self.weights, self.modes, self.names, self.found.title,
                rtol=self.rtol, atol=self.atol, seed=self.seed,
            )  # fmt: skip
        except DiffCompileError as error:
            return f"{type(error).__name__}: {error.what}"
        return None

    def _forward(self) -> None:
        args = copy_tree(self.kept)
        check_forward(self.fun, args, self.chosen, self.gradients, self.weights, self.found.title, self.seed)

    def _inner(self, cotangents: Sequence[Any], direction: list[Any]) -> float:
        """Return the inner product of cotangents of the differentiated arguments and a direction."""
        by_argument = dict(zip(self.chosen, cotangents, strict=True))
        parts: list[Any] = []
        for k, arg in enumerate(self.kept):
            parts += parts_like(by_argument[k], arg) if k in by_argument else [None] * len(leaves(arg))
        pairs = [(part, d) for part, d in zip(parts, direction, strict=True) if part is not None and d is not None]
        return float(sum(np.sum(np.asarray(part, dtype=np.float64) * d) for part, d in pairs))

    def _slope(self, direction: list[Any]) -> Callable[..., Any]:
        """Return the derivative along ``direction`` as a function of the arguments."""

        def slope(*args: Any) -> Any:
            _, gradients = self.compute(*args)
            return self._inner(gradients, direction)

        return slope

    # -- comparing

    def _flat(self, cotangents: Sequence[Any]) -> list[Any]:
        return [
            np.asarray(part, dtype=np.float64) for k in self.chosen for part in parts_like(cotangents[k], self.kept[k])
        ]

    def _width(self) -> int:
        widths = [np.asarray(leaf.value).dtype.itemsize for k in self.chosen for leaf in leaves(self.kept[k])]
        return min([8, *widths])

    def _require_same(self, found: tuple[Any, ...], text: str) -> None:
        for k, before, after in zip(self.chosen, self.gradients, found, strict=True):
            where = first_change(before, after, self.names[k])
            if where:
                raise self._wrong(f"with respect to {where} {text}", where)

    def _require_close(self, found: tuple[Any, ...], text: str, expected: tuple[Any, ...] | None = None) -> None:
        rtol = TOLERANCES[self._width()][0]
        reference = self.gradients if expected is None else expected
        for k, before, after in zip(self.chosen, reference, found, strict=True):
            problem = difference_in_structure(before, after, self.names[k])
            pairs = [] if problem else zip(leaves(before), parts_like(after, before), strict=True)
            for leaf, other in pairs:
                size = float(np.max(np.abs(leaf.value), initial=0.0))
                atol = rtol * size if math.isfinite(size) else 0.0
                if not np.allclose(leaf.value, other, rtol=rtol, atol=atol, equal_nan=True):
                    problem = f"{short(other)}, not {short(leaf.value)}"
            if problem:
                raise self._wrong(f"with respect to {self.names[k]} {text}: {problem}", self.names[k])
