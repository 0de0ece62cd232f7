"""Mark a function as one whose gradient is to be checked: ``pytest --gradcheck`` finds it, and so does the command.

    @gradcheckable(example=(np.ones(3), 2.0))
    def loss(w, scale): ...

Nothing of the compiler is imported here, and the function itself is returned, not a wrapper.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar, overload

__tracebackhide__ = True  # pytest shows the code of its user

F = TypeVar("F", bound=Callable[..., Any])
MARK = "__gradcheck__"


@dataclass(frozen=True, slots=True)
class GradCheck:
    """How to check the gradient of a function."""

    example: Any = None
    """The tuple of arguments, or a function that makes it."""
    strategy: Any = None
    """A hypothesis strategy of tuples of arguments."""
    argnums: int | str | Sequence[int | str] | None = None
    options: Mapping[str, Any] = field(default_factory=dict)

    def arguments(self) -> tuple[Any, ...] | None:
        """Return the example, or None where there is none."""
        if self.example is None:
            return None
        made = self.example() if callable(self.example) else self.example
        return tuple(made) if isinstance(made, tuple | list) else (made,)


@overload
def gradcheckable(
    fun: F,
    *,
    example: Any = None,
    strategy: Any = None,
    argnums: int | str | Sequence[int | str] | None = None,
    **options: Any,
) -> F: ...
@overload
def gradcheckable(
    fun: None = None,
    *,
    example: Any = None,
    strategy: Any = None,
    argnums: int | str | Sequence[int | str] | None = None,
    **options: Any,
) -> Callable[[F], F]: ...
def gradcheckable(
    fun: F | None = None,
    *,
    example: Any = None,
    strategy: Any = None,
    argnums: int | str | Sequence[int | str] | None = None,
    **options: Any,
) -> Any:
    """Mark ``fun`` for gradient checks; use as ``@gradcheckable`` or ``@gradcheckable(example=(...))``.

    Args:
        fun: The function; it is returned as it is.
        example: A tuple of arguments, or a function without parameters that makes one.
        strategy: A hypothesis strategy that draws such tuples; where a draw is at a kink, another is drawn.
        argnums: Which arguments to differentiate; by default all that hold floats.
        options: ``rtol``, ``atol``, ``order``, ``modes``, ``seed``, ``directions``, ``backend``: see
            :func:`diffcompile.check_grads`.

    Without ``example`` and ``strategy`` the arguments are made up from the annotations.
    """
    if fun is None:

        def mark(function: F) -> F:
            return gradcheckable(function, example=example, strategy=strategy, argnums=argnums, **options)

        return mark
    if _draws(example):
        raise TypeError("gradcheckable: example=... is a strategy of hypothesis; pass it as strategy=...")
    setattr(fun, MARK, GradCheck(example, strategy, argnums, options))
    return fun


def _draws(example: Any) -> bool:
    """Tell whether an example is, or holds, a strategy of hypothesis, which need not be installed."""
    strategies = sys.modules.get("hypothesis.strategies")
    parts = example if isinstance(example, tuple | list) else (example,)
    return strategies is not None and any(isinstance(part, strategies.SearchStrategy) for part in parts)


def gradcheck_of(fun: Any) -> GradCheck | None:
    """Return how ``fun`` wants to be checked, or None where it is not marked."""
    found = getattr(fun, MARK, None)
    return found if isinstance(found, GradCheck) else None
