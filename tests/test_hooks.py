"""``with insert_grad_of(x) as x_bar:`` sees complete adjoints, and what it leaves in them flows on."""

# ruff: noqa: F841, PLW2901 - a block assigns the adjoint

from __future__ import annotations

import sys
import threading

import numpy as np
import pytest

import diffcompile
from diffcompile import (
    adjoint,
    check_grads,
    checkpoint,
    grad,
    hvp,
    insert_grad_of,
    jacrev,
    jvp,
    value_and_grad,
    vjp,
)
from diffcompile.errors import UnsupportedError

LOG = []


@pytest.fixture(autouse=True)
def _empty_log():
    LOG.clear()


def halved(x):
    """Return ``x``; its gradient is halved by a rule: what a hook that halves does."""
    return x


@adjoint(halved)
def _halved(ct, y, x):
    return (0.5 * ct,)


def network(w, x):
    h = np.tanh(x @ w)
    with insert_grad_of(h) as h_bar:
        LOG.append(h_bar)
    return np.sum(h * h)


def clipped(w, x):
    h = np.tanh(x @ w)
    with insert_grad_of(h) as h_bar:
        h_bar = np.clip(h_bar, -0.1, 0.1)
    return np.sum(h * h)


def in_place(w, x):
    h = np.tanh(x @ w)
    with insert_grad_of(h) as h_bar:
        h_bar *= 0.5
        h_bar[0] = 0.0
    return np.sum(h * h)


W = np.random.default_rng(0).normal(size=(3, 4))
X = np.random.default_rng(1).normal(size=(2, 3))


def test_the_adjoint_is_recorded_and_the_gradient_is_untouched():
    g = grad(network)
    expected = X.T @ (2 * np.tanh(X @ W) * (1 - np.tanh(X @ W) ** 2))
    np.testing.assert_allclose(g(W, X), expected, rtol=1e-13)
    np.testing.assert_allclose(LOG[0], 2 * np.tanh(X @ W), rtol=1e-13)
    assert "h_bar = h_bar_hook(h_bar)" in g.source
    assert "# with insert_grad_of(h) as h_bar:" in g.source


def test_what_the_block_assigns_flows_on():
    h = np.tanh(X @ W)
    np.testing.assert_allclose(grad(clipped)(W, X), X.T @ (np.clip(2 * h, -0.1, 0.1) * (1 - h**2)), rtol=1e-13)


def test_what_the_block_changes_in_place_flows_on():
    h = np.tanh(X @ W)
    bar = h.copy()
    bar[0] = 0.0
    np.testing.assert_allclose(grad(in_place)(W, X), X.T @ (bar * (1 - h**2)), rtol=1e-13)


def test_python_skips_the_block():
    assert network(W, X) == pytest.approx(np.sum(np.tanh(X @ W) ** 2))
    assert LOG == []


def one_line(x):
    y = x * x
    with insert_grad_of(y) as g: LOG.append(g)  # noqa: E701 - on one line
    return y + 1.0


def test_python_skips_a_block_on_the_same_line_and_leaves_tracing_alone():
    seen = []

    def tracer(frame, event, arg):
        seen.append(event)
        return tracer

    before = sys.gettrace()
    try:
        sys.settrace(tracer)
        assert one_line(3.0) == 10.0
        assert sys.gettrace() is tracer
    finally:
        sys.settrace(before)
    assert LOG == []
    assert seen.count("return") >= 1
    assert grad(one_line)(3.0) == 6.0
    assert LOG == [1.0]


def test_an_error_in_an_undifferentiated_call_passes():
    def fails(x):
        with insert_grad_of(x) as g:
            LOG.append(g)
        raise KeyError("here")

    before = sys.gettrace()
    with pytest.raises(KeyError, match="here"):
        fails(1.0)
    assert sys.gettrace() is before
    assert LOG == []


