"""Stencils in one, two and three dimensions: explicit and implicit, in place, by slices and item by item."""

import numpy as np

from benchmarks.programs.program import Program


def heat_1d(u, steps):
    for _ in range(steps):
        u[1:-1] += 0.1 * (u[:-2] - 2.0 * u[1:-1] + u[2:])
    return np.sum(u * u)


def heat_1d_adjoint(u, steps):
    u = u.copy()
    for _ in range(steps):
        u[1:-1] += 0.1 * (u[:-2] - 2.0 * u[1:-1] + u[2:])
    u *= 2.0
    for _ in range(steps):
        t = 0.1 * u[1:-1]
        u[1:-1] -= 2.0 * t
        u[:-2] += t
        u[2:] += t
    return u


def burgers_1d(u, steps):
    for _ in range(steps):
        for i in range(1, len(u) - 1):
            u[i] = u[i] - 0.1 * u[i] * (u[i + 1] - u[i - 1]) + 0.1 * (u[i - 1] - 2.0 * u[i] + u[i + 1])
    return np.sum(u * u)


def burgers_1d_adjoint(u, steps):
    u = u.copy()
    saved = []
    for _ in range(steps):
        for i in range(1, len(u) - 1):
            saved.append(old := u[i])
            u[i] = old - 0.1 * old * (u[i + 1] - u[i - 1]) + 0.1 * (u[i - 1] - 2.0 * old + u[i + 1])
    u_bar = 2.0 * u
    for _ in range(steps):
        for i in range(len(u) - 2, 0, -1):
            old = u[i] = saved.pop()
            t = 0.1 * u_bar[i]
            u_bar[i] = t * (8.0 - (u[i + 1] - u[i - 1]))
            u_bar[i - 1] += t + t * old
            u_bar[i + 1] += t - t * old
    return u_bar


def jacobi_2d(a, steps):
    b = a.copy()
    for _ in range(steps):
        b[1:-1, 1:-1] = 0.2 * (a[1:-1, 1:-1] + a[1:-1, :-2] + a[1:-1, 2:] + a[2:, 1:-1] + a[:-2, 1:-1])
        a, b = b, a
    return np.sum(a * a)


def jacobi_2d_adjoint(a, steps):
    a, b = a.copy(), a.copy()
    for _ in range(steps):
        b[1:-1, 1:-1] = 0.2 * (a[1:-1, 1:-1] + a[1:-1, :-2] + a[1:-1, 2:] + a[2:, 1:-1] + a[:-2, 1:-1])
        a, b = b, a
    a *= 2.0
    b[...] = 0.0
    for _ in range(steps):
        a, b = b, a
        t = 0.2 * b[1:-1, 1:-1]
        b[1:-1, 1:-1] = 0.0
        a[1:-1, 1:-1] += t
        a[1:-1, :-2] += t
        a[1:-1, 2:] += t
        a[2:, 1:-1] += t
        a[:-2, 1:-1] += t
    return a + b


def seidel_2d(a, steps):
    n = a.shape[0]
    for _ in range(steps):
        for i in range(1, n - 1):
            for j in range(1, n - 1):
                a[i, j] = (a[i - 1, j] + a[i, j - 1] + a[i, j] + a[i, j + 1] + a[i + 1, j]) / 5.0
    return np.sum(a * a)


def seidel_2d_adjoint(a, steps):
    n = a.shape[0]
    a = a.copy()
    for _ in range(steps):
        for i in range(1, n - 1):
            for j in range(1, n - 1):
                a[i, j] = (a[i - 1, j] + a[i, j - 1] + a[i, j] + a[i, j + 1] + a[i + 1, j]) / 5.0
    a *= 2.0
    for _ in range(steps):
        for i in range(n - 2, 0, -1):
            for j in range(n - 2, 0, -1):
                a[i, j] = t = a[i, j] / 5.0
                a[i - 1, j] += t
                a[i, j - 1] += t
                a[i, j + 1] += t
                a[i + 1, j] += t
    return a


def heat_3d(a, k, steps):
    b = a.copy()
    for _ in range(steps):
        b[1:-1, 1:-1, 1:-1] = a[1:-1, 1:-1, 1:-1] + k * (
            a[2:, 1:-1, 1:-1] + a[:-2, 1:-1, 1:-1] + a[1:-1, 2:, 1:-1] + a[1:-1, :-2, 1:-1]
            + a[1:-1, 1:-1, 2:] + a[1:-1, 1:-1, :-2] - 6.0 * a[1:-1, 1:-1, 1:-1]
        )  # fmt: skip
        a[1:-1, 1:-1, 1:-1] = b[1:-1, 1:-1, 1:-1]
    return np.sum(a * a)


