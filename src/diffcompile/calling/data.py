"""Data that no derivative flows through, whatever is done to it: texts, dates and times.

Where a value of unknown type turns out to be one of these, its attributes are read and its methods called as they
stand.
"""

from __future__ import annotations

import datetime
import types
from typing import Any

from diffcompile.calling.callees import Callee
from diffcompile.calling.hooks import Pullback
from diffcompile.dynamic import no_tangent

DATA = (str, bytes, datetime.date, datetime.time, datetime.timedelta, datetime.tzinfo)
"""Classes whose instances hold no number that could be differentiated, nor do results of their methods."""


def is_method_of_data(fun: Any) -> bool:
    """Tell whether ``fun`` is a method in C of a text, a date or a time, bound to it or not."""
    if isinstance(fun, types.MethodDescriptorType):
        return issubclass(fun.__objclass__, DATA)
    return isinstance(fun, types.BuiltinMethodType) and isinstance(fun.__self__, DATA)


class Plainly(Callee):
    """A call of such a method, which is made as it stands."""

    def __init__(self, function: Any, keywords: tuple[str, ...]) -> None:
        self.function = function
        self.keywords = keywords
        """Names of the last arguments."""
        self.written = ()
        self.fresh = True
        self.changing = ()
        self.__name__ = function.__name__

    def run(self, wrt: tuple[int, ...], args: tuple[Any, ...]) -> tuple[Any, Pullback]:
        """Return the result, and a pullback that returns zeros."""
        return self._called(args), lambda ct: (None,) * len(wrt)

    def run_forward(self, wrt: tuple[int, ...], args: tuple[Any, ...], dots: tuple[Any, ...]) -> tuple[Any, Any]:
        """Return the result and a tangent of zero."""
        result = self._called(args)
        return result, no_tangent(result)

    def _called(self, args: tuple[Any, ...]) -> Any:
        split = len(args) - len(self.keywords)
        return self.function(*args[:split], **dict(zip(self.keywords, args[split:], strict=True)))


class PlainlyDerived(Plainly):
    """The pullback or the tangent of such a call: a function of its arguments, and of a cotangent."""

    def __init__(self, base: Plainly, kind: str, count: int) -> None:
        super().__init__(base.function, base.keywords)
        self.kind = kind
        self.count = count
        """How many arguments the method has."""

    def _called(self, args: tuple[Any, ...]) -> Any:
        result = super()._called(args[: self.count])
        return () if self.kind == "pullback" else (result, no_tangent(result))


__all__ = ["DATA", "Plainly", "PlainlyDerived", "is_method_of_data"]
