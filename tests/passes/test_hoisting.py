"""Arithmetic that is the same in all trips of a loop."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from diffcompile import check_grads, grad
from diffcompile.ir.core import Block
from diffcompile.passes.hoisting import hoist
from passes.rewriting import assert_keeps, rewritten

X = np.array([1.0, -2.0, 4.0])


def moved(program: Any) -> Any:
    return hoist(program.function, program.types)


def outline(block: Block) -> list[Any]:
    """Return the names of what a block does, in lists for the blocks in it."""
    found: list[Any] = []
    for op in block.ops:
        found += [outline(region) for region in op.regions] or [getattr(op.callee, "__name__", str(op.callee))]
    return found


def test_numbers() -> None:
    def grown(x: float, h: float, n: int) -> float:
        for _ in range(n):
            x = x + 0.5 * h * x * (1.0 - h)
        return x

    found = rewritten(grown, moved, 0.7, 0.3, 4)
    assert outline(found.body) == ["range", "mul", "sub", ["mul", "mul", "add"]]


def test_out_of_all_loops_that_leave_it_alone() -> None:
    def nested(x: float, h: float, n: int) -> float:
        for _ in range(n):
            h = h + 1.0
            while x < 10.0:
                for _ in range(n):
                    x = x + h * h
        return x

    found = rewritten(nested, moved, 0.7, 0.3, 4)
    assert outline(found.body) == ["range", ["add", "mul", ["lt"], ["range", ["add"]]]]


def test_arrays_that_nobody_writes_to() -> None:
    def weighted(x: Any, w: Any, n: int) -> Any:
        for _ in range(n):
            x = x + 2.0 * w * x
        return x

    found = rewritten(weighted, moved, X, X + 1.0, 3)
    assert outline(found.body) == ["range", "mul", ["mul", "add"]]


def written_in_the_loop(x: Any, n: int) -> Any:
    w = x.copy()
    for k in range(n):
        x = x + 2.0 * w
        w[k] = x[0]
    return x


def written_through_a_view(x: Any, n: int) -> Any:
    w = x.copy()
    last = w[1:]
    for k in range(n):
        x = x + 2.0 * w
        last[0] = x[k]
    return x


def result_is_written(x: Any, n: int) -> Any:
    rows = []
    for k in range(n):
        row = 2.0 * x
        row[k] = 0.0
        rows.append(row)
    return rows[0] + rows[-1]


def result_is_returned(x: Any, n: int) -> Any:
    y = x
    for _ in range(n):
        y = 2.0 * x
    return y


def may_fail(x: float, h: float, n: int) -> float:
    for _ in range(n):
        x = x + 1.0 / h
    return x


def in_a_branch(x: float, h: float, n: int) -> float:
    for k in range(n):
        if k % 2:
            x = x + h * h
    return x


def places(x: Any, n: int, m: int) -> Any:
    s = 0.0
    for _ in range(n):
        s = s + x[m - 1]
    return s


@pytest.mark.parametrize(
    ("fun", "args"),
    [
        (written_in_the_loop, (X, 3)),
        (written_through_a_view, (X, 3)),
        (result_is_written, (X, 3)),
        (result_is_returned, (X, 3)),
        (may_fail, (0.5, 2.0, 3)),
        (in_a_branch, (0.5, 2.0, 3)),
        (places, (X, 3, 2)),
    ],
)
def test_what_stays(fun: Any, args: tuple[Any, ...]) -> None:
    assert_keeps(fun, moved, *args)


def test_no_trip() -> None:
    gradient = grad(may_fail, argnums=(0, 1))
    assert gradient(0.5, 0.0, 0) == (1.0, 0.0)
    with pytest.raises(ZeroDivisionError):
        gradient(0.5, 0.0, 1)


def test_what_flows_back_is_multiplied_once() -> None:
    def fall(x: float, rate: float, n: int) -> float:
        for _ in range(n):
            x = x + 0.25 * rate * np.sin(x)
        return x

    gradient = grad(fall, argnums=(0, 1))
    gradient(0.7, 0.3, 5)
    code = [line.strip() for line in gradient.source.splitlines() if not line.strip().startswith("#")]
    assert sum("0.25" in line for line in code) == 2  # before the loop, and behind the reverse one
    check_grads(lambda x, rate: fall(x, rate, 5), (0.7, 0.3))
    assert gradient(0.7, 0.3, 0) == (1.0, 0.0)
