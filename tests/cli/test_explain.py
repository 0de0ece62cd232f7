"""``explain``: what it says about each line, what is kept, and how much that is."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from cli.helping import answer, refused
from diffcompile.analysis.types import type_of
from diffcompile.cli.group import main
from diffcompile.explain.report import make_report
from diffcompile.explain.sizes import Size, product
from diffcompile.pipeline import Request, compile_gradient
from diffcompile.specialise.functions import function_code

MODULE = """\
import numpy as np


def helper(a, b):
    c = np.exp(a)
    return c * b


def net(w, x, mode="a"):
    n = len(x)
    dead = np.cos(w)
    mask = np.floor(w)
    h = helper(w @ x, 2.0)
    for i in range(1, n):
        h = np.tanh(h + mask @ x) * np.sqrt(h)
        if np.sum(h) > 3.0:
            h = h * 2.0
    if mode == "b":
        h = h - 1.0
    print(np.max(h))
    other = np.sin(x)
    return np.sum(h) + np.sum(other)


def heat(k, u, steps):
    for _ in range(steps):
        u[1:-1] += k * (u[2:] - 2.0 * u[1:-1] + u[:-2])
    return np.sum(u**2)


def squares(u, steps):
    for _ in range(steps):
        u[1:-1] = u[:-2] * u[2:]
    return np.sum(u)


def flat(x):
    return np.sum(np.round(x))


def product(a, b):
    return np.sum(a @ b)


def lengths(w, x):
    s = helper(w, len(x))
    return np.sum(s)


def through(w, x):
    s = helper(w, 2.0)
    return np.sum(s @ x)


def counted(x, tol: float):
    y = x
    while y > tol:
        y = 0.5 * np.sin(y)
    return y
