"""Every gradient of the corpus, exported: without the package it computes bit for bit what it computes with it."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from corpus import CASES, Case
from corpus.compiling import gradient_of
from diffcompile.export import ExportError, exported
from diffcompile.pipeline import Request
from diffcompile.specialise.functions import function_code
from diffcompile.testing.structures import first_change

MOST_REFUSED = 0.1
"""Which part of the corpus may need the compiler at run time."""
REFUSED: list[str] = []


@contextmanager
def without_the_package() -> Iterator[None]:
    """Make every import of the package fail."""
    kept = {name: module for name, module in sys.modules.items() if name.split(".")[0] == "diffcompile"}
    for name in kept:
        sys.modules[name] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        sys.modules.update(kept)


SAMPLE = [
    pytest.param(case, id=case.name, marks=() if number % 3 == 0 else pytest.mark.long)
    for number, case in enumerate(CASES)
]


@pytest.mark.parametrize("case", SAMPLE)
def test_exported_gradients_are_the_same(case: Case) -> None:
    gradient = gradient_of(case)
    values = gradient._bind(case.args(), {})
    compiled = gradient._find(values)
    expected = compiled.function(*values, *(read() for read in compiled.live_globals))
    types = gradient._types(values)
    request = Request(function_code(gradient._fun), types, gradient._wrt, gradient._with_value, examples=values)
    try:
        text = exported(gradient._fun, request, "diffcompile export x:f")
    except ExportError as error:
        REFUSED.append(case.name)
        assert len(REFUSED) <= MOST_REFUSED * len(CASES)
        pytest.skip(str(error).splitlines()[0])
    names = imported_modules(text)
    assert "diffcompile" not in names
    scope: dict[str, Any] = {}
    with without_the_package():
        exec(compile(text, "<exported>", "exec"), scope)
        (public,) = scope["__all__"]
        found = call(scope[public], gradient, gradient._bind(case.args(), {}))
    if gradient._with_value and len(gradient._wrt) > 1:
        found = (*found[: -1], *found[-1])
    assert first_change(expected, found, "gradient") is None


def call(function: Any, gradient: Any, values: list[Any]) -> Any:
    """Call an exported function with one value for each parameter of the primal."""
    named = {}
    placed = []
    for value, parameter in zip(values, gradient._signature.parameters.values(), strict=True):
        if parameter.kind is parameter.KEYWORD_ONLY:
            named[parameter.name] = value
        else:
            placed.append(value)
    return function(*placed, **named)


def imported_modules(text: str) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add((node.module or "").split(".")[0])
    return found
