"""The complex derivative of a holomorphic function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from diffcompile.api.differentiated import ArgNums, Differentiated
from diffcompile.pipeline import Compiled, Request, compile_gradient
from diffcompile.specialise.functions import function_code
from diffcompile.specialise.items import TupleItem


class HolomorphicGradient(Differentiated):
    """The complex derivative of a holomorphic function; made by :func:`grad`."""

    suffix = "grad"

    def __init__(self, fun: Callable[..., Any], argnums: ArgNums, backend: str) -> None:
        super().__init__(fun, argnums, backend)
        self.transform = None
        self._trusted: set[str] = set()
        """Code whose results were seen to satisfy the Cauchy-Riemann equations."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Return the derivative at these arguments."""
        if self._fits is not None:
            twin, args, kwargs = self._fitted(args, kwargs)
            return twin(*args, **kwargs)
        values = self._bind(args, kwargs)
        for number in self._wrt:
            if not np.iscomplexobj(values[number]):
                raise TypeError(f"holomorphic=True, but {self._names[number]} is not a complex number or array")
        compiled = self._find(values)
        surroundings = [read() for read in compiled.live_globals]
        result, *found = compiled.function(*values, *surroundings, 1.0 + 0.0j)
        if np.ndim(result) or not np.iscomplexobj(result):
            kind = f"an array of shape {np.shape(result)}" if np.ndim(result) else type(result).__name__
            raise TypeError(f"holomorphic=True needs a function that returns one complex number, not {kind}")
        if compiled.source not in self._trusted:
            turned = compiled.function(*values, *surroundings, 1.0j)[1:]
            for number, part, other in zip(self._wrt, found, turned, strict=True):
                room = 1e3 * np.finfo(np.result_type(part)).eps * np.max(np.abs(part), initial=0.0)
                if np.any(np.abs(1j * part - other) > room):
                    raise ValueError(
                        f"holomorphic=True, but {self._display} is not holomorphic in {self._names[number]}: "
                        "it depends on its conjugate too; use vjp or jvp, or split it into real and imaginary part"
                    )
            self._trusted.add(compiled.source)
        return found[0] if self._single else tuple(found)

    def _compile(self, values: list[Any]) -> Compiled:
        code = function_code(self._fun)
        compiled = compile_gradient(
            Request(code, self._types(values), self._wrt, with_value=True, examples=values, pullback=True, cached=True)
        )
        if isinstance(compiled.structure, TupleItem):
            raise TypeError(f"grad needs a function that returns one number, but {self._display} returned a tuple")
        return compiled

    def __repr__(self) -> str:
        return f"<diffcompile holomorphic grad of {self._display}>"
