"""Programs whose gradients call pairs: recursion, checkpointed loops, ``try`` blocks whose handlers are taken."""

from typing import Any

import numpy as np

from diffcompile import checkpoint

TABLE = np.array([1.0, 2.0, 3.0])


def power(x: Any, n: Any) -> Any:
    return 1.0 if n == 0 else x * power(x, n - 1)


def uses_value(x: Any, n: Any) -> Any:
    return power(x, n) * power(2.0, n)


def tree(w: Any, t: Any, depth: Any) -> Any:
    if depth == 0:
        return np.sum(np.tanh(w @ t)), t
    a, u = tree(w, t[: len(t)], depth - 1)
    b, v = tree(w * 0.5, u, depth - 1)
    return a * b, u + v


def two_results(w: Any, t: Any, depth: Any) -> Any:
    a, u = tree(w, t, depth)
    return a + np.sum(u)


def even(x: Any, n: Any) -> Any:
    return x if n == 0 else np.sin(odd(x, n - 1)) + TABLE[0]


def odd(x: Any, n: Any) -> Any:
    return 2.0 * x if n == 0 else even(x * TABLE[1], n - 1) ** 2


def fill(u: Any, k: Any, x: Any) -> None:
    if k < len(u):
        u[k] = u[k - 1] * x + u[k]
        fill(u, k + 1, x)


def filled(u: Any, x: Any) -> Any:
    fill(u, 1, x)
    return np.sum(u * u)


def gather(out: Any, x: Any, n: Any) -> None:
    if n > 0:
        out.append(np.sin(x * n))
        gather(out, x, n - 1)


def gathered(x: Any, n: Any) -> Any:
    out: list[Any] = []
    gather(out, x, n)
    return sum(out)


def nested(xs: Any, p: Any) -> Any:
    def total(k: Any) -> Any:
        return 0.0 if k == len(xs) else xs[k] ** p + total(k + 1)

    return total(0)


def halves(x: Any) -> Any:
    middle = len(x) // 2
    return x[0] ** 3 if len(x) == 1 else halves(x[:middle]) * 2.0 + halves(x[middle:])


def steps(x: Any, n: Any) -> Any:
    for _ in checkpoint(range(n)):
        x = np.sin(x)
    return np.sum(x)


def few_snapshots(x: Any, w: Any, n: Any) -> Any:
    y, total = x, 0.0
    for k in checkpoint(range(n), snapshots=2):
        y = np.tanh(w @ y) + x * k
        total = total + np.sum(y) / (k + 1)
    return total


def within_budget(x: Any, n: Any) -> Any:
    for k in checkpoint(range(n), budget="1kB"):
        x = x * np.cos(x) + TABLE * k
    return np.sum(x)


def in_place(u: Any, k: Any, n: Any) -> Any:
    for _ in checkpoint(range(n), snapshots=2):
        u[1:-1] += k * (u[2:] - 2.0 * u[1:-1] + u[:-2])
    return np.sum(u**2)


def loop_in_loop(x: Any, n: Any) -> Any:
    for i in checkpoint(range(n)):
        j = 0
        for j in checkpoint(range(i + 1), snapshots=1):
            x = np.sin(x) + 0.1 * j
    return np.sum(x)


@checkpoint
def layer(x: Any, w: Any) -> Any:
    return np.tanh(w @ x)


def net(ws: Any, x: Any) -> Any:
    for w in ws:
        x = layer(x, w)
    return np.sum(x)


def raised(x: Any) -> Any:
    try:
        if x < 0:
            raise ValueError("no")
        y = np.log(x)
    except ValueError:
        y = x * 2.0
    return y


def factor(a: Any) -> Any:
    try:
        return np.sum(np.log(np.diag(np.linalg.cholesky(a))))
    except np.linalg.LinAlgError:
        return np.sum(a * a)


def in_a_loop(xs: Any) -> Any:
    total = 0.0
    for x in xs:
        try:
            if x < 0:
                raise ArithmeticError("negative")
            total = total + np.sqrt(x)
        except ArithmeticError:
            total = total - x
    return total


def half_done(x: Any) -> Any:
    u = np.zeros(3)
    try:
        u[0] = x
        if x > 1:
            raise ValueError
        u[1] = x * x
    except ValueError:
        u[2] = x**3
    return np.sum(u * TABLE)


def tries_again(x: Any, h: Any, n: Any) -> Any:
    try:
        if h > 0.3:
            raise ArithmeticError
        return x - h * x**3
    except ArithmeticError:
        return tries_again(x, h / 2, n - 1) if n > 0 else x * h


def looks_up(x: Any, options: Any) -> Any:
    try:
        k = options["scale"]
    except KeyError:
        k = x
    return k * x


CASES: list[tuple[Any, tuple[Any, ...], int]] = [
    (power, (1.5, 3), 1),
    (power, (2.0, 0), 1),
    (uses_value, (1.1, 3), 1),
    (two_results, (np.eye(3) * 0.3, np.arange(1.0, 4.0), 2), 2),
    (even, (0.3, 3), 1),
    (filled, (np.arange(4.0), 0.5), 2),
    (gathered, (0.4, 3), 1),
    (nested, (np.array([1.0, 2.0]), 2.5), 2),
    (nested, ([1.0, 2.0, 3.0], 1.5), 2),
    (halves, (np.arange(1.0, 6.0),), 1),
    (steps, (np.ones(3), 10), 1),
    (steps, (np.ones(3), 0), 1),
    (few_snapshots, (np.array([0.1, 1.1, 2.1]), np.eye(3) * 0.5, 13), 2),
    (within_budget, (np.ones(3), 100), 1),
    (in_place, (np.arange(5.0) ** 2, 0.1, 11), 2),
    (loop_in_loop, (np.ones(2), 4), 1),
    (net, ([np.eye(2), np.eye(2) * 0.2], np.ones(2)), 2),
    (raised, (2.0,), 1),
    (raised, (-1.0,), 1),
    (factor, (np.array([[2.0, 0.1], [0.1, 3.0]]),), 1),
    (factor, (-np.eye(2),), 1),
    (in_a_loop, (np.array([1.0, -2.0, 3.0]),), 1),
    (half_done, (0.5,), 1),
    (half_done, (2.0,), 1),
    (tries_again, (0.5, 1.0, 3), 2),
    (looks_up, (2.0, {"scale": 3.0}), 1),
    (looks_up, (2.0, {"other": 3.0}), 1),
]
"""A function, arguments, and how many of the first of these are differentiated."""
