"""Write a gradient as a module: imports, the helpers that it uses, and the generated function with its checks."""

from __future__ import annotations

import ast
import functools
import inspect
import sys
import textwrap
import types as pytypes
from collections.abc import Iterator
from typing import Any

from diffcompile.analysis.types import Type
from diffcompile.export import kinds
from diffcompile.export.bound import written_down
from diffcompile.export.checks import APART, HELPER, Checks, annotation, apart
from diffcompile.export.functions import Functions, Writer
from diffcompile.export.inline import ExportError, Needs, installed, literal
from diffcompile.export.pieces import Piece
from diffcompile.frontend.source import signature_of
from diffcompile.pipeline import Compiled, Request, compile_gradient

WIDTH = 110


def exported(
    function: pytypes.FunctionType, request: Request, command: str, name: str = "", *, bound: bool = False
) -> str:
    """Return the text of a module with the gradient of ``function``, which needs NumPy alone.

    Args:
        function: The primal.
        request: The types of its arguments, and what to differentiate.
        command: What regenerates the module; it stands in its head.
        name: What the user calls the function, if that is not its own name.
        bound: The first parameter is not the caller's to give: what is read of its example is written down, if that
            can be.

    Raises:
        ExportError: the code needs the compiler at run time, or an object that cannot be written down.
    """
    compiled = compile_gradient(request)
    module = _Module(function, request, compiled, command)
    if name:
        module.public = module.definition.name.replace(_stem(function.__name__), name)
        module.docstring = module.docstring.replace(function.__name__, name)
    if bound and 0 not in request.wrt and request.examples:
        module.bind(name or function.__name__, request.examples[0])
    return module.text()


def _stem(name: str) -> str:
    return name.rstrip("_")


