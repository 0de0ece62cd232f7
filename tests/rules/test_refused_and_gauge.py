"""What samples cannot show: refusals, and complex factorisations up to the phases of their vectors."""

from __future__ import annotations

import numpy as np
import pytest

from diffcompile import UnsupportedError, jvp, runtime
from diffcompile.rules import registry
from rules.checking import slope_at_zero

RNG = np.random.default_rng(3)


def _complex(*shape):
    return RNG.standard_normal(shape) + 1j * RNG.standard_normal(shape)


def _rule(fun, *args, **kwargs):
    return registry.ADJOINT[fun].rule(*args, **kwargs)


REFUSED = {
    "einsum with lists of labels": lambda: _rule(np.einsum, 1.0, 1.0, np.ones((2, 3)), [0, 1], [0]),
    "complete qr of a tall matrix": lambda: runtime.qr_adjoint(
        (np.ones((3, 3)), np.ones((3, 2))), np.linalg.qr(np.eye(3, 2), "complete"), np.eye(3, 2), "complete"
    ),
    "completing vectors of an svd": lambda: runtime.svd_adjoint(
        (np.ones((3, 3)), None, None), np.linalg.svd(RNG.standard_normal((3, 2)))
    ),
    "memory order of a strided array": lambda: runtime.reshape_adjoint(np.ones(6), np.ones((4, 3))[::2], "K"),
}


@pytest.mark.parametrize("refused", REFUSED.values(), ids=REFUSED.keys())
def test_refused(refused):
    """What has no derivative here says so when it is asked for one."""
    with pytest.raises(UnsupportedError, match="no derivative"):
        refused()


@pytest.mark.parametrize("shape", [(3, 3), (5, 3), (3, 5)])
def test_complex_svd(shape):
    """``u @ diag(g) @ vh`` does not depend on the phases of the singular vectors."""
    weights, a, direction = _complex(*shape), _complex(*shape), _complex(*shape)
    g = 1.0 + np.arange(min(shape))

    def f(t):
        u, _, vh = np.linalg.svd(a + t * direction, full_matrices=False)
        return float(np.real(np.sum(weights * ((u * g) @ vh))))

    result = u, s, vh = np.linalg.svd(a, full_matrices=False)
    a_bar = runtime.svd_adjoint(((weights @ vh.T) * g, np.zeros_like(s), (u * g).T @ weights), result)
    assert np.real(np.sum(a_bar * direction)) == pytest.approx(slope_at_zero(f), rel=1e-6)


@pytest.mark.parametrize("uplo", ["L", "U"])
def test_complex_eigh(uplo):
    """``v @ diag(sin(w)) @ v.conj().T`` does not depend on the phases of the eigenvectors."""
    weights, a, direction = _complex(4, 4), _complex(4, 4), _complex(4, 4)

    def f(t):
        w, v = np.linalg.eigh(a + t * direction, uplo)
        return float(np.real(np.sum(weights * ((v * np.sin(w)) @ v.conj().T))))

    result = w, v = np.linalg.eigh(a, uplo)
    w_bar = np.real(np.einsum("ij,ik,jk->k", weights, v, v.conj())) * np.cos(w)
    v_bar = (weights @ v.conj()) * np.sin(w) + np.conj(weights.T @ (v * np.sin(w)))
    a_bar = runtime.eigh_adjoint((w_bar, v_bar), result, uplo)
    assert np.real(np.sum(a_bar * direction)) == pytest.approx(slope_at_zero(f), rel=1e-6)


def test_svd_of_equal_singular_values():
    """Zero cotangents of the vectors do not spoil the gradient of the values."""
    ct = (np.zeros((3, 3)), np.ones(3), np.zeros((3, 3)))
    np.testing.assert_allclose(runtime.svd_adjoint(ct, np.linalg.svd(np.eye(3))), np.eye(3))


def test_vectors_that_complete_a_basis_have_no_tangent():
    """A tangent of 0 would be wrong: any rotation of them would do as well."""
    linalg = pytest.importorskip("scipy.linalg")
    a, a_dot = RNG.standard_normal((2, 4)), RNG.standard_normal((2, 4))
    for svd in (np.linalg.svd, linalg.svd):
        _, moved = jvp(lambda a, svd=svd: np.sum(svd(a)[2][2:] ** 3), (a,), (a_dot,))
        assert np.isnan(moved)
