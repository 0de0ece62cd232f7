"""The multivariate normal distribution."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import stats

from diffcompile import runtime_scipy
from diffcompile.rules.registry import Sample, adjoint, sample
from diffcompile.rules.sampling import normal, positive_definite


def _samples() -> list[Sample]:
    return [
        sample(normal(3), normal(3), positive_definite(3, 3)),
        sample(normal(5, 3), normal(3), positive_definite(3, 3)),
        sample(normal(2, 2, 3), mean=normal(3), cov=np.array([0.5, 1.5, 2.5])),
        sample(normal(4, 2), cov=positive_definite(2, 2)),
        sample(normal(4, 2), normal(2), 1.5),
        sample(normal(3), normal(3)),
        sample(0.7, 0.2, 1.3),
        sample(normal(4), 0.25, 1.5),
    ]


@adjoint(stats.multivariate_normal.logpdf, samples=_samples)
def _logpdf(ct: Any, y: Any, x: Any, mean: Any = None, cov: Any = 1, allow_singular: bool = False) -> Any:
    bars = runtime_scipy.normal_adjoint(ct, x, mean, cov, allow_singular)
    return bars[0], bars[1], bars[2]


@adjoint(stats.multivariate_normal.pdf, samples=_samples)
def _pdf(ct: Any, y: Any, x: Any, mean: Any = None, cov: Any = 1, allow_singular: bool = False) -> Any:
    bars = runtime_scipy.normal_adjoint(ct * y, x, mean, cov, allow_singular)
    return bars[0], bars[1], bars[2]