class _Module:
    def __init__(self, function: pytypes.FunctionType, request: Request, compiled: Compiled, command: str) -> None:
        self.function, self.request, self.compiled, self.command = function, request, compiled, command
        self.piece = Piece(compiled)
        self.needs = Needs()
        self.names = self.piece.names
        self.count = len(signature_of(function).parameters)
        self.functions = Functions()
        self.functions.follow(compiled)
        for piece in (self.piece, *self.functions.pieces):
            self.needs.reserved |= piece.taken()
        self.needs.reserved.add(self.definition.name)
        self.public = self.definition.name
        self.docstring = ast.get_docstring(self.definition) or ""
        self.first = 0
        """The first parameter that a caller gives."""

    @property
    def definition(self) -> ast.FunctionDef:
        """The generated function."""
        return self.piece.definition

    def bind(self, name: str, value: Any) -> None:
        """Write down the object that the function is bound to; where it cannot be, it stays a parameter."""
        text = written_down(self.definition, self.names[0], value)
        if text is None:
            return
        self.first = 1
        if text == "SimpleNamespace()":
            return
        name = self.needs.free(name, "")
        self.needs.imports["SimpleNamespace"] = "from types import SimpleNamespace"
        if "np." in text:
            self.needs.imports["np"] = "import numpy as np"
        text = f"{name} = {text}"
        self.needs.definitions[name] = text if len(text) <= WIDTH else _wrapped(text)
        self.piece.rename({self.names[0]: name})

    def text(self) -> str:
        writer = Writer(self.needs, self.functions)
        calls = self.functions.calls
        here = calls[id(self.compiled)]
        self.piece.settle(self.needs, {name: writer.names[pair] for name, pair in here.items()})
        written = [writer.text(pair, calls) for pair in self.functions.known.values()]
        body = self._body()
        checks = self._checks()
        self.needs.imports.setdefault("np", "import numpy as np")
        local = {n.id for n in ast.walk(self.definition) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
        if "np" in {*local, *self.names}:  # the function calls something else so
            checks = [line.replace("np.", "numpy.") for line in checks]
            self.needs.imports["numpy"] = "import numpy"
        header = self._header()
        docstring = textwrap.indent(f'"""{self.docstring}"""', "    ")
        function = "\n".join([header, docstring, *textwrap.indent("\n".join(checks), "    ").splitlines(), *body])
        helpers = [text for name, text in self.needs.definitions.items() if not name.startswith("_require")]
        helpers += [text for name, text in self.needs.definitions.items() if name.startswith("_require")]
        helpers += [text for pair in written for text in pair.values()]
        public = f"__all__ = [{self.public!r}]"
        parts = [self._head(), self._imports(), public, *_spaced(helpers), function]
        return "\n\n".join(parts[:3]) + "\n\n\n" + "\n\n\n".join(parts[3:]) + "\n"

    def _head(self) -> str:
        what = self.docstring.splitlines()[0]
        command = self.command.replace("\\", "\\\\")
        docstring = f'"""{what}\n\nGenerated; do not edit. To make it anew:\n\n    {command}\n"""'
        return f"{docstring}\n\nfrom __future__ import annotations"

    def _imports(self) -> str:
        """Return the import statements: Python's own modules first, one statement for each module."""
        plain = sorted({line for line in self.needs.imports.values() if line.startswith("import")})
        members: dict[str, set[str]] = {}
        for line in self.needs.imports.values():
            if line.startswith("from"):
                _, module, _, name = line.split(" ", 3)
                members.setdefault(module, set()).add(name)
        lines = [*plain, *(f"from {module} import {', '.join(sorted(members[module]))}" for module in sorted(members))]
        own = [line for line in lines if line.split()[1].partition(".")[0] in sys.stdlib_module_names]
        return "\n\n".join(filter(None, ("\n".join(own), "\n".join(line for line in lines if line not in own))))

    # -- the function

    def _body(self) -> list[str]:
        """Return the lines of the generated body, without its docstring."""
        lines = self.piece.body()
        wrt = len(self.request.wrt)
        last = self.definition.body[-1]
        if self.request.with_value and wrt > 1 and isinstance(last, ast.Return) and isinstance(last.value, ast.Tuple):
            parts = [ast.unparse(part) for part in last.value.elts]
            first = self.definition.body[0].end_lineno or self.definition.lineno
            lines = lines[: last.lineno - first - 1]
            lines.append(f"    return {', '.join(parts[:-wrt])}, ({', '.join(parts[-wrt:])})")
        return lines

    def _header(self) -> str:
        """Return the signature: that of the primal, with types."""
        parts = list(self._parameters())
        wrt = [annotation(self.request.types[number]) for number in self.request.wrt]
        result = wrt[0] if len(wrt) == 1 else f"tuple[{', '.join(wrt)}]"
        if self.request.with_value:
            result = f"tuple[Any, {result}]"
            self.needs.imports["Any"] = "from typing import Any"
        if any("NDArray" in part for part in [*parts, result]):
            self.needs.imports["NDArray"] = "from numpy.typing import NDArray"
        if any("Any" in part for part in [*parts, result]):
            self.needs.imports["Any"] = "from typing import Any"
        line = f"def {self.public}({', '.join(parts)}) -> {result}:"
        if len(line) <= WIDTH:
            return line
        inner = "".join(f"    {part},\n" for part in parts)
        return f"def {self.public}(\n{inner}) -> {result}:"

    def _parameters(self) -> Iterator[str]:
        keyword_only = False
        defaulted = False
        for number, parameter in enumerate(signature_of(self.function).parameters.values()):
            if number < self.first:
                continue
            if parameter.kind is parameter.KEYWORD_ONLY and not keyword_only:
                keyword_only = True
                yield "*"
            text = f"{self.names[number]}: {annotation(self.request.types[number])}"
            default = self._default(parameter)
            defaulted = defaulted or bool(default)
            if defaulted and not default and not keyword_only:
                raise ExportError(f"the default of {parameter.name} cannot be written out")
            yield text + (f" = {default}" if default else "")

    def _default(self, parameter: inspect.Parameter) -> str:
        if parameter.kind is parameter.VAR_POSITIONAL:
            return "()"
        if parameter.kind is parameter.VAR_KEYWORD:
            raise ExportError("a function with **keywords cannot be exported", advice="name the parameters")
        if parameter.default is parameter.empty:
            return ""
        try:
            return literal(parameter.name, parameter.default)
        except ExportError:
            return self._called(parameter.default) or ""

    def _called(self, value: Any) -> str | None:
        """Return what a function, class or module is called here, or None if only the program has it."""
        if isinstance(value, pytypes.ModuleType):
            name, home = value.__name__.rpartition(".")[2], value.__name__
        else:
            name, home = getattr(value, "__name__", ""), getattr(value, "__module__", None) or ""
        taken = {*self.names, *(n.id for n in ast.walk(self.definition) if isinstance(n, ast.Name))}
        if not name.isidentifier() or name in taken - set(self.needs.imports):
            return None
        if isinstance(value, pytypes.FunctionType | type | pytypes.ModuleType) and not installed(home):
            return None
        try:
            return self.needs.bind(name, value)
        except ExportError:
            return None

    def _checks(self) -> list[str]:
        checks = Checks(self._called, functools.partial(self.needs.from_module, module=kinds.__name__))
        lines: list[str] = []
        types: list[Type] = self.request.types
        examples = self.request.examples
        objects = [number for number in range(min(len(examples), self.count)) if kinds.has_objects(examples[number])]
        objects = [number for number in objects if number >= self.first]
        for number, (name, t) in enumerate(zip(self.names, types, strict=False)):
            if number not in objects and number >= self.first:
                lines += checks.of(name, t)
        lines += checks.given([self.names[number] for number in objects], [examples[number] for number in objects])
        written = [self.names[number] for number in self.compiled.written if number < self.count]
        own = dict(zip(self.names[: self.count], types, strict=False))
        for name in self.names[: self.first]:
            own.pop(name)
        sharing = list(apart(written, own, checks.helper))
        if lines:
            self.needs.definitions["_require"] = HELPER
        if any(line.startswith("_require_apart") for line in sharing):
            self.needs.definitions["_require_apart"] = APART
            self.needs.imports |= {"NDArray": "from numpy.typing import NDArray", "Any": "from typing import Any"}
        return lines + sharing


def _wrapped(text: str) -> str:
    """Return an assignment of a call with a line for each argument."""
    (statement,) = ast.parse(text).body
    assert isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Call)
    call = statement.value
    parts = "".join(f"    {part.arg}={ast.unparse(part.value)},\n" for part in call.keywords)
    return f"{ast.unparse(statement.targets[0])} = {ast.unparse(call.func)}(\n{parts})"


def _spaced(texts: list[str]) -> list[str]:
    """Put constants that follow each other next to each other."""
    groups: list[str] = []
    for text in texts:
        constant = not text.startswith(("def ", "class ", "@"))
        if constant and groups and not groups[-1].startswith(("def ", "class ", "@")):
            groups[-1] += "\n" + text
        else:
            groups.append(text)
    return groups
