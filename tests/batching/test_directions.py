"""Many directions at once: what is passed and returned, what is refused, and programs that are easy to get wrong."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pytest

from batching.directions import assert_close, one, random_directions
from diffcompile import UnsupportedError, grad, jvp, vjp
from diffcompile.operators import Pushforward


def settle(w, x, n):
    y = x
    for _ in range(n):
        y = np.tanh(w @ y)
    return y * y


def energy(x):
    return np.sum(x[1:] * x[:-1]) + x[0] ** 2


def marching(u, n):
    for i in range(1, n):
        u[i] = u[i - 1] * u[i] + 0.5 * u[i]
        last = u[i]
        u[i] = u[i] + last * last
    return u


def swapped(x, n):
    a, b = x.copy(), np.zeros_like(x)
    for _ in range(n):
        b[1:-1] = a[:-2] * a[2:]
        b[0] = a[0]
        b[-1] = a[-1]
        a, b = b, a
    return a


def in_a_list(x, y):
    items = [x, y, x * y]
    kept = items[0]
    items[0] += y
    items[2] *= kept
    return items[0] * items[2] + kept


def solved(a, b):
    return np.linalg.solve(a, b) * np.linalg.det(a)


def chosen(x, k):
    return x[k] * x[::-1][k] + np.sum(x[[0, 0, 2]] ** 2)


def masked(x):
    y = np.where(x > 0.0, x * x, 3.0 * x)
    y[x < -0.5] = 0.0
    return y / np.max(np.abs(x))


def products(a, b, v):
    return a @ b @ v + np.outer(v, v) @ v + np.einsum("ij,kj->ik", a, b) @ v + v @ a


def softmax(x):
    e = np.exp(x - np.max(x, axis=-1, keepdims=True))
    return e / np.sum(e, axis=-1, keepdims=True)


def joined(x, y):
    z = np.concatenate([x, 2.0 * y, x * y])
    return np.stack([z, z[::-1]], axis=1).reshape(-1).cumsum()


def powers(x, n):
    total = 0.0
    while n > 0:
        total = total * x + n
        n -= 1
    return total


def branched(x, flag):
    y = x[0] * x if flag else x[1] + x
    return y * y[2]


def along_axes(a):
    y = np.roll(a, 1, axis=1) + np.roll(a[0], 2) - np.repeat(a[:, :1], 3, axis=1)
    y = y[:, ::-1] + np.diff(np.take(a, [0, 2, 1, 1], axis=1)) + np.diff(a, n=1, axis=0)[:1] * a
    upper = np.triu(y @ y.T)
    return upper[0] * np.trace(y @ y.T) + np.diagonal(y @ y.T) * upper[0, 1] + np.diag(y @ y.T)


def spectrum(x):
    return np.abs(np.fft.rfft(x * x, axis=0)) ** 2 + np.real(np.fft.fft(x, 4, norm="ortho"))[:3, :2]


def both_reshaped(x):
    a = np.zeros((2, 3))
    flat = a.reshape(-1)
    flat[1:5] = x[:4]
    flat[2:] *= flat[:-2]
    a[1] += flat[:3]
    return a


def diagonal_written(x):
    a = np.outer(x, x)
    a[np.arange(3), [2, 0, 1]] = 0.5 * x
    d = a.T
    d[0] -= x * x
    np.fill_diagonal(a, x)
    return a


def adaptive(x):
    while np.sum(x * x) > 1.0:
        x = 0.5 * x * x
    return x


R = np.random.default_rng(5)
PROGRAMS: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "settle": (settle, (R.normal(size=(4, 4)), R.normal(size=4), 3)),
    "energy": (energy, (R.normal(size=6),)),
    "marching": (marching, (R.normal(size=6), 6)),
    "swapped": (swapped, (R.normal(size=7), 3)),
    "in_a_list": (in_a_list, (0.7, 1.9)),
    "solved": (solved, (R.normal(size=(3, 3)), R.normal(size=3))),
    "solved_matrix": (solved, (R.normal(size=(3, 3)), R.normal(size=(3, 2)))),
    "chosen": (chosen, (R.normal(size=5), np.array([1, 3, 1]))),
    "masked": (masked, (R.normal(size=9),)),
    "products": (products, (R.normal(size=(3, 3)), R.normal(size=(3, 3)), R.normal(size=3))),
    "softmax": (softmax, (R.normal(size=(2, 4)),)),
    "joined": (joined, (R.normal(size=3), R.normal(size=3))),
    "powers": (powers, (1.3, 4)),
    "then": (branched, (R.normal(size=4), True)),
    "else": (branched, (R.normal(size=4), False)),
    "along_axes": (along_axes, (R.normal(size=(2, 3)),)),
    "spectrum": (spectrum, (R.normal(size=(4, 2)),)),
    "both_reshaped": (both_reshaped, (R.normal(size=5),)),
    "diagonal_written": (diagonal_written, (R.normal(size=3),)),
    "adaptive": (adaptive, (R.normal(size=4),)),
    "float32": (settle, (R.normal(size=(4, 4)).astype(np.float32), R.normal(size=4).astype(np.float32), 3)),
    "float32_swapped": (swapped, (R.normal(size=7).astype(np.float32), 3)),
    "complex": (settle, (R.normal(size=(3, 3)) + 1j * R.normal(size=(3, 3)), R.normal(size=3) + 0j, 2)),
    "complex_marching": (marching, (R.normal(size=6) + 1j * R.normal(size=6), 6)),
    "mixed": (settle, (R.normal(size=(3, 3)), R.normal(size=3) + 1j, 2)),
    "numpy_scalar": (powers, (np.float32(1.3), 4)),
}


def check_pullback(fun: Any, args: tuple[Any, ...], n: int) -> Any:
    """Compare many cotangents at once with one after another; return the pullback."""
    value, pullback = vjp(fun, *args)
    cts = random_directions(value, n, np.random.default_rng(n))
    assert_close(pullback(cts, batched=True), [pullback(one(value, cts, k)) for k in range(n)])
    return pullback


def check_tangents(fun: Any, args: tuple[Any, ...], n: int) -> None:
    rng = np.random.default_rng(n)
    dots = [None if isinstance(a, int) or _whole(a) else random_directions(a, n, rng) for a in args]
    ones = []
    for k in range(n):
        along = [None if dot is None else one(arg, dot, k) for arg, dot in zip(args, dots, strict=True)]
        ones.append(jvp(fun, args, along)[1])
    assert_close(jvp(fun, args, dots, batched=True)[1], ones)


def _whole(a: Any) -> bool:
    return isinstance(a, np.ndarray) and a.dtype.kind in "iu"


@pytest.mark.parametrize("n", [1, 4])
@pytest.mark.parametrize("name", PROGRAMS)
def test_rows_are_directions(name: str, n: int) -> None:
    fun, args = PROGRAMS[name]
    check_pullback(fun, args, n)
    check_tangents(fun, args, n)


ONE_BY_ONE = {"diagonal_written"}
"""Programs in which the type of an index is not known."""


@pytest.mark.parametrize("name", sorted(set(PROGRAMS) - ONE_BY_ONE))
def test_there_is_code_for_all_at_once(name: str, caplog: pytest.LogCaptureFixture) -> None:
    """None of these programs, made to be difficult, falls back."""
    caplog.set_level(logging.INFO, logger="diffcompile")
    fun, args = PROGRAMS[name]
    pullback = check_pullback(fun, args, 2)
    assert "pullbacks(" in pullback.batched_source
    assert not [record for record in caplog.records if " takes one " in record.getMessage()]


@pytest.mark.parametrize("name", PROGRAMS)
def test_no_direction_at_all(name: str) -> None:
    """Rows of which there are none give none, of the right shape and dtype."""
    fun, args = PROGRAMS[name]
    value, pullback = vjp(fun, *args)
    empty = np.zeros((0, *np.shape(value)), np.result_type(value))
    for bar, arg in zip(pullback(empty, batched=True), args, strict=True):
        if bar is not None:
            assert bar.shape == (0, *np.shape(arg))
            assert bar.dtype == np.result_type(arg)
    dots = [None if isinstance(a, int) or _whole(a) else np.zeros((0, *np.shape(a))) for a in args]
    value, tangents = jvp(fun, args, dots, batched=True)
    assert tangents.shape == (0, *np.shape(value))


# -- structures -----------------------------------------------------------------------------------------------------



class Pair(NamedTuple):
    left: Any
    right: Any



@dataclass
class Layer:
    w: Any
    b: float


def of_structures(parts, layer, pair):
    y = np.tanh(layer.w @ parts[0]) + layer.b * parts[1]["s"]
    return y * pair.left, {"sum": np.sum(y) * pair.right}


def of_a_list(items):
    total = items[0]
    for item in items[1:]:
        total = total * item + item
    items[0] = total
    return [total, items[0] + items[-1]]


def test_structured_arguments() -> None:
    rng = np.random.default_rng(0)
    args = (
        [rng.normal(size=3), {"s": rng.normal(size=3), "name": "x"}],
        Layer(rng.normal(size=(3, 3)), 0.5),
        Pair(rng.normal(size=3), 2.0),
    )
    check_pullback(of_structures, args, 3)
    check_tangents(of_structures, args, 3)


def test_lists_of_arrays() -> None:
    args = (list(np.random.default_rng(0).normal(size=(4, 3))),)
    check_pullback(of_a_list, args, 3)
    check_tangents(of_a_list, args, 3)


def test_two_results() -> None:
    def both(x, s):
        return s * x, np.sum(x) ** 2

    x = np.arange(1.0, 4.0)
    check_pullback(both, (x, 2.0), 3)
    check_tangents(both, (x, 2.0), 3)
    _, pullback = vjp(both, x, 2.0)
    only_second, _ = pullback((None, np.array([1.0, 2.0])), batched=True)
    np.testing.assert_allclose(only_second, np.outer([1.0, 2.0], np.full(3, 12.0)))


# -- what is not changed, and what is refused ------------------------------------------------------------------------


def test_results_are_nobody_elses() -> None:
    """A pullback that hands a cotangent on does not hand out the caller's array, nor one array twice."""

    def handed_on(x, y):
        return x + y

    cts = np.ones((2, 3))
    _, pullback = vjp(handed_on, np.zeros(3), np.zeros(3))
    x_bar, y_bar = pullback(cts, batched=True)
    x_bar += 1.0
    assert cts.max() == y_bar.max() == 1.0
    numbers = np.ones(4)
    _, dots = jvp(lambda x: x, (2.0,), (numbers,), batched=True)
    dots += 1.0
    assert numbers.max() == 1.0


