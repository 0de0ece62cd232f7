"""The programs as one writes them for ``jax.jit``: loops by ``fori_loop`` and ``scan``, updates by ``.at``.

A Python loop would be unrolled and compiled trip by trip. Loops over a shrinking part of an array become loops over
masks, as shapes under ``jit`` are fixed. What is not here is traced as it stands.
"""

from __future__ import annotations

import jax
import jax.numpy as np
from jax.lax import fori_loop, scan


def lstm(w, u, b, xs):
    n = len(b) // 4

    def step(state, x):
        h, c = state
        z = w @ x + u @ h + b
        forget, keep, out = (1.0 / (1.0 + np.exp(-part)) for part in (z[:n], z[n : 2 * n], z[2 * n : 3 * n]))
        c = forget * c + keep * np.tanh(z[3 * n :])
        h = out * np.tanh(c)
        return (h, c), np.sum(h * h)

    return np.sum(scan(step, (np.zeros(n), np.zeros(n)), xs)[1])


def convolution(image, weights, bias):
    out = jax.lax.conv_general_dilated(image, weights, (1, 1), "VALID", dimension_numbers=("NHWC", "HWIO", "NHWC"))
    out = out + bias
    return np.sum(out * out)


def pooling(image, weight):
    n, height, width, channels = image.shape
    windows = image.reshape(n, height // 2, 2, width // 2, 2, channels)
    return np.sum(np.max(windows, axis=(2, 4)) * weight)


def heat_1d(u, steps):
    u = fori_loop(0, steps, lambda _, u: u.at[1:-1].add(0.1 * (u[:-2] - 2.0 * u[1:-1] + u[2:])), u)
    return np.sum(u * u)


def burgers_1d(u, steps):
    def item(i, u):
        new = u[i] - 0.1 * u[i] * (u[i + 1] - u[i - 1]) + 0.1 * (u[i - 1] - 2.0 * u[i] + u[i + 1])
        return u.at[i].set(new)

    u = fori_loop(0, steps, lambda _, u: fori_loop(1, len(u) - 1, item, u), u)
    return np.sum(u * u)


def jacobi_2d(a, steps):
    def step(_, a):
        inner = 0.2 * (a[1:-1, 1:-1] + a[1:-1, :-2] + a[1:-1, 2:] + a[2:, 1:-1] + a[:-2, 1:-1])
        return a.at[1:-1, 1:-1].set(inner)

    a = fori_loop(0, steps, step, a)
    return np.sum(a * a)


def seidel_2d(a, steps):
    n = a.shape[0]

    def row(i, a):
        def item(j, a):
            return a.at[i, j].set((a[i - 1, j] + a[i, j - 1] + a[i, j] + a[i, j + 1] + a[i + 1, j]) / 5.0)

        return fori_loop(1, n - 1, item, a)

    a = fori_loop(0, steps, lambda _, a: fori_loop(1, n - 1, row, a), a)
    return np.sum(a * a)


def heat_3d(a, k, steps):
    def step(_, a):
        return a.at[1:-1, 1:-1, 1:-1].add(k * (
            a[2:, 1:-1, 1:-1] + a[:-2, 1:-1, 1:-1] + a[1:-1, 2:, 1:-1] + a[1:-1, :-2, 1:-1]
            + a[1:-1, 1:-1, 2:] + a[1:-1, 1:-1, :-2] - 6.0 * a[1:-1, 1:-1, 1:-1]
        ))  # fmt: skip

    a = fori_loop(0, steps, step, a)
    return np.sum(a * a)


def implicit(u, steps):
    n = u.shape[0]
    p = fori_loop(1, n - 1, lambda i, p: p.at[i].set(1.0 / (4.0 - p[i - 1])), np.zeros(n))

    def step(_, state):
        u, q = state
        q = fori_loop(1, n - 1, lambda i, q: q.at[i].set(
            p[i] * (u[i] + 0.5 * (np.roll(u[i], 1) + np.roll(u[i], -1)) + q[i - 1])), q)  # fmt: skip
        u = fori_loop(1, n - 1, lambda i, u: u.at[n - 1 - i].set(p[n - 1 - i] * u[n - i] + q[n - 1 - i]), u)
        q = fori_loop(1, n - 1, lambda j, q: q.at[:, j].set(p[j] * (u[:, j] * u[:, j] + q[:, j - 1])), q)
        u = fori_loop(
            1, n - 1, lambda j, u: u.at[:, n - 1 - j].set(p[n - 1 - j] * u[:, n - j] + q[:, n - 1 - j]), u
        )
        return u, q

    u, _ = fori_loop(0, steps, step, (u, np.zeros((n, n))))
    return np.sum(u * u)


def advection(u, w, dt):
    levels = u.shape[1]
    w = 0.25 * w
    b = dt - w[:, 1]
    first = w[:, 1] / b, (dt * u[:, 0] - w[:, 1] * u[:, 1]) / b

    def down(state, k):
        c, d = state
        below, above = w[:, k], w[:, k + 1]
        b = 1.0 / (dt - above + below * c)
        state = above * b, (dt * u[:, k] - above * u[:, k + 1] + below * u[:, k - 1] + below * d) * b
        return state, state

    (c, d), (cs, ds) = scan(down, first, np.arange(1, levels - 1))
    below = w[:, levels - 1]
    last = (dt * u[:, -1] + below * u[:, -2] + below * d) / (dt + below + below * c)

    def up(out, state):
        out = state[1] - state[0] * out
        return out, np.sum(out * out)

    out, squares = scan(up, last, (cs, ds), reverse=True)
    out = first[1] - first[0] * out
    return np.sum(last * last) + np.sum(squares) + np.sum(out * out)


def triangular_solve(lower, b):
    n = len(b)
    x = fori_loop(0, n, lambda i, x: x.at[i].set((b[i] - lower[i] @ x) / lower[i, i]), np.zeros(n))
    return np.sum(x * x)


def lu(a):
    n = a.shape[0]
    places = np.arange(n)

    def step(k, a):
        column = np.where(places > k, a[:, k] / a[k, k], 0.0)
        row = np.where(places > k, a[k], 0.0)
        return np.where((places > k)[:, None] & (places == k), column[:, None], a - np.outer(column, row))

    a = fori_loop(0, n - 1, step, a)
    return np.sum(np.log(np.abs(np.diag(a)))) + np.sum(a * a)


def cholesky(a):
    n = a.shape[0]
    places = np.arange(n)

    def column(k, factor):
        rest = a[:, k] - factor @ factor[k]
        pivot = np.sqrt(rest[k])
        return factor.at[:, k].set(np.where(places > k, rest / pivot, np.where(places == k, pivot, 0.0)))

    factor = fori_loop(0, n, column, np.zeros((n, n)))
    return np.sum(np.log(np.diag(factor)) + factor[:, 0] * factor[:, 0])


def gram_schmidt(a):
    n = a.shape[1]
    places = np.arange(n)

    def step(a, k):
        r = np.sqrt(np.dot(a[:, k], a[:, k]))
        q = a[:, k] / r
        row = np.where(places > k, q @ a, 0.0)
        return a - np.outer(q, row), r * r * r + np.sum(row * row * row) + q[0]

    return np.sum(scan(step, a, places)[1])


def levinson_durbin(r):
    n = len(r) - 1
    places = np.arange(n)

    def step(k, state):
        alpha, beta, y = state
        beta = beta * (1.0 - alpha * alpha)
        turned = np.where(places < k, y[k - 1 - places], 0.0)
        alpha = -(r[k + 1] + np.dot(r[1:], turned)) / beta
        return alpha, beta, (y + alpha * turned).at[k].set(alpha)

    y = np.zeros(n).at[0].set(-r[1])
    return np.sum(fori_loop(1, n, step, (-r[1], 1.0, y))[2] ** 2)


def sparse_product(values, x, columns, starts):
    rows = np.repeat(np.arange(len(x)), np.diff(starts), total_repeat_length=len(values))
    sums = jax.ops.segment_sum(values * x[columns], rows, len(x), indices_are_sorted=True)
    return np.sum(sums * sums)


def ode(y, rate, steps):
    h = 1.0 / steps

    def step(_, y):
        middle = y + 0.5 * h * (rate * y * (1.0 - y))
        return y + h * rate * middle * (1.0 - middle)

    return fori_loop(0, steps, step, y)


def n_body(position, velocity, mass, steps):
    h = 0.01

    def step(_, state):
        position, velocity = state
        difference = position[None, :, :] - position[:, None, :]
        distance = np.sum(difference * difference, axis=2) + 0.1
        force = mass / (distance * np.sqrt(distance))
        velocity = velocity + h * np.sum(force[:, :, None] * difference, axis=1)
        return position + h * velocity, velocity

    position, _ = fori_loop(0, steps, step, (position, velocity))
    return np.sum(position * position)


def kalman(a, c, q, r, ys):
    def step(state, y):
        x, p = state
        x = a @ x
        p = a @ p @ a.T + q
        s = c @ p @ c.T + r
        gain = p @ c.T @ np.linalg.inv(s)
        v = y - c @ x
        return (x + gain @ v, p - gain @ c @ p), v @ v

    n = a.shape[0]
    return np.sum(scan(step, (np.zeros(n), np.eye(n)), ys)[1])


def alignment(cost):
    m = cost.shape[1]

    def row(above, costs):
        def item(left, given):
            a, b, cost = given
            least = np.minimum(np.minimum(a, b), left)
            new = cost + least - np.log(np.exp(least - a) + np.exp(least - b) + np.exp(least - left))
            return new, new

        _, new = scan(item, np.float64(1e10), (above[:-1], above[1:], costs))
        new = np.concatenate((np.full(1, 1e10), new))
        return new, None

    first = np.full(m + 1, 1e10).at[0].set(0.0)
    return scan(row, first, cost)[0][m]


def cavity(u, v, steps):
    def step(_, state):
        u, v, p = state
        ux = u[1:-1, 2:] - u[1:-1, :-2]
        vy = v[2:, 1:-1] - v[:-2, 1:-1]
        b = 0.5 * (ux + vy) - 0.25 * (ux * ux + vy * vy)

        def sweep(_, p):
            p = p.at[1:-1, 1:-1].set(0.25 * (p[1:-1, 2:] + p[1:-1, :-2] + p[2:, 1:-1] + p[:-2, 1:-1] - b))
            p = p.at[:, -1].set(p[:, -2])
            return p.at[0, :].set(p[1, :])

        p = fori_loop(0, 10, sweep, p)
        inner, other = u[1:-1, 1:-1], v[1:-1, 1:-1]
        v = v.at[1:-1, 1:-1].add(-0.1 * inner * other - 0.1 * (p[2:, 1:-1] - p[:-2, 1:-1]))
        u = u.at[1:-1, 1:-1].add(-0.1 * inner * (inner - u[1:-1, :-2]) - 0.1 * (p[1:-1, 2:] - p[1:-1, :-2]))
        return u.at[-1, :].set(1.0), v, p

    u, v, _ = fori_loop(0, steps, step, (u, v, np.zeros_like(u)))
    return np.sum(u * u) + np.sum(v * v)


def chain(x):
    return np.sum(fori_loop(0, 250, lambda _, y: np.sin(y) * 0.9 + x * 0.1, x))