"""


@pytest.fixture
def module(tmp_path: Path) -> Path:
    path = tmp_path / "nets.py"
    path.write_text(MODULE)
    return path


def states(text: str) -> dict[str, str]:
    """Return the state of each line by its text."""
    return {line["text"].strip(): line["state"] for line in json.loads(text)["lines"]}


NET = ("--arg", "w=float64[n,m]", "--arg", "x=float64[m]", "--size", "n=5", "--size", "m=7")


def test_states_of_lines(module: Path) -> None:
    found = states(answer("explain", f"{module}:net", *NET, "--json"))
    assert found["dead = np.cos(w)"] == "unused"
    assert found["mask = np.floor(w)"] == "lost"
    assert found["h = helper(w @ x, 2.0)"] == "active"
    assert found["if np.sum(h) > 3.0:"] == "branch"
    assert found['if mode == "b":'] == "folded"
    assert found["h = h - 1.0"] == "folded"
    assert found["print(np.max(h))"] == "unused"
    assert found["other = np.sin(x)"] == "skipped"
    assert found["return np.sum(h) + np.sum(other)"] == "active"
    assert found["n = len(x)"] == "constant"
    other = states(answer("explain", f"{module}:net", *NET, "--json", "--value"))
    assert other["other = np.sin(x)"] == "constant"


def test_a_line_that_only_calls_is_not_said_to_be_decided(module: Path) -> None:
    text = answer("explain", f"{module}:through", "--arg", "w=float64[n,m]", "--arg", "x=float64[m]")
    assert re.search(r"s = helper\(w, 2\.0\) +inlined +a call: its lines are below", text)
    assert "    5  c = np.exp(a)" in text
    text = answer("explain", f"{module}:lengths", "--arg", "w=float64[n]", "--arg", "x=float64[m]")
    assert re.search(r"s = helper\(w, len\(x\)\) +inlined +a call: its lines are below", text)
    text = answer("explain", f"{module}:lengths", "--arg", "w=float64[n]", "--arg", "x=float64[m]", "--wrt", "x")
    assert "inlined" not in text


def test_the_text_says_why(module: Path) -> None:
    text = answer("explain", f"{module}:net", *NET)
    assert "the derivative ends at np.floor: its result is piecewise constant" in text
    assert "rules: +, np.tanh, np.sqrt, *" in text
    assert "called, from nets.py\n    5  c = np.exp(a)" in text
    assert "tanh in saved (line 15): 8*n*(m - 1) bytes = 240 bytes" in text
    assert "line 15: np.sqrt: its derivative is infinite at 0" in text
    assert "times the arithmetic of the function" in text
    assert "\x1b" not in text
    assert "\x1b[" in answer("explain", f"{module}:net", *NET, "--color", "always")


def test_numbers_stand_only_where_sizes_were_given(module: Path) -> None:
    types = ("--arg", "k=float", "--arg", "steps=int", "--arg")
    assert "saved_sum (line 27): 8*(n - 2)*steps bytes;" in answer("explain", f"{module}:heat", *types, "u=float64[n]")
    given = answer("explain", f"{module}:heat", "--arg", "k=float", "--arg", "steps=5", "--arg", "u=float64[12]")
    assert "8*(len(u) - 2)*steps bytes = 400 bytes" in given
    vague = answer("explain", f"{module}:heat", *types, "u=float64[:]")
    assert "8*(len(u) - 2)*steps bytes;" in vague


def test_what_is_overwritten_and_what_is_not(module: Path) -> None:
    kept = answer("explain", f"{module}:squares", "--arg", "u=float64[:]", "--arg", "steps=int")
    number = MODULE.splitlines().index("        u[1:-1] = u[:-2] * u[2:]") + 1
    assert f"saved_u (line {number}): 8*(len(u) - 2)*steps bytes; what is overwritten in u, every trip" in kept
    types = ("--arg", "k=float", "--arg", "u=float64[:]", "--arg", "steps=int")
    linear = answer("explain", f"{module}:heat", "--wrt", "u", *types)
    assert "saved" not in linear


def test_a_gradient_that_is_zero_is_explained(module: Path) -> None:
    text = answer("explain", f"{module}:flat", "--arg", "x=float64[3]")
    assert "the gradient is zero everywhere: the result does not depend on x differentiably" in text
    assert "kept for the reverse sweep: nothing" in text


def test_unknown_types_and_trips(module: Path) -> None:
    text = answer("explain", f"{module}:product")
    assert "operations go through slow helpers, as the types are not known: try --arg a=float64[n]" in text
    assert "trips(line " in answer("explain", f"{module}:counted", "--arg", "x=float")


def saved_bytes(function: Any, args: tuple[Any, ...], names: list[str]) -> tuple[float, float]:
    """Return the bytes that the report counts in lists, and those that the generated code really appends."""
    code = function_code(function)
    types = [type_of(arg, number) for number, arg in enumerate(args)]
    request = Request(code, types, [0], examples=args)
    compiled = compile_gradient(request)
    report = make_report(request, compiled, dict(zip(names, args, strict=True)))
    counted = sum(one.size.value or np.nan for one in report.stored if one.trips)
    total = 0

    def tell(item: Any) -> None:
        nonlocal total
        if isinstance(item, tuple):  # residuals that share a list
            for part in item:
                tell(part)
            return
        number = 0 if isinstance(item, bool | np.bool_) else sys.getsizeof(item)
        total += item.nbytes if isinstance(item, np.ndarray) else 8 + number

    class Telling(list):  # type: ignore[type-arg]
        def append(self, item: Any) -> None:
            tell(item)
            super().append(item)

    lines = [line.replace(" = []", " = Telling()") for line in compiled.source.splitlines()]
    scope: dict[str, Any] = {"Telling": Telling}
    exec("\n".join(lines), scope)
    scope[compiled.function.__name__](*[np.copy(arg) if isinstance(arg, np.ndarray) else arg for arg in args])
    return counted, total


def test_formulas_are_what_is_really_saved(module: Path) -> None:
    """For loops, nested loops and branches the numbers are those of an instrumented run."""
    scope: dict[str, Any] = {}
    exec(compile(MODULE, str(module), "exec"), scope)
    w, x = np.full((5, 7), 0.1), np.linspace(0.1, 1.0, 7)
    for name, args, names in (
        ("net", (w, x, "a"), ["w", "x", "mode"]),
        ("heat", (0.1, np.ones(9), 4), ["k", "u", "steps"]),
        ("squares", (np.ones(9), 4), ["u", "steps"]),
    ):
        counted, total = saved_bytes(scope[name], args, names)
        assert counted == total > 0, name


def test_sizes() -> None:
    assert product([Size("8", 8.0), Size("n - 2"), Size("m", 3.0)]) == Size("8*(n - 2)*m", None)
    assert Size("2", 2.0).times(Size("3", 3.0)) == Size("6", 6.0)
    assert Size("?").times(Size("n")).text == "?"
    assert Size("1", 1.0).times(Size("len(x) - 1")).text == "len(x) - 1"


DECORATED = """\
import functools

