"""The text of each stage of a compilation, from the user's source to the generated code."""

from __future__ import annotations

import textwrap
import types as pytypes

import gast

from diffcompile.analysis.types import Type
from diffcompile.frontend.source import read_source, source_behind
from diffcompile.ir.core import Function, Value
from diffcompile.ir.printer import print_function
from diffcompile.ir.verifier import verify
from diffcompile.pipeline import Request, compile_gradient, deep_recursion
from diffcompile.specialise import specialise


def stage_text(function: pytypes.FunctionType, request: Request | None, stage: str) -> str:
    """Return the text of a stage (see :data:`diffcompile.pipeline.STAGES`); an early one also where a later one fails.

    ``request`` may be None for ``source`` and ``ast``, which no types can change.
    """
    if stage == "source":
        return source_text(function)
    if stage == "ast":
        return str(gast.dump(source_behind(read_source(function)).node, indent=2)) + "\n"
    assert request is not None
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
    if request.forward and stage == "adjoint":
        stage = "tangent"
    return print_with_types(compiled.stages[stage], compiled.types)


def source_text(function: pytypes.FunctionType) -> str:
    """Return the user's text of ``function``, decorators included."""
    source = source_behind(read_source(function))
    first = min([source.node.lineno, *(one.lineno for one in getattr(source.node, "decorator_list", []))])
    text = textwrap.dedent("".join(source.lines[first - 1 : source.node.end_lineno]))
    return text if text.endswith("\n") else text + "\n"


def print_with_types(function: Function, types: dict[Value, Type]) -> str:
    """Return the text of ``function`` with the type of each value where it is defined."""
    return print_function(function, lambda value: repr(types[value]) if value in types else "")
