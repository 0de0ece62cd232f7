"""The programs that write to arrays, without writes (and the two that index as not every system can).

Each takes the module that stands for NumPy first. Items and rows live in lists, parts are joined by ``concatenate``,
and an update of the inside of an array adds a padded array: as users of those systems write.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def convolution(xp, image, weights, bias):
    k = weights.shape[0]
    _, height, width, _ = image.shape
    total = 0.0
    for i in range(height - k + 1):
        for j in range(width - k + 1):
            out = xp.tensordot(image[:, i : i + k, j : j + k], weights, 3) + bias
            total = total + xp.sum(out * out)
    return total


def pooling(xp, image, weight):
    total = 0.0
    for i in range(image.shape[1] // 2):
        for j in range(image.shape[2] // 2):
            window = image[:, 2 * i : 2 * i + 2, 2 * j : 2 * j + 2]
            total = total + xp.sum(xp.max(window, axis=(1, 2)) * weight[:, i, j])
    return total


def heat_1d(xp, u, steps):
    for _ in range(steps):
        inner = u[1:-1] + 0.1 * (u[:-2] - 2.0 * u[1:-1] + u[2:])
        u = xp.concatenate((u[:1], inner, u[-1:]))
    return xp.sum(u * u)


def burgers_1d(xp, u, steps):
    u = [u[i] for i in range(len(u))]
    for _ in range(steps):
        for i in range(1, len(u) - 1):
            u[i] = u[i] - 0.1 * u[i] * (u[i + 1] - u[i - 1]) + 0.1 * (u[i - 1] - 2.0 * u[i] + u[i + 1])
    return sum(item * item for item in u)


def jacobi_2d(xp, a, steps):
    for _ in range(steps):
        b = 0.2 * (a[1:-1, 1:-1] + a[1:-1, :-2] + a[1:-1, 2:] + a[2:, 1:-1] + a[:-2, 1:-1])
        b = xp.concatenate((a[1:-1, :1], b, a[1:-1, -1:]), axis=1)
        a = xp.concatenate((a[:1], b, a[-1:]), axis=0)
    return xp.sum(a * a)


def seidel_2d(xp, a, steps):
    n = a.shape[0]
    rows = [[a[i, j] for j in range(n)] for i in range(n)]
    for _ in range(steps):
        for i in range(1, n - 1):
            above, row, below = rows[i - 1 : i + 2]
            for j in range(1, n - 1):
                row[j] = (above[j] + row[j - 1] + row[j] + row[j + 1] + below[j]) / 5.0
    return sum(item * item for row in rows for item in row)


def heat_3d(xp, a, k, steps):
    for _ in range(steps):
        change = k * (
            a[2:, 1:-1, 1:-1] + a[:-2, 1:-1, 1:-1] + a[1:-1, 2:, 1:-1] + a[1:-1, :-2, 1:-1]
            + a[1:-1, 1:-1, 2:] + a[1:-1, 1:-1, :-2] - 6.0 * a[1:-1, 1:-1, 1:-1]
        )  # fmt: skip
        a = a + xp.pad(change, 1, "constant")
    return xp.sum(a * a)


def implicit(xp, u, steps):
    n = u.shape[0]
    p = [0.0]
    for _ in range(1, n - 1):
        p.append(1.0 / (4.0 - p[-1]))
    zero = 0.0 * u[:1, 0]
    first = 0.0 * u[0]
    for _ in range(steps):
        q = [first]
        for i in range(1, n - 1):
            q.append(p[i] * (u[i] + 0.5 * (xp.roll(u[i], 1) + xp.roll(u[i], -1)) + q[-1]))
        rows = [u[n - 1]]
        for i in range(n - 2, 0, -1):
            rows.append(p[i] * rows[-1] + q[i])
        u = xp.stack([u[0], *rows[::-1]], 0)
        q = [xp.concatenate((zero, xp.stack([row[0] for row in q[1:]], 0), zero))]
        for j in range(1, n - 1):
            q.append(p[j] * (u[:, j] * u[:, j] + q[-1]))
        columns = [u[:, n - 1]]
        for j in range(n - 2, 0, -1):
            columns.append(p[j] * columns[-1] + q[j])
        u = xp.stack([u[:, 0], *columns[::-1]], 1)
        first = xp.concatenate((zero, xp.stack([column[0] for column in q[1:]], 0), zero))
    return xp.sum(u * u)


def advection(xp, u, w, dt):
    levels = u.shape[1]
    c, d = [], []
    for k in range(levels):
        below = 0.25 * w[:, k]
        above = 0.25 * w[:, k + 1]
        if k == 0:
            b = dt - above
            c.append(above / b)
            d.append((dt * u[:, k] - above * u[:, k + 1]) / b)
        elif k < levels - 1:
            b = 1.0 / (dt - above + below * c[k - 1])
            c.append(above * b)
            d.append((dt * u[:, k] - above * u[:, k + 1] + below * u[:, k - 1] + below * d[k - 1]) * b)
        else:
            b = 1.0 / (dt + below + below * c[k - 1])
            d.append((dt * u[:, k] + below * u[:, k - 1] + below * d[k - 1]) * b)
    out = d[levels - 1]
    total = xp.sum(out * out)
    for k in range(levels - 2, -1, -1):
        out = d[k] - c[k] * out
        total = total + xp.sum(out * out)
    return total


def triangular_solve(xp, lower, b):
    x = [b[0] / lower[0, 0]]
    for i in range(1, len(b)):
        x.append((b[i] - lower[i, :i] @ xp.stack(x, 0)) / lower[i, i])
    return sum(item * item for item in x)


def lu(xp, a):
    total = 0.0
    while a.shape[0] > 1:
        column = a[1:, 0] / a[0, 0]
        total = total + xp.log(xp.abs(a[0, 0])) + xp.sum(a[0] * a[0]) + xp.sum(column * column)
        a = a[1:, 1:] - column[:, None] * a[0, 1:]
    return total + xp.log(xp.abs(a[0, 0])) + a[0, 0] * a[0, 0]


def cholesky(xp, a):
    n = a.shape[0]
    rows = []
    for i in range(n):
        row = []
        for j in range(i):
            s = a[i, j]
            for k in range(j):
                s = s - row[k] * rows[j][k]
            row.append(s / rows[j][j])
        s = a[i, i]
        for k in range(i):
            s = s - row[k] * row[k]
        row.append(xp.sqrt(s))
        rows.append(row)
    return sum(xp.log(row[-1]) + row[0] * row[0] for row in rows)


def gram_schmidt(xp, a):
    total = 0.0
    while a.shape[1] > 0:
        r = xp.sqrt(xp.dot(a[:, 0], a[:, 0]))
        q = a[:, 0] / r
        row = q @ a[:, 1:]
        total = total + r * r * r + xp.sum(row * row * row) + q[0]
        a = a[:, 1:] - q[:, None] * row
    return total


def levinson_durbin(xp, r):
    n = len(r) - 1
    alpha, beta, y = -r[1], 1.0, -r[1:2]
    for k in range(1, n):
        beta = beta * (1.0 - alpha * alpha)
        alpha = -(r[k + 1] + xp.dot(xp.flipud(r[1 : k + 1]), y)) / beta
        y = xp.concatenate((y + alpha * xp.flipud(y), xp.reshape(alpha, (1,))))
    return xp.sum(y * y)


def sparse_product(xp, values, x, columns, starts):
    columns, starts = columns.tolist(), starts.tolist()
    total = 0.0
    for i in range(len(starts) - 1):
        s = 0.0
        for k in range(starts[i], starts[i + 1]):
            s = s + values[k] * x[columns[k]]
        total = total + s * s
    return total


def weighted(xp, x, w):
    return xp.sum(w @ (x + 0.5 * xp.flipud(x)))


def alignment(xp, cost):
    n, m = cost.shape
    r = [[0.0] + [1e10] * m]
    for i in range(1, n + 1):
        row = [1e10]
        for j in range(1, m + 1):
            a, b, c = r[i - 1][j - 1], r[i - 1][j], row[j - 1]
            least = min(a, b, c)
            total = xp.exp(least - a) + xp.exp(least - b) + xp.exp(least - c)
            row.append(cost[i - 1, j - 1] + least - xp.log(total))
        r.append(row)
    return r[n][m]


def cavity(xp, u, v, steps):
    p = 0.0 * u
    lid = 0.0 * u[:1] + 1.0
    for _ in range(steps):
        ux = u[1:-1, 2:] - u[1:-1, :-2]
        vy = v[2:, 1:-1] - v[:-2, 1:-1]
        b = 0.5 * (ux + vy) - 0.25 * (ux * ux + vy * vy)
        for _ in range(10):
            inner = 0.25 * (p[1:-1, 2:] + p[1:-1, :-2] + p[2:, 1:-1] + p[:-2, 1:-1] - b)
            middle = xp.concatenate((p[1:-1, :1], inner, inner[:, -1:]), 1)
            last = xp.concatenate((p[-1:, :-1], p[-1:, -2:-1]), 1)
            p = xp.concatenate((middle[:1], middle, last), 0)
        inner, other = u[1:-1, 1:-1], v[1:-1, 1:-1]
        change = 0.1 * inner * (inner - u[1:-1, :-2]) + 0.1 * (p[1:-1, 2:] - p[1:-1, :-2])
        v = v - xp.pad(0.1 * inner * other + 0.1 * (p[2:, 1:-1] - p[:-2, 1:-1]), 1, "constant")
        u = xp.concatenate(((u - xp.pad(change, 1, "constant"))[:-1], lid), 0)
    return xp.sum(u * u) + xp.sum(v * v)


FUNCTIONAL: dict[str, Callable[..., Any]] = {
    fun.__name__: fun
    for fun in (
        convolution, pooling, heat_1d, burgers_1d, jacobi_2d, seidel_2d, heat_3d, implicit, advection,
        triangular_solve, lu, cholesky, gram_schmidt, levinson_durbin, sparse_product, alignment, cavity, weighted,
    )
}  # fmt: skip