import numpy as np

from diffcompile import checkpoint


def doubled(f):
    @functools.wraps(f)
    def wrapper(*args, **kwargs):
        result = f(*args, **kwargs)
        return 2.0 * result
    return wrapper


@functools.cache
@doubled
def cube(x: float):
    y = x * x
    return x * y


cubed = functools.partial(cube)
shifted = functools.partial(doubled(lambda x, k: k * x), k=3.0)


def power(x: float, n: int = 5):
    if n == 0:
        return 1.0
    return x * power(x, n - 1)


def snapshots(x: float, y: "float64[n]", count: int = 10):
    for i in checkpoint(range(count), snapshots=3):
        y = np.sin(y) * x
    return np.sum(y)


@checkpoint
def step(y, k):
    return np.tanh(k * y)


def relaxed(k: float, y: "float64[n]", count: int = 20):
    for i in range(count):
        y = step(y, k)
    return np.sum(y)


def caught(x: "float64[n]"):
    try:
        y = np.log(x)
    except FloatingPointError:
        y = x
    finally:
        print("done")
    return np.sum(y)


def unrolled(x: float, functions=(np.sin, np.cos)):
    total = 0.0
    for function in functions:
        total = total + function(x)
    return total


def shapes(x: "float64[n]", w: "float64[n,m]"):
    n = len(x)
    assert x.size == n
    if w.shape[0] > 3:
        x = 2.0 * x
    return np.sum(x @ w)


def items(x: "float64[n]"):
    total = 0.0
    for k in range(len(x)):
        total += x[k] * x[k]
    return total
