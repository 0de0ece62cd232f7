"""Splines whose coefficients are differentiated: the compiler reads these methods, not SciPy's."""

from __future__ import annotations

from typing import Any

import numpy as np

from diffcompile import runtime_scipy
from diffcompile.errors import UnsupportedError


def placed(values: Any, x: Any, axis: int) -> Any:
    """Return values at ``x``, which stand along the first axes, with those axes at ``axis``."""
    if axis == 0:
        return values
    count = np.ndim(x)
    return np.moveaxis(values, tuple(range(count)), tuple(range(axis, axis + count)))


class Pieces:
    """Polynomials with coefficients ``c`` (k, m, ...) between breaks ``x`` (m + 1): SciPy's ``PPoly``."""

    def __init__(self, c: Any, x: Any, extrapolate: Any, axis: int = 0) -> None:
        self.c = c
        self.x = x
        self.extrapolate = extrapolate
        self.axis = axis

    def __call__(self, x: Any, nu: Any = 0, extrapolate: Any = None) -> Any:
        """Return derivative ``nu`` at ``x``."""
        chosen = self.extrapolate if extrapolate is None else extrapolate
        return placed(runtime_scipy.pieces_at(self.c, self.x, x, nu, chosen), x, self.axis)

    def roots(self, discontinuity: Any = True, extrapolate: Any = None) -> Any:
        """Refuse to find roots."""
        raise UnsupportedError("the roots of a spline have no derivative rule", advice="find them with brentq")

    def solve(self, y: Any = 0.0, discontinuity: Any = True, extrapolate: Any = None) -> Any:
        """Refuse to find where a value is reached."""
        raise UnsupportedError("where a spline reaches a value has no derivative rule", advice="find it with brentq")

    def derivative(self, nu: Any = 1) -> Any:
        """Return derivative ``nu``, itself in pieces."""
        c = self.c
        for _ in range(nu):
            order = len(c)
            powers = np.reshape(np.arange(order - 1.0, 0.0, -1.0), (order - 1,) + (1,) * (np.ndim(c) - 1))
            c = c[:-1] * powers if order > 1 else 0.0 * c
        return Pieces(c, self.x, self.extrapolate, self.axis)

    def antiderivative(self, nu: Any = 1) -> Any:
        """Return an integral, which is 0 at the first break."""
        c = self.c
        widths = np.reshape(np.diff(self.x), (-1,) + (1,) * (np.ndim(c) - 2))
        for _ in range(nu):
            order = len(c)
            powers = np.reshape(np.arange(order * 1.0, 0.0, -1.0), (order,) + (1,) * (np.ndim(c) - 1))
            raised = c / powers
            areas = np.sum(raised * widths**powers, axis=0)
            starts = np.concatenate((np.zeros_like(areas[:1]), np.cumsum(areas[:-1], axis=0)))
            c = np.concatenate((raised, starts[None]))
        return Pieces(c, self.x, self.extrapolate, self.axis)

    def integrate(self, a: Any, b: Any, extrapolate: Any = None) -> Any:
        """Return the integral from ``a`` to ``b``."""
        chosen = self.extrapolate if extrapolate is None else extrapolate
        if isinstance(chosen, str):
            raise UnsupportedError("the integral of periodic pieces has no derivative rule")
        whole = Pieces(self.c, self.x, self.extrapolate).antiderivative()
        return whole(b, 0, chosen) - whole(a, 0, chosen)


class Basis:
    """A spline with coefficients ``c`` (n, ...) over knots ``t``, of degree ``k``: SciPy's ``BSpline``."""

    def __init__(self, t: Any, c: Any, k: Any, extrapolate: Any, axis: int = 0) -> None:
        self.t = t
        self.c = c
        self.k = k
        self.extrapolate = extrapolate
        self.axis = axis

    @property
    def tck(self) -> Any:
        """Knots, coefficients and degree."""
        return self.t, self.c, self.k

    def __call__(self, x: Any, nu: Any = 0, extrapolate: Any = None) -> Any:
        """Return derivative ``nu`` at ``x``."""
        chosen = self.extrapolate if extrapolate is None else extrapolate
        return placed(runtime_scipy.basis_at(self.c, self.t, self.k, x, nu, chosen), x, self.axis)

    def derivative(self, nu: Any = 1) -> Any:
        """Return derivative ``nu``, itself a spline."""
        t, k = np.asarray(self.t), self.k
        c = self.c[: len(t) - k - 1]
        for _ in range(nu):
            gaps = t[k + 1 : -1] - t[1 : -k - 1]
            shares = np.reshape(k / np.where(gaps == 0.0, 1.0, gaps), (-1,) + (1,) * (np.ndim(c) - 1))
            c = (c[1:] - c[:-1]) * shares
            t = t[1:-1]
            k = k - 1
        return Basis(t, c, k, self.extrapolate, self.axis)

    def antiderivative(self, nu: Any = 1) -> Any:
        """Return an integral, which is 0 at the first knot of the base interval."""
        t, k = np.asarray(self.t), self.k
        c = self.c[: len(t) - k - 1]
        for _ in range(nu):
            shares = np.reshape((t[k + 1 :] - t[: -k - 1]) / (k + 1.0), (-1,) + (1,) * (np.ndim(c) - 1))
            sums = np.cumsum(c * shares, axis=0)
            c = np.concatenate((np.zeros_like(sums[:1]), sums))
            t = np.concatenate((t[:1], t, t[-1:]))
            k = k + 1
        return Basis(t, c, k, self.extrapolate, self.axis)

    def integrate(self, a: Any, b: Any, extrapolate: Any = None) -> Any:
        """Return the integral from ``a`` to ``b``; outside of the base interval nothing is added."""
        chosen = self.extrapolate if extrapolate is None else extrapolate
        if isinstance(chosen, str):
            raise UnsupportedError("the integral of a periodic spline has no derivative rule")
        whole = Basis(self.t, self.c, self.k, self.extrapolate).antiderivative()
        if not chosen:
            low, high = self.t[self.k], self.t[-self.k - 1]
            return whole(np.clip(b, low, high), 0, True) - whole(np.clip(a, low, high), 0, True)
        return whole(b, 0, True) - whole(a, 0, True)
