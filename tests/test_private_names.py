"""Private names, ``__x`` in the body of a class: Python knows them as ``_Class__x``."""

from __future__ import annotations

import numpy as np
import pytest

from diffcompile import grad, hvp, jvp, value_and_grad


class Tank:
    __SCALE = 4.0

    def __init__(self, level):
        self.__level = 3.0 * level

    def inner(self):
        return self.__level

    def both(self):
        return self.__squared() * self.__SCALE

    def __squared(self):
        return self.__level**2


class Heated(Tank):
    """Its ``__level`` and ``__squared`` are others than those of the class that it is derived from."""

    __SCALE = 0.5

    def __init__(self, level, *, __start=1.0):
        super().__init__(level)
        self.__level = level * level + __start

    def outer(self, gain):
        __shift = gain * self.__SCALE

        def __moved(step):
            nonlocal __shift
            __shift = __shift + step * self.__level
            return __shift

        return __moved(1.0) + __moved(gain)

    def __squared(self):
        return -1000.0 * self.__level

    by_lambda = lambda self, gain: self.__level * gain  # noqa: E731

    class _Part:
        __SCALE = 7.0

        def scaled(self, x):
            return self.__SCALE * x * x


def filled(x):
    tank = Heated(x)
    return tank.inner() * tank.outer(x) + tank.both() + tank.by_lambda(x) + Heated._Part().scaled(x)


def given(tank, x):
    return tank.inner() * x + tank.outer(x) + tank.both() * x


def test_classes_have_private_names_of_their_own():
    x = 1.5
    value, slope = value_and_grad(filled)(x)
    assert value == filled(x)
    # inner 3x; outer 2 (x/2 + s) + x s with s = x² + 1; both 4 (3x)²; by_lambda s x; scaled 7 x²
    s, ds = x * x + 1.0, 2.0 * x
    outer, douter = x + 2.0 * s + x * s, 1.0 + 2.0 * ds + s + x * ds
    expected = 3.0 * outer + 3.0 * x * douter + 72.0 * x + ds * x + s + 14.0 * x
    np.testing.assert_allclose(slope, expected, rtol=1e-13)
    np.testing.assert_allclose(jvp(filled, (x,), (1.0,))[1], expected, rtol=1e-13)
    step = 1e-5
    second = (grad(filled)(x + step) - grad(filled)(x - step)) / (2.0 * step)
    np.testing.assert_allclose(hvp(filled)(x, 1.0), second, rtol=1e-8)


def test_private_attributes_of_an_object_that_is_given():
    value, slope = value_and_grad(given, argnums=1)(Heated(2.0), 1.5)
    assert value == given(Heated(2.0), 1.5)
    assert slope == pytest.approx((given(Heated(2.0), 1.5 + 1e-6) - given(Heated(2.0), 1.5 - 1e-6)) / 2e-6)
