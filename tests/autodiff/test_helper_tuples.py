"""Rules that leave the cotangents of all their arguments to one helper, where arguments were left out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from diffcompile import check_grads, grad


def by_name(y: Any, dx: Any) -> Any:
    return np.trapezoid(y, dx=dx)


def by_place(y: Any, dx: Any) -> Any:
    return np.trapezoid(y, None, dx)


def ends_by_name(y: Any, dx: Any) -> Any:
    return np.sum(np.ediff1d(y, to_begin=dx) ** 2)


@pytest.mark.parametrize("fun", [by_name, by_place, ends_by_name])
def test_an_argument_by_name_gets_its_own_cotangent(fun: Any) -> None:
    check_grads(fun, (np.array([1.0, 2.0, 4.0]), 0.5), modes=("rev", "fwd"), order=2)


def test_the_width_of_trapezoids_alone() -> None:
    y = np.array([1.0, 2.0, 4.0])
    assert grad(by_name, argnums=1)(y, 0.5) == 4.5


def test_ends_of_another_dtype_keep_theirs() -> None:
    first = np.array([5.0])
    bar = grad(lambda v, first: np.sum(np.ediff1d(v, to_begin=first) ** 2), argnums=1)(np.float32([1, 2]), first)
    assert bar.dtype == np.float64


@pytest.mark.parametrize("f", [np.arange(12).reshape(3, 4) ** 2, np.arange(12.0).reshape(3, 4) ** 2])
def test_slopes_of_whole_numbers_move_with_their_spacing(f: Any) -> None:
    def slopes(h: Any, k: Any) -> Any:
        down, across = np.gradient(f, h, k)
        return np.sum(down**2) + np.sum(across * down)

    check_grads(slopes, (1.5, np.array([0.0, 0.4, 1.0, 1.2])), modes=("rev", "fwd"))


def test_transforms_of_two_sizes_along_one_axis_are_refused() -> None:
    def spectrum(x: Any) -> Any:
        return np.sum(np.real(np.fft.rfftn(x, s=(4, 5, 6), axes=(0, 0, 1))))

    with pytest.raises(NotImplementedError, match="the same axis"):
        grad(spectrum)(np.ones((2, 3)))
