"""Adjoints of items and of ranges."""

from __future__ import annotations

from typing import Any

import numpy as np

from diffcompile.runtime.broadcasting import as_cotangent, unbroadcast


def item_adjoint(ct: Any, a: Any, index: Any) -> Any:
    """Return the cotangent of ``a`` for ``a.item(*index)``: ``ct`` at one place, 0 elsewhere."""
    a_bar = np.zeros(np.shape(a), np.result_type(a))
    where = index[0] if len(index) == 1 else index
    if not isinstance(where, tuple):
        where = np.unravel_index(where % a_bar.size, a_bar.shape)
    a_bar[where if where else (0,) * a_bar.ndim] = ct
    return a_bar


def linspace_adjoint(ct: Any, start: Any, stop: Any, num: int, endpoint: bool, axis: int) -> tuple[Any, Any]:
    """Return the cotangents of the two ends of ``np.linspace``."""
    intervals = num - 1 if endpoint else num
    weights = np.arange(num) / max(intervals, 1)
    ct = np.moveaxis(np.asarray(ct), axis, 0)
    stop_bar = np.tensordot(weights, ct, 1)
    start_bar = np.sum(ct, 0) - stop_bar
    return (
        as_cotangent(unbroadcast(start_bar, np.shape(start)), start),
        as_cotangent(unbroadcast(stop_bar, np.shape(stop)), stop),
    )
