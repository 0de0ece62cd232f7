"""Rules of what cuts an array: splits and deletions."""

from __future__ import annotations

from typing import Any

import numpy as np

from diffcompile import runtime
from diffcompile.rules.registry import adjoint, sample, views
from diffcompile.rules.sampling import normal


@adjoint(
    np.delete,
    samples=lambda: [
        sample(normal(4), 1),
        sample(normal(4), [0, -1]),
        sample(normal(2, 3), 4),
        sample(normal(2, 3), 1, axis=0),
        sample(normal(2, 3), slice(0, 2), axis=-1),
        sample(normal(4), np.array([True, False, True, False])),
        sample(normal(4, dtype=np.float32), 1),
    ],
)
def _delete(ct: Any, result: Any, arr: Any, obj: Any, axis: Any = None) -> Any:
    return (runtime.delete_adjoint(ct, np.shape(arr), obj, axis),)


def _split_samples() -> list[Any]:
    return [
        sample(normal(6), 3),
        sample(normal(6), [2, 3]),
        sample(normal(6), [4, 2]),
        sample(normal(4, 3), 2),
        sample(normal(3, 4), 2, axis=1),
        sample(normal(3, 4), [1], -1),
        sample(normal(0), 2),
        sample(normal(6, dtype=np.float32), 3),
    ]


@adjoint(np.array_split, samples=lambda: [*_split_samples(), sample(normal(5), 3), sample(normal(2), 3)])
@adjoint(np.split, samples=_split_samples)
def _split(ct: Any, result: Any, ary: Any, indices_or_sections: Any, axis: int = 0) -> Any:
    if np.ndim(indices_or_sections) == 0:
        ary_bar = np.concatenate(ct, axis)
    else:
        ary_bar = runtime.split_adjoint(ct, np.shape(ary), indices_or_sections, axis)
    return (ary_bar,)


@adjoint(
    np.hsplit,
    samples=lambda: [sample(normal(4), 2), sample(normal(3, 4), 2), sample(normal(3, 4), [1, 3])],
)
def _hsplit(ct: Any, result: Any, ary: Any, indices_or_sections: Any) -> Any:
    if np.ndim(ary) == 1:
        ary_bar = runtime.split_adjoint(ct, np.shape(ary), indices_or_sections, 0)
    else:
        ary_bar = runtime.split_adjoint(ct, np.shape(ary), indices_or_sections, 1)
    return (ary_bar,)


@adjoint(np.vsplit, samples=lambda: [sample(normal(4, 3), 2), sample(normal(4, 2, 3), [1, 3])])
def _vsplit(ct: Any, result: Any, ary: Any, indices_or_sections: Any) -> Any:
    return (runtime.split_adjoint(ct, np.shape(ary), indices_or_sections, 0),)


@adjoint(np.dsplit, samples=lambda: [sample(normal(2, 3, 4), 2), sample(normal(2, 3, 4), [1])])
def _dsplit(ct: Any, result: Any, ary: Any, indices_or_sections: Any) -> Any:
    return (runtime.split_adjoint(ct, np.shape(ary), indices_or_sections, 2),)


if hasattr(np, "unstack"):  # NumPy 2.1

    @adjoint(
        np.unstack,
        samples=lambda: [sample(normal(3)), sample(normal(2, 3), axis=-1), sample(normal(2, 0))],
    )
    def _unstack(ct: Any, result: Any, x: Any, *, axis: int = 0) -> Any:
        return (np.stack(ct, axis),)

    views(np.unstack)
