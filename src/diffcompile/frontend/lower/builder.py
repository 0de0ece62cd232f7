"""The state of lowering: which value each variable has now, and the ops so far."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from typing import Any

import gast

from diffcompile.errors import DiffCompileError, Span, UnsupportedError
from diffcompile.frontend.blocks import is_block, remove_blocks
from diffcompile.frontend.cells import share_globals, share_variables
from diffcompile.frontend.desugar import RESULT, remove_exits
from diffcompile.frontend.generators import ask_consumer
from diffcompile.frontend.hooks import remove_hooks
from diffcompile.frontend.lower.code import Code
from diffcompile.frontend.lower.names import assigned, display_name, failing_on_none, last_assignments
from diffcompile.frontend.matching import remove_matches
from diffcompile.frontend.suppressing import remove_suppressing
from diffcompile.ir.core import UNDEFINED, Block, Callee, Const, Op, Operand, Prim, Value


class Builder(ABC):
    """What all parts of lowering share. The parts call each other through ``expr``, ``assign`` and ``statements``."""

    def __init__(self, code: Code, sharing: bool = False) -> None:
        self.code = code
        self.source = code.source
        self.env: dict[str, Operand] = {}
        self.ops: list[Op] = []
        self.problems: list[DiffCompileError] = []
        self.statement: Any = None
        node = self.source.node
        body = [_return(node.body)] if isinstance(node, gast.Lambda) else node.body
        parameters = [parameter.name for parameter in code.parameters]
        body = remove_matches(remove_hooks(body, self.source, parameters, code.captures))
        body = remove_suppressing(body, self.source, {*parameters, *code.captures, *assigned(body)})
        body = share_globals(body, self.source.scope, code.captures)
        if self.code.is_generator:
            body = ask_consumer(body)
        if not is_block(node):
            body = remove_exits(body)
        result = gast.Constant(None, None) if is_block(node) else gast.Name(RESULT, gast.Load(), None, None)
        body = remove_blocks([*body, gast.Expr(result)])
        *self.body, last = share_variables(node, body, parameters, sharing)
        self.returned = last.value
        self.locals = {*parameters, *assigned(self.body)}
        self.deleted: set[str] = set()
        self.target = ""
        """The variable to which the comprehension is assigned that is lowered next."""
        self.looped: set[str] = set()
        """Variables that the loops around this place assign."""
        self.later: dict[str, int] = last_assignments(self.body)
        self.partial: set[Value] = set()
        """Results of branches some of which leave the variable unbound."""
        self.untaken: set[Value] = set()
        """Results of loops that have no value if there is no trip: generated code does not assign them either."""
        self.failing_on_none = failing_on_none(self.body)
        """Names in the text that are read where None fails."""
        self.perhaps_deleted: set[Value] = set()
        """Variables behind a loop that may have deleted them."""
        self.closures: dict[Value, tuple[Any, Code, tuple[Operand, ...]]] = {}
        """Closures made here: node, code and defaults. A closure sees its captures as they are when it is used."""

    @abstractmethod
    def expr(self, node: Any) -> Operand:
        """Lower an expression and return its value."""

    @abstractmethod
    def tested(self, node: Any) -> Operand:
        """Lower an expression of which only the truth matters: each part of ``and`` and ``or`` is asked for its own."""

    @abstractmethod
    def assign(self, target: Any, operand: Operand) -> None:
        """Bind or store to a target."""

    @abstractmethod
    def closure(self, node: Any, name: str) -> Operand:
        """Make a nested function."""

    @abstractmethod
    def may_be_unbound(self, operand: Operand) -> bool:
        """Tell whether a variable may have no value."""

    @abstractmethod
    def note_loop(self, op: Op, names: list[str]) -> None:
        """Remember which variables a loop may leave without a value."""

    @abstractmethod
    def note_deleted(self, op: Op, names: list[str], node: Any) -> None:
        """Look after variables that the body of a loop deletes."""

    @abstractmethod
    def statements(self, statements: list[Any]) -> None:
        """Lower statements in their order."""

    def span(self, node: Any) -> Span:
        return self.source.span(node, self.statement)

    def refuse(self, node: Any, what: str, advice: str = "", why: str = "") -> None:
        raise UnsupportedError(what, span=self.span(node), why=why, advice=advice)

    def emit(self, callee: Callee, operands: tuple[Operand, ...], node: Any, **attrs: Any) -> Value:
        result = Value()
        self.ops.append(Op(callee, operands, (result,), attrs, (), self.span(node)))
        return result

    def effect(self, callee: Callee, operands: tuple[Operand, ...], node: Any, **attrs: Any) -> None:
        self.ops.append(Op(callee, operands, (), attrs, (), self.span(node)))

    def named(self, operand: Operand, name: str) -> Operand:
        """Give the result of the last op the user's name, if it has none yet."""
        fresh = isinstance(operand, Value) and not operand.name and not name.startswith("$")
        if fresh and self.ops and operand in self.ops[-1].results:
            last = self.ops[-1]
            renamed = Value(display_name(name))
            results = tuple(renamed if result is operand else result for result in last.results)
            self.ops[-1] = Op(last.callee, last.operands, results, last.attrs, last.regions, last.span)
            return renamed
        return operand

    def region(
        self, params: tuple[Value, ...], build: Callable[[], list[Operand]], rebinds: Iterable[str] = ()
    ) -> Block:
        """Build a block; ``rebinds`` are the variables that each trip of a loop assigns."""
        outer, self.ops = self.ops, []
        looped, self.looped = self.looped, self.looped | set(rebinds)
        results = build()
        block = Block(params, tuple(self.ops), tuple(results))
        self.ops, self.looped = outer, looped
        return block

    def if_op(
        self,
        test: Operand,
        then: Callable[[], list[Operand]],
        other: Callable[[], list[Operand]],
        count: int,
        node: Any,
        names: tuple[str, ...] = (),
    ) -> tuple[Value, ...]:
        regions = (self.region((), then), self.region((), other))
        results = tuple(Value(display_name(name)) for name in names) or tuple(Value() for _ in range(count))
        self.ops.append(Op(Prim.IF, (test,), results, {}, regions, self.span(node)))
        return results

    def enter(self, names: list[str]) -> tuple[tuple[Value, ...], tuple[Operand, ...]]:
        inits = tuple(self.env.get(name, Const(UNDEFINED)) for name in names)
        params = tuple(Value(display_name(name)) for name in names)
        pairs = [(param, init) for name, param, init in zip(names, params, inits, strict=True) if name[0] != "$"]
        self.partial.update(param for param, init in pairs if self.may_be_unbound(init))
        self.env = {**self.env, **dict(zip(names, params, strict=True))}
        return params, inits

    def leave(
        self,
        prim: Prim,
        operands: tuple[Operand, ...],
        names: list[str],
        regions: tuple[Block, ...],
        node: Any,
        stops: bool,
    ) -> None:
        results = tuple(Value(display_name(name)) for name in names)
        op = Op(prim, operands, results, {"may_stop": True} if stops else {}, regions, self.span(node))
        self.ops.append(op)
        self.note_deleted(op, names, node)
        self.note_loop(op, names)
        self.env.update(zip(names, results, strict=True))


def _return(value: Any) -> Any:
    node = gast.Return(value)
    gast.copy_location(node, value)
    node.end_lineno, node.end_col_offset = value.end_lineno, value.end_col_offset
    return node
