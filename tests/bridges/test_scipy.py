"""Optimisers of SciPy with gradients and products with the Hessian."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from diffcompile import hessp, value_and_grad

optimize = pytest.importorskip("scipy.optimize")


def rosenbrock(x: Any, weight: float) -> Any:
    return np.sum(weight * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)


START = np.array([-1.2, 1.0, 0.7, 1.9, 0.3])


def test_products_are_those_of_scipys_hessian() -> None:
    p = np.linspace(-1.0, 2.0, 5)
    np.testing.assert_allclose(
        hessp(rosenbrock)(START, p, 100.0), optimize.rosen_hess_prod(START, p), rtol=1e-12
    )


@pytest.mark.parametrize("method", ["trust-ncg", "Newton-CG", "trust-krylov"])
def test_optimisers_converge(method: str) -> None:
    found = optimize.minimize(
        value_and_grad(rosenbrock), START, args=(100.0,), jac=True, hessp=hessp(rosenbrock), method=method
    )
    assert found.nit < 60
    assert np.max(np.abs(optimize.rosen_der(found.x))) < 1e-3