@pytest.mark.parametrize(
    ("cts", "message"),
    [
        (np.ones((2, 4)), "2 directions of the cotangent have shape"),
        (np.ones(3), "3 directions of the cotangent have shape"),
        (1.0, "has no axes"),
        (None, "all of them are None"),
    ],
)
def test_wrong_shapes(cts: Any, message: str) -> None:
    _, pullback = vjp(lambda x: 2.0 * x, np.ones(3))
    with pytest.raises(ValueError, match=message):
        pullback(cts, batched=True)


def test_wrong_tangents() -> None:
    def both(x, y):
        return x * y

    x = np.ones(3)
    with pytest.raises(ValueError, match="they have 2, 4 directions"):
        jvp(both, (x, x), (np.ones((2, 3)), np.ones((4, 3))), batched=True)
    with pytest.raises(ValueError, match="2 directions of y have shape"):
        jvp(both, (x, x), (np.ones((2, 3)), np.ones((2, 2))), batched=True)
    with pytest.raises(TypeError, match="the directions of x are complex"):
        jvp(both, (x, x), (np.ones((2, 3)) * 1j, None), batched=True)


def stored(layer):
    layer.b = layer.b * 2.0
    return layer.b * layer.b + np.sum(layer.w)


def test_an_object_that_the_function_writes_to() -> None:
    """The value and the pullback are those at the object that was passed in, which stays as it is."""
    layer = Layer(np.ones(2), 1.5)
    value, pullback = vjp(stored, layer)
    assert (value, layer.b) == (11.0, 1.5)
    assert pullback(1.0)[0].b == 12.0
    np.testing.assert_allclose(pullback(np.array([1.0, 2.0]), batched=True)[0].b, [12.0, 24.0])
    layer.b = 7.0
    assert pullback(1.0)[0].b == 12.0


