"""Functions whose generated adjoints are kept: what people bring, as they write it."""

# written as users write it, not as a linter likes it
# ruff: noqa: B007, E741

import math

import numpy as np


def settle(w, x, n):
    y = x
    for i in range(n):
        y = np.tanh(w @ y)
    return np.sum(y * y)


def mlp_loss(params, x, target):
    w1, b1, w2, b2 = params
    h = np.tanh(x @ w1 + b1)
    out = h @ w2 + b2
    return np.mean((out - target) ** 2)


def logistic_regression(w, x, y, penalty):
    z = x @ w
    loss = np.mean(np.logaddexp(0.0, -y * z))
    return loss + penalty * np.sum(w * w)


def softmax_cross_entropy(logits, labels):
    shifted = logits - np.max(logits, axis=1, keepdims=True)
    log_sum = np.log(np.sum(np.exp(shifted), axis=1))
    picked = shifted[np.arange(len(labels)), labels]
    return np.mean(log_sum - picked)


def rnn_loss(w, u, b, xs, target):
    h = np.zeros(w.shape[0])
    loss = 0.0
    for t in range(xs.shape[0]):
        h = np.tanh(w @ h + u @ xs[t] + b)
        loss += np.sum((h - target[t]) ** 2)
    return loss


def solve_triangular(l, b):
    n = len(b)
    x = np.zeros(n)
    for i in range(n):
        s = b[i]
        for j in range(i):
            s -= l[i, j] * x[j]
        x[i] = s / l[i, i]
    return np.sum(x * x)


def cholesky_logdet(a):
    n = a.shape[0]
    l = np.zeros((n, n))
    for j in range(n):
        l[j, j] = math.sqrt(a[j, j] - np.dot(l[j, :j], l[j, :j]))
        for i in range(j + 1, n):
            l[i, j] = (a[i, j] - np.dot(l[i, :j], l[j, :j])) / l[j, j]
    return 2.0 * np.sum(np.log(np.diag(l)))


def seidel(a, steps):
    n = a.shape[0]
    for t in range(steps):
        for i in range(1, n - 1):
            for j in range(1, n - 1):
                a[i, j] = (a[i - 1, j] + a[i, j - 1] + a[i, j] + a[i, j + 1] + a[i + 1, j]) / 5.0
    return np.sum(a * a)


def heat(u, alpha, steps):
    for _ in range(steps):
        u[1:-1] += alpha * (u[2:] - 2.0 * u[1:-1] + u[:-2])
    return np.sum(u**2)


def double_buffering(x, n):
    a = x.copy()
    b = np.zeros_like(x)
    for _ in range(n):
        b[1:-1] = 0.5 * (a[2:] + a[:-2]) * a[1:-1]
        a, b = b, a
    return np.sum(a)


def scaled_slice(y):
    r = y[1:3]
    r *= 2
    return np.sum(y * y)


def product_into(a, b):
    c = np.empty_like(a)
    np.multiply(a, b, out=c)
    c += a
    return np.sum(np.sin(c))


def smooth_loss(r, delta):
    """Huber's loss of one residual."""
    if abs(r) <= delta:
        return 0.5 * r * r
    return delta * (abs(r) - 0.5 * delta)


def square_root(a, tol):
    x = a
    while abs(x * x - a) > tol:
        x = 0.5 * (x + a / x)
    return x


def trajectory(v, dt, steps):
    positions = [0.0]
    for _ in range(steps):
        v = v - 9.81 * dt
        positions.append(positions[-1] + dt * v)
    total = 0.0
    for p in positions:
        total += p * p
    return total


def horner(c, x):
    y = 0.0
    for k in reversed(range(len(c))):
        y = y * x + c[k]
    return y


def kalman(q, r, f, h, zs):
    m = np.zeros(f.shape[0])
    p = np.eye(f.shape[0])
    loglik = 0.0
    for z in zs:
        m = f @ m
        p = f @ p @ f.T + q
        s = h @ p @ h.T + r
        e = z - h @ m
        gain = np.linalg.solve(s, h @ p).T
        m = m + gain @ e
        p = p - gain @ h @ p
        loglik -= 0.5 * (e @ np.linalg.solve(s, e) + np.log(np.linalg.det(s)))
    return loglik


def factorisation(u, v, ratings, mask, penalty):
    error = mask * (u @ v.T - ratings)
    return np.sum(error**2) + penalty * (np.sum(u * u) + np.sum(v * v))


def closure(x, rate):
    def step(y):
        return y - rate * np.sin(y)

    y = x
    for _ in range(3):
        y = step(y)
    return np.sum(y)


def fill_powers(out, x):
    out[0] = 1.0
    for k in range(1, len(out)):
        out[k] = out[k - 1] * x


def filling_helper(x, weights):
    powers = np.empty(len(weights))
    fill_powers(powers, x)
    return np.dot(weights, powers)


def histogram(values, bins, n):
    counts = np.zeros(n)
    np.add.at(counts, bins, values)
    return np.sum(counts**2)


def nested_loops(a, b):
    n, m = a.shape
    total = 0.0
    for i in range(n):
        row = 0.0
        for j in range(m):
            row += a[i, j] * b[j]
        total += row * row
    return total


def geodesic_distance(lat1, lon1, lat2, lon2):
    phi1, phi2 = math.radians(lat1), math.radians(lat2)
    dphi = phi2 - phi1
    dlam = math.radians(lon2 - lon1)
    h = math.sin(dphi / 2) ** 2 + math.cos(phi1) * math.cos(phi2) * math.sin(dlam / 2) ** 2
    return 2.0 * 6371.0 * math.asin(math.sqrt(h))


def conditional_in_loop(x, threshold):
    total = 0.0
    for i in range(len(x)):
        if x[i] > threshold:
            total += x[i] ** 2
        else:
            total += math.exp(x[i])
    return total


def single_precision(w, x):
    h = np.maximum(x @ w, 0)
    return np.sum(h * h) / 2
