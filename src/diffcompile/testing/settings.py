"""The settings of gradient checks under pytest: how they are read, and which of them wins."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest


def _one_of(*allowed: Any, read: Callable[[str], Any] = str) -> Callable[[str], Any]:
    def reading(text: str) -> Any:
        value = read(text)
        if value not in allowed:
            raise ValueError(f"it is {' or '.join(map(str, allowed))}")
        return value

    return reading


def _modes(text: str) -> tuple[str, ...]:
    modes = tuple(text.replace(",", " ").split())
    if not modes or set(modes) - {"rev", "fwd"}:
        raise ValueError("it is rev, fwd, or both")
    return modes


def _count(text: str) -> int:
    if int(text) < 1:
        raise ValueError("there is at least one")
    return int(text)


def _tolerance(text: str) -> float:
    if not 0.0 <= float(text) < math.inf:
        raise ValueError("it is a positive number")
    return float(text)


SETTINGS: dict[str, tuple[Callable[[str], Any], str]] = {
    "rtol": (_tolerance, "tolerance relative to the size of the derivative"),
    "atol": (_tolerance, "absolute tolerance"),
    "order": (_one_of(1, 2, read=int), "2 also checks that the Hessian is symmetric"),
    "modes": (_modes, "rev, fwd, or both"),
    "seed": (int, "of the random directions and of made-up arguments"),
    "directions": (_count, "how many random directions"),
    "backend": (_one_of("numpy"), "who executes the generated code"),
}
"""Options ``--gradcheck-NAME`` and ini keys ``gradcheck_NAME``, how they are read and what they mean."""


def settings(config: pytest.Config, given: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return the settings of a check: those of the code first, then the command line, then the ini file.

    What the code gives beside them is ``argnums``; anything else fails the test that runs.

    Raises:
        pytest.UsageError: a setting of the command line or the ini file cannot be read.
    """
    found: dict[str, Any] = {}
    for name, (read, _) in SETTINGS.items():
        text = config.getoption(f"gradcheck_{name}") or config.getini(f"gradcheck_{name}")
        if text:
            try:
                found[name] = read(str(text))
            except ValueError as error:
                raise pytest.UsageError(f"gradcheck_{name}: cannot read {text!r}: {error}") from None
    given = dict(given or {})
    for name in given:
        if name not in SETTINGS and name != "argnums":
            pytest.fail(f"gradcheck: there is no option {name!r}; there are {', '.join(SETTINGS)}", pytrace=False)
    if isinstance(given.get("modes"), str):
        given["modes"] = (given["modes"],)
    return found | given
