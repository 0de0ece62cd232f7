"""Incomplete gamma and beta functions, and the distribution functions and quantiles that are made of them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import special

from diffcompile import runtime_scipy
from diffcompile.rules.operands import arrays
from diffcompile.rules.registry import elementwise, unknown
from diffcompile.rules.scipy.samples import mixed

POSITIVE = (0.4, 4.0)
UNIT = (0.1, 0.9)
COUNTS = [0, 1, 2, 5]


def _gamma_density(a: Any, x: Any) -> Any:
    return np.exp(special.xlogy(a - 1.0, x) - x - special.gammaln(a))


def _beta_density(a: Any, b: Any, x: Any) -> Any:
    return np.exp(special.xlogy(a - 1.0, x) + special.xlog1py(b - 1.0, -x) - special.betaln(a, b))


# --- gamma ---

elementwise(
    special.gammainc,
    lambda y, a, x: runtime_scipy.gammainc_slope(a, x),
    lambda y, a, x: _gamma_density(a, x),
    samples=arrays(POSITIVE, (0.1, 9.0)),
)
elementwise(
    special.gammaincc,
    lambda y, a, x: -runtime_scipy.gammainc_slope(a, x),
    lambda y, a, x: -_gamma_density(a, x),
    samples=arrays(POSITIVE, (0.1, 9.0)),
)
elementwise(
    special.gammaincinv,
    lambda x, a, p: -runtime_scipy.gammainc_slope(a, x) / _gamma_density(a, x),
    lambda x, a, p: 1.0 / _gamma_density(a, x),
    samples=arrays(POSITIVE, UNIT),
)
elementwise(
    special.gammainccinv,
    lambda x, a, p: -runtime_scipy.gammainc_slope(a, x) / _gamma_density(a, x),
    lambda x, a, p: -1.0 / _gamma_density(a, x),
    samples=arrays(POSITIVE, UNIT),
)
elementwise(
    special.gdtr,
    lambda y, a, b, x: x * _gamma_density(b, a * x),
    lambda y, a, b, x: runtime_scipy.gammainc_slope(b, a * x),
    lambda y, a, b, x: a * _gamma_density(b, a * x),
    samples=mixed(POSITIVE, POSITIVE, POSITIVE),
)
elementwise(
    special.gdtrc,
    lambda y, a, b, x: -x * _gamma_density(b, a * x),
    lambda y, a, b, x: -runtime_scipy.gammainc_slope(b, a * x),
    lambda y, a, b, x: -a * _gamma_density(b, a * x),
    samples=mixed(POSITIVE, POSITIVE, POSITIVE),
)
elementwise(
    special.chdtr,
    lambda y, v, x: 0.5 * runtime_scipy.gammainc_slope(0.5 * v, 0.5 * x),
    lambda y, v, x: 0.5 * _gamma_density(0.5 * v, 0.5 * x),
    samples=mixed(POSITIVE, POSITIVE),
)
elementwise(
    special.chdtrc,
    lambda y, v, x: -0.5 * runtime_scipy.gammainc_slope(0.5 * v, 0.5 * x),
    lambda y, v, x: -0.5 * _gamma_density(0.5 * v, 0.5 * x),
    samples=mixed(POSITIVE, POSITIVE),
)
elementwise(
    special.chdtri,
    lambda x, v, p: -runtime_scipy.gammainc_slope(0.5 * v, 0.5 * x) / _gamma_density(0.5 * v, 0.5 * x),
    lambda x, v, p: -2.0 / _gamma_density(0.5 * v, 0.5 * x),
    samples=arrays(POSITIVE, UNIT),
)
# a count is rounded down, so that there is no derivative in it
elementwise(
    special.pdtr,
    None,
    lambda y, k, m: -_gamma_density(np.floor(k) + 1.0, m),
    samples=mixed(COUNTS, POSITIVE),
)
elementwise(
    special.pdtrc,
    None,
    lambda y, k, m: _gamma_density(np.floor(k) + 1.0, m),
    samples=mixed(COUNTS, POSITIVE),
)

# --- beta ---

elementwise(
    special.betainc,
    lambda y, a, b, x: runtime_scipy.betainc_slope_a(a, b, x),
    lambda y, a, b, x: runtime_scipy.betainc_slope_b(a, b, x),
    lambda y, a, b, x: _beta_density(a, b, x),
    samples=mixed(POSITIVE, POSITIVE, UNIT),
)
elementwise(
    special.betaincinv,
    lambda x, a, b, p: -runtime_scipy.betainc_slope_a(a, b, x) / _beta_density(a, b, x),
    lambda x, a, b, p: -runtime_scipy.betainc_slope_b(a, b, x) / _beta_density(a, b, x),
    lambda x, a, b, p: 1.0 / _beta_density(a, b, x),
    samples=mixed(POSITIVE, POSITIVE, UNIT),
)
if hasattr(special, "betaincc"):
    elementwise(
        special.betaincc,
        lambda y, a, b, x: -runtime_scipy.betainc_slope_a(a, b, x),
        lambda y, a, b, x: -runtime_scipy.betainc_slope_b(a, b, x),
        lambda y, a, b, x: -_beta_density(a, b, x),
        samples=mixed(POSITIVE, POSITIVE, UNIT),
    )
    elementwise(
        special.betainccinv,
        lambda x, a, b, p: -runtime_scipy.betainc_slope_a(a, b, x) / _beta_density(a, b, x),
        lambda x, a, b, p: -runtime_scipy.betainc_slope_b(a, b, x) / _beta_density(a, b, x),
        lambda x, a, b, p: -1.0 / _beta_density(a, b, x),
        samples=mixed(POSITIVE, POSITIVE, UNIT),
    )
elementwise(
    special.bdtr,
    None,
    unknown,
    lambda y, k, n, p: -_beta_density(n - np.floor(k), np.floor(k) + 1.0, 1.0 - p),
    samples=mixed([0, 1, 2], [3, 4, 7], UNIT, single=False),
)
elementwise(
    special.bdtrc,
    None,
    unknown,
    lambda y, k, n, p: _beta_density(n - np.floor(k), np.floor(k) + 1.0, 1.0 - p),
    samples=mixed([0, 1, 2], [3, 4, 7], UNIT, single=False),
)
elementwise(
    special.nbdtr,
    None,
    unknown,
    lambda y, k, n, p: _beta_density(n + 0.0, np.floor(k) + 1.0, p),
    samples=mixed([0, 1, 2], [3, 4, 7], UNIT, single=False),
)
elementwise(
    special.nbdtrc,
    None,
    unknown,
    lambda y, k, n, p: -_beta_density(n + 0.0, np.floor(k) + 1.0, p),
    samples=mixed([0, 1, 2], [3, 4, 7], UNIT, single=False),
)

# --- Student's t: one minus half of I(x; df / 2, 1 / 2) at x = df / (df + t * t), for positive t ---


def _t_density(df: Any, t: Any) -> Any:
    scale = np.exp(special.gammaln(0.5 * (df + 1.0)) - special.gammaln(0.5 * df))
    return scale / np.sqrt(math.pi * df) * (1.0 + t * t / df) ** (-0.5 * (df + 1.0))


def _t_slope(df: Any, t: Any) -> Any:
    square = df + t * t
    x = df / square
    through_x = x ** (0.5 * df - 1.0) * np.abs(t) * square**-1.5 / special.beta(0.5 * df, 0.5)
    return -0.5 * np.sign(t) * (0.5 * runtime_scipy.betainc_slope_a(0.5 * df, 0.5, x) + through_x)


elementwise(
    special.stdtr,
    lambda y, df, t: _t_slope(df, t),
    lambda y, df, t: _t_density(df, t),
    samples=mixed(POSITIVE, (-2.0, 2.0), single=False),
)
elementwise(
    special.stdtrit,
    lambda t, df, p: -_t_slope(df, t) / _t_density(df, t),
    lambda t, df, p: 1.0 / _t_density(df, t),
    samples=mixed((1.5, 4.0), UNIT, single=False),
)

# --- Fisher's F: I(w; dfn / 2, dfd / 2) at w = dfn * x / (dfn * x + dfd) ---


def _f_through_w(dfn: Any, dfd: Any, x: Any) -> Any:
    total = dfn * x + dfd
    return _beta_density(0.5 * dfn, 0.5 * dfd, dfn * x / total) / (total * total)


def _f_slope_n(dfn: Any, dfd: Any, x: Any) -> Any:
    w = dfn * x / (dfn * x + dfd)
    direct = 0.5 * runtime_scipy.betainc_slope_a(0.5 * dfn, 0.5 * dfd, w)
    return direct + dfd * x * _f_through_w(dfn, dfd, x)


def _f_slope_d(dfn: Any, dfd: Any, x: Any) -> Any:
    w = dfn * x / (dfn * x + dfd)
    direct = 0.5 * runtime_scipy.betainc_slope_b(0.5 * dfn, 0.5 * dfd, w)
    return direct - dfn * x * _f_through_w(dfn, dfd, x)


def _f_density(dfn: Any, dfd: Any, x: Any) -> Any:
    return dfn * dfd * _f_through_w(dfn, dfd, x)


elementwise(
    special.fdtr,
    lambda y, dfn, dfd, x: _f_slope_n(dfn, dfd, x),
    lambda y, dfn, dfd, x: _f_slope_d(dfn, dfd, x),
    lambda y, dfn, dfd, x: _f_density(dfn, dfd, x),
    samples=mixed(POSITIVE, POSITIVE, POSITIVE),
)
elementwise(
    special.fdtrc,
    lambda y, dfn, dfd, x: -_f_slope_n(dfn, dfd, x),
    lambda y, dfn, dfd, x: -_f_slope_d(dfn, dfd, x),
    lambda y, dfn, dfd, x: -_f_density(dfn, dfd, x),
    samples=mixed(POSITIVE, POSITIVE, POSITIVE),
)
elementwise(
    special.fdtri,
    lambda x, dfn, dfd, p: -_f_slope_n(dfn, dfd, x) / _f_density(dfn, dfd, x),
    lambda x, dfn, dfd, p: -_f_slope_d(dfn, dfd, x) / _f_density(dfn, dfd, x),
    lambda x, dfn, dfd, p: 1.0 / _f_density(dfn, dfd, x),
    samples=mixed((1.0, 4.0), (1.0, 4.0), UNIT, single=False),
)

# --- Tukey's lambda, whose quantile is (p**lmbda - (1 - p)**lmbda) / lmbda ---

elementwise(
    special.tklmbda,
    lambda p, x, lmbda: np.where(
        np.greater_equal(lmbda * np.abs(x), 1.0), 0.0, 1.0 / (p ** (lmbda - 1.0) + (1.0 - p) ** (lmbda - 1.0))
    ),
    unknown,
    samples=mixed((-0.9, 0.9), (0.2, 0.9), single=False),
)
