"""What a number goes through that carries no derivative: the program is refused, its gradient is not zero."""

from __future__ import annotations

import ast
import contextlib
import contextvars
import json
import threading

import numpy as np
import pytest

from diffcompile import grad, jvp
from diffcompile.errors import DiffCompileError

X = np.array([0.3, 0.8, 1.2])
LEVEL = contextvars.ContextVar("level", default=1.0)
LOCAL = threading.local()


def keys_of_a_display(x):
    table = {x[0]: x[1], x[2]: 2.0}
    return sum(key * value for key, value in table.items())


def keys_that_were_stored(x):
    table = {}
    for v in x:
        table[v * 2.0] = 1.0
    return sum(table) + max(table.keys())


def parts_of_a_key(x):
    table = {(x[0], 1): x[1]}
    return sum(key[0] for key in table)


def key_that_is_popped(x):
    table = {x[0]: x[1]}
    key, value = table.popitem()
    return key * value


def context_variable(x):
    LEVEL.set(x[0])
    return LEVEL.get() * x[1]


def thread_local(x):
    LOCAL.level = x[0]
    return LOCAL.level * x[1]


def literal(x):
    return ast.literal_eval(repr(float(x[0]))) * x[1]


def through_json(x):
    return json.loads(str(float(x[0]))) * x[1]


def array_of_objects(x):
    return np.sum(np.array([x[0], x[1]], dtype=object) * 2)


def array_made_of_objects(x):
    return np.sum(x.astype(object) * 2)


def stored_by_a_variable_of_c(x):
    out = np.zeros(3)
    for copy, k in [(np.copyto, 0), (np.copyto, 1)]:
        if k == 1:
            copy(out, x)
    return np.sum(out * out)


def stored_by_one_of_two_in_c(x):
    solvers = {"a": scipy_blas().daxpy, "b": scipy_blas().dscal}
    out = np.zeros(3)
    solve = solvers[str(sorted(solvers)[int(x[0] > 9.0)])]
    solve(x, out)
    return np.sum(out * out)


def scipy_blas():
    return pytest.importorskip("scipy.linalg.blas")


@pytest.mark.parametrize(
    "program",
    [
        stored_by_a_variable_of_c, stored_by_one_of_two_in_c,
        keys_of_a_display, keys_that_were_stored, parts_of_a_key, key_that_is_popped, context_variable, thread_local,
        literal, through_json, array_of_objects, array_made_of_objects,
    ],
    ids=lambda program: program.__name__,
)  # fmt: skip
def test_it_is_not_lost_without_a_word(program):
    steps = np.eye(3) * 1e-6
    expected = np.array([(program(X + step) - program(X - step)) / 2e-6 for step in steps])
    assert np.max(np.abs(expected)) > 0.1
    with contextlib.suppress(DiffCompileError):
        assert np.allclose(grad(program)(X), expected, rtol=1e-6)
    with contextlib.suppress(DiffCompileError):
        assert np.isclose(jvp(program, (X,), (np.ones(3),))[1], expected.sum(), rtol=1e-6)


def values_by_key(x):
    table = {}
    for v in x:
        if v not in table:
            table[v] = v * v
    return sum(table.values()) + table[x[0]] * len(table)


def keys_that_do_not_move(x):
    table = {"a": x[0], "bc": x[1]}
    for i, v in enumerate(x):
        table[int(v > 1.0)] = v * i
    return sum(len(str(key)) * value for key, value in table.items()) + len(sorted(map(str, table)))


@pytest.mark.parametrize("program", [values_by_key, keys_that_do_not_move], ids=lambda program: program.__name__)
def test_keys_may_depend_on_the_argument(program):
    steps = np.eye(3) * 1e-6
    expected = [(program(X + step) - program(X - step)) / 2e-6 for step in steps]
    assert np.allclose(grad(program)(X), expected, rtol=1e-6)
