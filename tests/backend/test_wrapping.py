"""Long statements on several lines."""

from __future__ import annotations

import ast

import numpy as np
import pytest

from diffcompile import grad
from diffcompile.backend.wrapping import WIDTH, wrapped

SUM = " + ".join(f"a[{i}:, 1:-{i}]" for i in range(16))
PRODUCT = " * ".join(f"a[{i}:, 1:-{i}]" for i in range(16))
NAMES = ", ".join(f"name_{i}(x + {i})" for i in range(16))


@pytest.mark.parametrize(
    "line",
    [
        f"    t = {SUM}",
        f"    t += {SUM}",
        f"    x, y = {NAMES}",
        f"    x = y = {SUM}",
        f"    return {NAMES}",
        f"    call(x, {NAMES})",
        f"    u[1:-1, 1:-1] = k * ({SUM}) * m",
        f"    t = -1e-05 - {SUM} ** -2",
        f"    t = 'a + b' + f(key={SUM})",
        f"    t = a if b else {SUM}",
        f"    t = lambda x: {SUM}",
        f"    t = {{'a': {SUM}}}",
    ],
)
def test_lines_fit_and_mean_the_same(line: str) -> None:
    lines = wrapped(line)
    assert len(lines) > 1
    assert max(map(len, lines)) <= WIDTH
    assert ast.dump(ast.parse("if 1:\n" + "\n".join(lines))) == ast.dump(ast.parse("if 1:\n" + line))


@pytest.mark.parametrize(
    "line", ["    t = a + b", f"    # {SUM}", f"    if {SUM}:", f"    t = {PRODUCT}", f"    '{SUM} + ("]
)
def test_others_stay(line: str) -> None:
    assert wrapped(line) == [line]


def blurred(x):
    return np.sum(
        0.1 * x[:-4, 1:-1] + 0.2 * x[1:-3, 1:-1] + 0.4 * x[2:-2, 1:-1] + 0.2 * x[3:-1, 1:-1] + 0.1 * x[4:, 1:-1]
        + 0.2 * x[2:-2, :-2] * x[2:-2, 2:] - 0.1 * x[2:-2, 1:-1] * x[3:-1, 1:-1] + np.exp(0.1 * x[2:-2, 2:]) - 0.25
    )  # fmt: skip


def test_a_statement_of_the_primal_stays_one() -> None:
    def total(x):
        for _ in range(2):
            x = x * (
                0.1 * x[0] + 0.2 * x[1] + 0.4 * x[2] + 0.2 * x[3] + 0.1 * x[4] + 0.2 * x[5] + 0.1 * x[6] + 0.2 * x[7]
                + 0.3 * x[8] + 0.1 * x[9] + 0.2 * x[10] + 0.4 * x[11]
            )  # fmt: skip
        return np.sum(x)

    gradient = grad(total)
    gradient(np.linspace(0.0, 1.0, 12))
    lines = gradient.source.splitlines()
    assert max(map(len, lines)) <= WIDTH


def test_generated_code_runs() -> None:
    x = np.random.default_rng(1).standard_normal((7, 5))
    gradient = grad(blurred)
    found = gradient(x)
    step = np.zeros_like(x)
    step[3, 2] = 1e-6
    assert found[3, 2] == pytest.approx((blurred(x + step) - blurred(x - step)) / 2e-6, rel=1e-7)
    assert max(map(len, gradient.source.splitlines())) <= WIDTH
