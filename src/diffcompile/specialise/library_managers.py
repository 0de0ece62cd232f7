"""``contextlib.ExitStack`` in terms of the language itself."""

from __future__ import annotations

from typing import Any

from diffcompile import dynamic


def is_followed(manager: Any) -> bool:
    """Tell whether a manager is an object of the program, and not one that only exists at run time."""
    raise NotImplementedError


class Callback:
    """What is called when the stack is left."""

    def __init__(self, fun: Any, args: Any, keywords: Any) -> None:
        self.fun, self.args, self.keywords = fun, args, keywords

    def __enter__(self) -> None:
        return None

    def __exit__(self, *error: Any) -> None:
        self.fun(*self.args, **self.keywords)


class Stack:
    """Managers that are left together, the last one first; those that are not of the program by a real stack."""

    def __init__(self) -> None:
        self.managers: Any = ()
        self.others = dynamic.exit_stack()

    def __enter__(self) -> Any:
        dynamic.enter(self.others)
        return self

    def enter_context(self, manager: Any) -> Any:
        if not is_followed(manager):
            return self.others.enter_context(manager)
        value = dynamic.enter(manager)
        self.managers = (manager, *self.managers)
        return value

    def callback(self, fun: Any, /, *args: Any, **keywords: Any) -> Any:
        self.enter_context(Callback(fun, args, keywords))
        return fun

    def pop_all(self) -> Any:
        rest = Stack()
        rest.managers, self.managers = self.managers, ()
        rest.others = self.others.pop_all()
        return rest

    def close(self) -> None:
        self.leave()
        self.others.close()

    def leave(self) -> None:
        managers, self.managers = self.managers, ()
        for manager in managers:
            dynamic.leave(manager)

    def __exit__(self, *error: Any) -> None:
        self.leave()
        dynamic.leave(self.others)
