"""Variables of generated code: the names of the program, and how few of them have numbers."""

from __future__ import annotations

import re

import numpy as np
import pytest

from diffcompile import UnsupportedError, check_grads, grad, value_and_grad


def numbered(source: str) -> set[str]:
    """Return the variables that have a number."""
    return set(re.findall(r"\b[a-z]\w*_\d+\b", source))


def predicted(x, a):
    for _ in range(3):
        x = a * x
        x = x + np.sin(x)
    return x


def counted(x, n):
    total = 0.0
    for i in range(n):
        if i % 2 == 0:
            total += x * total
        elif i > 3:
            total = total - x
        x = x * 1.1
    return total + x


def exchanged(x, y, n):
    for i in range(n):
        if i == 1:
            x, y = y, x
        else:
            y = x * y
            x = x + y
    return x * y + 2.0 * x


def kept_on_one_side(x, n):
    y = x
    for i in range(n):
        old = y
        if i > 2:
            y = y * x
            y = y * old
        else:
            x = x + 0.1
    return y * x + old


def stopped(x, n):
    y = x
    for _ in range(n):
        y = y * 1.5
        if y > 3.0:
            y = y * x
            break
        y = y - 0.1
    else:
        y = y * 2.0
    return y + x


def nested(x, n):
    s = x
    for i in range(n):
        if i > 0:
            if s > 1.0:
                s = s * x
                s = s - 0.3
            else:
                t = s
                s = s + x
                s = s * t
        s = s + 0.1 * x
    return s


PROGRAMS = [(counted, (0.7, 6)), (exchanged, (0.7, 1.3, 5)), (kept_on_one_side, (0.7, 5)), (nested, (0.7, 6))]
PROGRAMS += [(stopped, (0.7, n)) for n in (1, 2, 3, 4, 8)]
PROGRAMS += [(counted, (0.7, n)) for n in (0, 1)] + [(exchanged, (0.7, 1.3, n)) for n in (0, 1, 2)]


@pytest.mark.parametrize(("fun", "args"), PROGRAMS)
def test_variables_that_are_assigned_anew(fun, args):
    value, _ = value_and_grad(fun)(*args)
    assert value == fun(*args)
    check_grads(fun, args, order=2)


def test_values_of_a_variable_share_its_name():
    gradient = grad(predicted)
    gradient(0.3, 0.9)
    assert not numbered(gradient.source)
    assert "x = a * x" in gradient.source


def test_an_item_is_called_after_its_array():
    def f(a, n):
        total = 0.0
        for i in range(n):
            for j in range(n):
                total += a[i, j] * np.sin(a[i, j])
                a[i, j] = total
        return total * a[0, 0]

    gradient = grad(f)
    a = np.arange(1.0, 10.0).reshape(3, 3)
    gradient(a, 3)
    assert "a_ij = a[i, j]" in gradient.source
    check_grads(f, (a, 3))


def test_the_name_of_an_item_is_not_one_of_the_program():
    def f(x, n):
        x_i = 2.0
        for i in range(n):
            x_i = x_i + x[i] * np.sin(x[i])
            x[i] = x_i * x[i]
        return x_i + x[0]

    check_grads(f, (np.array([0.3, 0.7]), 2))


def test_branches_of_a_chain_ask_again():
    def f(x, kind):
        if kind == 0:
            y = x
        elif kind == 1:
            y = x * x
        elif kind == 2:
            y = np.sin(x)
        else:
            y = 3.0 * x
        return y * y

    gradient = grad(f)
    for kind in range(4):
        check_grads(f, (0.7, kind), order=2)
        gradient(0.7, kind)
    assert gradient.source.count("elif kind == 1:") == 2
    assert "None" not in gradient.source


@pytest.mark.parametrize("ends", ["return x * {0}", "y = x * {0}"])
def test_chains_longer_than_indentation_allows(tmp_path, monkeypatch, ends):
    """What is a chain in the program is one in the gradient."""
    lines = ["def f(x, k):", "    y = x"]
    for number in range(120):
        lines += [f"    {'if' if 'return' in ends or not number else 'elif'} k == {number}:"]
        lines += [f"        {ends.format(number)}"]
    (tmp_path / "chain_of_many.py").write_text("\n".join([*lines, "    return y * y"]) + "\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(__import__("sys").modules, "chain_of_many", raising=False)
    import chain_of_many  # type: ignore[import-not-found]  # noqa: PLC0415

    assert grad(chain_of_many.f)(1.5, 100) == (100.0 if "return" in ends else 2 * 100.0**2 * 1.5)


def test_branches_too_deep_for_python_are_refused(tmp_path, monkeypatch):
    lines = ["def f(x, n):", "    for _ in range(n):"]
    for number in range(120):
        lines += [f"        if x > {number + 2}:", "            continue", f"        x = x * 1.01 + {number}"]
    (tmp_path / "deep_branches.py").write_text("\n".join([*lines, "    return x"]) + "\n")
    monkeypatch.syspath_prepend(tmp_path)
    import deep_branches  # type: ignore[import-not-found]  # noqa: PLC0415

    with pytest.raises(UnsupportedError, match="deeper than Python allows"):
        grad(deep_branches.f)(1.5, 2)
