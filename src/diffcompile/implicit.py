"""Answers of solvers and integrals: their derivatives, not those of the iterations that found them.

With ``f(x, p) = 0`` for all ``p`` the implicit function theorem gives ``x' = -f_x^-1 f_p``, so that the cotangent of
``p`` is that of ``f`` for ``-f_x^-T x_bar``. Of an integral each part of the integrand's cotangent is integrated.

Generated code calls a :class:`Solver`, which runs SciPy on constants, and hands what it found to a :class:`Solution` or
an :class:`Integral`, whose pairs are those of the user's function at that point.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from diffcompile.calling import Callee, Pullback, callee_of
from diffcompile.errors import UnsupportedError
from diffcompile.frontend.lower import Code


@dataclass(frozen=True, slots=True)
class Argument:
    """A function among the arguments of a solver: its operands are ``count`` operands of the call from ``start`` on."""

    name: str
    code: Code
    places: tuple[int, ...]
    """Which of its operands the solver varies: they are its first arguments."""
    start: int
    count: int


class Solver:
    """Calls a function of SciPy that takes functions."""

    def __init__(
        self, fun: Callable[..., Any], functions: tuple[Argument, ...], names: tuple[str, ...]
    ) -> None:
        self.fun = fun
        self.functions = functions
        self.names = names
        """Of the arguments that are data; they follow the operands of the functions."""
        self.__name__ = "_of_".join(
            [fun.__name__, *(callee_of(argument.code).__name__ for argument in functions[:1])]
        )

    def __call__(self, *operands: Any) -> Any:
        """Return what SciPy finds."""
        taken = sum(argument.count for argument in self.functions)
        given = dict(zip(self.names, operands[taken:], strict=True))
        for argument in self.functions:
            given[argument.name] = _primal(
                argument, operands[argument.start : argument.start + argument.count]
            )
        found = self.fun(**given)
        if self.fun.__name__ == "minimize_scalar":
            if given.get("bounds") is not None:
                found["free"] = _free_number(given[self.functions[0].name], float(found.x), given["bounds"])
        elif given.get("bounds") is not None:
            found["free"] = _free(found, given["bounds"], self.fun.__name__ in ("least_squares", "fitted"))
        return found


def _free(found: Any, bounds: Any, in_two: bool) -> Any:
    """Return which unknowns no bound holds: one does that is reached, and beyond which the value would go on falling.

    ``bounds`` is an object with ``lb`` and ``ub``, a pair of arrays ``in_two``, or a pair for each unknown.
    """
    x = np.ravel(found.x)
    if hasattr(bounds, "lb"):
        low, high = bounds.lb, bounds.ub
    elif in_two:
        low, high = bounds
    else:
        low = [-np.inf if pair[0] is None else pair[0] for pair in bounds]
        high = [np.inf if pair[1] is None else pair[1] for pair in bounds]
    low, high = np.broadcast_to(low, x.shape), np.broadcast_to(high, x.shape)
    slope = found.get("grad", found.get("jac"))
    slope = np.ravel(slope) if slope is not None and np.size(slope) == x.size else None
    close = 1e-10 if slope is None else 1e-6
    at_low, at_high = (np.abs(x - end) <= close * (1.0 + np.abs(x)) for end in (low, high))
    if slope is not None:
        least = 1e-5 * max(1.0, float(np.max(np.abs(slope), initial=0.0)))
        at_low, at_high = at_low & (slope > least), at_high & (slope < -least)
    return ~(at_low | at_high)


def _free_number(function: Callable[..., Any], x: float, bounds: Any) -> Any:
    """Return whether no bound holds a minimum: one does that is near, and from which the value rises inwards.

    The search ends a little before a bound, so that the slope at the bound itself tells.
    """
    low, high = (float(np.reshape(end, ())) for end in bounds)
    for end, inwards in ((low, 1.0), (high, -1.0)):
        step = inwards * 1e-4 * (high - low)
        if abs(x - end) <= 10.0 * abs(step):
            first, second, third = (float(np.reshape(function(end + k * step), ())) for k in range(3))
            if -3.0 * first + 4.0 * second - third > 0.0:
                return np.array([False])
    return np.array([True])


def _solved(matrix: Any, right: Any, free: Any) -> Any:
    """Return the solution of a linear system in the unknowns that are free, and 0 for the others."""
    if free is None or np.all(free):
        return np.linalg.solve(matrix, right)
    x = np.zeros(len(right))
    x[free] = np.linalg.solve(matrix[np.ix_(free, free)], right[free])
    return x


def _primal(argument: Argument, operands: tuple[Any, ...]) -> Callable[..., Any]:
    callee = callee_of(argument.code)

    def function(*given: Any) -> Any:  # unknowns, then `args`, which are among the operands already
        values = list(operands)
        for place, value in zip(argument.places, given, strict=False):
            values[place] = value
        return callee(*values)

    return function


def answer_of(found: Any, attribute: str, single: bool) -> Any:
    """Return the answer in what a solver found, as a number or an array."""
    answer = getattr(found, attribute) if attribute else found
    return float(np.reshape(answer, ())) if single else np.asarray(answer, float)


class Panels:
    """Nodes and weights, (n, 2), of a rule for integrals, as fine as an integrand asks for.

    The nodes are shares of a finite interval; of an infinite one they are counted from its finite end, or from 0.
    """

    def __init__(self, argument: Argument, infinite: bool) -> None:
        self.argument = argument
        self.infinite = infinite
        """An end of the interval is infinite, as was known when the code was compiled."""
        self.__name__ = f"panels_of_{callee_of(argument.code).__name__}"

    def __call__(self, *operands: Any) -> Any:
        """Return them, for the operands of the function, then the ends of the interval."""
        *values, a, b = operands
        if bool(np.isinf(a) or np.isinf(b)) != self.infinite:
            raise UnsupportedError(
                "an integral to what turns out to be infinite has no second derivative here",
                advice="write np.inf out where quad is called",
            )
        if a == b:
            return np.array([[0.5, 1.0]])
        function = _primal(self.argument, tuple(values))
        if not self.infinite:
            return _panels(function, float(a), float(b))
        low = -1.0 if np.isinf(a) and np.isinf(b) else 0.0
        sign, end = (1.0 if b > a else -1.0), (a if np.isinf(b) else b)
        way = sign if np.isinf(b) else -sign
        end = 0.0 if low else end

        def place(u: Any) -> Any:
            return u / (1.0 - u * u) if low else way * u / (1.0 - u)

        def stretch(u: Any) -> Any:
            return sign * ((1.0 + u * u) / (1.0 - u * u) ** 2 if low else 1.0 / (1.0 - u) ** 2)

        found = _panels(lambda u: function(end + place(u)) * stretch(u), low, 1.0)
        u = low + (1.0 - low) * found[:, 0]
        return np.stack([place(u), found[:, 1] * (1.0 - low) * stretch(u)], axis=1)


def _panels(function: Callable[..., Any], a: float, b: float) -> Any:
    """Return nodes and weights, (n, 2), on the unit interval, for an integral from ``a`` to ``b``."""
    from scipy import integrate  # noqa: PLC0415 - a program that integrates has it

    *_, details = integrate.quad_vec(function, a, b, 1e-13, 1e-11, full_output=True)
    nodes, weights = np.polynomial.legendre.leggauss(20)
    low, high = (np.asarray(details.intervals, float).T - a) / (b - a)
    halves = 0.5 * (high - low)
    places = 0.5 * (low + high)[:, None] + halves[:, None] * nodes
    return np.stack([np.ravel(places), np.ravel(halves[:, None] * weights)], axis=1)


class Solution(Callee):
    """``x`` where a function of its operands is zero, or where it returns ``x`` again; ``x`` is one of the operands."""

    def __init__(
        self, code: Code, place: int, fixed_point: bool, attribute: str, *, symmetric: bool = False
    ) -> None:
        super().__init__(code, fresh=True)  # the answer is new, and like any result it may be written to
        self.symmetric = symmetric
        """The function is a slope, so that its derivative is a Hessian."""
        self.place = place
        self.fixed_point = fixed_point
        self.attribute = attribute
        """Of what the solver found: that which holds the answer; "" if it is the answer."""
        self.__name__ = f"solution_of_{self.__name__}"

    def __call__(self, *args: Any) -> Any:
        """Return the answer that was found."""
        return self._answered(args)[self.place]

    def _answered(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        """Return the operands of the function at the answer, from those with what the solver found in its place."""
        found = args[self.place]
        answer = getattr(found, self.attribute) if self.attribute else found
        return (*args[: self.place], answer, *args[self.place + 1 :])

    def run(self, wrt: tuple[int, ...], args: tuple[Any, ...]) -> tuple[Any, Pullback]:
        """Return the answer and the pullback with respect to the operands ``wrt``."""
        free = getattr(args[self.place], "free", None)
        args = self._answered(args)

        def pullback(ct: Any) -> tuple[Any, ...]:
            value, pull = callee_of(self.code).run(wrt, args)
            weights = _solved(self._jacobian(args).T, np.ravel(ct), free)
            return pull(shaped(-weights, value))

        return args[self.place], pullback

    def run_forward(
        self, wrt: tuple[int, ...], args: tuple[Any, ...], dots: tuple[Any, ...]
    ) -> tuple[Any, Any]:
        """Return the answer and its tangent for tangents ``dots`` of the operands ``wrt``."""
        free = getattr(args[self.place], "free", None)
        args = self._answered(args)
        x = args[self.place]
        _, moved = callee_of(self.code).run_forward(wrt, args, dots)
        x_dot = _solved(self._jacobian(args), -np.ravel(np.asarray(moved, float)), free)
        return x, shaped(x_dot, x)

    def _jacobian(self, args: tuple[Any, ...]) -> Any:
        """Return the derivative of the function that vanishes with respect to ``x``, as a matrix."""
        if self.symmetric:
            return self._hessian(args)
        value, pull = callee_of(self.code).run((self.place,), args)
        count = np.size(value)
        if count != np.size(args[self.place]):
            raise UnsupportedError(
                f"{self.code.name} returns {count} values for {np.size(args[self.place])} unknowns",
                why="its solution has no derivative by the implicit function theorem",
            )
        rows = [np.ravel(pull(shaped(row, value))[0]) for row in np.eye(count)]
        matrix = np.array(rows, float).reshape(count, count)
        return matrix - np.eye(count) if self.fixed_point else matrix


    def _hessian(self, args: tuple[Any, ...]) -> Any:
        """Return the derivative of a slope, column by column: forward over reverse."""
        x = args[self.place]
        columns = []
        for unit in np.eye(np.size(x)):
            _, moved = callee_of(self.code).run_forward((self.place,), args, (shaped(unit, x),))
            columns.append(np.ravel(np.asarray(moved, float)))
        return np.array(columns).reshape(np.size(x), np.size(x))


def shaped(numbers: Any, like: Any) -> Any:
    """Return a vector of numbers in the form of a value: a number, an array, a list or a tuple of numbers."""
    if isinstance(like, list | tuple):
        return [float(number) for number in numbers]
    return np.reshape(numbers, np.shape(like)) if np.ndim(like) else float(numbers[0])


class Integral(Callee):
    """The value of ``integral(f(t, ...), a, b)``; its last operands are ``a``, ``b`` and what ``quad`` returned."""

    def __init__(self, code: Code, place: int) -> None:
        super().__init__(code)
        self.place = place
        self.__name__ = f"integral_of_{self.__name__}"

    def __call__(self, *args: Any) -> Any:
        """Return the value that was found."""
        return args[-1][0]

    def run(self, wrt: tuple[int, ...], args: tuple[Any, ...]) -> tuple[Any, Pullback]:
        """Return the value and the pullback with respect to the operands ``wrt``."""
        *operands, a, b, found = args
        inner = tuple(number for number in wrt if number < len(operands))

        def pullback(ct: Any) -> tuple[Any, ...]:
            parts = self._integrated(inner, operands, a, b) if inner else ()
            bars = {number: ct * part for number, part in zip(inner, parts, strict=True)}
            for number, end, sign in ((len(operands), a, -1.0), (len(operands) + 1, b, 1.0)):
                if number in wrt:
                    bars[number] = sign * ct * callee_of(self.code)(*self._at(end, operands))
            return tuple(bars[number] for number in wrt)

        return found[0], pullback

    def run_forward(
        self, wrt: tuple[int, ...], args: tuple[Any, ...], dots: tuple[Any, ...]
    ) -> tuple[Any, Any]:
        """Return the value and its tangent for tangents ``dots`` of the operands ``wrt``."""
        value, pullback = self.run(wrt, args)
        terms = (np.sum(np.multiply(bar, dot)) for bar, dot in zip(pullback(1.0), dots, strict=True))
        return value, float(sum(terms))

    def _at(self, t: Any, operands: Any) -> tuple[Any, ...]:
        return (*operands[: self.place], t, *operands[self.place + 1 :])

    def _integrated(self, inner: tuple[int, ...], operands: Any, a: Any, b: Any) -> list[Any]:
        """Return the integrals of the derivatives with respect to the operands ``inner``."""
        from scipy import integrate  # noqa: PLC0415 - a program that integrates has it

        callee = callee_of(self.code)

        def slopes(t: float) -> Any:
            _, pull = callee.run(inner, self._at(float(t), operands))
            parts = zip(pull(1.0), inner, strict=True)
            return np.concatenate([np.ravel(_filled(part, operands[number])) for part, number in parts])

        total, _ = integrate.quad_vec(slopes, float(a), float(b), epsabs=1e-12, epsrel=1e-10)
        shapes = [np.shape(operands[number]) for number in inner]
        ends = np.cumsum([int(np.prod(shape)) for shape in shapes])[:-1]
        pieces = np.split(total, ends)
        return [np.reshape(piece, shape)[()] for piece, shape in zip(pieces, shapes, strict=True)]


def _filled(part: Any, like: Any) -> Any:
    return np.zeros(np.shape(like)) if part is None else np.broadcast_to(part, np.shape(like))
