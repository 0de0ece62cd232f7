"""Calls that see nothing active are walked for what they return; a walk that becomes too long is given up."""

from __future__ import annotations

import ast
import inspect
import re

import numpy as np
import pytest

from diffcompile import UnsupportedError, grad
from diffcompile.specialise import inlining, trials

SEEN: list[str] = []


def label(kind, count):
    text = kind
    for _ in range(count):
        text = text + kind[0]
    return text.upper()


def remembered(kind, count):
    SEEN.append(label(kind, count))
    return len(SEEN)


class Scale:
    """Equal to what has the same label."""

    def __init__(self, kind, count):
        self.kind, self.count = kind, count

    def __eq__(self, other):
        return label(self.kind, self.count) == label(other.kind, other.count)

    def __hash__(self):
        return hash(self.kind)


def by_label(x, kind, count):
    return x**2 * len(label(kind, count)) + np.sum(x)


def by_equality(x, one, other):
    return x**2 * 3.0 if one == other else x


def by_memory(x, kind, count):
    return x**2 * remembered(kind, count)


@pytest.mark.parametrize("steps", [1, 4, trials.MOST_STEPS])
def test_results_do_not_depend_on_the_length_of_walks(monkeypatch, steps):
    monkeypatch.setattr(trials, "MOST_STEPS", steps)
    assert grad(by_label)(1.5, "ab", 3) == 3.0 * 5 + 1.0
    assert grad(by_equality)(1.5, Scale("m", 2), Scale("m", 2)) == 9.0
    assert grad(by_equality)(1.5, Scale("m", 2), Scale("m", 3)) == 1.0


def test_a_walk_that_is_too_long_hides_no_store(monkeypatch):
    monkeypatch.setattr(trials, "MOST_STEPS", 1)
    SEEN.clear()
    try:
        found = grad(by_memory)(1.5, "ab", 3)
    except UnsupportedError:
        assert not SEEN
    else:
        assert found == 3.0
        assert len(SEEN) == 1


def test_a_walk_ends():
    trial = trials.Trial()
    for _ in range(trials.MOST_STEPS):
        trial.step()
    with pytest.raises(trials.TooLargeError):
        trial.step()


def name_of_the_caller():
    frame = inspect.currentframe()
    return inspect.getframeinfo(frame.f_back).function if frame is not None else ""


def warned(x):
    where = name_of_the_caller()
    tree = ast.parse("a + 1" if re.match(r"\w+", where) else "a")
    return x * len(list(ast.walk(tree)))


def test_what_reads_programs_is_not_walked(monkeypatch):
    """Frames lead to the table of all modules, and texts through the compiler of patterns."""
    seen = []
    monkeypatch.setattr(inlining, "_described", lambda spec, fun, *rest, old=inlining._described: (
        seen.append(fun.__module__), old(spec, fun, *rest))[1])  # fmt: skip
    assert grad(warned)(2.0) == len(list(ast.walk(ast.parse("a + 1"))))
    assert seen and not {"inspect", "ast", "re"} & set(seen)
