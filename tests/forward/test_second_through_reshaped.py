"""Second derivatives of programs that write to arrays and to reshaped views, or copies, of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from diffcompile import check_grads


def flat_view(z: Any) -> Any:
    z = z.copy()
    flat = z.ravel()
    flat[1:] = flat[:-1] * flat[1:]
    return np.sum(z**3) * flat[2]


def flat_copy_of_a_transposed(z: Any) -> Any:
    y = np.sin(z).T
    flat = y.ravel()
    flat *= 2.0
    y[0] = y[1] * y[0]
    return np.sum(y**2 * flat.reshape(y.shape)) + np.sum(flat**3)


def columns_first(z: Any) -> Any:
    y = np.sin(z).T
    flat = y.reshape(-1, order="F")
    flat[0] = flat[1] * flat[2]
    y[0] = y[1] * y[0]
    return np.sum(y**2) + np.sum(flat**3)


def as_it_lies(z: Any) -> Any:
    y = np.asfortranarray(z * 1.0)
    flat = y.ravel(order="K")
    flat[2] = flat[1] ** 2
    other = y.ravel(order="A")
    other[0] *= flat[3]
    return np.sum(y**3) * other[1]


def in_each_trip(z: Any) -> Any:
    y = (z * z).T
    for k in range(3):
        flat = y.reshape(6)
        flat[k] = flat[k + 1] * flat[k]
        y[k % 3] *= flat[0]
        y[0, 1] += flat[5] ** 2
    return np.sum(y**2) + np.sum(flat**3)


def whichever_way_it_lies(z: Any, turned: Any = True) -> Any:
    y = z * z
    if turned:
        y = y.T
    flat = np.ravel(y)
    flat *= flat[::-1].copy()
    y += 1.0
    rows = np.reshape(flat, (3, 2))
    rows[1] = rows[0] ** 2
    y[1] *= z.ravel()[0]
    return np.sum(flat**2 * y.ravel())


def every_other_column(z: Any) -> Any:
    y = z.copy()[:, ::2]
    flat = y.ravel()
    flat[0] = flat[1] ** 2 * y[1, 1]
    y[1, 0] = flat[0] * y[0, 0]
    return np.sum(y**3) * np.sum(flat**2)


PROGRAMS = [
    flat_view, flat_copy_of_a_transposed, columns_first, as_it_lies, in_each_trip, whichever_way_it_lies,
    every_other_column,
]  # fmt: skip


@pytest.mark.parametrize("lies", [np.ascontiguousarray, np.asfortranarray])
@pytest.mark.parametrize("program", PROGRAMS)
def test_reverse_over_reverse(program: Any, lies: Any) -> None:
    z = lies(np.random.default_rng(3).uniform(0.4, 1.2, (2, 3)))
    check_grads(program, (z,), order=2, modes=("rev", "fwd"))


def test_chosen_by_an_argument() -> None:
    z = np.random.default_rng(4).uniform(0.4, 1.2, (2, 3))
    for turned in (False, True):
        check_grads(whichever_way_it_lies, (z, turned), order=2, modes=("rev",), argnums=0)
