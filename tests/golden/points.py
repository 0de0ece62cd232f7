"""For each golden function the arguments at which it is compiled and checked, and what is differentiated."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from golden import functions


class Golden(NamedTuple):
    """A function whose adjoint is kept."""

    fun: Callable[..., Any]
    args: tuple[Any, ...]
    argnums: int | tuple[int, ...] = 0

    @property
    def name(self) -> str:
        """The name of the function, which is that of its golden file."""
        return self.fun.__name__


_rng = np.random.default_rng(20)


def _normal(*shape: int) -> Any:
    return _rng.normal(size=shape)


def _definite(size: int) -> Any:
    half = _normal(size, size)
    return half @ half.T + size * np.eye(size)


def _lower(size: int) -> Any:
    return np.tril(_normal(size, size)) + size * np.eye(size)


_LAYERS = (_normal(3, 5), _normal(5), _normal(5, 2), _normal(2))
_LABELS = np.array([0, 3, 1, 2, 1])
_BINS = np.array([0, 2, 1, 0, 2, 2])

GOLDEN = [
    Golden(functions.settle, (0.5 * _normal(4, 4), _normal(4), 3)),
    Golden(functions.mlp_loss, (_LAYERS, _normal(7, 3), _normal(7, 2))),
    Golden(functions.logistic_regression, (_normal(3), _normal(8, 3), np.sign(_normal(8)), 0.1)),
    Golden(functions.softmax_cross_entropy, (_normal(5, 4), _LABELS)),
    Golden(
        functions.rnn_loss,
        (0.5 * _normal(4, 4), _normal(4, 3), _normal(4), _normal(6, 3), _normal(6, 4)),
        (0, 1, 2),
    ),
    Golden(functions.solve_triangular, (_lower(5), _normal(5)), (0, 1)),
    Golden(functions.cholesky_logdet, (_definite(4),)),
    Golden(functions.seidel, (_normal(6, 6), 2)),
    Golden(functions.heat, (_normal(8), 0.2, 3), (0, 1)),
    Golden(functions.double_buffering, (_normal(6), 3)),
    Golden(functions.scaled_slice, (_normal(5),)),
    Golden(functions.product_into, (_normal(4), _normal(4)), (0, 1)),
    Golden(functions.smooth_loss, (1.5, 1.0)),
    Golden(functions.square_root, (2.0, 1e-13)),
    Golden(functions.trajectory, (3.0, 0.1, 5)),
    Golden(functions.horner, (_normal(5), 0.7), (0, 1)),
    Golden(
        functions.kalman,
        (0.1 * _definite(3), 0.1 * _definite(2), 0.5 * _normal(3, 3), _normal(2, 3), _normal(5, 2)),
        (0, 1),
    ),
    Golden(
        functions.factorisation,
        (_normal(4, 2), _normal(5, 2), _normal(4, 5), (_normal(4, 5) > 0) * 1.0, 0.1),
        (0, 1),
    ),
    Golden(functions.closure, (_normal(3), 0.3), (0, 1)),
    Golden(functions.filling_helper, (0.9, _normal(5)), (0, 1)),
    Golden(functions.histogram, (_normal(6), _BINS, 3)),
    Golden(functions.nested_loops, (_normal(3, 4), _normal(4)), (0, 1)),
    Golden(functions.geodesic_distance, (52.5, 13.4, 48.9, 2.4), (0, 1)),
    Golden(functions.conditional_in_loop, (_normal(6), 0.1)),
    Golden(functions.single_precision, (_normal(3, 2).astype("f"), _normal(5, 3).astype("f"))),
]
