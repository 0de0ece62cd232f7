"""Calls whose arguments are arrays and numbers alone are quick: never with code that no longer holds."""

from __future__ import annotations

import pickle
import types
from typing import Any

import numpy as np
import pytest

from diffcompile import grad, value_and_grad
from diffcompile.rules import registry

FACTOR = 2.0


def scaled(x: Any) -> Any:
    return FACTOR * np.sum(x * x)


def helper(x: Any) -> Any:
    return x * x


def with_helper(x: Any) -> Any:
    return np.sum(helper(x))


def doubled(x: Any, y: Any) -> Any:
    x *= 2.0
    return np.sum(x * y)


def quickly(g: Any, *args: Any) -> Any:
    """Call twice: the second call finds its entry."""
    g(*args)
    assert g._entries
    return g(*args)


def test_a_changed_global_is_seen(monkeypatch):
    g, x = grad(scaled), np.arange(3.0)
    assert np.array_equal(quickly(g, x), 4.0 * x)
    monkeypatch.setitem(globals(), "FACTOR", 3.0)
    assert np.array_equal(g(x), 6.0 * x)
    monkeypatch.undo()
    assert np.array_equal(g(x), 4.0 * x)


def test_another_helper_is_seen(monkeypatch):
    g, x = grad(with_helper), np.arange(3.0)
    assert np.array_equal(quickly(g, x), 2.0 * x)
    monkeypatch.setitem(globals(), "helper", scaled_item)
    assert np.array_equal(g(x), np.full(3, 5.0))


def scaled_item(x: Any) -> Any:
    return 5.0 * x


def test_new_code_of_the_primal_and_of_a_helper_is_seen():
    def f(x):
        return np.sum(x * x)

    def f_(x):
        return np.sum(3.0 * x)

    g, x = grad(f), np.arange(3.0)
    quickly(g, x)
    f.__code__ = f_.__code__
    assert np.array_equal(g(x), np.full(3, 3.0))


def test_a_rule_that_is_registered_later_is_used():
    def inner(x):
        return x * x

    def f(x):
        return np.sum(inner(x))

    g, x = grad(f), np.arange(3.0)
    assert np.array_equal(quickly(g, x), 2.0 * x)
    registry.adjoint(inner)(lambda ct, y, x: (7.0 * ct,))
    try:
        assert np.array_equal(g(x), np.full(3, 7.0))
    finally:
        del registry.ADJOINT[inner]


def test_numbers_arrays_shapes_and_dtypes_are_told_apart():
    def f(x, y):
        return np.sum(x * x) * y

    g = grad(f)
    for x in (np.ones(3), np.ones((2, 2)), np.ones(3, np.float32), np.zeros(0), np.array(2.0), 2.0, np.float64(2.0)):
        for y in (2.0, 2, True, np.float64(2.0), np.float32(2.0)):
            for _ in range(2):
                found = g(x, y)
                assert np.shape(found) == np.shape(x)
                assert np.array_equal(found, 2.0 * x * y)
                if isinstance(x, np.ndarray):
                    assert found.dtype == x.dtype
    with pytest.raises(TypeError):
        g(np.arange(3), 2.0)
    with pytest.raises(TypeError):
        g(2, 2.0)


def test_numbers_of_arrays_keep_to_a_gradient_of_numbers():
    g = grad(lambda x: x * x * x)
    assert quickly(g, 2.0) == quickly(g, np.float64(2.0)) == 12.0


def test_all_that_may_be_asked_for():
    def f(x, y):
        return np.sum(x * y), np.sum(x)

    def alone(x, y):
        return f(x, y)[0]

    x, y = np.arange(3.0), np.ones(3)
    assert isinstance(quickly(grad(alone, argnums=(0,)), x, y), tuple)
    assert len(quickly(grad(alone, argnums=(1, 0)), x, y)) == 2
    value, (gradient,) = quickly(value_and_grad(alone, argnums=(1,)), x, y)
    assert value == 3.0
    assert np.array_equal(gradient, x)
    gradient, aux = quickly(grad(f, has_aux=True), x, y)
    assert aux == 3.0
    assert np.array_equal(gradient, y)
    (value, aux), _ = quickly(value_and_grad(f, has_aux=True), x, y)
    assert (value, aux) == (3.0, 3.0)


def test_arguments_that_are_written_to_are_still_compared():
    g, x = grad(doubled), np.arange(3.0)
    assert np.array_equal(g(x, np.ones(3)), np.full(3, 2.0))
    with pytest.raises(ValueError, match="share memory"):
        g(x, x)
    assert np.array_equal(x, np.arange(3.0))


def test_the_error_of_the_program_is_raised_again():
    def f(x):
        if np.sum(x) > 10.0:
            raise KeyError("large")
        return np.sum(x * x)

    g = grad(f)
    quickly(g, np.ones(3))
    with pytest.raises(KeyError):
        g(np.full(3, 10.0))
    assert np.array_equal(g(np.ones(3)), np.full(3, 2.0))


def test_the_wrong_number_of_arguments():
    g, x = grad(scaled), np.ones(2)
    quickly(g, x)
    for args, kwargs in (((), {}), ((x, x), {}), ((x,), {"y": 1.0})):
        with pytest.raises(TypeError):
            g(*args, **kwargs)
    assert np.array_equal(g(x=x), 4.0 * x)


def test_the_source_is_that_of_the_latest_call():
    g = grad(lambda x: 3.0 * np.sum(x))  # its code for numbers is another one
    quickly(g, np.ones(2))
    quickly(g, 2.0)
    of_numbers = g.source
    g(np.ones(2))
    assert g.source != of_numbers


def test_defaults_and_methods_and_any_number_of_arguments():
    def f(x, k=2.0):
        return np.sum(x * x) * k

    def many(*args):
        return np.sum(args[0] * args[1])

    class Model:
        k = 3.0

        def loss(self, x):
            return np.sum(x * x) * self.k

    x, model = np.ones(2), Model()
    g = grad(f)
    assert np.array_equal(g(x), 4.0 * x)
    f.__defaults__ = (3.0,)
    assert np.array_equal(g(x), 6.0 * x)
    assert np.array_equal(quickly(g, x, 1.0), 2.0 * x)
    assert np.array_equal(grad(many)(x, 2.0 * x), 2.0 * x)
    of_method = grad(model.loss)
    assert np.array_equal(of_method(x), 6.0 * x)
    model.k = 1.0
    assert np.array_equal(of_method(x), 2.0 * x)


def test_a_gradient_that_travelled_starts_anew():
    g, x = grad(scaled), np.ones(2)
    quickly(g, x)
    again = pickle.loads(pickle.dumps(g))
    assert not again._entries
    assert np.array_equal(quickly(again, x), 4.0 * x)


def test_generated_code_is_called_at_once():
    g, x = grad(scaled), np.ones(2)
    quickly(g, x)
    (entry,) = g._entries.values()
    assert isinstance(entry.function, types.FunctionType)
    assert entry.alone


def test_a_quick_call_asks_for_nothing_but_the_types_of_arguments_and_a_few_objects():
    def f(x):
        return np.sum(np.sin(x) * np.mean(x, axis=0)) + np.linalg.norm(x) + np.max(x @ x)

    g, x = grad(f), np.arange(1.0, 5.0).reshape(2, 2)
    quickly(g, x)
    (entry,) = g._entries.values()
    assert entry.fits((x,))
    assert not entry.fits((x[0],))
    assert not entry.fits((x, x))
    assert not entry.fits((x.tolist(),))
    assert not entry.fits((x.astype(np.float32),))
