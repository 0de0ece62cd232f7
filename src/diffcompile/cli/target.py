"""What a TARGET on the command line names: the module is imported, the function is found, its types are gathered."""

from __future__ import annotations

import ast
import contextlib
import difflib
import functools
import importlib
import importlib.util
import inspect
import sys
import types as pytypes
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np

from diffcompile.analysis.types import (
    ANY,
    Cell,
    Dct,
    Obj,
    Static,
    Tup,
    Type,
    may_carry_derivative,
    plain,
    type_of,
)
from diffcompile.api import Differentiated
from diffcompile.api.fitting import by_position
from diffcompile.cli.failures import Refused, describe_failure
from diffcompile.describe import annotated_type, annotations_of
from diffcompile.frontend.source import python_function, signature_of
from diffcompile.pipeline import Request
from diffcompile.specialise.functions import function_code

MOST_EXAMPLES = 3
"""So many functions of a file are named where a target names none."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A function that was named on the command line."""

    function: pytypes.FunctionType
    called: Any
    """What a caller calls: the function, or the bound method."""
    prefix: tuple[tuple[Type, Any], ...] = ()
    """The type of ``self``, if it has one, and the object itself where it is known."""
    name: str = ""
    """What the user calls it, if that is not the function's own name."""
    is_bound: bool = False
    """Whether the target names a method of one object."""

    def by_position(self) -> Any:
        """Return what is called with all arguments by position, also those that it takes by keyword only."""
        parameters = [parameter for parameter, _ in self.own_parameters() if parameter.kind not in _ANY_NUMBER]
        if not any(parameter.kind is parameter.KEYWORD_ONLY for parameter in parameters):
            return self.called
        return by_position(self.called, parameters)

    def bound_to(self, value: Any) -> Subject:
        """Return this method bound to an object."""
        return Subject(self.function, pytypes.MethodType(self.function, value), ((type_of(value), value),))

    def all_names(self) -> list[str]:
        """Return the names of all parameters."""
        return list(signature_of(self.function).parameters)

    def own_parameters(self) -> list[tuple[inspect.Parameter, Any]]:
        """Return the parameters that a caller gives, without ``self``, each with its evaluated annotation."""
        hints = annotations_of(self.function)
        parameters = list(signature_of(self.function).parameters.values())[len(self.prefix) :]
        return [(parameter, hints.get(parameter.name)) for parameter in parameters]

    def request(self, given: dict[str, Type], values: dict[str, Any], wrt: str | None, *, with_value: bool) -> Request:
        """Return what the compiler is to do for these types and known values of parameters."""
        code = function_code(self.function)
        parameters = list(signature_of(self.function).parameters.values())
        names = [parameter.name for parameter in parameters]
        hints = annotations_of(self.function)
        types = [
            given.get(parameter.name) or default_type(parameter, hints.get(parameter.name), number)
            for number, parameter in enumerate(parameters)
        ]
        for number, (t, _) in enumerate(self.prefix):
            types[number] = given.get(parameters[number].name, t)
        chosen = self.chosen(names, types, wrt)
        known = [value for _, value in self.prefix if value is not None]
        for number in range(len(known), len(names)):
            if names[number] not in values and isinstance(types[number], Obj):
                break
            known.append(values.get(names[number]))  # of all but objects, nothing is looked at
        return Request(code, types, chosen, with_value, examples=known)

    def chosen(self, names: list[str], types: list[Type], wrt: str | None) -> list[int]:
        """Return which parameters to differentiate; the user's positions do not count ``self``."""
        skipped = len(self.prefix)
        if wrt is None:
            kinds = [parameter.kind for parameter in signature_of(self.function).parameters.values()]
            for number in range(skipped, len(names)):
                if kinds[number] not in _ANY_NUMBER and may_carry_derivative(types[number]):
                    return [number]
            advice = "\n  try: a function that names its arguments" if set(_ANY_NUMBER) & set(kinds) else ""
            raise Refused(f"{self.function.__qualname__} has no parameter that can be differentiated{advice}")
        found: list[int] = []
        for text in (part.strip() for part in wrt.split(",")):
            if text in names:
                number = names.index(text)
            elif text.isdecimal() and int(text) < len(names) - skipped:
                number = int(text) + skipped
            else:
                have = ", ".join(names[skipped:]) or "none"
                raise click.BadParameter(
                    f"{self.function.__qualname__} has no parameter {text!r}; it has {have}",
                    param_hint="--wrt",
                )
            if number in found:
                raise click.BadParameter(f"{names[number]} is named twice", param_hint="--wrt")
            if not may_carry_derivative(types[number]):
                raise click.BadParameter(
                    f"cannot differentiate with respect to {names[number]}: its type is {kind_name(types[number])}; "
                    f"give another with --arg {names[number]}=...",
                    param_hint="--wrt",
                )
            found.append(number)
        return found


def kind_name(t: Type) -> str:
    """Return a type as a user would write it."""
    t = plain(t)
    return repr(t.value) if isinstance(t, Static) else repr(t)


def default_type(parameter: inspect.Parameter, annotation: Any, key: int) -> Type:
    """Return the type of a parameter without ``--arg``: from its annotation, else its default, else any."""
    if parameter.kind is parameter.VAR_POSITIONAL:
        return Tup(())
    if parameter.kind is parameter.VAR_KEYWORD:
        return Dct(Cell(fields={}, fixed=True))
    default = None if parameter.default is parameter.empty else type_of(parameter.default, key)
    if isinstance(default, Static) and isinstance(default.value, str):
        return default  # an option: code is made for one value
    annotated = ANY if annotation is None else annotated_type(annotation)
    return default if annotated is ANY and default is not None else annotated


