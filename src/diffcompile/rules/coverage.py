"""What the table of rules covers: the public names of a module that have a rule, by mode."""

from __future__ import annotations

from dataclasses import dataclass
from types import MethodType, ModuleType
from typing import Any

from diffcompile.rules import registry


@dataclass(frozen=True, slots=True)
class Coverage:
    """The names of a module with a rule for each mode; ``norm.logpdf`` for methods of the objects in it."""

    reverse: tuple[str, ...]
    forward: tuple[str, ...]


def coverage(module: ModuleType) -> Coverage:
    """Return which public names of ``module`` have rules.

    A function under two names counts twice, as it does for who looks it up. Functions without derivative and those that
    the compiler reads from their source are not counted.
    """
    reverse: list[str] = []
    forward: list[str] = []
    for name in sorted(vars(module)):
        if name.startswith("_"):
            continue
        for spelled, fun in _callables(name, vars(module)[name]):
            home = str(getattr(fun, "__module__", None) or module.__name__)
            if not home.startswith(module.__name__.rpartition(".")[0]):
                continue  # it was only imported
            modes = _modes(fun)
            reverse += [spelled] if modes[0] else []
            forward += [spelled] if modes[1] else []
    return Coverage(tuple(reverse), tuple(forward))


def _callables(name: str, value: Any) -> list[tuple[str, Any]]:
    """Return a public object itself, or its methods that have rules."""
    if isinstance(value, type):
        registry.load_rules_of(value)
        return [(name, value)] if value in registry.DEFINITIONS else []
    if isinstance(value, ModuleType):
        return []
    if registry.has_methods(value):
        keys = [*registry.ELEMENTWISE, *registry.ADJOINT]
        methods = [key for key in keys if isinstance(key, MethodType) and key.__self__ is value]
        return [(f"{name}.{method.__name__}", method) for method in methods]
    return [(name, value)]


def _modes(fun: Any) -> tuple[bool, bool]:
    """Tell whether there is a rule for reverse mode, and one for forward mode."""
    try:
        registry.load_rules_of(fun)
        reverse = fun in registry.ELEMENTWISE or fun in registry.IMPLICIT or fun in registry.ADJOINT
        reverse = reverse or (fun in registry.DEFINITIONS and registry.package_of(fun) == "scipy")
        return reverse, reverse or fun in registry.TANGENT or fun in registry.LINEAR  # the one makes the other
    except TypeError:  # an object that cannot be a key
        return False, False
