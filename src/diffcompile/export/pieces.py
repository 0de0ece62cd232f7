"""A generated function on its way into a module: its text, what it refers to, and what that is called there."""

from __future__ import annotations

import ast
import inspect
import types as pytypes
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from diffcompile.export.inline import OWN, ExportError, Needs, literal
from diffcompile.pipeline import Compiled


class Piece:
    """The text of one generated function."""

    def __init__(self, compiled: Compiled) -> None:
        self.compiled = compiled
        self.lines: list[str] = []
        self._read(compiled.source)
        self.names = [argument.arg for argument in self.definition.args.args]
        self.objects: dict[str, Any] = inspect.unwrap(compiled.function).__globals__
        count = len(self.names) - len(compiled.live_globals)
        self.live = dict(zip(self.names[count:], compiled.live_globals, strict=True))
        """The last parameters, which are read from the surroundings, and how."""

    def _read(self, text: str) -> None:
        self.tree = ast.parse(text)
        self.lines = text.splitlines()
        (self.definition,) = [node for node in self.tree.body if isinstance(node, ast.FunctionDef)]

    def taken(self) -> set[str]:
        """Return the names that belong to the function: its variables, and what it reads that nothing defines."""
        imported = {alias.asname or alias.name for node in self.tree.body for alias in getattr(node, "names", ())}
        used = {node.id for node in ast.walk(self.definition) if isinstance(node, ast.Name)} - imported
        inner = {node.name for node in ast.walk(self.definition) if isinstance(node, ast.FunctionDef)}
        inner.remove(self.definition.name)
        inner |= {node.arg for node in ast.walk(self.definition) if isinstance(node, ast.arg)}
        defined = {name for name in used if isinstance(self.objects.get(name), pytypes.FunctionType | type)}
        defined |= {name for name in used if type(self.objects.get(name)).__module__.startswith(f"{OWN}.calling")}
        return {*self.names, *(used - defined), *inner}

    def settle(self, needs: Needs, calls: Mapping[str, str]) -> None:
        """Define or import all that the function refers to, and call it what it is called there.

        ``calls`` are the names of the pairs that it calls.

        Raises:
            ExportError: something can be neither written down nor defined anew.
        """
        others = dict(calls)
        for statement in self.tree.body:
            if isinstance(statement, ast.Import | ast.ImportFrom):
                for alias in statement.names:
                    name = alias.asname or alias.name.partition(".")[0]
                    others[name] = self._bound(needs, name, statement, alias)
        read = {node.id for node in ast.walk(self.definition) if isinstance(node, ast.Name)}
        for name in sorted(read - set(others)):
            if name in self.objects and not name.startswith("__") and name != self.definition.name:
                others[name] = needs.bind(name, self.objects[name])
        for name, value in self.live.items():
            others[name] = self._freeze(needs, name, value)
        self.rename({name: other for name, other in others.items() if name != other})

    def _bound(self, needs: Needs, name: str, statement: ast.Import | ast.ImportFrom, alias: ast.alias) -> str:
        module = statement.module or "" if isinstance(statement, ast.ImportFrom) else alias.name
        if module.partition(".")[0] == OWN:
            return needs.bind(name, self.objects[name])
        if isinstance(statement, ast.Import):
            text = f"import {alias.name}" + (f" as {alias.asname}" if alias.asname else "")
        else:
            text = f"from {module} import {alias.name}" + (f" as {alias.asname}" if alias.asname else "")
        needs.imports[name] = text
        return name

    def _freeze(self, needs: Needs, name: str, read: Callable[[], Any]) -> str:
        """Write down a global that the primal reads at each call."""
        found = [node for node in ast.walk(self.definition) if isinstance(node, ast.Name) and node.id == name]
        if any(isinstance(node.ctx, ast.Store) for node in found):
            raise ExportError(f"{name}, which belongs to the surroundings of the function, cannot be written out")
        text, here, number = literal(name, read()), name, 1
        while needs.definitions.get(here, f"{here} = {text}") != f"{here} = {text}":
            number += 1
            here = f"{name}_{number}"
        needs.definitions[here] = f"{here} = {text}"
        return here

    def rename(self, names: Mapping[str, str]) -> None:
        """Call variables of the function by other names."""
        if names:
            head = self.lines[: self.definition.lineno]
            self._read("\n".join([*head, *renamed(self.lines, self.definition, names)[len(head) :]]))

    def docstring(self) -> str:
        """Return the line with the docstring."""
        return f'    """{ast.get_docstring(self.definition)}"""'

    def body(self) -> list[str]:
        """Return the lines of the function behind its docstring."""
        first = self.definition.body[0].end_lineno or self.definition.lineno
        return self.lines[first : self.definition.end_lineno]


def renamed(lines: Sequence[str], definition: ast.FunctionDef, names: Mapping[str, str]) -> list[str]:
    """Return the lines of a module in which the body of a definition calls variables by other names."""
    encoded = [line.encode() for line in lines]
    places = {
        (node.lineno - 1, node.col_offset, node.id)
        for statement in definition.body
        for node in ast.walk(statement)
        if isinstance(node, ast.Name) and node.id in names
    }
    for row, column, name in sorted(places, reverse=True):
        end = column + len(name.encode())
        if encoded[row][column:end] != name.encode():  # in a formatted text, before Python 3.12
            raise ExportError(f"{name}, in a formatted text, cannot be written out")
        encoded[row] = encoded[row][:column] + names[name].encode() + encoded[row][end:]
    return [line.decode() for line in encoded]
