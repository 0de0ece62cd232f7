"""From the text of a generated function to the function: compiled, and known to tracebacks and debuggers."""

from __future__ import annotations

import hashlib
import linecache
from collections.abc import Callable
from typing import Any


def load(source: str, name: str, objects: dict[str, Any]) -> Callable[..., Any]:
    """Execute ``source`` with ``objects`` bound to their names, and return the function ``name`` that it defines.

    The text is registered in :mod:`linecache`, so that tracebacks show its lines.
    """
    digest = hashlib.sha256(source.encode()).hexdigest()[:12]
    path = f"<diffcompile {name} {digest}>"
    linecache.cache[path] = (len(source), None, source.splitlines(keepends=True), path)
    namespace: dict[str, Any] = {"__name__": f"diffcompile.generated.{name}", **objects}
    exec(compile(source, path, "exec"), namespace)
    function: Callable[..., Any] = namespace[name]
    return function
