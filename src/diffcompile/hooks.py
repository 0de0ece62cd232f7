"""User code in the reverse sweep: ``with insert_grad_of(x) as x_bar:``, and sites where adjoints are looked at.

    def loss(w, x):                             # reverse sweep
        h = np.tanh(x @ w)                      h_bar = 2.0 * h
        with insert_grad_of(h) as h_bar:        h_bar = h_bar_hook(h_bar)
            h_bar = np.clip(h_bar, -1, 1)       w_bar = x.T @ (h_bar * (1.0 - h * h))
        return np.sum(h * h)
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np


class insert_grad_of:  # noqa: N801 - it is used like a function
    """``with insert_grad_of(x) as x_bar:`` runs its block in the reverse sweep, where the adjoint of ``x`` is complete.

    The adjoint is the derivative of the result with respect to the value that ``x`` has here: of all that the program
    does with ``x`` after this place. What the block assigns to ``x_bar``, or changes in it, is the cotangent that flows
    on to what ``x`` was computed from. Other variables of the program can be read, and keep their values; a block that
    assigns them is refused. It runs once for each time that the program passes the place, in the reverse order, and
    not at all where no derivative flows: in forward mode, or if ``x`` does not depend on what is differentiated or
    does not reach the result. In a function that is called and not differentiated the block is skipped.

    Args:
        x: A variable of the function: a number or an array. The adjoint has its shape and dtype.

    Raises:
        UnsupportedError: at compile time, for anything but a variable of the function itself, for a block that leaves
            it (``return``, ``break``, ``yield``), and where the derivative of a gradient with hooks is asked for.
        ValueError: at run time, if the block leaves something of another shape in ``x_bar``.
    """

    def __init__(self, x: Any) -> None:
        self._before: tuple[Any, Any, bool] | None = None

    def __enter__(self) -> None:
        """Have the block skipped: the next step in it raises an error that :meth:`__exit__` catches."""
        frame = sys._getframe(1)
        self._before = sys.gettrace(), frame.f_trace, frame.f_trace_opcodes
        sys.settrace(_watch_nothing)
        frame.f_trace = _leave
        frame.f_trace_opcodes = True

    def __exit__(self, kind: Any, error: Any, trace: Any) -> bool:
        """Put debuggers and the like back to work."""
        assert self._before is not None
        frame = sys._getframe(1)
        tracer, frame.f_trace, frame.f_trace_opcodes = self._before
        sys.settrace(tracer)
        return kind is _Skipped


class _Skipped(BaseException):
    """Leaves a block that is not to run."""


def _watch_nothing(frame: Any, event: str, arg: Any) -> None:
    """Trace no new frame."""


def _leave(frame: Any, event: str, arg: Any) -> None:
    raise _Skipped


class Hook:
    """The block of a ``with insert_grad_of(x) as x_bar``, as a function of the adjoint and of the variables it reads.

    ``function`` returns what the block left in the adjoint's name.
    """

    def __init__(self, function: Callable[..., Any], variable: str, place: str) -> None:
        self.function = function
        self.variable = variable
        self.place = place
        self.__name__ = f"{variable}_hook"

    def __call__(self, bar: Any, *captured: Any) -> Any:
        """Return the cotangent that flows on.

        Raises:
            ValueError: it has another shape than the adjoint.
            TypeError: it is not made of numbers, or complex where the adjoint is real.
        """
        given = bar.copy() if isinstance(bar, np.ndarray) else bar
        found = self.function(given, *map(_read_only, captured))
        after = np.asarray(found)
        before = np.asarray(bar)
        if after.dtype.kind not in "biufc" or not np.can_cast(after.dtype, before.dtype, "same_kind"):
            raise TypeError(f"{self.place} left an adjoint of dtype {after.dtype} in place of {before.dtype}")
        if after.shape != before.shape:
            raise ValueError(f"{self.place} left an adjoint of shape {after.shape} in place of {before.shape}")
        if isinstance(bar, np.ndarray):
            return np.array(after, before.dtype)  # the user may keep the other one
        return type(bar)(after[()])

    def __repr__(self) -> str:
        return f"<block of insert_grad_of({self.variable})>"


def _read_only(value: Any) -> Any:
    """Return a view that cannot be written to: the reverse sweep still needs the values."""
    if not isinstance(value, np.ndarray):
        return value
    view = value.view()
    view.flags.writeable = False
    return view


def hooked(x: Any, *captured: Any) -> Any:
    """Stand for a hook in the program: it is ``x``."""
    return x


__all__ = ["Hook", "hooked", "insert_grad_of"]
