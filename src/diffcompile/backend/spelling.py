"""How callees and constants are written, and what the generated code must import for that."""

from __future__ import annotations

import builtins
import importlib
import math
import operator
import sys
import textwrap
import types
from dataclasses import dataclass, field
from typing import Any

import gast
import numpy as np

from diffcompile import dynamic, runtime

OPERATORS: dict[Any, str] = {
    operator.add: "Add", operator.sub: "Sub", operator.mul: "Mult", operator.truediv: "Div",
    operator.floordiv: "FloorDiv", operator.mod: "Mod", operator.pow: "Pow", operator.matmul: "MatMult",
    operator.and_: "BitAnd", operator.or_: "BitOr", operator.xor: "BitXor",
    operator.lshift: "LShift", operator.rshift: "RShift",
}  # fmt: skip
UNARY = {operator.neg: "USub", operator.pos: "UAdd", operator.invert: "Invert", operator.not_: "Not"}
COMPARISONS = {
    operator.eq: "Eq", operator.ne: "NotEq", operator.lt: "Lt", operator.le: "LtE", operator.gt: "Gt",
    operator.ge: "GtE", operator.is_: "Is", operator.is_not: "IsNot",
}  # fmt: skip
WIDEST = 110
"""Columns of an import; one that needs more goes over several lines."""
_SPECIAL = "scipy.special"  # ufuncs do not tell where they come from
_SCIPY_HELPERS = "diffcompile.runtime_scipy"
METHOD_TYPES = (types.MethodDescriptorType, types.WrapperDescriptorType)


@dataclass(slots=True)
class Spelling:
    """Collects the names that generated code takes from outside."""

    taken: set[str]
    """Names of variables, which nothing else may have."""
    imports: dict[str, str] = field(default_factory=dict)
    """From an alias to ``import module`` or ``from module import name`` that binds it."""
    objects: dict[str, Any] = field(default_factory=dict)
    """Objects of the user's surroundings that are bound when the code is loaded."""
    known: dict[Any, str] = field(default_factory=dict)

    def free(self, name: str) -> str:
        """Return ``name``, or ``name_1`` ... if a variable has it."""
        candidate, number = name, 0
        while candidate in self.taken or candidate in self.imports or candidate in self.objects:
            number += 1
            candidate = f"{name}_{number}"
        return candidate

    def module(self, name: str, alias: str) -> str:
        """Return the alias under which a module is imported."""
        key = ("module", name)
        if key not in self.known:
            free = self.free(alias)
            self.known[key] = free
            self.imports[free] = f"import {name}" if name == free else f"import {name} as {free}"
        return self.known[key]

    def member(self, module: str, name: str) -> str:
        """Return the name under which a member of a module is imported."""
        key = (module, name)
        if key not in self.known:
            free = self.free(name)
            self.known[key] = free
            self.imports[free] = f"from {module} import {name}" + (f" as {free}" if free != name else "")
        return self.known[key]

    def bound(self, value: Any, name: str) -> str:
        """Return the name under which an object of the user's is bound."""
        if type(value) is float and getattr(math, name.rsplit(".", maxsplit=1)[-1], None) == value:
            return f"{self.module('math', 'math')}.{name.rsplit('.', maxsplit=1)[-1]}"
        key = ("object", id(value))
        if key not in self.known:
            name = (
                name.rsplit(".", maxsplit=1)[-1]
                if name
                else getattr(value, "__name__", None) or type(value).__name__
            )
            hides = getattr(builtins, name, value) is not value
            name = "constant" if hides or not name.isidentifier() else name
            free = self.free(name)
            self.known[key] = free
            self.objects[free] = value
        return self.known[key]

    def import_lines(self) -> str:
        """Return the import statements, modules first, one for each module."""
        modules = sorted(line for line in self.imports.values() if line.startswith("import"))
        members: dict[str, list[str]] = {}
        for line in self.imports.values():
            if line.startswith("from"):
                _, module, _, name = line.split(" ", 3)
                members.setdefault(module, []).append(name)
        return "\n".join([*modules, *(_import(module, sorted(names)) for module, names in sorted(members.items()))])

    def callee(self, fun: Any, name: str = "") -> Any:
        """Return the expression for a function or another object that has no literal."""
        path = _numpy_path(fun)
        if path is not None:
            return dotted(f"{self.module('numpy', 'np')}.{path}")
        own: str = getattr(fun, "__name__", "") or ""
        if getattr(builtins, own, None) is fun:
            return dotted(own if own not in self.taken else f"{self.module('builtins', 'builtins')}.{own}")
        if getattr(math, own, None) is fun:
            return dotted(f"{self.module('math', 'math')}.{own}")
        for module in (runtime, dynamic):
            if str(getattr(fun, "__module__", "")).startswith(module.__name__) and getattr(module, own, None) is fun:
                return dotted(self.member(module.__name__, own))
        if str(getattr(fun, "__module__", "")).startswith(_SCIPY_HELPERS):
            public = hasattr(sys.modules.get(_SCIPY_HELPERS), fun.__name__)
            return dotted(self.member(_SCIPY_HELPERS if public else fun.__module__, fun.__name__))
        if isinstance(fun, types.ModuleType):
            return dotted(self.module(fun.__name__, fun.__name__.split(".")[-1]))
        if _importable_operator(fun):
            return dotted(f"{self.module('operator', 'operator')}.{fun.__name__}")
        if isinstance(fun, np.ufunc) and getattr(sys.modules.get(_SPECIAL), own, None) is fun:
            return dotted(self.member(_SPECIAL, own))
        if _is_scipy(fun):
            return dotted(self.member(_public_module(fun), fun.__name__))
        if isinstance(fun, types.MethodType) and (owner := _public_object(fun.__self__)):
            return dotted(f"{self.member(*owner)}.{own}")
        return dotted(self.bound(fun, name))


