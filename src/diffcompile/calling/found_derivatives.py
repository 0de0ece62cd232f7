"""Derivatives of calls whose function is only known at run time, which are differentiated in turn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from diffcompile.calling import hooks
from diffcompile.calling.callees import Callee
from diffcompile.calling.data import Plainly, PlainlyDerived
from diffcompile.calling.derived import Derived, derived
from diffcompile.calling.hooks import Pullback
from diffcompile.calling.reached import Reached, reach, with_source


@dataclass(frozen=True, slots=True)
class _Call:
    """A call with the derivative of the function that it reaches."""

    reached: Reached
    inner: Derived | PlainlyDerived
    wrt: tuple[int, ...]
    """The parameters of the function that the derivative is taken of."""
    extra: tuple[Any, ...]
    """The cotangent, or the tangents of ``wrt``."""


class DynamicDerived(Callee):
    """The pullback or the tangent of a call whose function is its first argument.

    After the function come its arguments, those with ``keywords`` last, and a cotangent of the result, or tangents of
    the arguments ``active``.
    """

    def __init__(self, kind: str, active: tuple[int, ...], keywords: tuple[str, ...], count: int) -> None:
        self.kind = kind
        self.active = active
        self.keywords = keywords
        self.count = count
        """How many arguments the function has at the call."""
        self.written = ()
        self.fresh = True
        self.changing = ()
        self.__name__ = f"call_{kind}"

    def run(self, wrt: tuple[int, ...], args: tuple[Any, ...]) -> tuple[Any, Pullback]:
        """Return the result and the pullback with respect to the arguments ``wrt``."""
        call = self._reached(args)
        found, pullback = call.inner.run(self._inside(call, wrt), (*call.reached.values, *call.extra))

        def spread(ct: Any) -> tuple[Any, ...]:
            moved = self._to_inner(call, ct) if self.kind == "pullback" else ct
            cts = dict(zip(self._inside(call, wrt), pullback(moved), strict=True))
            return tuple(self._from_inner(call, number, cts) for number in wrt)

        return self._result(call, found), spread

    def run_forward(self, wrt: tuple[int, ...], args: tuple[Any, ...], dots: tuple[Any, ...]) -> tuple[Any, Any]:
        """Return the result and its tangent for tangents ``dots`` of the arguments ``wrt``."""
        call = self._reached(args)
        count = len(call.reached.values)
        given = dict(zip(wrt, dots, strict=True))
        moved = call.reached.tangents({k - 1: dot for k, dot in given.items() if k <= self.count})
        inside = self._inside(call, wrt)
        own = call.reached.completed([k for k in inside if k < count], moved)
        late = {k - 1 - self.count: dot for k, dot in given.items() if k > self.count}
        more = tuple(late.values())
        if self.kind == "tangent":
            tangents = call.reached.tangents({self.active[k]: dot for k, dot in late.items()})
            more = call.reached.completed([call.wrt[k - count] for k in inside if k >= count], tangents)
        found, dot = call.inner.run_forward(inside, (*call.reached.values, *call.extra), (*own, *more))
        return self._result(call, found), self._result(call, dot)

    def _reached(self, args: tuple[Any, ...]) -> _Call:
        """Return the call, with the derivative of the function that it reaches."""
        function, given, extra = args[0], args[1 : 1 + self.count], args[1 + self.count :]
        split = self.count - len(self.keywords)
        named = dict(zip(self.keywords, given[split:], strict=True))
        reached = reach(function, given[:split], named)
        if reached.callee is None:
            reached = with_source(reached, hooks.fitted(reached.function, len(reached.values), ()))
        assert reached.callee is not None
        wrt = reached.wrt(self.active)
        if self.kind == "tangent":
            extra = reached.completed(wrt, reached.tangents(dict(zip(self.active, extra, strict=True))))
        callee = reached.callee
        if isinstance(callee, Plainly):
            return _Call(reached, PlainlyDerived(callee, self.kind, len(reached.values)), wrt, extra)
        return _Call(reached, derived(callee, self.kind, wrt), wrt, extra)

    def _result(self, call: _Call, found: Any) -> Any:
        """Return the result: of a pullback a cotangent for each active argument."""
        if self.kind == "tangent" or found is None or isinstance(found, float):
            return found
        cts = dict(zip(call.wrt, found, strict=True))
        return tuple(call.reached.cotangent(number, cts) for number in self.active)

    def _to_inner(self, call: _Call, ct: Any) -> Any:
        """Return the cotangent of what the inner pullback returns from that of the result."""
        if ct is None or isinstance(ct, float):
            return ct
        parts = call.reached.tangents(dict(zip(self.active, ct, strict=True)))
        return tuple(parts.get(parameter) for parameter in call.wrt)

    def _inside(self, call: _Call, wrt: tuple[int, ...]) -> tuple[int, ...]:
        """Return which arguments of the inner derivative the arguments ``wrt`` reach."""
        count = len(call.reached.values)
        own = call.reached.wrt([number - 1 for number in wrt if number <= self.count])
        late = [number - 1 - self.count for number in wrt if number > self.count]
        if self.kind == "tangent":
            reached = call.reached.wrt([self.active[number] for number in late])
            late = [call.wrt.index(parameter) for parameter in reached]
        return (*own, *(count + number for number in late))

    def _from_inner(self, call: _Call, number: int, cts: dict[int, Any]) -> Any:
        """Return the cotangent of an argument from those of the inner derivative."""
        if number <= self.count:
            return call.reached.cotangent(number - 1, cts)
        count, place = len(call.reached.values), number - 1 - self.count
        if self.kind == "pullback":
            return cts[count + place]
        moved = {parameter: cts.get(count + k, 0.0) for k, parameter in enumerate(call.wrt)}
        return call.reached.cotangent(self.active[place], moved)


__all__ = ["DynamicDerived"]
