"""Functions with known code, compiled for the types of a call."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

from diffcompile.calling import hooks
from diffcompile.calling.hooks import Pullback
from diffcompile.calling.pairs import DISCRETE, check_all_alone, spread
from diffcompile.errors import UnsupportedError
from diffcompile.frontend.lower import Code
from diffcompile.signature import sharing, type_keys


class Callee:
    """A function with known code that generated code calls."""

    asked: frozenset[int] = frozenset()
    """Arguments that nothing flows through: the function only asks whether a store to them would fail."""

    def __init__(self, code: Code, written: tuple[int, ...] = (), fresh: bool = False, changing: Any = ()) -> None:
        self.code = code
        self.written = written
        """Arguments that the function writes to: a call returns what it leaves in them, and leaves them alone."""
        self.fresh = fresh
        """The result shares no memory with an argument."""
        self.changing = changing
        """Arguments that are objects, with the attributes that the function may store: a call returns these as well."""
        self.__name__ = code.name if code.name.isidentifier() else "function"
        self._pairs: dict[Hashable, Any] = {}

    def __call__(self, *args: Any) -> Any:
        """Call the primal."""
        return self.run((), args)[0]

    def run(self, wrt: tuple[int, ...], args: tuple[Any, ...]) -> tuple[Any, Pullback]:
        """Return the result and the pullback with respect to the arguments ``wrt``.

        What came as something unknown may be a count: it gets no share.
        """
        real = tuple(number for number in wrt if not isinstance(args[number], DISCRETE))
        if real != wrt:
            result, pullback = self.run(real, args)
            return result, lambda ct: spread(wrt, dict(zip(real, pullback(ct), strict=True)))
        pair = self._find(
            ("reverse", wrt), args, lambda: hooks.compile_pair(self.code, args, wrt, self)
        )
        found: tuple[Any, Pullback] = self._noted(pair.call, args)
        return found

    def run_forward(self, wrt: tuple[int, ...], args: tuple[Any, ...], dots: tuple[Any, ...]) -> tuple[Any, Any]:
        """Return the result and its tangent for tangents ``dots`` of the arguments ``wrt``."""
        real = tuple(number for number in wrt if not isinstance(args[number], DISCRETE))
        if real != wrt:
            given = dict(zip(wrt, dots, strict=True))
            return self.run_forward(real, args, tuple(given[number] for number in real))
        pair = self._find(
            ("forward", wrt), args, lambda: hooks.compile_tangent(self.code, args, wrt, self)
        )
        result: tuple[Any, Any] = self._noted(pair.push, args, dots)
        return result

    def _noted(self, function: Callable[..., Any], *args: Any) -> Any:
        """Call a half of a pair; what catches its error is told if what it had changed is lost."""
        try:
            return function(*args)
        except Exception as error:
            if self.written or self.changing:
                error.refusal = UnsupportedError(  # type: ignore[attr-defined]
                    f"{self.__name__} changes what it is given, and fails in a `try` block",
                    why="what it had changed when it failed would be lost",
                    advice="change it after the block",
                )
            raise

    def _find(self, kind: Hashable, args: tuple[Any, ...], make: Callable[[], Any]) -> Any:
        key = (kind, sharing(args), *type_keys(args))
        pair = self._pairs.get(key)
        if pair is None or not holds(pair):
            pair = make()
            if not set(pair.written) <= set(self.written):
                raise UnsupportedError(
                    f"{self.__name__} writes to its argument, and is called recursively or through a variable",
                    advice="return a new array instead",
                )
            self._pairs[key] = pair
        check_all_alone(self.__name__, args, self.written)
        return pair


def holds(compiled: Any) -> bool:
    """Tell whether all that compiled code relies on is as it was when the code was made."""
    return all(guard.holds(guard.read()) for guard in compiled.guards)


class Forward:
    """The forward half of a pair, for the active arguments of one call site."""

    def __init__(self, callee: Callee, wrt: tuple[int, ...]) -> None:
        self.callee = callee
        self.wrt = wrt
        self.__name__ = f"{callee.__name__}_pair"

    def __call__(self, *args: Any) -> tuple[Any, Pullback]:
        """Return the result and its pullback."""
        return self.callee.run(self.wrt, args)


class Tangent:
    """A call in forward mode, for the active arguments of one call site; their tangents are the last arguments."""

    def __init__(self, callee: Callee, wrt: tuple[int, ...]) -> None:
        self.callee = callee
        self.wrt = wrt
        self.__name__ = f"{callee.__name__}_tangent"

    def __call__(self, *args: Any) -> tuple[Any, Any]:
        """Return the result and its tangent."""
        split = len(args) - len(self.wrt)
        return self.callee.run_forward(self.wrt, args[:split], args[split:])


_CALLEES: dict[Hashable, Callee] = {}


def callee_of(code: Code, written: tuple[int, ...] = (), fresh: bool = False, changing: Any = ()) -> Callee:
    """Return the callee of ``code``, always the same."""
    return _CALLEES.setdefault((id(code), written, fresh, changing), Callee(code, written, fresh, changing))
