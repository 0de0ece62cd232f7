"""Linear algebra written as loops: solves, factorisations, recursions, a sparse product."""

import numpy as np

from benchmarks.programs.program import Program


def triangular_solve(lower, b):
    n = len(b)
    x = np.zeros(n)
    for i in range(n):
        x[i] = (b[i] - lower[i, :i] @ x[:i]) / lower[i, i]
    return np.sum(x * x)


def triangular_solve_adjoint(lower, b):
    n = len(b)
    x = np.zeros(n)
    for i in range(n):
        x[i] = (b[i] - lower[i, :i] @ x[:i]) / lower[i, i]
    x_bar = 2.0 * x
    b_bar = np.empty(n)
    lower_bar = np.zeros_like(lower)
    for i in range(n - 1, -1, -1):
        b_bar[i] = t = x_bar[i] / lower[i, i]
        lower_bar[i, i] = -t * x[i]
        lower_bar[i, :i] = -t * x[:i]
        x_bar[:i] -= t * lower[i, :i]
    return lower_bar, b_bar


def lu(a):
    n = a.shape[0]
    for k in range(n - 1):
        a[k + 1 :, k] /= a[k, k]
        a[k + 1 :, k + 1 :] -= np.outer(a[k + 1 :, k], a[k, k + 1 :])
    return np.sum(np.log(np.abs(np.diag(a)))) + np.sum(a * a)


def lu_adjoint(a):
    n = a.shape[0]
    a = a.copy()
    for k in range(n - 1):
        a[k + 1 :, k] /= a[k, k]
        a[k + 1 :, k + 1 :] -= np.outer(a[k + 1 :, k], a[k, k + 1 :])
    a_bar = 2.0 * a
    a_bar.flat[:: n + 1] += 1.0 / np.diag(a)
    for k in range(n - 2, -1, -1):
        row, column = a[k, k + 1 :], a[k + 1 :, k]
        corner = a_bar[k + 1 :, k + 1 :]
        a_bar[k, k + 1 :] -= column @ corner
        t = a_bar[k + 1 :, k] - corner @ row
        t /= a[k, k]
        a_bar[k + 1 :, k] = t
        a_bar[k, k] -= t @ column
    return a_bar


def cholesky(a):
    n = a.shape[0]
    for i in range(n):
        for j in range(i):
            for k in range(j):
                a[i, j] -= a[i, k] * a[j, k]
            a[i, j] /= a[j, j]
        for k in range(i):
            a[i, i] -= a[i, k] * a[i, k]
        a[i, i] = np.sqrt(a[i, i])
    total = 0.0
    for i in range(n):
        total += np.log(a[i, i]) + a[i, 0] * a[i, 0]
    return total


def cholesky_adjoint(a):
    n = a.shape[0]
    a = a.copy()
    for i in range(n):
        for j in range(i):
            for k in range(j):
                a[i, j] -= a[i, k] * a[j, k]
            a[i, j] /= a[j, j]
        for k in range(i):
            a[i, i] -= a[i, k] * a[i, k]
        a[i, i] = np.sqrt(a[i, i])
    a_bar = np.zeros_like(a)
    for i in range(n):
        a_bar[i, i] = 1.0 / a[i, i]
    a_bar[:, 0] += 2.0 * a[:, 0]
    for i in range(n - 1, -1, -1):
        a_bar[i, i] = t = 0.5 * a_bar[i, i] / a[i, i]
        t *= 2.0
        for k in range(i):
            a_bar[i, k] -= t * a[i, k]
        for j in range(i - 1, -1, -1):
            a_bar[i, j] = t = a_bar[i, j] / a[j, j]
            a_bar[j, j] -= t * a[i, j]
            for k in range(j):
                a_bar[i, k] -= t * a[j, k]
                a_bar[j, k] -= t * a[i, k]
    return a_bar


def gram_schmidt(a):
    n = a.shape[1]
    q = np.zeros_like(a)
    r = np.zeros((n, n))
    for k in range(n):
        r[k, k] = np.sqrt(np.dot(a[:, k], a[:, k]))
        q[:, k] = a[:, k] / r[k, k]
        for j in range(k + 1, n):
            r[k, j] = np.dot(q[:, k], a[:, j])
            a[:, j] -= q[:, k] * r[k, j]
    return np.sum(r * r * r) + np.sum(q[0])