def test_skipping_in_threads():
    results = []
    threads = [threading.Thread(target=lambda: results.append(one_line(2.0))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [5.0] * 8
    assert LOG == []


# -- where a program halves an adjoint by a hook, and by a rule -------------------------------------------------------


def loop_hook(w, h, n):
    for i in range(n):
        h = np.tanh(w @ h)
        if i % 2 == 0:
            with insert_grad_of(h) as g:
                g *= 0.5
    return np.sum(h * h)


def loop_rule(w, h, n):
    for i in range(n):
        h = np.tanh(w @ h)
        if i % 2 == 0:
            h = halved(h)
    return np.sum(h * h)


def carried_hook(w, h, n):
    for _ in range(n):
        with insert_grad_of(w) as g:
            g = 0.5 * g
        h = np.tanh(w @ h)
    return np.sum(h * h)


def carried_rule(w, h, n):
    for _ in range(n):
        w = halved(w)
        h = np.tanh(w @ h)
    return np.sum(h * h)


def early_hook(w, h, n):
    a = np.sin(w)
    early = np.sum(a**3)
    with insert_grad_of(a) as g:
        g *= 0.5
    b = np.sin(w)
    return early + np.sum((a @ h) ** 2) + np.sum(b * n)


def early_rule(w, h, n):
    a = np.sin(w)
    early = np.sum(a**3)
    late = halved(a)
    b = np.sin(w)
    return early + np.sum((late @ h) ** 2) + np.sum(b * n)


def items_hook(w, h, n):
    y = w * 2.0
    with insert_grad_of(y) as g:
        g *= 0.5
    total = 0.0
    for i in range(len(h)):
        total += y[i, i] ** 2 * h[i]
    return total


def items_rule(w, h, n):
    y = halved(w * 2.0)
    total = 0.0
    for i in range(len(h)):
        total += y[i, i] ** 2 * h[i]
    return total


def number_hook(w, h, n):
    total = 0.0
    for i in range(len(h)):
        v = w[i, 0] * h[i]
        with insert_grad_of(v) as g:
            g = g * 0.5
        total += np.exp(v)
    with insert_grad_of(total) as g:
        g = 0.5 * g
    return total**2


def number_rule(w, h, n):
    total = 0.0
    for i in range(len(h)):
        total += np.exp(halved(w[i, 0] * h[i]))
    return halved(total) ** 2


def nested_hook(w, h, n):
    def step(v):
        z = w @ v
        with insert_grad_of(z) as g:
            g *= 0.5
        return np.tanh(z)

    for _ in range(n):
        h = step(h)
    return np.sum(h)


def nested_rule(w, h, n):
    for _ in range(n):
        h = np.tanh(halved(w @ h))
    return np.sum(h)


def shared_hook(w, h, n):
    total = h

    def add(v):
        nonlocal total
        total = total + v

    add(w @ h)
    with insert_grad_of(total) as g:
        g *= 0.5
    add(w[0])
    return np.sum(total**2)


def shared_rule(w, h, n):
    return np.sum((halved(h + w @ h) + w[0]) ** 2)


def tried_hook(w, h, n):
    y = w @ h
    try:
        with insert_grad_of(y) as g:
            g *= 0.5
        z = np.sin(y)
        if n < 0:
            raise ValueError
    except ValueError:
        z = y
    return np.sum(z * z)


def tried_rule(w, h, n):
    z = np.sin(halved(w @ h))
    return np.sum(z * z)


def returned_hook(w, h, n):
    y = w @ h
    with insert_grad_of(y) as g:
        g *= 0.5
    for i in range(n):
        if i == 1:
            return np.sum(y**3)
        y = np.cos(y)
    return np.sum(y)


def returned_rule(w, h, n):
    y = halved(w @ h)
    for i in range(n):
        if i == 1:
            return np.sum(y**3)
        y = np.cos(y)
    return np.sum(y)


def generated_hook(w, h, n):
    def rows():
        for row in w:
            y = row * h
            with insert_grad_of(y) as g:
                g *= 0.5
            yield y

    return sum(np.sum(row**2) for row in rows())


def generated_rule(w, h, n):
    return sum(np.sum(halved(row * h) ** 2) for row in w)


def twice_hook(w, h, n):
    y = w @ h
    with insert_grad_of(y) as g:
        g *= 0.5
    with insert_grad_of(y) as g:
        g *= 0.5
    z = np.sin(y)
    with insert_grad_of(y) as g:
        g *= 0.5
    return np.sum(z * y)


def twice_rule(w, h, n):
    y = halved(halved(w @ h))
    z = np.sin(y)
    return np.sum(z * halved(y))


def while_hook(w, h, n):
    k = 0
    while k < n:
        h = np.tanh(w @ h)
        with insert_grad_of(h) as g:
            g *= 0.5
        if np.sum(h) > 100.0:
            break
        k += 1
    return np.sum(h * h)


def while_rule(w, h, n):
    for _ in range(n):
        h = halved(np.tanh(w @ h))
    return np.sum(h * h)


class Layer:
    def __init__(self, scale):
        self.scale = scale

    def __call__(self, v):
        y = self.scale * v
        with insert_grad_of(y) as g:
            assert g.shape == v.shape
            g *= 0.5
        return np.sin(y)


LAYER = Layer(1.5)


def method_hook(w, h, n):
    return np.sum(LAYER(w @ h))


def method_rule(w, h, n):
    return np.sum(np.sin(halved(1.5 * (w @ h))))


def recursive_hook(w, h, n):
    if n == 0:
        return np.sum(h * h)
    h = np.tanh(w @ h)
    with insert_grad_of(h) as g:
        g *= 0.5
    return recursive_hook(w, h, n - 1)


def recursive_rule(w, h, n):
    return while_rule(w, h, n)


def checkpointed_hook(w, h, n):
    for _ in checkpoint(range(n), snapshots=2):
        h = np.tanh(w @ h)
        with insert_grad_of(h) as g:
            g *= 0.5
    return np.sum(h * h)


def checkpointed_rule(w, h, n):
    return while_rule(w, h, n)


def matched_hook(w, h, n):
    y = w @ h
    match n:
        case 5:
            with insert_grad_of(y) as g:
                g *= 0.5
        case _:
            y = 2.0 * y
    return np.sum(np.sin(y))


def matched_rule(w, h, n):
    return np.sum(np.sin(halved(w @ h)))


def alias_hook(w, h, n):
    v = w
    for _ in range(n):
        with insert_grad_of(w) as g:
            g *= 0.5
        h = np.tanh(w @ h)
    return np.sum(h * h) + np.sum(v**2)


def alias_rule(w, h, n):
    v = w
    for _ in range(n):
        w = halved(w)
        h = np.tanh(w @ h)
    return np.sum(h * h) + np.sum(v**2)


PAIRS = [
    (loop_hook, loop_rule), (carried_hook, carried_rule), (early_hook, early_rule), (items_hook, items_rule),
    (number_hook, number_rule), (nested_hook, nested_rule), (shared_hook, shared_rule), (tried_hook, tried_rule),
    (returned_hook, returned_rule), (generated_hook, generated_rule), (twice_hook, twice_rule),
    (while_hook, while_rule), (method_hook, method_rule), (recursive_hook, recursive_rule),
    (checkpointed_hook, checkpointed_rule), (matched_hook, matched_rule), (alias_hook, alias_rule),
]  # fmt: skip


@pytest.mark.parametrize(("hook", "rule"), PAIRS, ids=lambda f: f.__name__)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_a_hook_is_what_a_rule_is(hook, rule, dtype):
    rng = np.random.default_rng(4)
    w, h = rng.normal(size=(3, 3)).astype(dtype), rng.normal(size=3).astype(dtype)
    expected = grad(rule, argnums=(0, 1))(w, h, 5)
    found, again = grad(hook, argnums=(0, 1))(w, h, 5), vjp(hook, w, h, 5)[1](dtype(1.0))
    for a, b, c in zip(found, expected, again, strict=False):
        assert a.dtype == dtype
        np.testing.assert_allclose(a, b, rtol=1e-12 if dtype is np.float64 else 1e-4)
        np.testing.assert_allclose(a, c, rtol=1e-12 if dtype is np.float64 else 1e-4)
    assert hook(w, h, 5) == pytest.approx(rule(w, h, 5))  # in Python, too
    plain = value_and_grad(hook)(w, h, 5)[0]
    assert plain == pytest.approx(rule(w, h, 5), rel=1e-5)


# -- written memory --------------------------------------------------------------------------------------------------


def stepping(u, n):
    for k in range(n):
        u[1:-1] = u[:-2] * u[2:]
        with insert_grad_of(u) as g:
            LOG.append((k, g.copy(), u.copy()))
    return np.sum(u * u)


def steps_from(u, first, n):
    for _ in range(first, n):
        u[1:-1] = u[:-2] * u[2:]
    return np.sum(u * u)


def test_memory_that_is_written_has_the_adjoint_of_its_moment():
    u = np.random.default_rng(5).normal(size=7)
    np.testing.assert_allclose(grad(stepping)(u, 3), grad(steps_from)(u, 0, 3), rtol=1e-12)
    states, state = [], u.copy()
    for _ in range(3):
        state[1:-1] = state[:-2] * state[2:]
        states.append(state.copy())
    assert [k for k, _, _ in LOG] == [2, 1, 0]
    for k, bar, seen in LOG:
        np.testing.assert_allclose(seen, states[k], rtol=1e-12)
        np.testing.assert_allclose(bar, grad(steps_from)(states[k], k + 1, 3), rtol=1e-12)


def written_hook(u, n):
    for k in range(n):
        u[1:-1] = u[:-2] * u[2:]
        with insert_grad_of(u) as g:
            g[k] = 0.0
            g *= 0.5
    return np.sum(u * u)


def written_rule(u, n):
    for k in range(n):
        u = np.concatenate([u[:1], u[:-2] * u[2:], u[-1:]])
        u = halved(u)
        u = np.concatenate([u[:k], diffcompile.stop_gradient(u[k : k + 1]), u[k + 1 :]])
    return np.sum(u * u)


def test_a_hook_changes_the_shadow_of_memory():
    u = np.random.default_rng(6).normal(size=7)
    np.testing.assert_allclose(grad(written_hook)(u, 3), grad(written_rule)(u, 3), rtol=1e-12)


def test_recorded_adjoints_stay_what_they_were():
    u = np.random.default_rng(7).normal(size=7)

    def kept(u, n):
        for _ in range(n):
            u[1:-1] = u[:-2] * u[2:]
            with insert_grad_of(u) as g:
                LOG.append(g)
                LOG.append(g.copy())
        return np.sum(u * u)

    grad(kept)(u, 3)
    for live, copied in zip(LOG[::2], LOG[1::2], strict=True):
        np.testing.assert_array_equal(live, copied)


# -- what a block sees and may not do --------------------------------------------------------------------------------


def test_the_block_sees_variables_of_the_program_arguments_closures_and_globals():
    factor = 2.0
    record = []

    def f(x, log):
        for i in range(3):
            y = x * (i + 1.0)
            with insert_grad_of(y) as g:
                log.append((i, float(np.sum(y)), factor))
                record.append(float(np.sum(g)))
                LOG.append(i)
            x = np.sin(y)
        return np.sum(x)

    log = []
    grad(f)(np.ones(2), log)
    assert [entry[0] for entry in log] == [2, 1, 0]
    assert [entry[1] for entry in log][-1] == 2.0
    assert len(record) == 3
    assert LOG == [2, 1, 0]
    factor = 3.0
    grad(f)(np.ones(2), log)
    assert log[-1][2] == 3.0


def test_values_of_the_program_are_read_only():
    def f(x):
        y = np.exp(x)
        with insert_grad_of(y) as g:
            y[0] = g[0]
        return np.sum(y * y)

    with pytest.raises(ValueError, match="read-only"):
        grad(f)(np.ones(3))


def test_a_nonlocal_variable_of_the_surroundings_can_be_counted():
    count = 0

    def f(x):
        nonlocal count
        y = x * x
        with insert_grad_of(y):
            count += 1
        return y

    assert grad(f)(3.0) == 6.0


def test_another_shape_is_an_error_that_says_where():
    def f(x):
        y = x * x
        with insert_grad_of(y) as g:
            g = np.sum(g)
        return np.sum(y)

    with pytest.raises(ValueError, match=r"test_hooks\.py:\d+: insert_grad_of\(y\) left an adjoint of shape \(\)"):
        grad(f)(np.ones(3))


def test_another_kind_is_an_error():
    def f(x):
        y = x * x
        with insert_grad_of(y) as g:
            g = 1j * g
        return np.sum(y)

    def none(x):
        y = x * x
        with insert_grad_of(y) as g:
            g = None
        return np.sum(y)

    with pytest.raises(TypeError, match="complex"):
        grad(f)(np.ones(3))
    with pytest.raises(TypeError, match="object"):
        grad(none)(np.ones(3))


def test_an_error_in_the_block_names_the_line_of_the_user():
    def f(x):
        y = np.abs(x)
        with insert_grad_of(y) as g:
            if not np.isfinite(g).all():
                raise FloatingPointError("here")
        return np.sum(np.sqrt(y))

    with pytest.raises(FloatingPointError, match="here") as caught, np.errstate(all="ignore"):
        grad(f)(np.array([1.0, 0.0]))
    assert caught.traceback[-1].path.name == "test_hooks.py"
    assert "raise FloatingPointError" in str(caught.traceback[-1].statement)


def test_nothing_runs_where_no_derivative_flows():
    def f(x, c):
        with insert_grad_of(c) as g:
            LOG.append(g)
        unused = x * 2.0
        with insert_grad_of(unused) as g:
            LOG.append(g)
        return np.sum(x * c)

    np.testing.assert_array_equal(grad(f)(np.ones(2), np.ones(2)), np.ones(2))
    assert LOG == []
    assert jvp(network, (W, X), (W, None))[1] == pytest.approx(np.sum(grad(network)(W, X) * W))
    assert len(LOG) == 1  # of the gradient, not of jvp


def leaves(x):
    y = x * x
    with insert_grad_of(y) as g:
        return g
    return y


def counts(x):
    count = 0
    y = x * x
    with insert_grad_of(y):
        count += 1
    return y + count


def of_an_expression(x):
    with insert_grad_of(x * x) as g:
        LOG.append(g)
    return x * x


def of_a_container(x):
    pair = (x, x * x)
    with insert_grad_of(pair) as g:
        LOG.append(g)
    return pair[0] * pair[1]


def of_two(x):
    y = x * x
    with insert_grad_of(x) as g, insert_grad_of(y) as h:
        LOG.append((g, h))
    return y


def nested_hooks(x):
    y = x * x
    with insert_grad_of(x):
        LOG.append(0)
        with insert_grad_of(y):
            LOG.append(1)
    return y


def of_a_global(x):
    with insert_grad_of(LAYER) as g:
        LOG.append(g)
    return x * x


def breaks(x):
    for _ in range(3):
        x = x * x
        with insert_grad_of(x):
            break
    return x


def hidden(x):
    hook = insert_grad_of
    with hook(x) as g:
        LOG.append(g)
    return x * x


@pytest.mark.parametrize(
    ("f", "text"),
    [
        (leaves, "cannot be left by `return`"), (counts, "assigns count"), (of_an_expression, "takes one variable"),
        (of_a_container, "takes a number or an array"), (of_two, "and something else"), (nested_hooks, "inside a hook"),
        (of_a_global, "not a variable of this function"), (breaks, "cannot be left by `break`"),
        (hidden, "not recognised"),
    ],
)  # fmt: skip
def test_what_is_refused_says_so(f, text):
    with pytest.raises(UnsupportedError, match=text) as caught:
        grad(f)(2.0)
    assert "test_hooks.py" in str(caught.value)


def test_the_derivative_of_a_gradient_with_a_hook_is_refused():
    def cubed(x):
        y = x * x
        with insert_grad_of(y) as g:
            g = 2.0 * g
        return y**3

    with pytest.raises(UnsupportedError, match="insert_grad_of"):
        hvp(cubed)(1.0, 1.0)

    def outer(x):
        return grad(cubed)(x) ** 2

    with pytest.raises(UnsupportedError, match="insert_grad_of"):
        grad(outer)(1.0)


def test_complex_adjoints_and_jacobians():
    def f(z):
        y = z * z
        with insert_grad_of(y) as g:
            LOG.append(g)
            g = g * 1j
        return np.real(np.sum(y * (1 + 2j)))

    z = np.array([1 + 1j, 2 - 1j])
    np.testing.assert_allclose(grad(f)(z), 1j * (1 + 2j) * 2 * z)
    np.testing.assert_allclose(LOG[0], np.full(2, 1 + 2j))

    def rows(x):
        y = np.sin(x)
        with insert_grad_of(y) as g:
            g *= 0.5
        return y

    np.testing.assert_allclose(jacrev(rows)(np.ones(3)), 0.5 * np.cos(1.0) * np.eye(3))


def test_hooks_that_only_look_pass_the_checks():
    check_grads(network, (W, X))
    assert LOG
