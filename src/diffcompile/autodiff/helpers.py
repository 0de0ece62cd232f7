"""Helpers of generated code where it is differentiated again: those without a rule are inlined, like any function."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from types import FunctionType
from typing import Any

from diffcompile import dynamic
from diffcompile.analysis.activity import find_activity
from diffcompile.analysis.aliasing import find_aliases
from diffcompile.analysis.effects import writes
from diffcompile.analysis.types import Obj, OneOf, Type
from diffcompile.autodiff.staging import Staging
from diffcompile.errors import DiffCompileError
from diffcompile.ir.core import Block, Function, Op, Operand, Value, walk
from diffcompile.ir.verifier import verify
from diffcompile.passes.functionalise import functionalise
from diffcompile.specialise.binding import bind, defaults_of
from diffcompile.specialise.functions import function_code
from diffcompile.specialise.inlining import inline
from diffcompile.specialise.items import Item
from diffcompile.specialise.program import Memory

Known = Callable[[Any], bool]
DEEPEST = 12
MOST_RUNS = 12
STRUCTURAL = (dynamic.fields, dynamic.narrowed, dynamic.arrangement)
"""What looks at structures, where shadows are others than their primals: the two modes know what becomes of it."""


def inline_helpers(function: Function, types: dict[Value, Type], inputs: set[Value], known: Known) -> Function:
    """Return ``function`` in which no active helper without a rule is called, as far as its text can be compiled."""
    failed: set[Op] = set()
    for _ in range(DEEPEST):
        if not any(is_helper(op.callee) for op in walk(function.body)):
            return function
        outputs = {result for result in function.body.results if isinstance(result, Value)}
        activity = find_activity(function, types, find_aliases(function, types), inputs, outputs)
        wanted = {
            op
            for op in walk(function.body)
            if is_helper(op.callee)
            and op.callee not in STRUCTURAL
            and not writes(op)
            and not known(op.callee)
            and op not in failed
            and any(map(activity.is_active, op.results))
            and any(map(activity.is_active, op.operands))
            and not any(_answers(types[operand]) for operand in op.operands if isinstance(operand, Value))
        }
        if not wanted:
            return function
        work = _Inlining(types, wanted, failed, activity.is_active)
        function = verify(replace(function, body=work.block(function.body)), "inlined helpers")
        function = verify(functionalise(function, types), "functionalise")
    return function


def _answers(t: Type) -> bool:
    """Tell whether an instance is asked for items itself: its shadow, which is a dict of the same type, is not."""
    parts = t.items if isinstance(t, OneOf) else (t,)
    return any(isinstance(part, Obj) and any(map(partial(hasattr, part.cls), _ASKED)) for part in parts)


_ASKED = ("__getitem__", "__setitem__", "__len__", "__iter__", "__contains__", "__bool__")


def is_helper(callee: Any) -> bool:
    """Tell whether ``callee`` is a function that generated code imports."""
    module = getattr(callee, "__module__", None) or ""
    return isinstance(callee, FunctionType) and module.startswith(("diffcompile.runtime", "diffcompile.dynamic"))


class _Inlining:
    def __init__(
        self, types: dict[Value, Type], wanted: set[Op], failed: set[Op], active: Callable[[Operand], bool]
    ) -> None:
        self.types = types
        self.wanted = wanted
        self.failed = failed
        self.active = active
        self.renamed: dict[Value, Operand] = {}

    def now(self, operand: Operand) -> Operand:
        return self.renamed.get(operand, operand) if isinstance(operand, Value) else operand

    def block(self, block: Block) -> Block:
        ops: list[Op] = []
        for op in block.ops:
            operands = tuple(map(self.now, op.operands))
            new = replace(op, operands=operands, regions=tuple(map(self.block, op.regions)))
            body = self.body(op, new) if op in self.wanted else None
            if body is None:
                if op in self.wanted:
                    self.failed.add(new)
                ops.append(new)
            else:
                ops += body
        return Block(block.params, tuple(ops), tuple(map(self.now, block.results)))

    def body(self, op: Op, new: Op) -> list[Op] | None:
        """Return the operations of a helper in place of its call, None where its text is outside the subset."""
        callee: Any = new.callee
        memory = Memory()
        before = set(self.types)
        split = len(new.operands) - len(new.keywords)
        keywords: dict[str, Item] = dict(zip(new.keywords, new.operands[split:], strict=True))
        for _ in range(MOST_RUNS):
            for cell in memory.cells.values():
                cell.root().changed = False
            stage = Staging(self.types, {})
            stage.memory = memory
            stage.override = op.span
            stage.varied.update(
                fresh
                for old, fresh in zip(op.operands, new.operands, strict=True)
                if isinstance(fresh, Value) and self.active(old)
            )
            try:
                code = function_code(callee)
                defaults = defaults_of(stage, callee, code)
                given: list[Item] = list(new.operands[:split])
                bound = bind(stage, code, code.parameters, given, dict(keywords), defaults, op.span)
                result = stage.operand(inline(stage, code, bound, op.span, library=True))
            except DiffCompileError:
                return None
            if not any(cell.root().changed for cell in memory.cells.values()):
                if stage.live or any(made.callee is callee for made in walk(Block((), tuple(stage.ops), ()))):
                    return None  # it goes on by itself, or calls itself
                self.renamed[op.result] = result
                return stage.ops
            for value in set(self.types) - before:
                del self.types[value]
        return None


__all__ = ["inline_helpers", "is_helper"]
