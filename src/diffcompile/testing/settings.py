"""The settings of gradient checks under pytest: how they are read, and which of them wins."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

SETTINGS: dict[str, tuple[Callable[[str], Any], str]] = {
    "rtol": (float, "tolerance relative to the size of the derivative"),
    "atol": (float, "absolute tolerance"),
    "order": (int, "2 also checks that the Hessian is symmetric"),
    "modes": (lambda text: tuple(text.replace(",", " ").split()), "rev, fwd, or both"),
    "seed": (int, "of the random directions and of made-up arguments"),
    "directions": (int, "how many random directions"),
    "backend": (str, "who executes the generated code"),
}
"""Options ``--gradcheck-NAME`` and ini keys ``gradcheck_NAME``, how they are read and what they mean."""


def settings(config: pytest.Config, given: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return the settings of a check: those of the code first, then the command line, then the ini file.

    Raises:
        pytest.UsageError: a setting of the command line or the ini file cannot be read.
    """
    found: dict[str, Any] = {}
    for name, (read, _) in SETTINGS.items():
        text = config.getoption(f"gradcheck_{name}") or config.getini(f"gradcheck_{name}")
        if text:
            try:
                found[name] = read(str(text))
            except ValueError:
                raise pytest.UsageError(f"gradcheck_{name}: cannot read {text!r}") from None
    found.update(given or {})
    return found
