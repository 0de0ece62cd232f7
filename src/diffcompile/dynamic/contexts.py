"""Contexts, attempts and errors: how blocks are entered, left and taken back."""

from __future__ import annotations

import contextlib
import functools
import sys
import threading
from typing import Any

from diffcompile.dynamic.changes import is_changed, reachable
from diffcompile.errors import UnsupportedError


def attempt(body: Any, caught: Any) -> Any:
    """Run ``body()`` and return the error of a class ``caught`` that it raised, or None."""
    try:
        body()
    except caught as error:
        return error
    return None


_OPEN = threading.local()


def _open_managers() -> list[Any]:
    if not hasattr(_OPEN, "managers"):
        _OPEN.managers = []
    managers: list[Any] = _OPEN.managers
    return managers


def enter(manager: Any) -> Any:
    """Enter a context, and return what ``as`` binds."""
    value = type(manager).__enter__(manager)
    _open_managers().append(manager)
    return value


def enter_found(manager: Any) -> Any:
    """Enter a context of a manager that is only known at run time.

    Raises:
        UnsupportedError: it is one of the program, and changes something.
    """
    before = reachable([manager]) if _is_of_program(manager) else []
    value = enter(manager)
    _check_unchanged(manager, before)
    return value


def leave_found(manager: Any) -> None:
    """Leave such a context."""
    before = reachable([manager]) if _is_of_program(manager) else []
    leave(manager)
    _check_unchanged(manager, before)


def exit_stack() -> Any:
    """Return ``contextlib.ExitStack()``."""
    return contextlib.ExitStack()


def _is_of_program(manager: Any) -> bool:
    root = type(manager).__module__.partition(".")[0]
    return root not in sys.stdlib_module_names and root not in ("numpy", "scipy")


def swallows_nothing(cls: type) -> bool:
    """Tell whether a class of managers is one of Python's library or NumPy's that leaves errors as they are."""
    root = cls.__module__.partition(".")[0]
    return (root in sys.stdlib_module_names or root == "numpy") and root not in ("contextlib", "unittest")


def _check_unchanged(manager: Any, before: list[tuple[Any, Any]]) -> None:
    if any(is_changed(one, held) for one, held in before):
        raise UnsupportedError(
            f"the context manager {type(manager).__name__} is only known at run time, and changes something",
            why="the derivative would not see it",
            advice="make it in the function",
        )


def leave(manager: Any) -> None:
    """Leave a context after its block has run to its end."""
    _open_managers().remove(manager)
    type(manager).__exit__(manager, None, None, None)


class _Acting:
    """Stands for a manager that the generated code has no object for, and that does something about an error."""

    def __init__(self, name: str, swallows: bool) -> None:
        self.name, self.swallows = name, swallows


def enter_acting(name: str, swallows: bool) -> None:
    """Note that a block begins whose manager, of the class ``name``, does something about an error."""
    _open_managers().append(_Acting(name, swallows))


def leave_acting(name: str) -> None:
    """Note that such a block has run to its end."""
    managers = _open_managers()
    last = next(k for k in reversed(range(len(managers))) if getattr(managers[k], "name", None) == name)
    del managers[last]


def begin_trying(swallows: bool) -> None:
    """Note that a ``try`` block begins in which a generator yields."""
    enter_acting(TRYING, swallows)


def end_trying(swallows: bool) -> None:
    """Note that such a block has run to its end."""
    leave_acting(TRYING)


TRYING = "a `try` block that yields"


def unwinding(function: Any, caught: bool = False) -> Any:
    """Return ``function`` such that the contexts that it has entered are left when it raises.

    Where the program catches the error, what the managers did about it matters to what follows.
    """

    @functools.wraps(function)
    def unwound(*args: Any) -> Any:
        managers = _open_managers()
        before = len(managers)
        try:
            return function(*args)
        except BaseException as error:
            swallowing = None
            while len(managers) > before:
                manager = managers.pop()
                if isinstance(manager, _Acting):
                    swallowing = swallowing or (manager.name if caught or manager.swallows else None)
                elif type(manager).__exit__(manager, type(error), error, error.__traceback__):
                    swallowing = swallowing or type(manager).__name__
            if swallowing is None:
                raise
            raise UnsupportedError(
                f"an error that {swallowing} swallows, or does something about, was raised in a `with` block",
                why="the derivative of what follows such a block is not known",
                advice="use try and except",
            ) from error

    return unwound


def fail(error: Any, message: str) -> Any:
    """Raise what the program raises here."""
    raise error(message)


def refuse(what: str, place: str, advice: str) -> Any:
    """Raise UnsupportedError on a branch that the compiler could not differentiate, when the program takes it."""
    what = f"{what} ({place})" if place else what
    raise UnsupportedError(what, why="the branch that needs it was left out of the gradient", advice=advice)
