"""Rules of what joins arrays, and of what inserts into one."""

from __future__ import annotations

from typing import Any

import numpy as np

from diffcompile import runtime
from diffcompile.rules.registry import adjoint, sample
from diffcompile.rules.sampling import normal


@adjoint(
    np.concatenate,
    samples=lambda: [
        sample([normal(2), normal(3)]),
        sample((normal(2, 3), normal(1, 3), normal(0, 3))),
        sample([normal(2, 3), normal(2, 2)], axis=1),
        sample([normal(2, 3), normal(2, 2)], -1),
        sample([normal(2, 3), normal(4), normal()], axis=None),
        sample(normal(2, 3, 2), axis=1),
        sample(normal(2, 3), axis=None),
        sample([normal(2, dtype=np.float32), normal(3, dtype=np.float32)]),
        sample([normal(2), normal(3)], dtype=np.float32, casting="same_kind"),
    ],
)
def _concatenate(
    ct: Any, result: Any, arrays: Any, axis: Any = 0, *, dtype: Any = None, casting: Any = "same_kind"
) -> Any:
    if dtype is not None:
        ct = runtime.cast_adjoint(ct, result, ct)
    return (runtime.split_like(ct, arrays, axis),)


@adjoint(
    np.stack,
    samples=lambda: [
        sample([normal(3), normal(3)]),
        sample((normal(2, 3), normal(2, 3)), axis=1),
        sample([normal(2, 3), normal(2, 3)], -1),
        sample([normal(), normal()]),
        sample([1.5, 2.5]),
        sample([normal(3), normal(3)], dtype=float, casting="same_kind"),
        sample([normal(0), normal(0)]),
        sample(normal(2, 3), axis=1),
        sample([normal(3, dtype=np.float32), normal(3, dtype=np.float32)]),
    ],
)
def _stack(
    ct: Any, result: Any, arrays: Any, axis: int = 0, *, dtype: Any = None, casting: Any = "same_kind"
) -> Any:
    if dtype is not None:
        ct = runtime.cast_adjoint(ct, result, ct)
    return (runtime.unstack_like(ct, arrays, axis),)


def _stack_samples() -> list[Any]:
    return [
        sample([normal(3), normal(3)]),
        sample((normal(2, 3), normal(2, 3))),
        sample([normal(2, 3, 2), normal(2, 3, 2)]),
        sample([normal(), normal()]),
        sample([1.5, 2.5]),
        sample([normal(0), normal(0)]),
        sample([normal(3, dtype=np.float32), normal(3, dtype=np.float32)]),
    ]


@adjoint(
    np.vstack,
    samples=lambda: [
        *_stack_samples(),
        sample([normal(3), normal(2, 3)]),
        sample(normal(2, 3)),
        sample([normal(3), normal(3)], dtype=float, casting="same_kind"),
    ],
)
def _vstack(ct: Any, result: Any, tup: Any, *, dtype: Any = None, casting: Any = "same_kind") -> Any:
    if dtype is not None:
        ct = runtime.cast_adjoint(ct, result, ct)
    return (runtime.vstack_adjoint(ct, tup),)


@adjoint(
    np.hstack,
    samples=lambda: [
        *_stack_samples(),
        sample([normal(3), normal(2)]),
        sample([normal(2, 3), normal(2, 1)]),
        sample(normal(2, 3)),
        sample([normal(3), normal(2)], dtype=float, casting="same_kind"),
    ],
)
def _hstack(ct: Any, result: Any, tup: Any, *, dtype: Any = None, casting: Any = "same_kind") -> Any:
    if dtype is not None:
        ct = runtime.cast_adjoint(ct, result, ct)
    return (runtime.hstack_adjoint(ct, tup),)


@adjoint(np.dstack, samples=lambda: [*_stack_samples(), sample([normal(2, 3), normal(2, 3, 2)])])
def _dstack(ct: Any, result: Any, tup: Any) -> Any:
    return (runtime.dstack_adjoint(ct, tup),)


@adjoint(
    np.column_stack,
    samples=lambda: [*_stack_samples(), sample([normal(3), normal(3, 2)]), sample(normal(2, 3))],
)
def _column_stack(ct: Any, result: Any, tup: Any) -> Any:
    return (runtime.column_stack_adjoint(ct, tup),)


@adjoint(
    np.block,
    samples=lambda: [
        sample([normal(2), normal(3)]),
        sample([[normal(2, 2), normal(2, 1)], [normal(1, 2), normal(1, 1)]]),
        sample([[normal(2, 2), normal(2, 3)], [normal(1, 4), normal(1, 1)]]),
        sample([[normal(), normal(2)], [normal(3)]]),
        sample([[[normal(2, 1, 2)], [normal(2, 2, 2)]]]),
        sample([normal(2, 2), normal(2, 1)]),
    ],
)
def _block(ct: Any, result: Any, arrays: Any) -> Any:
    return (runtime.block_adjoint(ct, arrays),)


@adjoint(
    np.append,
    samples=lambda: [
        sample(normal(3), normal(2)),
        sample(normal(3), 1.5),
        sample(normal(2, 3), normal(2)),
        sample(normal(2, 3), normal(1, 3), axis=0),
        sample(normal(2, 3), normal(2, 2), -1),
        sample(normal(3, dtype=np.float32), normal(2, dtype=np.float32)),
    ],
)
def _append(ct: Any, result: Any, arr: Any, values: Any, axis: Any = None) -> Any:
    bars = runtime.split_like(ct, (arr, values), axis)
    return bars[0], bars[1]


@adjoint(
    np.insert,
    samples=lambda: [
        sample(normal(4), 1, 2.5),
        sample(normal(4), 1, normal(2)),
        sample(normal(4), [3, 0], normal(2)),
        sample(normal(4), [1, 1, -1], 1.5),
        sample(normal(2, 3), 1, normal(2), axis=1),
        sample(normal(2, 3), [1, 2], normal(2, 2), axis=1),
        sample(normal(2, 3), 0, 1.5, axis=0),
        sample(normal(2, 3), slice(0, 2), normal(2)),
        sample(normal(4, dtype=np.float32), 1, normal(2, dtype=np.float32)),
    ],
)
def _insert(ct: Any, result: Any, arr: Any, obj: Any, values: Any, axis: Any = None) -> Any:
    bars = runtime.insert_adjoint(ct, np.shape(arr), obj, np.shape(values), axis)
    return bars[0], None, bars[1]


def with_axes(item: Any, rank: Any, old_axes: Any, is_range: Any) -> Any:
    """Return a part of ``np.r_`` or ``np.c_`` with ``rank`` axes at least: ``old_axes`` tells where its own go."""
    if is_range:
        shape = [1] * rank
        shape[old_axes] = -1
        return np.reshape(item, tuple(shape))
    missing = rank - np.ndim(item)
    if missing <= 0:
        return np.asarray(item)
    before = old_axes if old_axes >= 0 else old_axes + missing + 1
    return np.reshape(item, (1,) * before + np.shape(item) + (1,) * (missing - before))
