"""The corpus, compiled once: what the tests of the gradients and of the stages share."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

import pytest

from corpus.refused import REFUSED
from corpus.registry import CASES, Case
from diffcompile import DiffCompileError, value_and_grad


def gradient_of(case: Case) -> Any:
    """Return the compiled ``value_and_grad`` of a case; skips the test if the case is refused as expected.

    Fails the test where the compiler and the table of refused cases do not agree.
    """
    outcome = _outcome(case)
    if isinstance(outcome, DiffCompileError):
        if case.name not in REFUSED:
            raise outcome
        pytest.skip(f"refused: {REFUSED[case.name]}")
    if case.name in REFUSED:
        pytest.fail(f"{case.name} compiles now: take it out of tests/corpus/refused.py")
    return outcome


@functools.cache
def _outcome(case: Case) -> Any:
    gradient = value_and_grad(case.fun, argnums=case.argnums)
    try:
        gradient._find(gradient._bind(case.args(), {}))
        if case.name in REFUSED:  # some are refused when they run
            gradient(*case.args())
    except DiffCompileError as error:
        return error
    return gradient


def refused_today() -> dict[str, str]:
    """Return what the table of refused cases would have to say now."""
    outcomes = {case.name: _outcome(case) for case in CASES}
    return {name: error.what for name, error in outcomes.items() if isinstance(error, DiffCompileError)}


def write_table() -> None:
    """Rewrite the table of refused cases: ``python -m corpus.compiling`` in the folder ``tests``."""
    path = Path(__file__).with_name("refused.py")
    head = path.read_text().split("REFUSED")[0]
    lines = [f"    {json.dumps(name)}: {json.dumps(what)},\n" for name, what in refused_today().items()]
    path.write_text(f"{head}REFUSED: dict[str, str] = {{\n{''.join(lines)}}}\n")


if __name__ == "__main__":
    write_table()
