"""The command ``diffcompile``: look at what the compiler makes of a function, without running the function.

diffcompile show model.py:loss --wrt w --arg "w=float64[3,4]" --arg "x=float64[n,3]"
diffcompile show package.module:Class.method --stage typed
diffcompile rules "linalg.*"
"""

from __future__ import annotations

import contextlib
import difflib
import fnmatch
import importlib
import importlib.util
import inspect
import sys
import textwrap
import types as pytypes
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import gast

import diffcompile
import diffcompile.rules
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
from diffcompile.describe import annotated_type, annotations_of, parse_type
from diffcompile.errors import DiffCompileError
from diffcompile.frontend.source import python_function, read_source, signature_of
from diffcompile.ir.core import Function, Value
from diffcompile.ir.printer import print_function
from diffcompile.ir.verifier import verify
from diffcompile.pipeline import STAGES, Request, compile_gradient, deep_recursion
from diffcompile.rules import registry
from diffcompile.specialise import specialise
from diffcompile.specialise.functions import function_code


class Refused(click.ClickException):
    """A problem of the user's input: one message, exit status 2."""

    exit_code = 2


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(diffcompile.__version__, prog_name="diffcompile")
def main() -> None:
    """Differentiate Python and NumPy functions from source to source."""


# -- show ---


@main.command()
@click.argument("target")
@click.option(
    "--wrt", metavar="X,Y", help="Differentiate these (names or positions). Default: the first that can be."
)
@click.option("--stage", type=click.Choice(STAGES), default="code", show_default=True, help="What to print.")
@click.option(
    "--arg", "given", multiple=True, metavar="NAME=TYPE", help="The type of a parameter; repeatable."
)
@click.option("--value", "with_value", is_flag=True, help="Also compute the value of the function.")
def show(target: str, wrt: str | None, stage: str, given: tuple[str, ...], with_value: bool) -> None:
    """Print the gradient function of TARGET, or a stage on the way to it.

    TARGET is module:function, module:Class.method or path/file.py:function. The module is imported, the
    function is not called, and nothing is written.

    \b
    Types for --arg:
      float  int  bool  complex  str         Python's own
      float64  float32  int64 ...            a NumPy scalar
      "float64[3,4]"                         an array of this shape
      "float64[:,:]"  "float64[n,m]"         of this rank; axes of one name have one length
      "float64[...]"  array                  of any rank; of any rank and dtype
      "list[float64[3]]"  "(float, int)"     a list, a tuple
      "fast"  None  3  True                  this string, None, a number of this type
    Where --arg is silent, annotations speak, then defaults; else the code is made for every type, and longer.
    """
    subject = find(target)
    try:
        if stage == "source":
            click.echo(source_text(subject.function), nl=False)
        elif stage == "ast":
            click.echo(gast.dump(read_source(subject.function).node, indent=2))
        else:
            request = subject.request(parse_args(given), wrt, with_value=with_value)
            click.echo(stage_text(request, stage), nl=False)
    except (DiffCompileError, TypeError) as error:
        kind = type(error).__name__
        raise Refused(f"{kind}: {error}") from error


def source_text(function: pytypes.FunctionType) -> str:
    """Return the user's text of ``function``, decorators included."""
    source = read_source(function)
    first = min([source.node.lineno, *(one.lineno for one in getattr(source.node, "decorator_list", []))])
    text = textwrap.dedent("".join(source.lines[first - 1 : source.node.end_lineno]))
    return text if text.endswith("\n") else text + "\n"


def stage_text(request: Request, stage: str) -> str:
    """Return the text of a stage of the compilation; an early one also where a later one fails."""
    if stage == "ssa":
        return print_function(request.code.function())
    if stage == "typed":
        active = [number in request.wrt for number in range(len(request.types))]
        with deep_recursion():
            program = specialise(request.code, request.types, active=active, examples=request.examples)
        return print_with_types(verify(program.function, "specialisation"), program.types)
    compiled = compile_gradient(request)
    if stage == "code":
        return compiled.source
    return print_with_types(compiled.stages[stage], getattr(compiled, "types", {}))


def print_with_types(function: Function, types: dict[Value, Type]) -> str:
    """Return the text of ``function`` with the type of each value where it is defined."""
    return print_function(function, lambda value: repr(types[value]) if value in types else "")


def parse_args(given: Sequence[str]) -> dict[str, Type]:
    """Return the types that ``--arg`` options give to parameters."""
    found: dict[str, Type] = {}
    for text in given:
        name, equals, description = text.partition("=")
        name = name.strip()
        if not equals or not name.isidentifier():
            raise click.BadParameter(
                f"{text!r} is not of the form name=type, as x=float64[3,4] is", param_hint="--arg"
            )
        if name in found:
            raise click.BadParameter(f"{name} is given twice", param_hint="--arg")
        try:
            found[name] = parse_type(description, name)
        except ValueError as error:
            raise click.BadParameter(f"{name}: {error}", param_hint="--arg") from None
    return found


# -- what is differentiated ---


