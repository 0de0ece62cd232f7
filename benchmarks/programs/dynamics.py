"""Time stepping and recursions: bodies, flows, filters, alignments."""

import math

import numpy as np

from benchmarks.programs.program import Program


def ode(y, rate, steps):
    h = 1.0 / steps
    for _ in range(steps):
        k = rate * y * (1.0 - y)
        middle = y + 0.5 * h * k
        y = y + h * rate * middle * (1.0 - middle)
    return y


def ode_adjoint(y, rate, steps):
    h = 1.0 / steps
    saved = []
    for _ in range(steps):
        saved.append(y)
        k = rate * y * (1.0 - y)
        middle = y + 0.5 * h * k
        y = y + h * rate * middle * (1.0 - middle)
    y_bar = 1.0
    rate_bar = 0.0
    for y in reversed(saved):
        slope = y * (1.0 - y)
        middle = y + 0.5 * h * (rate * slope)
        t = h * y_bar
        rate_bar += t * middle * (1.0 - middle)
        middle_bar = t * rate * (1.0 - 2.0 * middle)
        k_bar = 0.5 * h * middle_bar
        rate_bar += k_bar * slope
        y_bar += middle_bar + k_bar * rate * (1.0 - 2.0 * y)
    return y_bar, rate_bar


def n_body(position, velocity, mass, steps):
    h = 0.01
    for _ in range(steps):
        difference = position[None, :, :] - position[:, None, :]
        distance = np.sum(difference * difference, axis=2) + 0.1
        force = mass / (distance * np.sqrt(distance))
        velocity = velocity + h * np.sum(force[:, :, None] * difference, axis=1)
        position = position + h * velocity
    return np.sum(position * position)


def n_body_adjoint(position, velocity, mass, steps):
    h = 0.01
    saved = []
    for _ in range(steps):
        difference = position[None, :, :] - position[:, None, :]
        distance = np.sum(difference * difference, axis=2) + 0.1
        force = mass / (distance * np.sqrt(distance))
        saved.append((difference, distance, force))
        velocity = velocity + h * np.sum(force[:, :, None] * difference, axis=1)
        position = position + h * velocity
    position_bar = 2.0 * position
    velocity_bar = np.zeros_like(velocity)
    for difference, distance, force in reversed(saved):
        velocity_bar += h * position_bar
        t = (h * velocity_bar)[:, None, :]
        force_bar = np.sum(t * difference, axis=2)
        force_bar *= force
        force_bar *= -3.0
        force_bar /= distance
        difference *= force_bar[:, :, None]
        difference += force[:, :, None] * t
        position_bar += np.sum(difference, axis=0)
        position_bar -= np.sum(difference, axis=1)
    return position_bar, velocity_bar


def n_body_arguments(size, rng):
    return rng.normal(size=(size, 3)), rng.normal(size=(size, 3)), rng.uniform(size=size), 10


def kalman(a, c, q, r, ys):
    n = a.shape[0]
    x = np.zeros(n)
    p = np.eye(n)
    loss = 0.0
    for y in ys:
        x = a @ x
        p = a @ p @ a.T + q
        s = c @ p @ c.T + r
        gain = p @ c.T @ np.linalg.inv(s)
        v = y - c @ x
        x = x + gain @ v
        p = p - gain @ c @ p
        loss = loss + v @ v
    return loss


