"""Rules in the reverse sweep: staged, and their results handed to the operands."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from diffcompile import dynamic
from diffcompile.analysis.infer import dtype_of
from diffcompile.analysis.types import NUMBER, Array, Scalar, Type, plain
from diffcompile.autodiff import guards
from diffcompile.autodiff.collected import taken_apart
from diffcompile.autodiff.cotangents import Cotangents
from diffcompile.autodiff.missing import missing_rule, refused_keywords
from diffcompile.autodiff.overwritten import remember_overwritten
from diffcompile.autodiff.staging import matched_type
from diffcompile.autodiff.untouched import staged
from diffcompile.errors import MissingRuleError, UnsupportedError
from diffcompile.frontend.lower import Code
from diffcompile.ir.core import Const, Op, Operand, Value
from diffcompile.ir.printer import callee_name
from diffcompile.rules import registry
from diffcompile.specialise import binding
from diffcompile.specialise.functions import function_code
from diffcompile.specialise.items import Item, TupleItem

CONDITIONS = {np.where, np.select, np.choose, np.compress, np.extract, np.full_like, np.arange}
"""Callees that look at an argument only to choose, or only at its shape: its derivative is zero."""


def targets(code: Code, positional: list[Item], keywords: dict[str, Item]) -> list[Item]:
    """Return the operands in the order of the parameters of a rule."""
    remaining = list(positional)
    found: list[Item] = []
    for parameter in code.parameters[2:]:
        if parameter.kind == "args":
            found += remaining
            remaining = []
        elif parameter.kind in ("any", "positional") and remaining:
            found.append(remaining.pop(0))
        else:
            found.append(keywords.get(parameter.name, Const(None)))
    return found


class RuleApplication(Cotangents):
    """Applies the rules of operations, and says what has none."""

    def elementwise(self, op: Op, ct: Item) -> None:
        rule = registry.ELEMENTWISE[op.callee]
        split = len(op.operands) - len(op.keywords)
        if any(name not in ("dtype",) for name in op.keywords):
            raise refused_keywords(op)
        operands = op.operands[:split]
        z = op.results[0] if op.results else None
        remember_overwritten(self, op)
        partials = (self.edges[op],) if op in self.edges else rule.partials
        collected: dict[Value, Item] = {}
        for number, operand in enumerate(operands):
            if not self.active(operand):
                continue
            partial = partials[number] if number < len(partials) else None
            if partial is None:
                continue
            if partial is registry.unknown:
                raise self.no_derivative(op, number)
            contribution = self.scaled(ct, partial, z if z is not None else Const(None), operands, op)
            assert isinstance(operand, Value)
            fitted = guards.fit(self, contribution, operand)
            collected[operand] = self.sum(operand, collected[operand], fitted) if operand in collected else fitted
        for target, total in collected.items():
            self.accumulate(target, total)

    def scaled(
        self, ct: Item, partial: Callable[..., Any], z: Item, operands: tuple[Operand, ...], op: Op | None = None
    ) -> Item:
        """Return the cotangent times a partial derivative; of ``op`` it is known where it may be infinite."""
        callee = op.callee if op is not None else partial
        slope = staged(self.stage, partial, callee, self.rule_code(partial), [z, *operands], self.span)
        if isinstance(slope, Value) and not isinstance(plain(self.types[slope]), Scalar | Array):
            made = self.stage.op_of(slope)
            if made is not None and (
                z in made.operands or all(o in made.operands for o in operands if isinstance(o, Value))
            ):
                self.refine(slope, self.stage.type(z))
        product = guards.product(self, ct, self.stage.operand(slope), op)
        self.refine(product, self.stage.type(z) if isinstance(z, Value) else self.stage.type(ct))
        return product

    def rule_code(self, rule: Callable[..., Any]) -> Code:
        return function_code(rule)  # type: ignore[arg-type]

    def adjoint(self, op: Op, ct: Item) -> None:
        pieces = taken_apart(self, op, ct)
        if pieces is not None:
            self.accumulate(op.operands[0], pieces)
            return
        rule = registry.ADJOINT[op.callee].rule
        code = self.rule_code(rule)
        split = len(op.operands) - len(op.keywords)
        positional: list[Item] = list(op.operands[:split])
        keywords: dict[str, Item] = dict(zip(op.keywords, op.operands[split:], strict=True))
        defaults = binding.defaults_of(self.stage, rule, code)  # type: ignore[arg-type]
        try:
            bound = binding.bind(
                self.stage, code, code.parameters, [ct, op.result, *positional], keywords, defaults, self.span
            )
        except UnsupportedError as problem:
            raise UnsupportedError(
                f"this form of {callee_name(op.callee)} has no derivative rule",
                span=op.span,
                why=problem.what,
                advice="leave the argument out, or register a rule with `@diffcompile.adjoint`",
            ) from None
        cotangents = staged(self.stage, rule, op.callee, code, bound, self.span)
        wanted = targets(code, positional, keywords)
        if not isinstance(cotangents, TupleItem):
            cotangents = self.spread(cotangents, len(wanted))
        dtype = keywords.get("dtype")  # it is no number, whatever it was kept with
        for operand, part in zip(wanted, cotangents.items, strict=False):
            if not self.active(operand):
                continue
            if not (isinstance(part, Const) and part.value is None):
                guards.remember_choice(self, op, part)
                self.contribute(operand, part)
            elif op.callee not in CONDITIONS and operand is not dtype:
                raise self.no_derivative(op, wanted.index(operand))
        for number, operand in enumerate(wanted[len(cotangents.items) :], start=len(cotangents.items)):
            if self.active(operand) and op.callee not in CONDITIONS and operand is not dtype:
                raise self.no_derivative(op, number)

    def spread(self, cotangents: Item, count: int) -> TupleItem:
        """Return the parts of a tuple of cotangents that a helper computed at run time, one for each parameter."""
        return TupleItem(tuple(self.emit(operator.getitem, cotangents, Const(k), t=NUMBER) for k in range(count)))

    def contribute(self, operand: Any, ct: Item) -> None:
        """Accumulate what a rule returned for ``operand``: of its shape, perhaps not of its dtype."""
        assert isinstance(operand, Value)
        t = plain(self.types[operand])
        if isinstance(t, Scalar | Array) and not isinstance(ct, TupleItem):
            self.refine(ct, t)
            if not self.same_dtype(t, plain(self.stage.type(ct))):
                ct = guards.same(self, ct, self.matched(ct, operand, t))
        elif t is NUMBER:
            ct = self.emit(dynamic.match, ct, operand, t=NUMBER)
        self.accumulate(operand, ct)

    def matched(self, ct: Item, operand: Value, t: Type) -> Item:
        """Cast ``ct`` to the dtype of ``operand`` where it may differ."""
        have = plain(self.stage.type(ct))
        mine = dtype_of(t)
        real = mine is not None and (mine is float or mine == np.dtype(float))
        if real and dtype_of(have) is None and not self.any_complex():
            return ct
        return self.emit(dynamic.match, ct, operand, t=matched_type(t))

    def any_complex(self) -> bool:
        """Tell whether a complex number may occur in the program."""
        return any(
            (isinstance(t, Scalar) and t.kind == "c")
            or (isinstance(t, Array) and t.dtype is not None and t.dtype.kind == "c")
            for t in map(plain, self.types.values())
        )

    def missing_rule(self, op: Op) -> MissingRuleError | UnsupportedError:
        return missing_rule(op, "adjoint")

    def no_derivative(self, op: Op, number: int) -> UnsupportedError:
        return UnsupportedError(
            f"{callee_name(op.callee)} has no derivative rule for its argument number {number + 1}",
            span=op.span,
            why="it depends on what is differentiated",
            advice="use stop_gradient on the argument if it is to be a constant",
        )
