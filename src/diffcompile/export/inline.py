"""Gather the definitions that a piece of code needs, from the modules that hold them, in an order that works."""

from __future__ import annotations

import ast
import builtins
import functools
import importlib
import inspect
import sys
import types
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from diffcompile import calling
from diffcompile.errors import DiffCompileError

OWN = "diffcompile"
LARGEST = 1000
"""How many elements an array may have that is written down."""
ERRORS = '''class UnsupportedError(Exception):
    """The program does something that the generated code was not made for."""

    def __init__(self, what: str, why: str = "", advice: str = "", **more: object) -> None:
        more_lines = [f"  why: {why}" if why else "", f"  try: {advice}" if advice else ""]
        super().__init__("\\n".join([what, *filter(None, more_lines)]))'''


class ExportError(DiffCompileError):
    """A gradient that cannot be written as a module of its own."""


@dataclass(slots=True)
class Needs:
    """What a module has to define and to import."""

    imports: dict[str, str] = field(default_factory=dict)
    """Import statements by the name that they bind."""
    definitions: dict[str, str] = field(default_factory=dict)
    """Texts by name, in an order in which each is defined before it is evaluated."""
    names: dict[tuple[str, str], str] = field(default_factory=dict)
    """The name here of what is called so in a module."""
    reserved: set[str] = field(default_factory=set)
    """The names of the program: variables of the function, and what it reads outside."""

    def free(self, name: str, module: str) -> str:
        """Return a name for ``name`` of ``module`` that nothing else has here."""
        key = (module, name)
        if key not in self.names:
            taken = {*self.names.values(), *self.imports, *self.reserved}
            candidate, number = name, 1
            while candidate in taken:
                number += 1
                candidate = f"{name}_{number}"
            self.names[key] = candidate
        return self.names[key]

    # -- objects

    def bind(self, name: str, value: Any) -> str:
        """Make ``value`` available, and return the name that it has here.

        Raises:
            ExportError: it can be neither written down nor defined anew.
        """
        if isinstance(value, types.ModuleType):
            return self._import(name, value.__name__)
        home = value.__module__ if isinstance(value, types.FunctionType | type) else type(value).__module__
        own_object = home.startswith(f"{OWN}.") and not isinstance(value, types.FunctionType | type)
        if home.startswith(f"{OWN}.calling") or own_object:
            raise _needs_compiler(value)
        if isinstance(value, types.FunctionType | type) and value.__module__ == "builtins":
            return name
        if isinstance(value, types.FunctionType | type):
            return self._definition(value, name)
        if isinstance(value, np.ufunc | types.BuiltinFunctionType | type(np.sum)):
            return self._from_numpy(name, value)
        self.definitions[name] = f"{name} = {literal(name, value)}"
        return name

    def _import(self, name: str, module: str) -> str:
        root = module.partition(".")[0]
        if root == OWN:
            raise ExportError(f"the module {module} cannot be written out")
        self.imports[name] = f"import {module}" if name == module else f"import {module} as {name}"
        return name

    def _from_numpy(self, name: str, value: Any) -> str:
        own = getattr(value, "__name__", "")
        for module in ("numpy", "math", "numpy.linalg", getattr(value, "__module__", None) or ""):
            space = sys.modules.get(module)
            if space is not None and installed(module) and getattr(space, own, None) is value:
                self.imports[name] = f"from {module} import {own}" + (f" as {name}" if own != name else "")
                return name
        raise ExportError(f"{name} cannot be written out", why=f"it is {value!r}")

    def _definition(self, value: Any, name: str) -> str:
        """Define a function or a class here as it is defined in its module."""
        module = value.__module__
        own = value.__qualname__
        root = module.partition(".")[0]
        if module == f"{OWN}.errors":
            self.definitions.setdefault("UnsupportedError", ERRORS)
            return "UnsupportedError"
        if root != OWN and installed(module):
            self.imports[name] = f"from {module} import {own}" + (f" as {name}" if own != name else "")
            return name
        if "<locals>" in own or "<lambda>" in own or "." in own or getattr(value, "__closure__", None):
            raise ExportError(
                f"{own} cannot be written out",
                why="it is defined inside of another function, or belongs to a class",
                advice="define it at the top of a module",
            )
        return self.from_module(own, module)

    # -- definitions

    def from_module(self, name: str, module: str) -> str:
        """Define here what ``name`` means in ``module``, with all that it needs, and return its name here."""
        known = (module, name) in self.names
        here = self.free(name, module)
        if known:
            return here
        statement = _statements(module).get(name)
        if statement is None:
            raise ExportError(f"{name} of {module} cannot be written out", why="its definition was not found")
        if isinstance(statement, ast.Import | ast.ImportFrom):
            del self.names[module, name]
            return self._imported(name, statement, module)
        renamed: dict[str, str] = {}
        for used in sorted(_free_names(statement)):
            if used == name or hasattr(builtins, used):
                continue
            if used in _statements(module):
                other = self.from_module(used, module)
                if other != used:
                    renamed[used] = other
        if here != name:
            renamed[name] = here
        self.definitions[here] = _text(statement, module, renamed)
        return here

    def _imported(self, name: str, statement: ast.Import | ast.ImportFrom, module: str) -> str:
        """Follow an import of the package itself; repeat any other."""
        if isinstance(statement, ast.ImportFrom):
            (alias,) = [alias for alias in statement.names if (alias.asname or alias.name) == name]
            source = statement.module or ""
            if source.partition(".")[0] == OWN:
                value = getattr(importlib.import_module(module), name)
                if isinstance(value, types.FunctionType | type):
                    return self._definition(value, name)
                return self.from_module(alias.name, source)
            self.imports[name] = f"from {source} import {alias.name}" + (f" as {name}" if alias.asname else "")
            return name
        (alias,) = [alias for alias in statement.names if (alias.asname or alias.name.partition(".")[0]) == name]
        return self._import(name, alias.name)


