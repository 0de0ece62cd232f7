"""``for t in checkpoint(range(n)):`` becomes a nested function of its items, and a call of it."""

from __future__ import annotations

import operator
from typing import Any

import gast

from diffcompile.checkpointing import checkpoint
from diffcompile.frontend.lower.names import assigned
from diffcompile.frontend.lower.unbound import Unbound
from diffcompile.frontend.nodes import calls
from diffcompile.ir.core import UNDEFINED, Const, Operand, Prim

_ITEMS = "$items"


def run_loop(*args: Any) -> Any:
    """Stand for a checkpointed loop: the specialiser knows what it means."""
    raise AssertionError("a checkpointed loop is never called as it stands")


class Checkpoints(Unbound):
    """Lower checkpointed loops."""

    def closure(self, node: Any, name: str) -> Operand:
        """Lower a nested function; see :mod:`diffcompile.frontend.lower.closures`."""
        raise NotImplementedError

    def is_checkpoint(self, node: Any) -> bool:
        """Tell whether an expression is a call of :func:`diffcompile.checkpoint`."""
        return calls(node, checkpoint, self.source, self.locals)

    def checkpointed_loop(self, node: Any) -> None:
        call, node, stops = node.iter, getattr(node, "original", node), node.go
        given = {keyword.arg: keyword.value for keyword in call.keywords}
        if len(call.args) != 1 or not set(given) <= {"snapshots", "budget"}:
            self.refuse(call, "checkpoint takes one iterable, and snapshots= or budget=")
        if stops or node.orelse:
            self.refuse(node, "a checkpointed loop cannot stop early", "guard the body of the loop with an `if`")
        stored = gast.Assign([node.target], gast.Constant(None, None), None)
        names = sorted(assigned([*node.body, stored]))
        state = [name for name in names if not _is_undefined(self.env.get(name))]
        function = self.expr(call.func)
        iterable = self.expr(call.args[0])
        limits = [self.expr(given[name]) if name in given else Const(None) for name in ("snapshots", "budget")]
        closure = self.closure(_segment(node, state), "trips")
        inits = [self.env[name] for name in state]
        result = self.emit(Prim.CALL, (Const(run_loop), function, closure, iterable, *limits, *inits), node)
        for name in set(names) - set(state):
            self.env.pop(name, None)
        for number, name in enumerate(state):
            part = self.emit(operator.getitem, (result, Const(number)), node)
            self.env[name] = self.named(part, name)


def _is_undefined(operand: Operand | None) -> bool:
    return operand is None or (isinstance(operand, Const) and operand.value is UNDEFINED)


def _segment(node: Any, state: list[str]) -> Any:
    """Return a function that runs a loop over some items, from what it carries to what it carries then."""
    loop = gast.For(node.target, gast.Name(_ITEMS, gast.Load(), None, None), node.body, [], None)
    parts = [gast.Name(name, gast.Load(), None, None) for name in state]
    params = [gast.Name(name, gast.Param(), None, None) for name in (_ITEMS, *state)]
    arguments = gast.arguments(params, [], None, [], [], None, [])
    returned = gast.Return(gast.Tuple(parts, gast.Load()))
    made = gast.FunctionDef("trips", arguments, [loop, returned], [], None, None, [])
    for part in (made, loop, returned, *parts, *params, loop.iter, returned.value):
        for name in ("lineno", "col_offset", "end_lineno", "end_col_offset"):
            setattr(part, name, getattr(node, name, None))
    return made
