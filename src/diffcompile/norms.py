"""The norms of adjoints, line by line: :func:`gradient_norms`."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from diffcompile.api import ArgNums, Differentiated
from diffcompile.pipeline import Compiled, Request, compile_gradient
from diffcompile.recording import Norms, Recorder
from diffcompile.specialise.functions import function_code


def gradient_norms(fun: Callable[..., Any], argnums: ArgNums = 0) -> GradientNorms:
    """Return a function that computes the norm of the adjoint at every line of ``fun``, a function of one real result.

    The adjoint of a variable is the derivative of the result with respect to the value that a line gave it. Where a
    gradient vanishes on its way back through layers or time steps, explodes or becomes NaN, the norms show the line.

    Args:
        fun: A Python function, as for :func:`diffcompile.grad`.
        argnums: Which arguments to differentiate: a position, a name, or a tuple of these.

    Returns:
        A function with the signature of ``fun`` that returns :class:`diffcompile.recording.Norms`: printed, a table of
        lines with the norms at the first and the last time that each was run; ``of("h")``, the norms of all adjoints of
        a variable in the order of the program; ``first_nan`` and ``culprit``, where a NaN was met first, and which
        operation it came from. Lines of functions that ``fun`` calls are among them where these are inlined.

    Raises:
        UnsupportedError, TypeError, ValueError: as :func:`diffcompile.grad`.
    """
    return GradientNorms(fun, argnums)


class GradientNorms(Differentiated):
    """Computes a gradient, and looks at every adjoint on its way; made by :func:`gradient_norms`."""

    suffix = "gradient_norms"

    def __init__(self, fun: Callable[..., Any], argnums: ArgNums) -> None:
        super().__init__(fun, argnums, "numpy")
        self.transform = None

    def __call__(self, *args: Any, **kwargs: Any) -> Norms:
        """Return the norms at these arguments."""
        values = self._bind(args, kwargs)
        compiled = self._find(values)
        recorder = compiled.recorder
        assert recorder is not None
        with _RUNNING:
            recorder.found, recorder.blamed = [], None
            found = compiled.function(*values, *(read() for read in compiled.live_globals))
            entries, blamed = tuple(reversed(recorder.found)), recorder.blamed
            recorder.found = []
        gradients = found if len(self._wrt) > 1 else (found,)
        culprit = None
        if blamed is not None:
            own = [entry for entry in entries if blamed.norm(0.0, 0.0, ()).expression == entry.expression]
            culprit = next((entry for entry in reversed(own) if not entry.is_nan), blamed.norm(0.0, 0.0, ()))
        return Norms(entries, tuple(zip(self.wrt, gradients, strict=True)), culprit)

    def _compile(self, values: list[Any]) -> Compiled:
        request = Request(
            function_code(self._fun), self._types(values), self._wrt, examples=values, recorder=Recorder()
        )
        return compile_gradient(request)

    def __repr__(self) -> str:
        return f"<diffcompile gradient_norms of {self._display}>"


_RUNNING = threading.Lock()

__all__ = ["GradientNorms", "gradient_norms"]
