"""``for t in checkpoint(range(n)):`` becomes a nested function of its items, and a call of it.

``while checkpoint(err > tol):`` becomes one of as many items as there may be, which stops and counts its trips.
"""

from __future__ import annotations

import operator
import sys
from typing import Any

import gast

from diffcompile.checkpointing import checkpoint
from diffcompile.frontend.lower.names import assigned
from diffcompile.frontend.lower.unbound import Unbound
from diffcompile.frontend.nodes import calls
from diffcompile.ir.core import UNDEFINED, Const, Operand, Prim

_ITEMS, _ITEM, _TRIPS = "$items", "$item", "$trips"


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
        call, limits = self._limits(node.iter)
        loop = self._whole(node)
        stored = gast.Assign([loop.target], gast.Constant(None, None), None)
        items = self.expr(call.args[0])
        again = gast.For(loop.target, _load(_ITEMS), loop.body, [], None)
        self._run(call, loop, again, items, limits, {}, [*loop.body, stored])

    def checkpointed_while(self, node: Any) -> None:
        call, limits = self._limits(node.test)
        loop = self._whole(node)
        test = call.args[0]
        stop = gast.If(gast.UnaryOp(gast.Not(), test), [gast.Break()], [])
        one_more = gast.BinOp(_load(_TRIPS), gast.Add(), gast.Constant(1, None))
        count = gast.Assign([gast.Name(_TRIPS, gast.Store(), None, None)], one_more, None)
        for part in (stop, stop.test, stop.body[0], count, one_more, one_more.left, one_more.right, count.targets[0]):
            _place(part, test)
        item = gast.Name(_ITEM, gast.Store(), None, None)
        again = gast.For(item, _load(_ITEMS), [stop, count, *loop.body], [], None)
        items = self.emit(range, (Const(sys.maxsize),), node)
        self._run(call, loop, again, items, limits, {_TRIPS: Const(0)}, [*loop.body, gast.Expr(test)])

    def _limits(self, call: Any) -> tuple[Any, list[Operand]]:
        """Return a call of ``checkpoint``, and its options."""
        given = {keyword.arg: keyword.value for keyword in call.keywords}
        if len(call.args) != 1 or not set(given) <= {"snapshots", "budget"}:
            self.refuse(call, "checkpoint takes one iterable or condition, and snapshots= or budget=")
        return call, [self.expr(given[name]) if name in given else Const(None) for name in ("snapshots", "budget")]

    def _whole(self, node: Any) -> Any:
        """Return a loop as the program has it, which must run to its end."""
        loop = getattr(node, "original", node)
        if node.go or loop.orelse:
            self.refuse(loop, "a checkpointed loop cannot stop early", "guard the body of the loop with an `if`")
        return loop

    def _run(
        self, call: Any, loop: Any, again: Any, items: Operand, limits: list[Operand], first: dict[str, Operand],
        body: list[Any],
    ) -> None:  # fmt: skip
        """Call the function that runs ``again``, of what there is ``first``, and what ``body`` assigns."""
        names = sorted(assigned(body))
        state = [name for name in names if not _is_undefined(self.env.get(name))]
        function = self.expr(call.func)
        closure = self.closure(_segment(loop, again, [*first, *state]), "trips")
        inits = [*first.values(), *(self.env[name] for name in state)]
        result = self.emit(Prim.CALL, (Const(run_loop), function, closure, items, *limits, *inits), loop)
        for name in set(names) - set(state):
            self.env.pop(name, None)
        for number, name in enumerate(state, start=len(first)):
            part = self.emit(operator.getitem, (result, Const(number)), loop)
            self.env[name] = self.named(part, name)


def _is_undefined(operand: Operand | None) -> bool:
    return operand is None or (isinstance(operand, Const) and operand.value is UNDEFINED)


def _load(name: str) -> Any:
    return gast.Name(name, gast.Load(), None, None)


def _segment(node: Any, loop: Any, state: list[str]) -> Any:
    """Return a function that runs ``loop`` over some items, from what it carries to what it carries then."""
    parts = [_load(name) for name in state]
    params = [gast.Name(name, gast.Param(), None, None) for name in (_ITEMS, *state)]
    arguments = gast.arguments(params, [], None, [], [], None, [])
    returned = gast.Return(gast.Tuple(parts, gast.Load()))
    made = gast.FunctionDef("trips", arguments, [loop, returned], [], None, None, [])
    for part in (made, loop, returned, *parts, *params, loop.iter, returned.value):
        _place(part, node)
    return made


def _place(part: Any, node: Any) -> None:
    """Say that a part of the program stands where ``node`` stands."""
    for name in ("lineno", "col_offset", "end_lineno", "end_col_offset"):
        setattr(part, name, getattr(node, name, None))