def kalman_adjoint(a, c, q, r, ys):
    n = a.shape[0]
    x = np.zeros(n)
    p = np.eye(n)
    saved = []
    for y in ys:
        before = (x, p)
        x = a @ x
        p = a @ p @ a.T + q
        s = c @ p @ c.T + r
        crossed = p @ c.T
        inverse = np.linalg.inv(s)
        gain = crossed @ inverse
        v = y - c @ x
        saved.append((*before, p, inverse, gain, v))
        x = x + gain @ v
        p = p - gain @ c @ p
    a_bar = np.zeros_like(a)
    q_bar = np.zeros_like(q)
    x_bar = np.zeros(n)
    p_bar = np.zeros_like(p)
    for x, old, p, inverse, gain, v in reversed(saved):
        v_bar = 2.0 * v + gain.T @ x_bar
        gain_bar = np.outer(x_bar, v) - p_bar @ (c @ p).T
        x_bar = x_bar - c.T @ v_bar
        t = gain_bar @ inverse.T
        s_bar = -(gain.T @ t)
        p_bar = p_bar - (gain @ c).T @ p_bar + t @ c + c.T @ s_bar @ c
        q_bar += p_bar
        a_bar += np.outer(x_bar, x) + p_bar @ a @ old.T + p_bar.T @ a @ old
        x_bar = a.T @ x_bar
        p_bar = a.T @ p_bar @ a
    return a_bar, q_bar


