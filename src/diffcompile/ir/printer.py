"""Text of a program for people: stable names, one op a line, regions indented."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from diffcompile.ir.core import Block, Const, Function, Op, Operand, Prim, Value

LONGEST_CONSTANT = 60
Note = Callable[[Value], str]


def print_function(function: Function, note: Note | None = None) -> str:
    """Return the text of ``function``; ``note(value)`` may add a remark (its type) where a value is defined."""
    return "\n".join(printed_lines(function, note)) + "\n"


class Line(str):
    """A line of the text, which knows the operation that it prints."""

    __slots__ = ("op",)
    op: Op | None


def printed_lines(function: Function, note: Note | None = None) -> list[Line]:
    """Return the lines of the text of ``function``."""
    printer = _Printer(note or (lambda value: ""))
    params = ", ".join(printer.define(param) for param in function.params)
    lines = [_line(f"function {function.name}({params}):")]
    printer.block(function.body, "    ", "return", lines)
    return lines


def _line(text: str, op: Op | None = None) -> Line:
    line = Line(text)
    line.op = op
    return line


class _Printer:
    def __init__(self, note: Note) -> None:
        self.note = note
        self.names: dict[Value, str] = {}
        self.counts: dict[str, int] = {}

    def define(self, value: Value) -> str:
        base = value.name or ""
        count = self.counts.get(base, 0)
        self.counts[base] = count + 1
        self.names[value] = f"%{base}" if base and not count else f"%{base}.{count}" if base else f"%{count}"
        note = self.note(value)
        return self.names[value] + (f": {note}" if note else "")

    def operand(self, operand: Operand) -> str:
        if isinstance(operand, Const):
            return operand.name or callee_name(operand.value)
        return self.names.get(operand, f"%?{operand.name}")

    def block(self, block: Block, indent: str, verb: str, lines: list[Line]) -> None:
        for op in block.ops:
            self.op(op, indent, lines)
        if block.results or verb == "return":
            lines.append(_line(f"{indent}{verb} {', '.join(map(self.operand, block.results))}".rstrip()))

    def op(self, op: Op, indent: str, lines: list[Line]) -> None:
        split = len(op.operands) - len(op.keywords)
        shown = [self.operand(operand) for operand in op.operands[:split]]
        named = zip(op.keywords, op.operands[split:], strict=True)
        shown += [f"{name}={self.operand(operand)}" for name, operand in named]
        attrs = "".join(
            f" {key}={callee_name(value)}" for key, value in op.attrs.items() if key not in ("keywords", "scope")
        )
        call = f"{callee_name(op.callee)}({', '.join(shown)}){attrs}"
        text: list[Line] = []
        for number, region in enumerate(op.regions):
            header = _REGION_NAMES.get(op.callee, ("region",))[number] if isinstance(op.callee, Prim) else "region"
            params = ", ".join(self.define(param) for param in region.params)
            text.append(_line(f"{indent}  {header}" + (f" ({params})" if params else "") + ":", op))
            self.block(region, indent + "    ", "yield", text)
        results = ", ".join(self.define(result) for result in op.results)
        lines.append(_line(f"{indent}{results} = {call}" if results else f"{indent}{call}", op))
        lines.extend(text)


_REGION_NAMES = {Prim.IF: ("then", "else"), Prim.FOR: ("body",), Prim.WHILE: ("condition", "body")}


def callee_name(callee: Any) -> str:
    """Return a short name of a callee or constant."""
    if isinstance(callee, Prim):
        return callee.value
    name = getattr(callee, "__name__", None)
    owner = getattr(callee, "__self__", None)
    if isinstance(owner, np.ufunc):
        return f"numpy.{owner.__name__}.{name}"
    if isinstance(name, str) and callable(callee):
        module = (getattr(callee, "__module__", "") or "").split(".")[0].replace("__main__", "").lstrip("_")
        return f"{module}.{name}" if module and module not in ("builtins", "operator") else name
    text = repr(callee)
    plain = len(text) <= LONGEST_CONSTANT and " at 0x" not in text  # an address is another one in the next run
    return text if plain else f"<{type(callee).__name__}>"