"""


@pytest.fixture
def decorated(tmp_path: Path) -> Path:
    path = tmp_path / "wrapped.py"
    path.write_text(DECORATED)
    return path


def explained(path: Path, name: str, *options: str) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(answer("explain", f"{path}:{name}", *options, "--json"))
    return report


@pytest.mark.parametrize("name", ["cube", "cubed"])
def test_what_decorators_wrap_is_explained_itself(decorated: Path, name: str) -> None:
    report = explained(decorated, name)
    assert report["name"] == "cube" and report["path"] == str(decorated)
    assert [(line["text"].strip(), line["state"]) for line in report["lines"]] == [
        ("@functools.cache", ""),
        ("@doubled", ""),
        ("def cube(x: float):", ""),
        ("y = x * x", "active"),
        ("return x * y", "active"),
    ]
    assert ("return 2.0 * result", "active") in [(line["text"], line["state"]) for line in report["called"]]
    assert "function(" not in str(report["lines"]) + str(report["called"])
    number = DECORATED.splitlines().index("def cube(x: float):") + 1
    assert f"Gradient of cube (wrapped.py:{number})" in answer("show", f"{decorated}:{name}")
    assert answer("show", f"{decorated}:{name}", "--stage", "source").startswith("@functools.cache\n@doubled\ndef cube")
    page = decorated.with_suffix(".html")
    assert CliRunner().invoke(main, ["explore", f"{decorated}:{name}", "-o", str(page)]).exit_code == 0
    assert "x * y" in page.read_text() and "function(x)" not in page.read_text()


def test_a_wrapper_that_passes_on_what_it_is_given(decorated: Path) -> None:
    report = explained(decorated, "shifted", "--arg", "x=float")
    called = {line["text"]: line["state"] for line in report["called"]}
    assert called == {"return 2.0 * result": "active"}  # nothing is left of the call itself
    assert [line["state"] for line in report["lines"]] == ["active"]


def test_what_is_compiled_later_is_said_so(decorated: Path) -> None:
    assert "power is compiled when it is called; what it saves is not counted here" in answer(
        "explain", f"{decorated}:power"
    )
    block = explained(decorated, "caught")
    assert {line["text"].strip(): line["state"] for line in block["lines"]}["y = np.log(x)"] == "later"
    assert any("`try` block is compiled when it is reached" in warning for warning in block["warnings"])
    function = explained(decorated, "relaxed")
    (body,) = function["called"]
    assert body["text"] == "return np.tanh(k * y)" and body["state"] == "later" and body["recomputed"]
    assert any("step keeps its arguments alone" in warning for warning in function["warnings"])
    assert not any("unknown type" in one["what"] for one in function["stored"])


def test_snapshots_are_counted(decorated: Path) -> None:
    text = answer("explain", f"{decorated}:snapshots", "--size", "n=7")
    assert re.search(r"y = np\.sin\(y\) \* x +later +compiled when line \d+ is reached; run again", text)
    assert re.search(r"snapshots \(line \d+\): 3\*8\*n bytes = 168 bytes; at most 3 snapshots of y", text)


def test_loops_that_are_written_out(decorated: Path) -> None:
    text = answer("explain", f"{decorated}:unrolled")
    assert re.search(r"for function in functions: +folded +its trips are written out one after the other", text)


def test_shapes_are_constants(decorated: Path) -> None:
    found = {line["text"].strip(): line["state"] for line in explained(decorated, "shapes")["lines"]}
    assert found["n = len(x)"] == found["assert x.size == n"] == found["if w.shape[0] > 3:"] == "constant"
    assert found["x = 2.0 * x"] == "active"


def test_the_cost_of_items_is_not_that_of_arrays(decorated: Path) -> None:
    report = explained(decorated, "items")
    assert report["gradient"]["elements"] / report["primal"]["elements"] < 4.0


def test_what_will_fail_is_said(tmp_path: Path) -> None:
    """A name that is nowhere; and a length that an annotation gives is that number."""
    path = tmp_path / "failing_.py"
    lines = ["import numpy as np", "", 'def misspelt(x: "float64[3]"):', "    r = x * x", "    return np.sum(r * y)"]
    path.write_text("\n".join(lines))
    text = answer("explain", f"{path}:misspelt")
    assert "line 5: raises NameError when it is reached: name 'y' is not defined" in text
    assert "24 bytes" in text
    message = refused("check", f"{path}:misspelt")
    assert f"{path}:5\n    return np.sum(r * y)\n" in message


def test_lines_of_a_try_block(tmp_path: Path) -> None:
    """A comparison chooses, and a line that only names what the block assigned is not said to be decided."""
    path = tmp_path / "trying_.py"
    path.write_text(
        "import math\n\ndef f(x: float):\n    try:\n        if x < 0:\n            raise ValueError\n"
        "        y = math.log(x)\n    except ValueError:\n        y = x * 2.0\n    return y\n"
    )
    states = {line["number"]: line["state"] for line in json.loads(answer("explain", f"{path}:f", "--json"))["lines"]}
    assert {number: states[number] for number in (4, 5, 7, 9, 10)} == {
        4: "active", 5: "branch", 7: "later", 9: "active", 10: "",
    }  # fmt: skip