def literal(name: str, value: Any) -> str:
    """Return an expression for a constant.

    >>> literal("k", (1, 2.5, "fast"))
    "(1, 2.5, 'fast')"
    """
    if isinstance(value, np.ndarray):
        if value.size > LARGEST or value.dtype.kind not in "biufc":
            raise ExportError(
                f"{name} cannot be written out",
                why=f"it is an array of {value.size} elements of {value.dtype}",
                advice="make it a parameter of the function",
            )
        items = _numbers(value.ravel().tolist())
        shaped = f".reshape({value.shape})" if value.ndim != 1 else ""
        return f"np.array({items}, dtype=np.{value.dtype.name}){shaped}"
    if isinstance(value, np.generic):
        return f"np.{value.dtype.name}({_numbers(value.item())})"
    if isinstance(value, np.dtype):
        return f"np.dtype(np.{value.name})"
    if isinstance(value, str | bytes | int | bool) or value is None or value is Ellipsis:
        return repr(value)
    if isinstance(value, float | complex):
        return _numbers(value)
    if type(value) in (tuple, list, set, frozenset):
        items = ", ".join(literal(name, item) for item in value)
        if type(value) is tuple:
            return f"({items},)" if len(value) == 1 else f"({items})"
        return f"[{items}]" if type(value) is list else f"{type(value).__name__}([{items}])"
    if type(value) is dict:
        return "{" + ", ".join(f"{literal(name, k)}: {literal(name, v)}" for k, v in value.items()) + "}"
    raise ExportError(
        f"{name} cannot be written out",
        why=f"it is an object of type {type(value).__name__}",
        advice="make what is used of it a parameter of the function",
    )


def _numbers(value: Any) -> str:
    tree = ast.parse(repr(value), mode="eval")

    class Spelled(ast.NodeTransformer):
        def visit_Name(self, node: ast.Name) -> Any:
            return ast.parse(f"np.{node.id}", mode="eval").body if node.id in ("nan", "inf") else node

    return ast.unparse(Spelled().visit(tree))


def installed(module: str) -> bool:
    """Tell whether a module belongs to an installed package or to Python, and not to the user's project."""
    root = module.partition(".")[0]
    if root in sys.stdlib_module_names:
        return True
    path = getattr(sys.modules.get(root), "__file__", None) or ""
    return "site-packages" in path or "dist-packages" in path


@functools.lru_cache(maxsize=256)
def _parsed(module: str) -> tuple[ast.Module, str]:
    found = sys.modules.get(module) or importlib.import_module(module)
    text = inspect.getsource(found)
    return ast.parse(text), text


def _statements(module: str) -> dict[str, ast.stmt]:
    """Return the top-level statement that binds each name of a module."""
    tree, _ = _parsed(module)
    found: dict[str, ast.stmt] = {}
    for statement in tree.body:
        for name in _bound(statement):
            found[name] = statement
    return found


def _bound(statement: ast.stmt) -> Iterator[str]:
    match statement:
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.Assign(targets=targets):
            yield from (node.id for target in targets for node in ast.walk(target) if isinstance(node, ast.Name))
        case ast.AnnAssign(target=ast.Name(id=name)):
            yield name
        case ast.Import(names=names):
            yield from (alias.asname or alias.name.partition(".")[0] for alias in names)
        case ast.ImportFrom(names=names):
            yield from (alias.asname or alias.name for alias in names)


def _free_names(statement: ast.stmt) -> set[str]:
    """Return the names that a definition reads, local ones included, which no module binds."""
    read = {node.id for node in ast.walk(statement) if isinstance(node, ast.Name)}
    local: set[str] = set()
    for node in ast.walk(statement):
        if isinstance(node, ast.FunctionDef | ast.Lambda):
            arguments = node.args
            every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
            local |= {one.arg for one in every if one is not None}
    if isinstance(statement, ast.FunctionDef):
        local |= {n.id for n in ast.walk(statement) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    return read - local


def _text(statement: ast.stmt, module: str, renamed: dict[str, str]) -> str:
    """Return the text of a definition as it stands in its module, or printed anew where names change."""
    if not renamed:
        _, text = _parsed(module)
        first = min([statement.lineno, *(node.lineno for node in getattr(statement, "decorator_list", []))])
        return "\n".join(text.splitlines()[first - 1 : statement.end_lineno])

    class Renamed(ast.NodeTransformer):
        def visit_Name(self, node: ast.Name) -> Any:
            return ast.copy_location(ast.Name(renamed.get(node.id, node.id), node.ctx), node)

    copy = Renamed().visit(ast.parse(ast.unparse(statement)).body[0])
    if isinstance(copy, ast.FunctionDef | ast.ClassDef):
        copy.name = renamed.get(copy.name, copy.name)
    return ast.unparse(copy)


def _needs_compiler(value: Any) -> ExportError:
    """Return the refusal of a call whose derivative is made when it is reached; ``value`` is what would be called."""
    callee = getattr(value, "callee", value)
    what = "the gradient compiles a callee when it is called"
    advice = "make the callee known, by --arg NAME=... or a default"
    why = "a function that is only known at run time needs the compiler"
    if isinstance(callee, calling.Derived):
        why = f"{callee.base.__name__} calls itself, and a derivative of it is differentiated"
        advice = "write a loop"
    elif isinstance(callee, calling.Callee) and callee.changing:
        why = f"{callee.__name__} calls itself, and stores attributes of objects"
        advice = "return a new object"
    return ExportError(what, why=why, advice=advice)