def gram_schmidt_adjoint(a):
    n = a.shape[1]
    a = a.copy()
    q = np.zeros_like(a)
    r = np.zeros((n, n))
    for k in range(n):
        r[k, k] = np.sqrt(np.dot(a[:, k], a[:, k]))
        q[:, k] = a[:, k] / r[k, k]
        for j in range(k + 1, n):
            r[k, j] = np.dot(q[:, k], a[:, j])
            a[:, j] -= q[:, k] * r[k, j]
    r_bar = r * r
    r_bar *= 3.0
    q_bar = np.zeros_like(a)
    q_bar[0] = 1.0
    a_bar = np.zeros_like(a)
    for k in range(n - 1, -1, -1):
        q_k, q_bar_k = q[:, k], q_bar[:, k]
        for j in range(n - 1, k, -1):
            a_bar_j, a_j = a_bar[:, j], a[:, j]
            s = r[k, j]
            t = r_bar[k, j] - np.dot(q_k, a_bar_j)
            a_j += q_k * s
            q_bar_k += a_j * t
            q_bar_k -= a_bar_j * s
            a_bar_j += q_k * t
        s = r[k, k]
        t = (r_bar[k, k] - np.dot(q_bar_k, q_k) / s) / s
        a_bar[:, k] += q_bar_k / s + a[:, k] * t
    return a_bar


def levinson_durbin(r):
    n = len(r) - 1
    y = np.zeros(n)
    y[0] = -r[1]
    beta = 1.0
    alpha = -r[1]
    for k in range(1, n):
        beta = beta * (1.0 - alpha * alpha)
        alpha = -(r[k + 1] + np.dot(r[k:0:-1], y[:k])) / beta
        y[:k] = y[:k] + alpha * y[:k][::-1]
        y[k] = alpha
    return np.sum(y * y)


def levinson_durbin_adjoint(r):
    n = len(r) - 1
    y = np.zeros(n)
    y[0] = -r[1]
    beta = 1.0
    alpha = -r[1]
    saved = []
    for k in range(1, n):
        before = y[:k].copy()
        saved.append((beta, alpha, before))
        beta = beta * (1.0 - alpha * alpha)
        alpha = -(r[k + 1] + np.dot(r[k:0:-1], before)) / beta
        y[:k] += alpha * before[::-1]
        y[k] = alpha
    y_bar = 2.0 * y
    r_bar = np.zeros_like(r)
    alpha_bar = beta_bar = 0.0
    for k in range(n - 1, 0, -1):
        after = alpha
        beta_after = beta
        beta, alpha, before = saved.pop()
        head = y_bar[:k]
        alpha_bar += y_bar[k] + np.dot(head, before[::-1])
        t = -alpha_bar / beta_after
        beta_bar += t * after
        head += after * head[::-1]
        r_bar[k + 1] += t
        head += t * r[k:0:-1]
        r_bar[k:0:-1] += t * before
        alpha_bar = -2.0 * beta_bar * beta * alpha
        beta_bar *= 1.0 - alpha * alpha
    r_bar[1] -= alpha_bar + y_bar[0]
    return r_bar


def sparse_product(values, x, columns, starts):
    total = 0.0
    for i in range(len(starts) - 1):
        s = 0.0
        for k in range(starts[i], starts[i + 1]):
            s += values[k] * x[columns[k]]
        total += s * s
    return total


def sparse_product_adjoint(values, x, columns, starts):
    values_bar = np.empty_like(values)
    x_bar = np.zeros_like(x)
    for i in range(len(starts) - 1):
        s = 0.0
        first, last = starts[i], starts[i + 1]
        for k in range(first, last):
            s += values[k] * x[columns[k]]
        s += s
        for k in range(first, last):
            column = columns[k]
            values_bar[k] = s * x[column]
            x_bar[column] += s * values[k]
    return values_bar, x_bar


def sparse_product_arguments(size, rng):
    counts = rng.integers(2, 9, size)
    starts = np.concatenate(([0], np.cumsum(counts)))
    return rng.normal(size=starts[-1]), rng.normal(size=size), rng.integers(0, size, starts[-1]), starts


def triangular_arguments(size, rng):
    return np.tril(rng.normal(size=(size, size))) / size + np.eye(size), rng.normal(size=size)


def definite(size, rng):
    a = rng.normal(size=(size, size))
    return (a @ a.T / size + np.eye(size),)


PROGRAMS = [
    Program(
        triangular_solve, triangular_solve_adjoint, triangular_arguments, 200, 5, (0, 1), "slices",
    ),
    Program(
        lu, lu_adjoint, lambda size, rng: (rng.normal(size=(size, size)) + size * np.eye(size),), 150, 5,
        kind="slices",
    ),
    Program(cholesky, cholesky_adjoint, definite, 30, 5, kind="scalars"),
    Program(
        gram_schmidt, gram_schmidt_adjoint, lambda size, rng: (rng.normal(size=(2 * size, size)),), 60, 4,
        kind="slices",
    ),
    Program(
        levinson_durbin, levinson_durbin_adjoint,
        lambda size, rng: (0.5 ** np.arange(size) * rng.uniform(0.5, 1.0, size),), 300, 6, kind="slices",
    ),
    Program(
        sparse_product, sparse_product_adjoint, sparse_product_arguments, 500, 6, (0, 1), "scalars",
    ),
]  # fmt: skip
