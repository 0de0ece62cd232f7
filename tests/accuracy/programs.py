"""Programs that write with NumPy's own functions, or hand it functions of theirs."""
# ruff: noqa: N803

from __future__ import annotations

import functools
import statistics

import numpy as np

from accuracy.expressions import VALUES


def put_in_loop(x, t):
    """np.put of what it reads, again and again."""
    z = x.copy()
    total = 0.0
    for i in range(3):
        np.put(z, [i, i + 1], [t * i, z[i] * t])
        total += np.sum(z * z)
    return total


def swap_fill(A, t):
    """Diagonals and rows of two buffers that change places."""
    b = A.copy()
    c = np.zeros_like(A)
    for k in range(3):
        np.fill_diagonal(b, t * k + b[0, 1])
        b, c = c, b
        c[0] = np.convolve(b[1], [t, 1.0, t], mode="same")
    return np.sum(b * c) + np.sum(c ** 2)


def branch_put(x, t):
    """Writers in both branches."""
    z = x * 1.0
    if t > 0.5:
        np.putmask(z, z > 1, t * z)
    else:
        np.place(z, z > 1, [t])
    return np.sum(z ** 3)


def view_place(M, t):
    """np.place into a view."""
    z = M.copy()
    row = z[1]
    np.place(row, row > 0, [t, t ** 2])
    return np.sum(z ** 2) + np.sum(row)


def helper(z, t):
    """Write to the argument."""
    np.multiply.at(z, [0, 0, 2], t)
    z.partition(1)


def through_helper(x, t):
    """A helper multiplies at repeated places and partitions."""
    z = x.copy()
    helper(z, t)
    return np.sum(z * np.arange(6))


def arg_written(x, t):
    """np.put into the argument itself."""
    np.put(x, [0, 3], t)
    return np.sum(x ** 2)


def arg_diag(A, t):
    """np.fill_diagonal of the argument with its own row."""
    np.fill_diagonal(A, A[0] * t)
    return np.sum(A @ A)


def reduce_closure(x, t):
    """functools.reduce with a closure."""
    w = np.ones(3) * t
    return functools.reduce(lambda a, v: a * w[1] + v * v, x, 0.0)


def along_closure(M, t):
    """np.apply_along_axis with a closure."""
    scale = np.array([t, 2.0, t * t, 1.0])
    return np.sum(np.apply_along_axis(lambda r: r * scale, 1, M) ** 2)


def vect_while(x, t):
    """np.vectorize of a function with a while loop."""
    def collatz(u):
        n = 0
        while u > 0.3:
            u = u * t
            n += 1
        return u * n
    return np.sum(np.vectorize(collatz)(x))


def spectral(x, t):
    """Stores into a half spectrum."""
    f = np.fft.rfft(x)
    f = f.copy()
    f[2:] *= t
    f[0] = t + 1j * x[1]
    return np.sum(np.fft.irfft(f, 6) ** 3)


def spectral_loop(x, t):
    """Split steps: a loop of transforms of complex fields."""
    u = x.astype(complex)
    for _ in range(3):
        u = np.fft.ifft(np.fft.fft(u) * np.exp(-1j * t * np.arange(6)))
        u = u * np.exp(1j * np.abs(u) ** 2)
    return np.sum(np.abs(u[:3]) ** 2 * np.arange(3)) + np.sum(u.real ** 3)


def eigflow(A, t):
    """Eigenvalues, and the vector of the largest."""
    w, v = np.linalg.eig(A + t * A.T)
    return np.sum(np.abs(w) ** 2) + np.sum(np.abs(v[:, np.argmax(np.abs(w))]) ** 3)


def quant_loop(M, t):
    """Quantiles at an active place, medians without NaN."""
    s = 0.0
    for k in range(3):
        s = s + np.quantile(M[k], t) * np.nanmedian(np.where(M[k] > -1, M[k], np.nan))
    return s


def hist_flow(x, t):
    """Counts by weight and the edges of a histogram."""
    h, e = np.histogram(x, bins=3, weights=x * t)
    return np.sum(h ** 2) + np.sum(e ** 2)


def stat_dict(x, t):
    """The statistics module on lists in a dict."""
    d = {"a": [t, t * t, 2.0], "b": list(x)}
    return sum(statistics.pvariance(v) for v in d.values()) + statistics.quantiles(d["b"])[1]


def draws(x, t):
    """Draws whose mean and spread are active."""
    rng = np.random.default_rng(5)
    s = 0.0
    for _ in range(3):
        s = s + np.sum(rng.normal(t, x) ** 2)
    return s


def strided(M, t):
    """Strided views into transforms and polynomials."""
    return np.sum(np.fft.fft(M[::-1, ::2], axis=0).real * t) + np.sum(np.polyval(M[0, ::-1], M[1, ::2]))


def grad_norm(M, t):
    """The length of a numerical gradient."""
    gx, gy = np.gradient(M, t, 0.5)
    return np.sum(np.sqrt(gx ** 2 + gy ** 2))


def nested(x, t):
    """Functions of functions in each other."""
    pieces = [lambda u: functools.reduce(np.add, [u, u * t]), lambda u: np.vectorize(lambda q: q**2)(u) * u]
    return np.sum(np.piecewise(x, [x > t, x <= t], pieces))


def mixed_out(x, t):
    """out= and ufunc.at on one array."""
    out = np.empty(6)
    np.cumulative_sum(x * t, out=out)
    np.negative.at(out, [1, 1, 2])
    return np.sum(out * x)


PROGRAMS = [
    put_in_loop, swap_fill, branch_put, view_place, through_helper, arg_written, arg_diag, reduce_closure,
    along_closure, vect_while, spectral, spectral_loop, eigflow, quant_loop, hist_flow, stat_dict, draws, strided,
    grad_norm, nested, mixed_out,
]  # fmt: skip
__all__ = ["PROGRAMS", "VALUES"]