def heat_3d_adjoint(a, k, steps):
    a = a.copy()
    inner = a[1:-1, 1:-1, 1:-1]
    for _ in range(steps):
        inner += k * (
            a[2:, 1:-1, 1:-1] + a[:-2, 1:-1, 1:-1] + a[1:-1, 2:, 1:-1] + a[1:-1, :-2, 1:-1]
            + a[1:-1, 1:-1, 2:] + a[1:-1, 1:-1, :-2] - 6.0 * inner
        )  # fmt: skip
    a *= 2.0
    for _ in range(steps):
        t = k * inner
        inner -= 6.0 * t
        a[2:, 1:-1, 1:-1] += t
        a[:-2, 1:-1, 1:-1] += t
        a[1:-1, 2:, 1:-1] += t
        a[1:-1, :-2, 1:-1] += t
        a[1:-1, 1:-1, 2:] += t
        a[1:-1, 1:-1, :-2] += t
    return a


def implicit(u, steps):
    n = u.shape[0]
    p = np.zeros(n)
    q = np.zeros((n, n))
    for _ in range(steps):
        for i in range(1, n - 1):
            p[i] = 1.0 / (4.0 - p[i - 1])
            q[i] = p[i] * (u[i] + 0.5 * (np.roll(u[i], 1) + np.roll(u[i], -1)) + q[i - 1])
        for i in range(n - 2, 0, -1):
            u[i] = p[i] * u[i + 1] + q[i]
        for j in range(1, n - 1):
            q[:, j] = p[j] * (u[:, j] * u[:, j] + q[:, j - 1])
        for j in range(n - 2, 0, -1):
            u[:, j] = p[j] * u[:, j + 1] + q[:, j]
    return np.sum(u * u)


def implicit_adjoint(u, steps):
    n = u.shape[0]
    u = u.copy()
    p = np.zeros(n)
    for i in range(1, n - 1):
        p[i] = 1.0 / (4.0 - p[i - 1])
    q = np.zeros((n, n))
    saved = []
    for _ in range(steps):
        for i in range(1, n - 1):
            q[i] = p[i] * (u[i] + 0.5 * (np.roll(u[i], 1) + np.roll(u[i], -1)) + q[i - 1])
        for i in range(n - 2, 0, -1):
            u[i] = p[i] * u[i + 1] + q[i]
        saved.append(u[:, 1 : n - 1].copy())
        for j in range(1, n - 1):
            q[:, j] = p[j] * (u[:, j] * u[:, j] + q[:, j - 1])
        for j in range(n - 2, 0, -1):
            u[:, j] = p[j] * u[:, j + 1] + q[:, j]
    u_bar = 2.0 * u
    q_bar = np.zeros((n, n))
    for _ in range(steps):
        before = saved.pop()
        for j in range(1, n - 1):
            q_bar[:, j] += u_bar[:, j]
            u_bar[:, j + 1] += p[j] * u_bar[:, j]
        for j in range(n - 2, 0, -1):
            t = p[j] * q_bar[:, j]
            u_bar[:, j] = 2.0 * t * before[:, j - 1]
            q_bar[:, j - 1] += t
            q_bar[:, j] = 0.0
        for i in range(1, n - 1):
            q_bar[i] += u_bar[i]
            u_bar[i + 1] += p[i] * u_bar[i]
        for i in range(n - 2, 0, -1):
            t = p[i] * q_bar[i]
            q_bar[i - 1] += t
            u_bar[i] = t + 0.5 * (np.roll(t, -1) + np.roll(t, 1))
            q_bar[i] = 0.0
    return u_bar


def advection(u, w, dt):
    """Advect each column of ``u`` vertically by the Thomas algorithm."""
    levels = u.shape[1]
    c = np.empty_like(u)
    d = np.empty_like(u)
    out = np.empty_like(u)
    for k in range(levels):
        below = 0.25 * w[:, k]
        above = 0.25 * w[:, k + 1]
        if k == 0:
            b = dt - above
            c[:, k] = above / b
            d[:, k] = (dt * u[:, k] - above * u[:, k + 1]) / b
        elif k < levels - 1:
            b = 1.0 / (dt - above + below * c[:, k - 1])
            c[:, k] = above * b
            d[:, k] = (dt * u[:, k] - above * u[:, k + 1] + below * u[:, k - 1] + below * d[:, k - 1]) * b
        else:
            b = 1.0 / (dt + below + below * c[:, k - 1])
            d[:, k] = (dt * u[:, k] + below * u[:, k - 1] + below * d[:, k - 1]) * b
    out[:, levels - 1] = d[:, levels - 1]
    for k in range(levels - 2, -1, -1):
        out[:, k] = d[:, k] - c[:, k] * out[:, k + 1]
    return np.sum(out * out)