@dataclass(frozen=True, slots=True)
class Subject:
    """A function that was named on the command line."""

    function: pytypes.FunctionType
    prefix: tuple[tuple[Type, Any], ...] = ()
    """The type of ``self``, if it has one, and the object itself where it is known."""

    def request(self, given: dict[str, Type], wrt: str | None, *, with_value: bool) -> Request:
        """Return what the compiler is to do."""
        code = function_code(self.function)
        parameters = list(signature_of(self.function).parameters.values())
        names = [parameter.name for parameter in parameters]
        unknown = [name for name in given if name not in names]
        if unknown:
            raise click.BadParameter(
                f"{self.function.__qualname__} has no parameter {unknown[0]!r}; it has {', '.join(names) or 'none'}",
                param_hint="--arg",
            )
        hints = annotations_of(self.function)
        types = [
            given.get(parameter.name) or default_type(parameter, hints.get(parameter.name), number)
            for number, parameter in enumerate(parameters)
        ]
        for number, (t, _) in enumerate(self.prefix):
            types[number] = given.get(parameters[number].name, t)
        chosen = self.chosen(names, types, wrt)
        known = [value for _, value in self.prefix if value is not None]
        return Request(code, types, chosen, with_value, examples=known)

    def chosen(self, names: list[str], types: list[Type], wrt: str | None) -> list[int]:
        """Return which parameters to differentiate; the user's positions do not count ``self``."""
        skipped = len(self.prefix)
        if wrt is None:
            for number in range(skipped, len(names)):
                if may_carry_derivative(types[number]):
                    return [number]
            raise Refused(f"{self.function.__qualname__} has no parameter that can be differentiated")
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
        raise Refused(f"{target!r} is not of the form module:function or path/file.py:function")
    with quiet_import():
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
    function = python_function(found)
    if function is None:
        if isinstance(found, type):
            raise Refused(f"{target} is a class: name one of its methods{suggestion(found, '')}")
        raise Refused(f"{target} is not a Python function but of type {type(found).__name__}")
    if isinstance(found, pytypes.MethodType):
        bound = found.__self__
        return Subject(function, ((type_of(bound), bound),))
    is_static = isinstance(inspect.getattr_static(holder, name, None), staticmethod)
    return Subject(function, ((Obj(holder), None),) if isinstance(holder, type) and not is_static else ())


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
def quiet_import() -> Iterator[None]:
    """Import without writing byte code; what the module prints goes to stderr, a failure is one message."""
    before = sys.dont_write_bytecode
    sys.dont_write_bytecode = True
    try:
        with contextlib.redirect_stdout(sys.stderr):
            yield
    except click.ClickException:
        raise
    except (Exception, SystemExit) as error:  # importing runs the user's code, which may raise anything
        raise Refused(f"importing failed: {describe_failure(error)}") from error
    finally:
        sys.dont_write_bytecode = before


def describe_failure(error: BaseException) -> str:
    """Return what an exception says, with the last line of the user's code that it passed."""
    text = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    frame = error.__traceback__
    place = ""
    while frame is not None:
        name = frame.tb_frame.f_code.co_filename
        if not name.startswith("<") and name != __file__:
            place = f"\n  {name}:{frame.tb_lineno}"
        frame = frame.tb_next
    return text + ("" if isinstance(error, SyntaxError) else place)


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


# -- rules ---


@main.command()
@click.argument("pattern", default="*")
def rules(pattern: str) -> None:
    """List the functions that have a derivative rule; PATTERN is a part of a name, or has wildcards."""
    if not any(sign in pattern for sign in "*?["):
        pattern = f"*{pattern}*"
    kinds: list[tuple[str, str]] = []
    for fun, entry in registry.ELEMENTWISE.items():
        without = [str(number) for number, partial in enumerate(entry.partials) if partial is None]
        note = f", none in argument {', '.join(without)}" if without else ""
        kinds.append((rule_name(fun), f"elementwise{note}"))
    kinds += [(rule_name(fun), "adjoint") for fun in registry.ADJOINT]
    kinds += [
        (rule_name(fun), f"no derivative: {reason}") for fun, reason in registry.NONDIFFERENTIABLE.items()
    ]
    shown = sorted({(name, kind) for name, kind in kinds if fnmatch.fnmatchcase(name, pattern)})
    if not shown:
        raise Refused(f"no rule matches {pattern!r}")
    width = max(len(name) for name, _ in shown)
    for name, kind in shown:
        click.echo(f"{name:{width}}  {kind}")


def rule_name(fun: Any) -> str:
    """Return the name by which a program reaches ``fun``: ``numpy.linalg.inv``, ``numpy.add.reduce``, ``abs``."""
    owner = getattr(fun, "__self__", None)
    if isinstance(owner, registry.UFUNC):
        return f"{rule_name(owner)}.{fun.__name__}"
    name = getattr(fun, "__qualname__", None) or getattr(fun, "__name__", None) or repr(fun)
    holder = getattr(fun, "__objclass__", fun)
    module = getattr(holder, "__module__", None) or (
        "numpy" if isinstance(fun, registry.UFUNC) else "builtins"
    )
    parts = [part for part in module.lstrip("_").split(".") if not part.startswith("_")]
    return name if parts == ["builtins"] else ".".join([*parts, name])
