"""Transforms to other sizes, given as lists: the cotangent of a real array is real."""

from __future__ import annotations

import numpy as np
import pytest

from diffcompile import check_grads, vjp


@pytest.mark.parametrize("name", ["fft2", "ifft2", "fftn", "ifftn"])
@pytest.mark.parametrize("sizes", [[3, 5], (2, 4)])
def test_real_array(name, sizes):
    transform = getattr(np.fft, name)
    x = np.random.default_rng(0).normal(size=(3, 3, 4))
    y, pullback = vjp(lambda x: transform(x, s=sizes, axes=(-2, -1)), x)
    assert pullback(np.ones_like(y))[0].dtype == x.dtype
    check_grads(lambda x: np.sum(np.abs(transform(x, s=sizes, axes=(-2, -1))) ** 2), (x,))