def find(target: str) -> Subject:
    """Import the module of ``target`` and return the function that it names.

    Raises:
        Refused: there is no such file, module or function, or importing it failed.
    """
    place, colon, path = target.rpartition(":")
    if not colon or not place or not path:
        raise Refused(f"{target!r} is not of the form module:function or path/file.py:function{_example(target)}")
    with quiet_import(place):
        module = (
            import_file(place)
            if place.endswith(".py") or "/" in place or "\\" in place
            else import_name(place)
        )
    holder: Any = None
    found: Any = module
    for number, name in enumerate(path.split(".")):
        holder = found
        try:
            found = getattr(holder, name)
        except AttributeError:
            where = ".".join([place, *path.split(".")[:number]])
            raise Refused(f"{where} has no function {name!r}{suggestion(holder, name)}") from None
    if isinstance(found, Differentiated):
        found = found.primal
    found = _with_parameters(found)
    function = python_function(found)
    if function is None:
        if isinstance(found, type):
            raise Refused(f"{target} is a class: name one of its methods{suggestion(found, '')}")
        raise Refused(f"{target} is not a Python function but of type {type(found).__name__}")
    if isinstance(found, pytypes.MethodType):
        bound = found.__self__
        parts = [part for part in path.split(".") if part != "__call__"]
        called = parts[-1] if parts and function.__name__ == "__call__" else ""
        return Subject(function, found, ((type_of(bound), bound),), called, not isinstance(bound, type))
    is_static = isinstance(inspect.getattr_static(holder, name, None), staticmethod)
    return Subject(function, found, ((Obj(holder), None),) if isinstance(holder, type) and not is_static else ())


_ANY_NUMBER = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


def _with_parameters(found: Any) -> Any:
    """Return what was named as a Python function that says what it takes, where there is one.

    An object that can be called stands for its method; a wrapper that passes on what it is given has the parameters
    of what it wraps; of a function that is not written in Python only what it needs is given.
    """
    if isinstance(found, type | property) or not callable(found):
        return found
    call = getattr(type(found), "__call__", None)  # noqa: B004 - the method itself is wanted
    if python_function(found) is None and isinstance(call, pytypes.FunctionType):
        return pytypes.MethodType(call, found)
    if isinstance(found, np.ufunc):
        names = ["x"] if found.nin == 1 else [f"x{number + 1}" for number in range(found.nin)]
        parameters = [inspect.Parameter(name, inspect.Parameter.POSITIONAL_ONLY) for name in names]
        return by_position(found, parameters)
    try:
        parameters = list(inspect.signature(found).parameters.values())
    except (TypeError, ValueError):
        return found
    function = python_function(found)
    if function is not None:
        own = inspect.signature(function, follow_wrapped=False).parameters.values()
        passes_on = any(parameter.kind in _ANY_NUMBER for parameter in own) and hasattr(found, "__wrapped__")
        if not passes_on or any(parameter.kind in _ANY_NUMBER for parameter in parameters):
            return found
    elif not isinstance(found, functools.partial | functools._lru_cache_wrapper):
        parameters = [parameter for parameter in parameters if parameter.default is parameter.empty]
    parameters = [parameter for parameter in parameters if parameter.kind not in _ANY_NUMBER]
    return by_position(found, parameters) if parameters else found


def _example(target: str) -> str:
    """Return how a target that names a file alone may go on: with the functions that its text defines."""
    path = Path(target.rstrip(":"))
    if path.suffix != ".py" or not path.is_file():
        return ""
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except (SyntaxError, ValueError):
        return ""
    names = [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
    return "\n  try: " + "  or  ".join(f"{path}:{name}" for name in names[-MOST_EXAMPLES:]) if names else ""


def suggestion(holder: Any, name: str) -> str:
    """Return a hint at the functions that are there."""
    names = [one for one in vars(holder) if callable(getattr(holder, one)) and not one.startswith("__")]
    module = getattr(holder, "__name__", None)
    is_class = isinstance(holder, type)
    own = [one for one in names if is_class or getattr(getattr(holder, one), "__module__", module) == module]
    close = difflib.get_close_matches(name, own, n=1)
    if close:
        return f"; did you mean {close[0]!r}?"
    return f"; it has {', '.join(own)}" if own else ""


@contextlib.contextmanager
def quiet_import(place: str) -> Iterator[None]:
    """Import without writing byte code; what the module prints goes to stderr, a failure is one message."""
    before = sys.dont_write_bytecode
    sys.dont_write_bytecode = True
    try:
        with contextlib.redirect_stdout(sys.stderr):
            yield
    except click.ClickException:
        raise
    except (Exception, SystemExit) as error:  # importing runs the user's code, which may raise anything
        raise Refused(f"importing {place} failed: {describe_failure(error)}") from error
    finally:
        sys.dont_write_bytecode = before


def import_name(name: str) -> pytypes.ModuleType:
    """Import a module by name, as ``python -m`` would: the current folder comes first."""
    if "" not in sys.path:
        sys.path.insert(0, "")
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is not None and (name == error.name or name.startswith(error.name + ".")):
            raise Refused(f"there is no module {name!r}") from None
        raise


def import_file(place: str) -> pytypes.ModuleType:
    """Import a file; one in a package as a module of its package, so that relative imports work."""
    path = Path(place)
    if not path.is_file():
        raise Refused(f"there is no file {place}")
    path = path.resolve()
    names = [path.stem]
    folder = path.parent
    while (folder / "__init__.py").is_file() and folder.name.isidentifier():
        names.insert(0, folder.name)
        folder = folder.parent
    sys.path.insert(0, str(folder))
    if len(names) > 1:
        return importlib.import_module(".".join(names))
    name = path.stem
    while name in sys.modules:  # do not shadow a module that something else needs
        name += "_"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise Refused(f"{place} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module
