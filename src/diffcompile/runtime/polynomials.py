"""Adjoints of polynomials, which are vectors of coefficients, the highest power first."""

from __future__ import annotations

from typing import Any

import numpy as np

from diffcompile.runtime.broadcasting import as_cotangent, unbroadcast
from diffcompile.runtime.eigenvalues import eigvals_adjoint


def low_powers(ct: Any, p: Any) -> Any:
    """Return the cotangent of ``p`` from that of a sum whose lower coefficients are those of ``p``."""
    return as_cotangent(ct[np.size(ct) - np.size(p) :], p)


def polyval_adjoint(ct: Any, p: Any, x: Any) -> tuple[Any, Any]:
    """Return the cotangents of both operands of ``np.polyval(p, x)`` for coefficients that are arrays.

    The coefficients ``p[k]``, of any one shape, broadcast with ``x`` to the shape of ``ct``.
    """
    coefficients, places = np.asarray(p), np.asarray(x)
    count, inner = len(coefficients), np.shape(coefficients)[1:]
    exponents = np.reshape(np.arange(count - 1, -1, -1), (count,) + (1,) * np.ndim(ct))
    shares = unbroadcast(ct * places**exponents, (count,) + (1,) * (np.ndim(ct) - len(inner)) + inner)
    factors = np.reshape(np.arange(count - 1, 0, -1), (count - 1,) + (1,) * len(inner))
    slopes = np.polyval(coefficients[:-1] * factors, places)
    return as_cotangent(shares, p), as_cotangent(unbroadcast(ct * slopes, np.shape(places)), x)


def polymul_adjoint(ct: Any, a: Any, b: Any) -> Any:
    """Return the cotangent of ``a`` in ``np.polymul(a, b)``, which first drops leading zeros."""
    own, other = (np.trim_zeros(np.atleast_1d(x), "f") for x in (a, b))
    a_bar = np.zeros(np.size(a), np.result_type(ct, own, other))
    if own.size and other.size:
        a_bar[np.size(a) - own.size :] = np.correlate(ct, np.conj(other), "valid")
    return as_cotangent(a_bar, a)


def polymul_tangent(a_dot: Any, a: Any, b: Any) -> Any:
    """Return the tangent of ``np.polymul(a, b)``, which first drops leading zeros, for a tangent of ``a``."""
    own, other = (np.trim_zeros(np.atleast_1d(x), "f") for x in (a, b))
    if not own.size or not other.size:
        return np.zeros(np.size(np.polymul(a, b)))
    return np.convolve(np.ravel(a_dot)[np.size(a) - own.size :], other)


def polyder_adjoint(ct: Any, p: Any, m: int) -> Any:
    """Return the cotangent of ``p`` in its ``m``-th derivative."""
    for _ in range(m):
        ct = np.append(ct * np.arange(np.size(ct), 0, -1), 0.0)
    return as_cotangent(np.concatenate((np.zeros(max(np.size(p) - np.size(ct), 0)), ct))[: np.size(p)], p)


def polyint_adjoint(ct: Any, p: Any, m: int, k: Any) -> tuple[Any, Any]:
    """Return the cotangents of ``p`` and of the constants ``k`` in its ``m``-th integral."""
    constants: list[Any] = []
    for _ in range(m):
        constants.insert(0, ct[-1])
        ct = ct[:-1] / np.arange(np.size(ct) - 1, 0, -1)
    if k is None:
        return as_cotangent(ct, p), None
    total = np.asarray(constants) if np.size(k) == m else np.sum(constants)
    return as_cotangent(ct, p), as_cotangent(np.reshape(total, np.shape(k)), k)


def polydiv_adjoint(ct: Any, result: Any, u: Any, v: Any) -> tuple[Any, Any]:
    """Return the cotangents of ``u`` and ``v`` in ``q, r = np.polydiv(u, v)``.

    ``u = q * v + r``, where the leading coefficients of ``r`` are zero: these equations define ``q``.
    """
    q, r = result
    u, v = np.atleast_1d(u) + 0.0, np.atleast_1d(v) + 0.0
    r_bar = np.zeros(u.size, np.result_type(u, v))
    if ct[1] is not None:
        r_bar[u.size - np.size(r) :] = ct[1]
    if u.size < v.size:
        return r_bar, np.zeros_like(v)
    count = np.size(q)
    padded = np.concatenate((v, np.zeros(max(count - v.size, 0))))
    lags = np.subtract.outer(np.arange(count), np.arange(count))
    leading = np.where(lags < 0, 0.0, padded[np.maximum(lags, 0)])
    q_bar = -np.correlate(r_bar, np.conj(v), "valid")
    if ct[0] is not None:
        q_bar = q_bar + ct[0]
    r_bar[:count] += np.linalg.solve(leading.T, q_bar)
    return r_bar, -np.correlate(r_bar, np.conj(q), "valid")


def poly_adjoint(ct: Any, seq: Any) -> Any:
    """Return the cotangent of the roots, or of the matrix, whose polynomial is ``np.poly(seq)``."""
    if np.ndim(seq) == 2:
        return eigvals_adjoint(poly_adjoint(ct, np.linalg.eigvals(seq)), np.linalg.eigvals(seq), seq)
    roots = np.atleast_1d(seq)
    if np.size(roots) == 0:
        return np.zeros_like(seq)
    return as_cotangent(-(_without_each(roots) @ ct[1:]), seq)


def _without_each(roots: Any) -> Any:
    """Return, for each root, the coefficients of the polynomial of the others: by Horner's scheme."""
    whole = np.poly(roots)
    found = [np.ones_like(roots)]
    for k in range(1, len(roots)):
        found.append(whole[k] + roots * found[-1])
    return np.stack(found, axis=-1)


def polyfit_adjoint(ct: Any, c: Any, x: Any, y: Any, deg: int, w: Any) -> tuple[Any, Any, Any]:
    """Return the cotangents of ``x``, ``y`` and ``w`` in ``c = np.polyfit(x, y, deg, w=w)``.

    Least squares of full rank: with ``a = q @ r`` and the residual ``b - a @ c`` as in ``lstsq``.
    """
    x = np.asarray(x) + 0.0
    weights = np.ones(x.size) if w is None else np.asarray(w) + 0.0
    powers = np.vander(x, deg + 1)
    columns = 1 if np.ndim(y) == 1 else np.shape(y)[1]
    ct, c, values = (np.reshape(part, (-1, columns)) for part in (ct, c, np.asarray(y) + 0.0))
    a, b = powers * weights[:, None], values * weights[:, None]
    q, r = np.linalg.qr(a)
    half = np.linalg.solve(r.T, ct)
    b_bar = q @ half
    a_bar = (b - a @ c) @ np.linalg.solve(r, half).T - b_bar @ c.T
    w_bar = None if w is None else np.sum(b_bar * values, axis=1) + np.sum(a_bar * powers, axis=1)
    slopes = powers[:, 1:] * np.arange(deg, 0, -1)
    x_bar = np.sum(a_bar[:, :-1] * slopes, axis=1) * weights
    return x_bar, as_cotangent(np.reshape(b_bar * weights[:, None], np.shape(y)), y), w_bar
