"""What samples cannot show: refusals, and complex factorisations up to the phases of their vectors."""

from __future__ import annotations

import numpy as np
import pytest

from diffcompile import UnsupportedError, grad, hessian, jvp, runtime
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


WEIGHTS = RNG.standard_normal((3, 3))


def _squared(a):
    w, v = np.linalg.eigh(a)
    return np.sum((v * w**2) @ v.T * WEIGHTS)


def _vanishing(a):
    w, v = np.linalg.eigh(a)
    return np.sum((v * (w - 2.0)) @ v.T * WEIGHTS)


def _doubled(a):
    u, s, vh = np.linalg.svd(a)
    return np.sum((u * s**2) @ vh * WEIGHTS)


def _general(a):
    w, v = np.linalg.eig(a)
    return np.sum((v * w**2) @ np.linalg.inv(v) * WEIGHTS)


@pytest.mark.parametrize("f", [_squared, _vanishing, _doubled, _general])
def test_vectors_of_equal_values(f):
    """``a @ a`` has a derivative, and its factors do not tell it: what was there, without the rotation, is wrong."""
    a = 2.0 * np.eye(3)
    with pytest.raises(UnsupportedError, match="vectors of equal values"):
        grad(f)(a)
    with pytest.raises(UnsupportedError, match="vectors of equal values"):
        grad(f)(a[[1, 0, 2]] @ a[[1, 0, 2]])  # equal but for rounding
    assert np.all(np.isfinite(grad(f)(np.diag([1.0, 2.0, 4.0]))))


def test_equal_values_without_their_vectors():
    """Functions of all the values alike are smooth; in the first direction that does not part them vectors stay."""
    a = 2.0 * np.eye(3)

    def energy(a):
        w, _ = np.linalg.eigh(a)
        return np.sum(w**3)

    np.testing.assert_allclose(grad(energy)(a), 12.0 * np.eye(3))
    assert jvp(energy, (a,), (np.ones((3, 3)),))[1] == pytest.approx(36.0)
    assert jvp(_squared, (a,), (np.eye(3),))[1] == pytest.approx(4.0 * np.trace(WEIGHTS))
    with pytest.raises(UnsupportedError, match="vectors of equal values"):
        jvp(_squared, (a,), (np.ones((3, 3)),))
    with pytest.raises(UnsupportedError, match="vectors of equal values"):
        hessian(energy)(a)


@pytest.mark.parametrize("a", [np.ones((3, 3)), np.diag([2.0, 0.0, 0.0]), np.zeros((3, 3)), WEIGHTS])
def test_second_derivatives_of_a_determinant(a):
    """It is a polynomial: singular matrices, of any rank, are nothing special."""
    direction = RNG.standard_normal((3, 3))
    expected = slope_at_zero(lambda t: np.sum(_written_out(a + t * direction) * direction))
    found = hessian(np.linalg.det)(a).reshape(9, 9)
    assert direction.ravel() @ found @ direction.ravel() == pytest.approx(expected, rel=1e-7)


def _written_out(a):
    """The derivative of a determinant of three rows."""
    return np.stack([np.cross(a[1], a[2]), np.cross(a[2], a[0]), np.cross(a[0], a[1])])


def test_vectors_that_complete_a_basis_have_no_tangent():
    """A tangent of 0 would be wrong: any rotation of them would do as well."""
    linalg = pytest.importorskip("scipy.linalg")
    a, a_dot = RNG.standard_normal((2, 4)), RNG.standard_normal((2, 4))
    for svd in (np.linalg.svd, linalg.svd):
        _, moved = jvp(lambda a, svd=svd: np.sum(svd(a)[2][2:] ** 3), (a,), (a_dot,))
        assert np.isnan(moved)
