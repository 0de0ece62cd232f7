"""Calls into which nothing active goes, of functions whose results meet active ones in a list."""

from __future__ import annotations

import numpy as np
import pytest

from diffcompile import check_grads, grad

FRAMES = np.arange(12.0).reshape(3, 2, 2) / 10.0 + np.eye(2)


def inverse(frame):
    return np.array(frame).T * 2.0


def same(frame):
    return frame


def chain(q, frames):
    moves = [[None]] * 3
    moves[2] = inverse(frames[2])
    for k in range(2):
        moves[k] = np.dot(np.sin(q[k]) * np.ones((2, 2)), inverse(frames[k]))
    total = inverse(frames[0])
    for k in range(2, -1, -1):
        total = np.dot(moves[k], total)
    return np.sum(total * total)


def overwritten(q, frames):
    moves = [None, same(frames[1]), frames[0]]
    moves[0] = q[0] * inverse(frames[0])
    frames[1] *= q[1]  # moves[1] is the same memory
    return np.sum(moves[0] * moves[1] + inverse(moves[2]) * frames[1])


def behind_a_branch(q, frames):
    moves = [None, None]
    moves[0] = inverse(frames[1])
    moves[1] = q[0] ** 2 * np.ones((2, 2))
    if q[1] > 0.0:
        moves[1] = moves[1] @ inverse(frames[0])
    return np.sum(moves[1] * moves[0])


@pytest.mark.parametrize("fun", [chain, overwritten, behind_a_branch])
def test_what_they_return_is_differentiated(fun):
    def loss(q):
        return fun(q, FRAMES.copy())

    check_grads(loss, (np.array([0.4, 1.3]),), order=2)
    q = np.array([0.4, 1.3])
    frames = FRAMES.copy()
    np.testing.assert_allclose(grad(fun)(q, frames), grad(loss)(q), rtol=1e-14)
    assert np.array_equal(frames, FRAMES)
