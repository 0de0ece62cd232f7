"""What a program does besides computing, it still does: once, in the forward sweep, whatever becomes of the value."""

from __future__ import annotations

import logging
import warnings

import numpy as np
import pytest

from diffcompile import grad, jvp, value_and_grad, vjp


def die(message):
    raise ValueError(message)


def positive(n):
    assert n > 0, "not positive"


def say(text):
    print(text)


def say_and_count(text):
    print(text)
    return 1


def say_and_describe(text):
    print(text)
    return "loud", len(text)


def warned(n):
    if n > 1:
        warnings.warn("n is large", stacklevel=2)


def deep(n):
    if n > 2:
        say("deep")
        positive(3 - n)



class Model:
    def __init__(self, verbose):
        self.verbose = verbose

    def tell(self, text):
        if self.verbose:
            print(text)

    def check(self, n):
        if n > 2:
            raise KeyError(n)


def raises_in_a_branch(x, n):
    if n > 2:
        die("too large")
    return x * x


def raises_in_a_loop(x, n):
    for i in range(n):
        if i == 2:
            die("third")
    return x * x


def raises_in_a_try(x, n):
    try:
        if n > 2:
            die("caught")
        y = x * 2
    except ValueError:
        y = x * 5
    return y * y


def raises_in_another_helper(x, n):
    deep(n)
    return x * x


def asserts(x, n):
    positive(3 - n)
    return x * x


def prints(x, n):
    say("hello")
    for i in range(n):
        say(i)
    return x * x


def prints_and_counts(x, n):
    total = 0
    for _ in range(n):
        total += say_and_count("more")
    kind, size = say_and_describe("what")
    return x * x * total * size if kind == "loud" else x


def warns(x, n):
    warned(n)
    return x * x


def logs(x, n):
    logging.getLogger("done besides").warning("n is %d", n)
    return x * x


def tells(x, n):
    model = Model(n > 0)
    model.tell("model")
    model.check(n)
    return x * x


def tells_by_default(x, n, tell=say):
    tell(f"n is {n}")
    return x * x


PROGRAMS = [
    raises_in_a_branch, raises_in_a_loop, raises_in_a_try, raises_in_another_helper, asserts, prints,
    prints_and_counts, warns, logs, tells, tells_by_default,
]  # fmt: skip


def outcome(run, capsys, caplog):
    """Return the value or the error of a call, and all that was done besides."""
    caplog.clear()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            result = run()
        except (ValueError, KeyError, AssertionError) as error:
            result = type(error), str(error)
    told = [record.getMessage() for record in caplog.records if record.name == "done besides"]
    return result, capsys.readouterr().out, told, [str(warning.message) for warning in caught]


@pytest.mark.parametrize("n", [0, 1, 3])
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
def test_what_is_done_besides(program, n, capsys, caplog):
    def value(result):
        return result if isinstance(result, tuple) and isinstance(result[0], type) else result[0]

    x = 1.5
    expected, *besides = outcome(lambda: program(x, n), capsys, caplog)
    found, *done = outcome(lambda: value_and_grad(program)(x, n), capsys, caplog)
    assert value(found) == expected
    assert done == besides
    _, *done = outcome(lambda: grad(program)(x, n), capsys, caplog)
    assert done == besides
    found, *done = outcome(lambda: jvp(program, (x, n), (1.0, None)), capsys, caplog)
    assert value(found) == expected
    assert done == besides
    found, *done = outcome(lambda: vjp(program, x, n), capsys, caplog)
    assert value(found) == expected
    assert done == besides


def test_gradient_after_an_error_that_was_caught():
    assert np.isclose(grad(raises_in_a_try)(1.5, 3), 75.0)
    assert np.isclose(grad(raises_in_a_try)(1.5, 1), 12.0)
