"""Gradients inside functions with respect to tuples, lists and dicts, as in a gradient of a training step."""

from __future__ import annotations

import numpy as np
import pytest

from diffcompile import check_grads, grad, hvp, jvp, value_and_grad

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(5, 3))
Y = RANDOM.normal(size=(5, 2))
W1, B1, W2, B2 = (RANDOM.normal(size=shape) for shape in ((3, 4), (4,), (4, 2), (2,)))


def loss_of_layers(layers):
    """Take a list of pairs."""
    h = X
    for w, b in layers[:-1]:
        h = np.tanh(h @ w + b)
    w, b = layers[-1]
    return np.mean((h @ w + b - Y) ** 2)


def loss_of_dict(p):
    """Take a dict, nested."""
    return np.mean((np.tanh(X @ p["first"]["w"] + p["first"]["b"]) @ p["last"] - Y) ** 2)


def loss_of_parts(parts):
    """Take a list or a tuple of arrays of unlike ranks."""
    w, b, last = parts
    return np.mean((np.tanh(X @ w + b) @ last - Y) ** 2)


def step_of_layers(layers, rate):
    slopes = grad(loss_of_layers)(layers)
    return loss_of_layers([(w - rate * u, b - rate * v) for (w, b), (u, v) in zip(layers, slopes, strict=True)])


def step_of_dict(p, rate):
    slopes = grad(loss_of_dict)(p)
    first = {key: p["first"][key] - rate * slopes["first"][key] for key in p["first"]}
    return loss_of_dict({"first": first, "last": p["last"] - rate * slopes["last"]})


def step_of_list(parts, rate):
    slopes = grad(loss_of_parts)(parts)
    return loss_of_parts([part - rate * slope for part, slope in zip(parts, slopes, strict=True)])


def steps_of_tuple(parts, rate):
    value = 0.0
    for _ in range(3):
        value, slopes = value_and_grad(loss_of_parts)(parts)
        parts = tuple(part - rate * slope for part, slope in zip(parts, slopes, strict=True))
    return loss_of_parts(parts) + value


def steps_of_list(parts, rate):
    for _ in range(3):
        slopes = grad(loss_of_parts)(parts)
        parts = [part - rate * slope for part, slope in zip(parts, slopes, strict=True)]
    return loss_of_parts(parts)


def steps_of_layers(layers, rate):
    for _ in range(2):
        slopes = grad(loss_of_layers)(layers)
        layers = [(w - rate * u, b - rate * v) for (w, b), (u, v) in zip(layers, slopes, strict=True)]
    return loss_of_layers(layers)


def steps_of_dict(p, rate):
    while rate > 0.05:
        slopes = grad(lambda q: loss_of_parts((q["w"], q["b"], q["last"])))(p)
        p = {key: p[key] - rate * slopes[key] for key in p}
        rate = rate * 0.6
    return loss_of_parts((p["w"], p["b"], p["last"]))


def along_a_dict(p, rate):
    value, slope = jvp(loss_of_dict, (p,), ({"first": {"w": p["first"]["w"], "b": B1 * rate}, "last": p["last"]},))
    return value * slope


CASES = {
    "list_of_pairs": (step_of_layers, [(W1, B1), (W2, B2)]),
    "dict": (step_of_dict, {"first": {"w": W1, "b": B1}, "last": W2}),
    "list": (step_of_list, [W1, B1, W2]),
    "tuple_in_a_loop": (steps_of_tuple, (W1, B1, W2)),
    "list_in_a_loop": (steps_of_list, [W1, B1, W2]),
    "list_of_pairs_in_a_loop": (steps_of_layers, [(W1, B1), (W2, B2)]),
    "dict_in_a_loop": (steps_of_dict, {"w": W1, "b": B1, "last": W2}),
    "tangent_of_a_dict": (along_a_dict, {"first": {"w": W1, "b": B1}, "last": W2}),
}


SLOW = [("list_in_a_loop", "rev"), ("dict_in_a_loop", "fwd"), ("list_of_pairs_in_a_loop", "rev")]


@pytest.mark.parametrize(
    ("name", "mode"),
    [
        pytest.param(name, mode, marks=[pytest.mark.long] if (name, mode) in SLOW else [])
        for name in CASES
        for mode in ("rev", "fwd")
    ],
)
def test_step(name, mode):
    function, parts = CASES[name]
    check_grads(function, (parts, 0.1), modes=(mode,))


def test_list_that_is_written_before():
    def f(parts):
        parts[0] = parts[0] * parts[1][0]
        parts.append(parts[0][0, 0])
        slopes = grad(lambda q: np.sum(q[0] ** 2) * q[1][1] * q[2])(parts)
        return np.sum(slopes[0] * parts[0]) + slopes[1][1] * slopes[2]

    check_grads(f, ([W1, B1],), modes=("rev", "fwd"))


def test_product_with_a_hessian_of_a_list():
    found = hvp(loss_of_parts)([W1, B1, W2], [W1, B1, W2])
    expected = jvp(grad(loss_of_parts), ([W1, B1, W2],), ([W1, B1, W2],))[1]
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other)