def test_inside_a_function_it_is_refused() -> None:
    def inner(x):
        return np.sum(jvp(np.sin, (x,), (np.ones((2, 3)),), batched=True)[1])

    with pytest.raises(UnsupportedError, match="jvp of many directions"):
        grad(inner)(np.ones(3))


def test_errors_of_the_program_are_raised() -> None:
    def fails(x, n):
        return x[n] * x

    with pytest.raises(IndexError):
        jvp(fails, (np.ones(3), 5), (np.ones((2, 3)), None), batched=True)


# -- falling back ---------------------------------------------------------------------------------------------------


def power(x, n):
    return x if n == 0 else x * power(x, n - 1)


def test_one_after_another(caplog: pytest.LogCaptureFixture) -> None:
    """Recursion goes through a pair, which takes one direction: the log says so, the source is not there."""
    caplog.set_level(logging.INFO, logger="diffcompile")
    pullback = check_pullback(power, (np.arange(1.0, 4.0), 3), 3)
    assert "power takes one direction after another" in caplog.text
    with pytest.raises(RuntimeError):
        _ = pullback.batched_source
    check_tangents(power, (np.arange(1.0, 4.0), 3), 3)


def test_a_changed_global_is_seen() -> None:
    _, pullback = vjp(scaled, np.ones(2))
    cts = np.ones((3, 2))
    assert pullback(cts, batched=True)[0].max() == 2.0
    globals()["FACTOR"] = 5.0
    try:
        assert vjp(scaled, np.ones(2))[1](cts, batched=True)[0].max() == 5.0
    finally:
        globals()["FACTOR"] = 2.0


