"""Tables of values between which is interpolated: the compiler reads these methods, not SciPy's."""

from __future__ import annotations

from typing import Any

import numpy as np

from diffcompile import runtime_scipy
from diffcompile.errors import UnsupportedError
from diffcompile.rules.scipy.curves import Basis, placed

HALF = 0.5
"""As far into a cell the corner before is the nearest."""
ORDERS = {"zero": 0, "slinear": 1, "quadratic": 2, "cubic": 3}


class Table:
    """Values ``y`` at numbers ``x`` along one axis: SciPy's ``interp1d``."""

    def __init__(self, x: Any, y: Any, kind: Any, axis: Any, bounds_error: Any, fill_value: Any) -> None:
        self.x = x
        self.y = y
        self.kind = kind
        self.axis = axis % np.ndim(y)
        self.beyond = isinstance(fill_value, str)
        self.bounds_error = not self.beyond if bounds_error is None else bounds_error
        self.fill_value = fill_value

    def __call__(self, x: Any) -> Any:
        """Return the values at ``x``."""
        points = np.asarray(x)
        rows = self._inside(points, np.moveaxis(self.y, self.axis, 0))
        if not self.beyond:
            below, above = points < self.x[0], points > self.x[-1]
            if self.bounds_error and np.any(below):
                raise ValueError("a value in x_new is below the interpolation range's minimum value")
            if self.bounds_error and np.any(above):
                raise ValueError("a value in x_new is above the interpolation range's maximum value")
            if not self.bounds_error:
                low, high = self.fill_value if isinstance(self.fill_value, tuple) else (self.fill_value,) * 2
                like = np.shape(points) + (1,) * (np.ndim(self.y) - 1)
                rows = np.where(np.reshape(below, like), low, np.where(np.reshape(above, like), high, rows))
        return placed(rows, points, self.axis)

    def _inside(self, points: Any, values: Any) -> Any:
        """Return what is interpolated in ``values`` along their first axis."""
        x, kind = self.x, self.kind
        if kind == "linear":
            after = np.clip(np.searchsorted(x, points), 1, len(x) - 1)
            like = np.shape(points) + (1,) * (np.ndim(values) - 1)
            share = np.reshape((points - x[after - 1]) / (x[after] - x[after - 1]), like)
            return values[after - 1] + share * (values[after] - values[after - 1])
        if kind in ("nearest", "nearest-up"):
            middles = x[1:] / 2.0 + x[:-1] / 2.0
            side: Any = "left" if kind == "nearest" else "right"
            return values[np.clip(np.searchsorted(middles, points, side), 0, len(x) - 1)]
        if kind == "previous":
            if self.beyond:
                after = np.searchsorted(np.nextafter(x, -np.inf), points, "left")
                before = np.reshape(after == 0, np.shape(points) + (1,) * (np.ndim(values) - 1))
                return np.where(before, np.nan, values[np.clip(after, 1, len(x)) - 1])
            return values[np.clip(np.searchsorted(np.nextafter(x, -np.inf), points, "left"), 1, len(x)) - 1]
        if kind == "next":
            if self.beyond:
                after = np.searchsorted(np.nextafter(x, np.inf), points, "right")
                behind = np.reshape(after == len(x), np.shape(points) + (1,) * (np.ndim(values) - 1))
                return np.where(behind, np.nan, values[np.clip(after, 0, len(x) - 1)])
            return values[np.clip(np.searchsorted(np.nextafter(x, np.inf), points, "right"), 0, len(x) - 1)]
        degree = ORDERS[kind] if isinstance(kind, str) else kind
        knots = runtime_scipy.interpolating_knots(x, degree)
        return Basis(knots, runtime_scipy.interpolating_coefficients(values, x, degree), degree, True)(points)


class Grid:
    """Values over a grid of ``points`` along each of the first axes: SciPy's ``RegularGridInterpolator``."""

    def __init__(self, points: Any, values: Any, method: Any, bounds_error: Any, fill_value: Any) -> None:
        if method not in ("linear", "nearest"):
            raise UnsupportedError("splines over a grid have no derivative rule", advice="use method='linear'")
        runtime_scipy.check_grid(points, np.shape(values))
        self.count = len(points)
        self.sizes = runtime_scipy.grid_sizes(points)
        self.places = np.concatenate([np.asarray(place) for place in points])
        self.values = values
        self.method = method
        self.bounds_error = bounds_error
        self.fill_value = fill_value

    def __call__(self, xi: Any) -> Any:
        """Return the values at points, whose coordinates are along the last axis of ``xi``, or a tuple."""
        points = np.stack(np.broadcast_arrays(*xi), axis=-1) if isinstance(xi, tuple) else np.asarray(xi)
        if np.ndim(points) == 1:
            points = np.reshape(points, (-1, self.count))
        cells = runtime_scipy.grid_cells(self.places, self.sizes, points)
        firsts = runtime_scipy.grid_firsts(self.sizes)
        low, high = self.places[cells + firsts], self.places[cells + firsts + 1]
        share = (points - low) / (high - low)
        rest = np.shape(self.values)[self.count :]
        rows = np.reshape(self.values, (-1, *rest))
        like = np.shape(points)[:-1] + (1,) * len(rest)
        if self.method == "nearest":
            result = rows[runtime_scipy.grid_rows(cells + (share > HALF), self.sizes)]
        else:
            result = 0.0
            for corner in range(2**self.count):
                bits = runtime_scipy.bits(corner, self.count)
                weight = np.prod(np.where(bits, share, 1.0 - share), axis=-1)
                result = result + np.reshape(weight, like) * rows[runtime_scipy.grid_rows(cells + bits, self.sizes)]
        ends = np.cumsum(self.sizes)
        out = np.any((points < self.places[firsts]) | (points > self.places[ends - 1]), axis=-1)
        if self.bounds_error and np.any(out):
            raise ValueError("one of the requested xi is out of bounds")
        if not self.bounds_error and self.fill_value is not None:
            result = np.where(np.reshape(out, like), self.fill_value, result)
        return result