def advection_adjoint(u, w, dt):
    levels = u.shape[1]
    w = 0.25 * w
    c = np.empty_like(u)
    d = np.empty_like(u)
    b = np.empty_like(u)
    out = np.empty_like(u)
    for k in range(levels):
        below, above, inverse = w[:, k], w[:, k + 1], b[:, k]
        if k == 0:
            inverse[:] = 1.0 / (dt - above)
            c[:, k] = above * inverse
            d[:, k] = (dt * u[:, k] - above * u[:, k + 1]) * inverse
        elif k < levels - 1:
            inverse[:] = 1.0 / (dt - above + below * c[:, k - 1])
            c[:, k] = above * inverse
            d[:, k] = (dt * u[:, k] - above * u[:, k + 1] + below * (u[:, k - 1] + d[:, k - 1])) * inverse
        else:
            inverse[:] = 1.0 / (dt + below + below * c[:, k - 1])
            d[:, k] = (dt * u[:, k] + below * (u[:, k - 1] + d[:, k - 1])) * inverse
    out[:, levels - 1] = d[:, levels - 1]
    for k in range(levels - 2, -1, -1):
        out[:, k] = d[:, k] - c[:, k] * out[:, k + 1]
    out_bar = 2.0 * out
    c_bar = np.empty_like(u)
    for k in range(levels - 1):
        c_bar[:, k] = -out_bar[:, k] * out[:, k + 1]
        out_bar[:, k + 1] -= out_bar[:, k] * c[:, k]
    d_bar = out_bar
    u_bar = np.zeros_like(u)
    w_bar = np.zeros_like(w)
    for k in range(levels - 1, -1, -1):
        below, above, inverse = w[:, k], w[:, k + 1], b[:, k]
        t = d_bar[:, k] * inverse
        u_bar[:, k] += dt * t
        if k < levels - 1:
            share = c_bar[:, k] * inverse
            bottom = t * d[:, k]
            bottom += share * c[:, k]
            u_bar[:, k + 1] -= t * above
            w_bar[:, k + 1] += share - t * u[:, k + 1] + bottom
            stretch = c[:, k - 1]
        else:
            bottom = t * d[:, k]
            stretch = 1.0 + c[:, k - 1]
        if k > 0:
            w_bar[:, k] += t * (u[:, k - 1] + d[:, k - 1]) - bottom * stretch
            c_bar[:, k - 1] -= bottom * below
            t *= below
            u_bar[:, k - 1] += t
            d_bar[:, k - 1] += t
    w_bar *= 0.25
    return u_bar, w_bar


def grid(size, rng):
    return rng.normal(size=(size, size)), 20 if size > 10 else 3


PROGRAMS = [
    Program(
        heat_1d, heat_1d_adjoint, lambda size, rng: (rng.normal(size=size), 200 if size > 10 else 3), 20_000, 8,
        kind="slices",
    ),
    Program(
        burgers_1d, burgers_1d_adjoint, lambda size, rng: (rng.normal(size=size), 10), 400, 8, kind="scalars",
    ),
    Program(jacobi_2d, jacobi_2d_adjoint, grid, 200, 6, kind="slices"),
    Program(seidel_2d, seidel_2d_adjoint, lambda size, rng: (grid(size, rng)[0], 5), 40, 6, kind="scalars"),
    Program(
        heat_3d, heat_3d_adjoint, lambda size, rng: (rng.normal(size=(size,) * 3), 0.1, 5), 40, 5, kind="slices",
    ),
    Program(
        implicit, implicit_adjoint, lambda size, rng: (rng.uniform(size=(size, size)), 4), 60, 6, kind="slices",
    ),
    Program(
        advection, advection_adjoint,
        lambda size, rng: (rng.normal(size=(size * 16, size)), rng.normal(size=(size * 16, size + 1)), 3.0), 60, 4,
        (0, 1), "slices",
    ),
]  # fmt: skip
