"""The table of functions from packages on PyPI: how to get at them, arguments, and what to differentiate."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Argnums = int | tuple[int, ...]


@dataclass(frozen=True, slots=True)
class PackageCase:
    """One function of a package, or a short program that uses its classes, at a point where it is smooth."""

    name: str
    package: str
    """What to import; without it the case is skipped."""
    build: Callable[[], Callable[..., Any]]
    """Imports the package and returns the function to differentiate."""
    args: tuple[Any, ...]
    argnums: Argnums = 0
    rtol: float = 1e-6
    long: bool = False


CASES: list[PackageCase] = []


def function(
    path: str, *args: Any, argnums: Argnums = 0, rtol: float = 1e-6, long: bool = False, name: str = ""
) -> None:
    """Register the function at ``path``, such as ``"fluids.friction:Colebrook"``, as it is."""
    module, _, attribute = path.partition(":")

    def build() -> Callable[..., Any]:
        found: Any = importlib.import_module(module)
        for part in attribute.split("."):
            found = getattr(found, part)
        return found

    package = module.partition(".")[0]
    _register(PackageCase(f"{package}.{name or attribute}", package, build, args, argnums, rtol, long))


def program(
    package: str, *args: Any, argnums: Argnums = 0, rtol: float = 1e-6, long: bool = False
) -> Callable[[Callable[[], Callable[..., Any]]], Callable[[], Callable[..., Any]]]:
    """Register what a builder returns: a function that uses ``package`` as its users do."""

    def register(build: Callable[[], Callable[..., Any]]) -> Callable[[], Callable[..., Any]]:
        name = f"{package}.{build.__name__}"
        _register(PackageCase(name, package, build, args, argnums, rtol, long))
        return build

    return register


def _register(case: PackageCase) -> None:
    if any(known.name == case.name for known in CASES):
        raise ValueError(f"two cases are named {case.name}")
    CASES.append(case)
