"""Lowering: SSA that means what Python means, and refusals that say what, where, why and what to do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from diffcompile import UnsupportedError
from diffcompile.frontend.lower import Parameter, assigned
from diffcompile.ir.core import Prim, walk
from diffcompile.ir.evaluator import evaluate
from diffcompile.ir.printer import print_function
from diffcompile.specialise.functions import function_code
from frontend.modules import write_module
from frontend.test_desugar import statements


def run(fun: Callable[..., Any], *args: Any) -> Any:
    """Return what the SSA of ``fun`` computes."""
    return evaluate(function_code(fun).function(), args)


def test_the_text_of_a_small_function() -> None:
    def f(x: Any, n: int) -> Any:
        y = abs(x) * 2.0
        for _ in range(n):
            y += x
        return y[0]

    assert print_function(function_code(f).function()) == (
        "function f(%x, %n):\n"
        "    %0 = global() name='abs'\n"
        "    %1 = call(%0, %x)\n"
        "    %y = mul(%1, 2.0)\n"
        "    %2 = global() name='range'\n"
        "    %3 = call(%2, %n)\n"
        "    %y.3 = for(%3, %y)\n"
        "      body (%_, %y.1):\n"
        "        %y.2 = iadd(%y.1, %x)\n"
        "        yield %y.2\n"
        "    %4 = getitem(%y.3, 0)\n"
        "    return %4\n"
    )


def test_kinds_of_parameters() -> None:
    def f(a: float, /, b: float, c: float = 1.0, *d: float, e: float, g: float = 2.0, **h: float) -> None:
        return None

    assert function_code(f).parameters == (
        Parameter("a", "positional", False),
        Parameter("b", "any", False),
        Parameter("c", "any", True),
        Parameter("d", "args", False),
        Parameter("e", "keyword", False),
        Parameter("g", "keyword", True),
        Parameter("h", "kwargs", False),
    )


def test_every_op_knows_its_statement(tmp_path: Path) -> None:
    module = write_module(
        tmp_path,
        """
        def f(x):
            y = abs(x) + \\
                2.0
            return y
        """,
    )
    spans = {op.callee: op.span for op in walk(function_code(module.f).function().body)}
    call = spans[Prim.CALL]
    assert call is not None
    assert (call.line, call.text[call.column : call.end_column]) == (2, "abs(x)")
    assert call.statement_line == 2


def test_order_of_evaluation() -> None:
    log: list[Any] = []

    def note(x: Any) -> Any:
        log.append(x)
        return x

    def f(a: Any) -> Any:
        a[note(0)] = note(5)
        a[note(1)] += note(6)
        b = (note(2) < note(3) < note(1) < note(99), note(0) and note(98), note(4) or note(97))
        x, y = note(7), note(8)
        return [note(9) if note(0) else note(10), b, x, y]

    expected = f([1, 2])
    order = list(log)
    log.clear()
    assert run(f, [1, 2]) == expected
    assert log == order


def test_the_old_item_is_read_before_a_value_that_changes_it() -> None:
    def f(a: Any) -> Any:
        def change() -> Any:
            a[0] = 100
            return 1

        a[0] += change()
        return a[0]

    assert run(f, [1]) == f([1]) == 2


def test_swaps_unpacking_and_walrus() -> None:
    def f(a: Any, b: Any) -> Any:
        a, b = b, a
        (c, d), *e = (a, b), a, b
        if (g := a + 1) > 2 and (h := b) is not None:
            g += h
        while (b := b - 1) > 0:
            c += b
        return a, b, c, d, e, g

    assert run(f, 3, 2) == f(3, 2)
    assert run(f, 0, 4) == f(0, 4)


def test_comprehensions_have_a_scope_of_their_own() -> None:
    def f(xs: Any) -> Any:
        k = 10
        a = [k * j for k in xs for j in range(k) if j != 1]
        b = {k: j for k, j in enumerate(xs) if j}
        c = {k % 2 for k in xs}
        d = sum(last := k for k in xs)
        return a, b, c, d, last, k

    assert run(f, [1, 2, 3]) == f([1, 2, 3])


def test_chained_assignment_is_one_object() -> None:
    def f() -> Any:
        a = b = [0]
        a.append(1)
        return a is b, b

    assert run(f) == (True, [0, 1])


def test_variable_of_a_loop_afterwards() -> None:
    def f(n: int) -> Any:
        for k in range(n):
            y = k * 2
        return k, y

    assert run(f, 3) == (2, 4)


def test_deleted_variable() -> None:
    def f(x: Any) -> Any:
        y = x
        del y
        return y  # noqa: F821

    with pytest.raises(UnboundLocalError, match="'y'"):
        run(f, 1)


def test_imports_in_a_function() -> None:
    def f(x: float) -> Any:
        import math as m  # noqa: PLC0415
        import os.path  # noqa: PLC0415
        from math import cos  # noqa: PLC0415

        return m.sin(x), cos(x), os.path.basename("a/b")

    assert run(f, 0.5) == f(0.5)


def test_slices_and_ellipsis() -> None:
    def f(x: Any) -> Any:
        return x[1:, ::2][..., None], x[-1], x[:, 1]

    x = np.arange(12.0).reshape(3, 4)
    for mine, theirs in zip(run(f, x), f(x), strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_constant_branches_are_taken() -> None:
    def f(x: float) -> float:
        if True:
            x = x + 1
        return x

    assert all(op.callee is not Prim.IF for op in walk(function_code(f).function().body))


def test_names_that_statements_bind() -> None:
    def f(x: Any) -> Any:
        a, (b, *c) = x
        for d in a:
            e = [(g := h) + g for h in d] + c
        import os.path  # noqa: F401, PLC0415

        def i() -> Any:
            j = 1
            return j

        x[0] = lambda k: k
        del b
        return e

    assert assigned(statements(f)) == {"a", "b", "c", "d", "e", "g", "os", "i"}


REFUSALS: dict[str, tuple[str, str, str, str]] = {
    "groups": ("try:\n    pass\nexcept* ValueError:\n    pass", "try:", "try/except*", "with `if`"),
    "class": ("class A: import os", "import os", "a statement in a class", "at module level"),
    "await": ("y = [await z async for z in x]", "", "", ""),
}
IN_DEFINITIONS = {"await": "async def"}


@pytest.mark.parametrize("name", REFUSALS)
def test_refusals_say_what_where_and_what_to_do(name: str, tmp_path: Path) -> None:
    text, marked, what, advice = REFUSALS[name]
    body = "\n".join("    " + line for line in text.splitlines())
    module = write_module(tmp_path, f"{IN_DEFINITIONS.get(name, 'def')} f(x):\n{body}\n    return x\n")
    with pytest.raises(UnsupportedError) as raised:
        function_code(module.f).function()
    error = raised.value
    assert what in error.what
    assert advice in error.advice
    assert error.span is not None
    if not marked:
        return
    assert (error.span.path, error.span.line) == (module.__file__, 2)
    lines = str(error).splitlines()
    assert lines[1] == f"  {module.__file__}:2"
    start = lines[3].index("^")
    assert lines[2][start:].startswith(marked)


def test_a_refusal_in_full(tmp_path: Path) -> None:
    module = write_module(tmp_path, "def f(x):\n    for k in range(3):\n        class A: import os  # why not\n")
    with pytest.raises(UnsupportedError) as raised:
        function_code(module.f).function()
    assert str(raised.value) == (
        "a statement in a class that is defined in a function is not supported\n"
        f"  {module.__file__}:3\n"
        "    class A: import os  # why not\n"
        "             ^^^^^^^^^\n"
        "  try: define it at module level"
    )


def test_several_problems_are_reported_at_once(tmp_path: Path) -> None:
    module = write_module(
        tmp_path,
        """
        def f(x):
            class C: import os
            class A:
                import os
            for k in range(3):
                class B:
                    import os
            return x
        """,
    )
    with pytest.raises(UnsupportedError, match="3 constructs are not supported") as raised:
        function_code(module.f).function()
    error = raised.value
    assert [problem.span.line for problem in error.problems if problem.span] == [2, 4, 7]
    assert error.span is error.problems[0].span
    for line, word in ((2, "class C: import os"), (4, "import os"), (7, "import os")):
        assert f"{module.__file__}:{line}\n    {word}" in str(error)
