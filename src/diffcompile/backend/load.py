"""From the text of a generated function to the function: compiled, and known to tracebacks and debuggers."""

from __future__ import annotations

import hashlib
import linecache
import warnings
from collections.abc import Callable
from typing import Any

from diffcompile.errors import UnsupportedError


def load(source: str, name: str, objects: dict[str, Any]) -> Callable[..., Any]:
    """Execute ``source`` with ``objects`` bound to their names, and return the function ``name`` that it defines.

    The text is registered in :mod:`linecache`, so that tracebacks show its lines.
    """
    digest = hashlib.sha256(source.encode()).hexdigest()[:12]
    path = f"<diffcompile {name} {digest}>"
    linecache.cache[path] = (len(source), None, source.splitlines(keepends=True), path)
    namespace: dict[str, Any] = {"__name__": f"diffcompile.generated.{name}", **objects}
    exec(_compiled(source, path, name), namespace)
    function: Callable[..., Any] = namespace[name]
    return function


def _compiled(source: str, path: str, name: str) -> Any:
    """Return the code object of generated code.

    Raises:
        UnsupportedError: Python does not take it, as its branches or loops are too many in each other.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)  # what surely raises stays, as in ``None[0]``
            return compile(source, path, "exec")
    except SyntaxError as error:
        if "too many" not in str(error.msg):
            raise
        raise UnsupportedError(
            f"{name} would be nested deeper than Python allows: {error.msg}",
            why="what follows an early `continue` or `return` stands in the other side of a branch, and Python takes "
            "100 levels of indentation and 20 loops in each other",
            advice="decorate a helper that does the inner part with `@checkpoint`: it is called, not inlined",
        ) from None
