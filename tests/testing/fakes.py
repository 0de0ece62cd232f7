"""Stand-ins for the compiler that return what a test wants them to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from diffcompile.testing.structures import copy_tree


def differentiator(
    gradient: Callable[..., Any], *, source: str = "", value: Any = None
) -> Callable[..., Any]:
    """Return a ``value_and_grad`` that takes the gradients from ``gradient(*args)``, a tuple."""

    def value_and_grad(fun: Callable[..., Any], *, argnums: tuple[int, ...]) -> Callable[..., Any]:
        def both(*args: Any) -> Any:
            all_gradients = gradient(*args)
            out = fun(*copy_tree(args)) if value is None else value
            return out, tuple(all_gradients[k] for k in argnums)

        both.source = source  # type: ignore[attr-defined]
        return both

    return value_and_grad