def kalman_arguments(size, rng):
    n, m = size, max(size // 2, 1)
    a = 0.9 * np.eye(n) + 0.1 * rng.normal(size=(n, n)) / n
    return a, rng.normal(size=(m, n)), 0.1 * np.eye(n), np.eye(m), rng.normal(size=(100 if size > 3 else 4, m))


def alignment(cost):
    """Soft dynamic time warping."""
    n, m = cost.shape
    r = np.full((n + 1, m + 1), 1e10)
    r[0, 0] = 0.0
    for i in range(1, n + 1):
        for j in range(1, m + 1):
            a, b, c = r[i - 1, j - 1], r[i - 1, j], r[i, j - 1]
            least = min(a, b, c)
            total = math.exp(least - a) + math.exp(least - b) + math.exp(least - c)
            r[i, j] = cost[i - 1, j - 1] + least - math.log(total)
    return r[n, m]


def alignment_adjoint(cost):
    n, m = cost.shape
    r = np.full((n + 1, m + 1), 1e10)
    r[0, 0] = 0.0
    for i in range(1, n + 1):
        for j in range(1, m + 1):
            a, b, c = r[i - 1, j - 1], r[i - 1, j], r[i, j - 1]
            least = min(a, b, c)
            total = math.exp(least - a) + math.exp(least - b) + math.exp(least - c)
            r[i, j] = cost[i - 1, j - 1] + least - math.log(total)
    r_bar = np.zeros_like(r)
    r_bar[n, m] = 1.0
    for i in range(n, 0, -1):
        for j in range(m, 0, -1):
            t = r_bar[i, j]
            here = r[i, j] - cost[i - 1, j - 1]
            r_bar[i - 1, j - 1] += t * math.exp(here - r[i - 1, j - 1])
            r_bar[i - 1, j] += t * math.exp(here - r[i - 1, j])
            r_bar[i, j - 1] += t * math.exp(here - r[i, j - 1])
    return r_bar[1:, 1:].copy()


def cavity(u, v, steps):
    """A lid-driven cavity: pressure by Jacobi sweeps, then velocities."""
    p = np.zeros_like(u)
    for _ in range(steps):
        ux = u[1:-1, 2:] - u[1:-1, :-2]
        vy = v[2:, 1:-1] - v[:-2, 1:-1]
        b = 0.5 * (ux + vy) - 0.25 * (ux * ux + vy * vy)
        for _ in range(10):
            p[1:-1, 1:-1] = 0.25 * (p[1:-1, 2:] + p[1:-1, :-2] + p[2:, 1:-1] + p[:-2, 1:-1] - b)
            p[:, -1] = p[:, -2]
            p[0, :] = p[1, :]
        old = u.copy()
        u[1:-1, 1:-1] = (
            old[1:-1, 1:-1]
            - 0.1 * old[1:-1, 1:-1] * (old[1:-1, 1:-1] - old[1:-1, :-2])
            - 0.1 * (p[1:-1, 2:] - p[1:-1, :-2])
        )
        v[1:-1, 1:-1] = v[1:-1, 1:-1] - 0.1 * old[1:-1, 1:-1] * v[1:-1, 1:-1] - 0.1 * (p[2:, 1:-1] - p[:-2, 1:-1])
        u[-1, :] = 1.0
    return np.sum(u * u) + np.sum(v * v)


def cavity_adjoint(u, v, steps):
    u, v = u.copy(), v.copy()
    p = np.zeros_like(u)
    saved = []
    for _ in range(steps):
        ux = u[1:-1, 2:] - u[1:-1, :-2]
        vy = v[2:, 1:-1] - v[:-2, 1:-1]
        saved.append((ux, vy, u.copy(), v[1:-1, 1:-1].copy()))
        b = 0.5 * (ux + vy) - 0.25 * (ux * ux + vy * vy)
        for _ in range(10):
            p[1:-1, 1:-1] = 0.25 * (p[1:-1, 2:] + p[1:-1, :-2] + p[2:, 1:-1] + p[:-2, 1:-1] - b)
            p[:, -1] = p[:, -2]
            p[0, :] = p[1, :]
        old = saved[-1][2]
        inner = old[1:-1, 1:-1]
        u[1:-1, 1:-1] = inner - 0.1 * inner * (inner - old[1:-1, :-2]) - 0.1 * (p[1:-1, 2:] - p[1:-1, :-2])
        v[1:-1, 1:-1] = v[1:-1, 1:-1] - 0.1 * inner * v[1:-1, 1:-1] - 0.1 * (p[2:, 1:-1] - p[:-2, 1:-1])
        u[-1, :] = 1.0
    u *= 2.0
    v *= 2.0
    u_bar, v_bar = u, v
    p_bar = np.zeros_like(u)
    for ux, vy, old, v_old in reversed(saved):
        u_bar[-1, :] = 0.0
        inner = old[1:-1, 1:-1]
        t = 0.1 * v_bar[1:-1, 1:-1]
        p_bar[2:, 1:-1] -= t
        p_bar[:-2, 1:-1] += t
        v_bar[1:-1, 1:-1] -= t * inner
        s = 0.1 * u_bar[1:-1, 1:-1]
        p_bar[1:-1, 2:] -= s
        p_bar[1:-1, :-2] += s
        u_bar[1:-1, 1:-1] -= s * (2.0 * inner - old[1:-1, :-2]) + t * v_old
        u_bar[1:-1, :-2] += s * inner
        b_bar = np.zeros_like(ux)
        for _ in range(10):
            p_bar[1, :] += p_bar[0, :]
            p_bar[0, :] = 0.0
            p_bar[:, -2] += p_bar[:, -1]
            p_bar[:, -1] = 0.0
            t = 0.25 * p_bar[1:-1, 1:-1]
            p_bar[1:-1, 1:-1] = 0.0
            b_bar -= t
            p_bar[1:-1, 2:] += t
            p_bar[1:-1, :-2] += t
            p_bar[2:, 1:-1] += t
            p_bar[:-2, 1:-1] += t
        b_bar *= 0.5
        t = b_bar * (1.0 - ux)
        u_bar[1:-1, 2:] += t
        u_bar[1:-1, :-2] -= t
        b_bar *= 1.0 - vy
        v_bar[2:, 1:-1] += b_bar
        v_bar[:-2, 1:-1] -= b_bar
    return u_bar, v_bar


def cavity_arguments(size, rng):
    return 0.1 * rng.normal(size=(size, size)), 0.1 * rng.normal(size=(size, size)), 10 if size > 10 else 2


PROGRAMS = [
    Program(
        ode, ode_adjoint, lambda size, rng: (0.1, 3.0, size), 100_000, 5, (0, 1), "scalars"
    ),
    Program(n_body, n_body_adjoint, n_body_arguments, 100, 4, (0, 1)),
    Program(kalman, kalman_adjoint, kalman_arguments, 8, 3, (0, 2), "slices"),
    Program(
        alignment, alignment_adjoint, lambda size, rng: (rng.uniform(size=(size, size)),), 60, 4, kind="scalars",
    ),
    Program(cavity, cavity_adjoint, cavity_arguments, 100, 6, (0, 1), "slices"),
]  # fmt: skip