FACTOR = 2.0


def scaled(x):
    return FACTOR * x


# -- what it looks like -----------------------------------------------------------------------------------------------

SETTLE = '''\
import numpy as np


def settle_pullbacks(w, x, n, result_bar):
    """Pullback of many cotangents of settle (test_directions.py:{line}) with respect to w, x."""
    directions = len(result_bar)
    # forward sweep
    saved_y = []
    y = x
    for _ in range(n):
        saved_y.append(y)
        y = np.tanh(w @ y)
    # reverse sweep
    # return y * y
    w_bar = np.zeros((directions,) + w.shape)
    y_bar = 2.0 * (result_bar * y)
    for _ in reversed(range(n)):
        # y = np.tanh(w @ y)
        t = y_bar * (1.0 - y * y)
        y = saved_y.pop()
        y_bar = t @ w
        w_bar += t[:, :, None] * y
    x_bar = y_bar.copy()
    return w_bar, x_bar
'''


def test_the_code_is_readable() -> None:
    fun, args = PROGRAMS["settle"]
    pullback = check_pullback(fun, args, 2)
    assert pullback.batched_source == SETTLE.format(line=settle.__code__.co_firstlineno)


def test_a_loop_around_a_single_operation() -> None:
    """What has no rule is done once for each direction, and nothing else is."""

    def between(x):
        return 2.0 * np.interp([0.5, 1.5], [0.0, 1.0, 2.0], x * x)

    push = Pushforward(between, (0,))
    x = np.arange(1.0, 4.0)
    _, dots = push((x,), (np.eye(3),), batched=True)
    np.testing.assert_allclose(dots, [[2.0, 0.0], [4.0, 4.0], [0.0, 6.0]])
    assert push.batched_source.count("for k in range(directions)") == 1