def dotted(path: str) -> Any:
    """Return the expression ``a.b.c``."""
    first, *rest = path.split(".")
    node: Any = gast.Name(first, gast.Load(), None, None)
    for part in rest:
        node = gast.Attribute(node, part, gast.Load())
    return node


def _importable_operator(fun: Any) -> bool:
    name = getattr(fun, "__name__", "")
    return isinstance(name, str) and getattr(operator, name, None) is fun


def _is_scipy(fun: Any) -> bool:
    return (
        str(getattr(fun, "__module__", "")).startswith("scipy.")
        and hasattr(fun, "__name__")
        and _public_module(fun) != ""
    )


def _public_object(value: Any) -> tuple[str, str] | None:
    """Return module and name of an object of SciPy such as ``scipy.stats.norm``."""
    module = ".".join(type(value).__module__.split(".")[:2])
    if module.startswith("scipy.") and module in sys.modules:
        for name, member in vars(sys.modules[module]).items():
            if member is value and not name.startswith("_"):
                return module, name
    return None


def _public_module(fun: Any) -> str:
    parts = fun.__module__.split(".")
    public = ".".join(part for part in parts if not part.startswith("_"))
    for name in (public, ".".join(public.split(".")[:2])):
        try:
            module = sys.modules.get(name) or importlib.import_module(name)
        except ImportError:
            continue
        if getattr(module, fun.__name__, None) is fun:
            return name
    return ""


_SPACES = ((np, ""), (np.linalg, "linalg."), (np.fft, "fft."), (np.random, "random."))


def _numpy_path(fun: Any) -> str | None:
    """Return how ``fun`` is reached from NumPy, or None."""
    owner = getattr(fun, "__self__", None)
    if isinstance(owner, np.ufunc):
        return f"{owner.__name__}.{fun.__name__}"
    name = getattr(fun, "__name__", None)
    if not isinstance(name, str):
        return None
    for space, prefix in _SPACES:
        if vars(space).get(name) is fun:  # not `getattr`, which warns of some names
            return prefix + name
    return None


def _import(module: str, names: list[str]) -> str:
    line = f"from {module} import {', '.join(names)}"
    if len(line) <= WIDEST:
        return line
    inner = textwrap.fill(f"{', '.join(names)},", WIDEST, initial_indent="    ", subsequent_indent="    ")
    return f"from {module} import (\n{inner}\n)"
