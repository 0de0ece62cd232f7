"""Trajectories of ordinary differential equations: the adjoint equation, and the variational one, instead of the steps.

With ``y' = f(t, y, p)`` the cotangent ``a`` of ``y`` obeys ``a' = -a f_y`` backwards in time and jumps by the cotangent
of each state that was read; that of ``p`` is the integral of ``a f_p``. Each interval starts from the state that the
forward integration found, so that nothing has to be integrated backwards over long times (L. Pontryagin et al., The
mathematical theory of optimal processes, 1962).
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from diffcompile.calling import Callee, Pullback, callee_of
from diffcompile.errors import UnsupportedError
from diffcompile.frontend.lower import Code
from diffcompile.implicit import shaped

PRECISION = {"rtol": 1e-10, "atol": 1e-12, "method": "DOP853"}


class Trajectory(Callee):
    """The states of a trajectory; the last operands are the initial state, the times and what the solver found."""

    def __init__(self, code: Code, places: tuple[int, ...], attribute: str) -> None:
        super().__init__(code)
        self.time, self.state = places
        self.attribute = attribute
        self.__name__ = f"trajectory_of_{self.__name__}"

    def __call__(self, *args: Any) -> Any:
        """Return the states that were found."""
        found = args[-1]
        return getattr(found, self.attribute) if self.attribute else found

    def run(self, wrt: tuple[int, ...], args: tuple[Any, ...]) -> tuple[Any, Pullback]:
        """Return the states and the pullback with respect to the operands ``wrt``."""
        operands, start = args[:-3], args[-3]
        inner = tuple(number for number in wrt if number < len(operands))

        def pullback(ct: Any) -> tuple[Any, ...]:
            times, states = self._points(args)
            rows = np.zeros(states.shape)
            read = np.asarray(ct, float)
            rows[len(rows) - (read.shape[1] if self.attribute else read.shape[0]) :] = (
                read.T if self.attribute else read
            )
            bars = [np.zeros(np.shape(operands[number])) for number in inner]
            y_bar = rows[-1]
            for k in range(len(times) - 1, 0, -1):
                y_bar, bars = self._back(operands, inner, times[k], times[k - 1], states[k], y_bar, bars)
                y_bar = y_bar + rows[k - 1]
            found = dict(zip(inner, bars, strict=True))
            found[len(operands)] = np.reshape(y_bar, np.shape(start))
            return tuple(found.get(number) for number in wrt)  # times are constant

        return self(*args), pullback

    def run_forward(
        self, wrt: tuple[int, ...], args: tuple[Any, ...], dots: tuple[Any, ...]
    ) -> tuple[Any, Any]:
        """Return the states and their tangents for tangents ``dots`` of the operands ``wrt``."""
        operands = args[:-3]
        given = {number: dot for number, dot in zip(wrt, dots, strict=True) if number <= len(operands)}
        times, states = self._points(args)
        moved = np.zeros(states.shape)
        moved[0] = np.ravel(given.pop(len(operands), np.zeros(states.shape[1])))
        for k in range(1, len(times)):
            moved[k] = self._on(operands, given, times[k - 1], times[k], states[k - 1], moved[k - 1])
        count = np.shape(self(*args))[1 if self.attribute else 0]
        read = moved[len(moved) - count :]
        return self(*args), read.T if self.attribute else read

    def _points(self, args: tuple[Any, ...]) -> tuple[Any, Any]:
        """Return the times at which the trajectory is known, the first one first, and the states there."""
        start, times, found = args[-3:]
        first = np.atleast_1d(np.asarray(start, float))
        if np.iscomplexobj(start):
            raise UnsupportedError(
                "a complex trajectory has no derivative rule", advice="integrate the parts"
            )
        if not self.attribute:
            return np.asarray(times, float), np.asarray(found, float)
        if not found.success:
            raise UnsupportedError("the trajectory was not integrated to its end", why=found.message)
        known = np.concatenate([[times[0]], found.t]), np.concatenate([first[None], found.y.T])
        return known

    def _operands(self, operands: tuple[Any, ...], t: float, y: Any) -> tuple[Any, ...]:
        values = list(operands)
        values[self.time], values[self.state] = float(t), y
        return tuple(values)

    def _back(
        self,
        operands: Any,
        inner: tuple[int, ...],
        late: float,
        early: float,
        y: Any,
        y_bar: Any,
        bars: list[Any],
    ) -> tuple[Any, list[Any]]:
        """Return the cotangents at the beginning of an interval from those at its end."""
        if late == early:
            return y_bar, bars
        size = len(y)
        callee = callee_of(self.code)

        def slope(t: float, z: Any) -> Any:
            values = self._operands(operands, t, z[:size].copy())
            value, pull = callee.run((self.state, *inner), values)
            parts = pull(shaped(z[size : 2 * size], value))
            numbers = [_filled(part, values[k]) for part, k in zip(parts, (self.state, *inner), strict=True)]
            return np.concatenate([np.ravel(np.asarray(value, float)), *(-part for part in numbers)])

        z = np.concatenate([y, y_bar, *map(np.ravel, bars)])
        end = _integrated(slope, late, early, z)
        ends = 2 * size + np.cumsum([0, *(np.size(bar) for bar in bars)])
        pieces = [end[low:high] for low, high in pairwise(ends)]
        return end[size : 2 * size], [
            np.reshape(p, np.shape(bar)) for p, bar in zip(pieces, bars, strict=True)
        ]

    def _on(self, operands: Any, given: dict[int, Any], early: float, late: float, y: Any, y_dot: Any) -> Any:
        """Return the tangent of the state at the end of an interval from that at its beginning."""
        if late == early:
            return y_dot
        size = len(y)
        callee = callee_of(self.code)

        def slope(t: float, z: Any) -> Any:
            values = self._operands(operands, t, z[:size].copy())
            value, moved = callee.run_forward(
                (self.state, *given), values, (z[size:].copy(), *given.values())
            )
            return np.concatenate([np.ravel(np.asarray(part, float)) for part in (value, moved)])

        return _integrated(slope, early, late, np.concatenate([y, y_dot]))[size:]


def _filled(part: Any, like: Any) -> Any:
    zeros = np.zeros(np.shape(like))
    return np.ravel(zeros if part is None else zeros + part)


def _integrated(slope: Any, start: float, end: float, z: Any) -> Any:
    from scipy import integrate  # noqa: PLC0415 - a program that integrates has it

    result = integrate.solve_ivp(slope, (start, end), z, **PRECISION)
    if not result.success:
        raise UnsupportedError("the adjoint of a trajectory could not be integrated", why=result.message)
    return result.y[:, -1]
