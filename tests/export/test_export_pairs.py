"""Gradients that call pairs, as modules: they run where the package cannot be imported, and compute the same."""

from __future__ import annotations

import ast
import copy
import os
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from diffcompile import value_and_grad
from diffcompile.analysis.types import ANY, Scalar
from diffcompile.export import ExportError, exported
from diffcompile.pipeline import Request
from diffcompile.specialise.functions import function_code
from diffcompile.testing.structures import first_change
from export.pair_programs import CASES

ALONE = """\
import importlib, pickle, sys
for name in ("diffcompile", "gast", "astor"):
    sys.modules[name] = None
with open("arguments", "rb") as file:
    arguments = pickle.load(file)
found = []
for number, args in enumerate(arguments):
    module = importlib.import_module(f"case_{number}")
    found.append(getattr(module, module.__all__[0])(*args))
with open("found", "wb") as file:
    pickle.dump(found, file)
"""


def text_of(fun: Any, args: tuple[Any, ...], count: int) -> str:
    gradient = value_and_grad(fun, argnums=tuple(range(count)))
    values = gradient._bind(copy.deepcopy(args), {})
    request = Request(function_code(fun), gradient._types(values), list(range(count)), True, examples=values)
    return exported(fun, request, "diffcompile export x:f")


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    """Return what the modules compute in one process without the package."""
    folder: Path = tmp_path_factory.mktemp("alone")
    for number, (fun, args, count) in enumerate(CASES):
        (folder / f"case_{number}.py").write_text(text_of(fun, args, count))
    (folder / "arguments").write_bytes(pickle.dumps([args for _, args, _ in CASES]))
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run(
        [sys.executable, "-c", ALONE], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    results: list[Any] = pickle.loads((folder / "found").read_bytes())
    return results


@pytest.mark.parametrize("number", range(len(CASES)), ids=lambda number: f"{CASES[number][0].__name__}-{number}")
def test_values_and_gradients_are_the_same(found: list[Any], number: int) -> None:
    fun, args, count = CASES[number]
    value, gradient = value_and_grad(fun, argnums=tuple(range(count)))(*copy.deepcopy(args))
    alone, bars = found[number]
    assert first_change(value, alone, "value") is None
    assert first_change(gradient, bars if count > 1 else (bars,), "gradient") is None


def test_the_text_is_the_same_every_time_and_typed() -> None:
    for number in (3, 12, 23):
        text = text_of(*CASES[number])
        assert text == text_of(*CASES[number])
        functions = [one for one in ast.parse(text).body if isinstance(one, ast.FunctionDef)]
        assert {"paired", functions[-1].name} <= {one.name for one in functions}
        for one in functions:
            assert one.returns is not None
            assert all(argument.annotation is not None for argument in one.args.args)


def test_what_is_not_known_before_is_found_out_when_it_runs() -> None:
    """A parameter of unknown type; what is a count at one call of a pair and a float at another gets no share."""

    def mixed(x: Any, k: Any, n: Any) -> Any:
        return x * k if n == 0 else mixed(x, x if n == 1 else 2, n - 1) + k

    request = Request(function_code(mixed), [Scalar("f"), ANY, ANY], [0], True)
    scope: dict[str, Any] = {}
    exec(exported(mixed, request, "diffcompile export x:f"), scope)
    (name,) = scope["__all__"]
    for args in ((1.5, 2, 0), (1.5, 2.5, 1), (1.5, 3, 2), (1.5, 3, 3)):
        assert scope[name](*args) == value_and_grad(mixed)(*args)


def test_refusals_say_what_cannot_be_written_out() -> None:
    def deeper(x: Any, n: Any) -> Any:
        return np.sum(x) if n == 0 else deeper(x[None] * 2.0, n - 1)

    def chosen(x: Any, n: Any) -> Any:
        return [np.sin, np.cos][n](x)

    with pytest.raises(ExportError, match="no end"):
        text_of(deeper, (np.ones(2), 2), 1)
    with pytest.raises(ExportError, match="compiles a callee when it is called"):
        text_of(chosen, (1.0, 1), 1)
