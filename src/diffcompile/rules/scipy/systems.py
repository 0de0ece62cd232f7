"""Linear systems in continuous time: their forms, and what they answer to a signal."""
# ruff: noqa: N803, N806 - names are what they are

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import linalg, signal

from diffcompile.errors import UnsupportedError
from diffcompile.rules.registry import Sample, definition, sample
from diffcompile.rules.sampling import normal

NUM, DEN = np.array([1.0, 0.5]), np.array([2.0, 1.0, 0.75])
TIMES = np.linspace(0.0, 2.0, 6)


def _state_space() -> Any:
    return normal(2, 2), normal(2, 1), normal(1, 2), normal(1, 1)


@definition(signal.tf2ss, samples=lambda: [sample(NUM, DEN), sample(normal(2, 3), DEN), sample(NUM[:1], DEN[:1])])
def tf2ss(num: Any, den: Any) -> Any:
    """Return ``scipy.signal.tf2ss(num, den)``: the controller canonical form."""
    den = np.trim_zeros(np.atleast_1d(den), "f")
    num = np.atleast_2d(num)
    order, beyond = len(den) - 1, np.shape(num)[1] - len(den)
    if beyond > 0:
        if np.any(np.abs(num[:, :beyond]) > 1e-14):  # noqa: PLR2004 - SciPy's
            raise ValueError("Improper transfer function. `num` is longer than `den`.")
        num = num[:, beyond:]
    elif beyond < 0:
        num = np.concatenate([np.zeros((np.shape(num)[0], -beyond)), num], axis=1)
    num, den = num / den[0], den / den[0]
    if order == 0:
        D = num[:, :1]
        return np.zeros((1, 1)), np.zeros((1, 1)), np.zeros((np.shape(num)[0], 1)), D
    A = np.concatenate([-np.expand_dims(den[1:], 0), np.eye(order - 1, order)], axis=0)
    return A, np.eye(order, 1), num[:, 1:] - np.outer(num[:, 0], den[1:]), num[:, :1]


def _matrices(system: Any) -> Any:
    """Return the matrices of a system in state space, whichever form it is given in."""
    if not isinstance(system, tuple | list):
        form = system.to_ss()
        return form.A, form.B, form.C, form.D
    if len(system) == 4:  # noqa: PLR2004 - matrices
        A, B, C, D = system
        return np.atleast_2d(A), np.atleast_2d(B), np.atleast_2d(C), np.atleast_2d(D)
    if len(system) == 3:  # noqa: PLR2004 - zeros, poles and gain
        zeros, poles, gain = system
        return tf2ss(gain * np.atleast_1d(np.poly(zeros)), np.atleast_1d(np.poly(poles)))
    num, den = system
    return tf2ss(num, den)


def _lsim_samples() -> list[Sample]:
    system = _state_space()
    return [
        sample(system, normal(6), TIMES),
        sample(system, normal(6), TIMES + 0.5, normal(2), False),
        sample(system, None, TIMES, normal(2)),
        sample((NUM, DEN), normal(6), TIMES),
        sample((np.array([-1.0]), np.array([-0.5, -2.0]), 1.5), normal(6), TIMES),
        sample((normal(2, 2), normal(2, 2), normal(3, 2), normal(3, 2)), normal(6, 2), TIMES),
    ]


@definition(signal.lsim, samples=_lsim_samples)
def lsim(system: Any, U: Any, T: Any, X0: Any = None, interp: bool = True) -> Any:
    """Return ``scipy.signal.lsim(system, U, T, X0, interp)``: steps by the exponential of a matrix."""
    T = np.atleast_1d(T)
    A, B, C, D = _matrices(system)
    states, inputs, steps = np.shape(A)[0], np.shape(B)[1], np.size(T)
    if np.ndim(T) != 1 or T[0] < 0:
        raise ValueError("T must be a rank-1 array, of times that are not negative")
    first = np.zeros(states) if X0 is None else np.asarray(X0)
    if T[0] > 0:
        first = first @ linalg.expm(np.transpose(A) * T[0])
    U = np.zeros((steps, inputs)) if U is None or np.ndim(U) == 0 else np.asarray(U)
    if np.ndim(U) == 1:
        U = np.expand_dims(U, 1)
    if np.shape(U) != (steps, inputs):
        raise ValueError("U must have a row for each time, and a column for each input")
    dt = T[1] - T[0] if steps > 1 else 0.0
    if not np.allclose(np.diff(T), dt):
        raise ValueError("Time steps are not equally spaced.")
    size = states + 2 * inputs
    top = np.concatenate([A * dt, B * dt, np.zeros((states, inputs))], axis=1)
    motion = linalg.expm(np.concatenate([top, np.eye(2 * inputs, size, states + inputs)], axis=0)).T
    of_state, of_rise = motion[:states, :states], motion[states + inputs :, :states]
    of_value = motion[states : states + inputs, :states]
    forced = U[:-1] @ of_value
    if interp:
        forced = forced + np.diff(U, axis=0) @ of_rise
    x = np.zeros((steps, states))
    x[0] = first
    for i in range(steps - 1):
        x[i + 1] = x[i] @ of_state + forced[i]
    return T, np.squeeze(x @ C.T) + np.squeeze(U @ D.T), np.squeeze(x)


def _given(T: Any) -> Any:
    """Return the times of a response.

    Raises:
        UnsupportedError: SciPy is to choose them.
    """
    if T is None:
        raise UnsupportedError("a response at times that SciPy chooses has no derivative rule", advice="pass T=")
    return T


@definition(
    signal.step,
    samples=lambda: [sample((NUM, DEN), T=TIMES), sample(_state_space(), normal(2), TIMES)],
)
def step(system: Any, X0: Any = None, T: Any = None, N: Any = None) -> Any:
    """Return ``scipy.signal.step(system, X0, T)``."""
    found = lsim(system, np.ones(np.shape(_given(T))), T, X0, False)
    return found[0], found[1]


@definition(
    signal.impulse,
    samples=lambda: [sample((NUM, DEN), T=TIMES), sample(_state_space(), normal(2, 1), TIMES)],
)
def impulse(system: Any, X0: Any = None, T: Any = None, N: Any = None) -> Any:
    """Return ``scipy.signal.impulse(system, X0, T)``: the impulse moves the state at once."""
    A, B, C, D = _matrices(system)
    found = lsim((A, B, C, D), None, _given(T), np.squeeze(B if X0 is None else B + X0))
    return found[0], found[1]
