"""What tests of gradients need: numerical derivatives and the check against them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from diffcompile.testing.checks import check_grads
    from diffcompile.testing.marks import gradcheckable


def __getattr__(name: str) -> Any:
    """Import what is asked for: a marked function needs no compiler."""
    if name in __all__:
        import diffcompile  # noqa: PLC0415

        return getattr(diffcompile, name)
    raise AttributeError(f"module 'diffcompile.testing' has no attribute {name!r}")


__all__ = ["check_grads", "gradcheckable"]
