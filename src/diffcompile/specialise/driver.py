"""The specialiser: a walk over untyped SSA that knows the types of a signature and builds typed SSA.

It is a partial evaluator. What the signature decides (``isinstance``, ranks, options given as strings, which function a
variable holds) disappears; calls of functions with source are inlined; everything else is emitted with its type.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from diffcompile import dynamic
from diffcompile.analysis.effects import PURE_OF_INPLACE
from diffcompile.analysis.infer import infer
from diffcompile.analysis.types import (
    ANY,
    BOTTOM,
    NUMBER,
    Array,
    Lst,
    Obj,
    Scalar,
    Static,
    Tup,
    Type,
    anchor,
    forget_sizes,
    join,
    plain,
)
from diffcompile.errors import Span, UnsupportedError
from diffcompile.frontend.cells import Globals
from diffcompile.frontend.lower import Code
from diffcompile.ir.core import Block, Callee, Const, Function, Op, Operand, Prim, Value
from diffcompile.passes.refusals import refusal
from diffcompile.rules import registry
from diffcompile.specialise import (
    attributes,
    calls,
    choices,
    containers,
    contexts,
    control,
    displays,
    functions,
    generators,
    handed_over,
    heap,
    hidden,
    inlining,
    inner_names,
    instances,
    known_lists,
    library,
    objects,
    operands,
    operators,
    outside,
    raised,
    reshaping,
    sequences,
    spelled,
    texts,
)
from diffcompile.specialise.building import is_literal
from diffcompile.specialise.classes import accesses_plainly
from diffcompile.specialise.instances import Restart
from diffcompile.specialise.items import (
    UNBOUND,
    ChoiceItem,
    ClosureItem,
    Env,
    GeneratorItem,
    Item,
    IteratorItem,
    ObjectItem,
    TupleItem,
)
from diffcompile.specialise.program import Memory, Program
from diffcompile.specialise.surroundings import Surroundings

MOST_RUNS = 30


def specialise(
    code: Code,
    parameters: Sequence[Type | Any],
    *,
    active: Sequence[bool],
    examples: Sequence[Any] | None = None,
    probing: bool = False,
    describing: bool = False,
    memory: Memory | None = None,
    changing: handed_over.Changing = (),
) -> Program:
    """Return ``code`` specialised to the types of its parameters.

    ``active`` says which parameters are differentiated; ``examples`` holds the actual arguments, of which only
    attributes of objects are looked at. With ``probing`` what is computed from a value that does not exist does not
    exist either. With ``describing`` only what a call does is wanted, not code: nothing is left out of it.
    ``memory`` says how hard to try, and what was met. What the function leaves in the objects ``changing`` are further
    results.

    Raises:
        UnsupportedError: the function, or one that it calls with active arguments, is outside the subset.
    """
    memory = memory or Memory()
    for _ in range(MOST_RUNS):
        for cell in memory.cells.values():
            cell.root().changed = False
        run = Specialiser(memory)
        run.guessing = bool(memory.stacked and not memory.probed)
        run.probing = probing or run.guessing
        run.describing, run.may_restart = describing, True
        try:
            program = run.top(code, list(parameters), list(active), list(examples or []), changing)
        except Restart:
            memory.outside.clear()
            memory.cells.clear()  # what was found out under the old assumption
            memory.probed = False
            continue
        instances.note_class_data(run)
        unsteady = known_lists.unsteady(program.function.body, run.watched) if run.watched else set()
        if not unsteady and not any(cell.root().changed for cell in memory.cells.values()):
            if not run.guessing:
                return program
            memory.probed = True
        memory.kept |= unsteady
    raise UnsupportedError(f"the types in {code.name} do not settle", advice="keep one kind of value in each list")


class Specialiser(Surroundings):
    """One run over the program."""

    guessing = False
    """What is done with what is not there yet is left out."""

    def emit(
        self,
        callee: Callee,
        args: Sequence[Item],
        span: Span | None,
        *,
        keywords: dict[str, Item] | None = None,
        name: str = "",
        t: Type | None = None,
        attrs: dict[str, Any] | None = None,
        followed: bool = False,
    ) -> Operand:
        """Emit a call; what computes with a variable that a failed block had assigned is refused."""
        if any(isinstance(arg, Const) and arg.value is dynamic.LOST for arg in args) and registry.has_rule(callee):
            raise self.refuse(
                "a variable is used that a failed `try` block had assigned",
                span,
                "assign it after the block, or in each handler",
                "how far the block came is not known when the derivative is computed",
            )
        return super().emit(callee, args, span, keywords=keywords, name=name, t=t, attrs=attrs, followed=followed)

    def top(
        self,
        code: Code,
        parameters: list[Any],
        active: list[bool],
        examples: list[Any],
        changing: handed_over.Changing = (),
    ) -> Program:
        function = functions.lowered(self, code)
        self.examples = examples
        items: list[Item] = []
        params: list[Value] = []
        for number, (param, given) in enumerate(zip(function.params, parameters, strict=True)):
            if isinstance(given, Static) and not active[number]:
                items.append(Const(given.value, param.name if not is_literal(given.value) else ""))
                params.append(Value(param.name))
                self.types[params[-1]] = given
                continue
            params.append(value := Value(param.name))
            if number < len(examples):
                given = instances.typed(self, given, examples[number])  # noqa: PLW2901
            self.types[value] = anchor(given, value)
            if active[number]:
                self.varied.add(value)
            if isinstance(given, Lst) and given.cell.parts is not None:
                self.handed_in[value] = list(given.cell.parts)
            if number < len(examples) and isinstance(given, Obj) and not instances.is_real(self, value):
                items.append(self.external(examples[number], value, ()))
            else:
                items.append(value)
        if code.name in code.captures:
            items[code.captures.index(code.name)] = UNBOUND
        count = len(code.captures)
        closure = ClosureItem(code, tuple(items[:count]), tuple(map(Const, code.literal_defaults())))
        items[:count] = inlining.seen_inside(self, closure)
        self.handed = {items[number] for number, _ in changing}  # type: ignore[misc]
        (result,) = self.inline_function(code, function, items)
        if changing:
            result = TupleItem((result, *handed_over.contents(self, items, result, changing)))
        leaves = self.flatten_result(result)
        for leaf in leaves:
            if isinstance(leaf, Value):
                texts.check_result(self, leaf)
        extra = [value for value, _, _ in self.live.values()]
        body = Block((*params, *extra), tuple(self.ops), tuple(leaves))
        return Program(
            inner_names.checked(self, Function(code.name, body, function.path, function.line)),
            self.types,
            list(self.guards.values()),
            list(self.live.values()),
            result,
            self.names,
            heap.changed(self, {(items[k], name) for k, names in changing for name in names}),  # type: ignore[misc]
        )

    def specialised(self, code: Code, types: list[Type], probing: bool) -> Program:
        """Return another function specialised to argument types, all of which may vary."""
        return specialise(code, types, active=[True] * len(types), probing=probing, describing=True)

    def typed(self, t: Type, example: Any) -> Type:
        return instances.typed(self, t, example)

    def make_real(self, item: ChoiceItem) -> None:
        for part in (item.left, item.right):
            if isinstance(part, ObjectItem):
                instances.demand(self, part.cls)
            elif isinstance(part, ChoiceItem):
                self.make_real(part)

    def materialise(self, item: ObjectItem) -> Value:
        return objects.materialise(self, item)

    def flatten_result(self, item: Item) -> list[Operand]:
        if isinstance(item, TupleItem) and item.cls is None:
            return [leaf for part in item.items for leaf in self.flatten_result(part)]
        return [self.operand(item)]

    def inline_function(self, code: Code, function: Function, args: list[Item]) -> list[Item]:
        env: dict[Value, Item] = dict(zip(function.params, args, strict=True))
        self.stack.append(code)
        self.frames.append((code, args))
        try:
            return self.block(function.body, env)
        finally:
            self.stack.pop()
            self.frames.pop()

    def block(self, block: Block, env: dict[Value, Item]) -> list[Item]:
        self.walk(block.ops, block.results, env)
        return [self.item(result, env) for result in block.results]

    def walk(self, ops: Sequence[Op], ends: Sequence[Operand], env: Env) -> None:
        """Walk operations, behind which ``ends`` are needed."""
        number = 0
        self.environments.append(env)
        try:
            while number < len(ops):
                self.steps += 1
                if self.trial is not None:
                    self.trial.step()
                if contexts.enters(ops[number]) and (walked := contexts.managed(self, ops[number:], ends, env)):
                    number += walked
                else:
                    if not self.guessing or not self.waits(ops[number], env):
                        self.op(ops[number], env)
                    number += 1
        finally:
            self.environments.pop()

    def op(self, op: Op, env: dict[Value, Item]) -> None:
        if self.override is not None:
            op = replace(op, span=self.override)
        self.span = op.span
        args = [self.item(operand, env) for operand in op.operands]
        name = op.results[0].name if op.results and self.override is None else ""
        match op.callee:
            case Prim.IF:
                control.conditional(self, op, args[0], env)
            case Prim.FOR:
                control.for_loop(self, op, args, env)
            case Prim.WHILE:
                control.while_loop(self, op, args, env)
            case Prim.GLOBAL:
                env[op.result] = outside.load(self, op.attrs["scope"], op.attrs["name"], op.span)
            case Prim.CLOSURE:
                env[op.result] = functions.closure(self, op, args)
            case Prim.CALL:
                env[op.result] = self.called(name, calls.call(self, op, args))
            case Prim.YIELD:
                env[op.result] = generators.ask(self, args[0], op.span)
            case Prim.TUPLE:
                env[op.result] = displays.tuple_display(self, op, args)
            case Prim.LIST | Prim.DICT | Prim.SET:
                env[op.result] = displays.display(self, op, args)
            case Prim.UNPACK:
                displays.unpack(self, op, args[0], env)
            case Prim.UPDATE_ITEM:
                containers.update_item(self, op, args)
            case Prim.ASSERT | Prim.RAISE:
                raised.effect(self, op.callee, args, op.span)
            case Prim.FORMAT:
                env[op.result] = spelled.display(self, op, args, name)
            case operator.setitem:
                containers.store_item(self, *args, span=op.span)
            case operator.getitem:
                env[op.result] = containers.loader(op)(self, args[0], args[1], op.span, name)
            case builtin if builtin is getattr:
                env[op.result] = attributes.load_attribute(self, args[0], args[1], op.span, name)
            case builtin if builtin is setattr or builtin is delattr:
                self.store_attribute(op, args)
            case operator.delitem:
                containers.delete_item(self, args[0], args[1], op.span)
            case builtin if builtin is list.append or builtin is set.add:
                containers.append(self, args[0], args[1], op.span)
            case callee if callee in PURE_OF_INPLACE:
                env[op.result] = self.augmented(callee, args, op.span, name)
            case operator.is_ | operator.is_not | operator.not_ | operator.contains | operator.truth:
                env[op.result] = self.test(op.callee, args, op.span, name)
            case _:
                env[op.result] = self.operate(op.callee, args, op.span, name)

    def waits(self, op: Op, env: dict[Value, Item]) -> bool:
        """Tell whether something is done with what is not there yet, which gives nothing."""
        args = [] if op.regions else [self.item(operand, env) for operand in op.operands]
        waiting = any(isinstance(arg, Value) and self.types[arg] is BOTTOM for arg in args)
        env.update((result, self.value("", BOTTOM)) for result in op.results if waiting)
        return waiting

    def called(self, name: str, item: Item) -> Item:
        """Return what a call returns, called ``name`` if the helper has no name for it."""
        if name and isinstance(item, Value) and not item.name:
            self.names.setdefault(item, name)
        return item

    def store_attribute(self, op: Op, args: list[Item]) -> None:
        """``x.name = y`` and ``del x.name``; elsewhere only ``x.flags.writeable`` can be set."""
        base, name, *values = args
        assert isinstance(name, Const)
        base = instances.opened(self, base, op.span)
        if isinstance(base, ChoiceItem):
            choices.on_both(self, base, lambda part: self.store_attribute(op, [part, name, *values]), op.span)
            return
        cls = objects.class_of(self, base)
        if not values and cls is not None and not accesses_plainly(cls, "__delattr__"):
            containers.call_method(self, base, "__delattr__", [name], op.span)
            return
        if not values:
            if not isinstance(base, ObjectItem):
                raise self.refuse(f"deleting an attribute of {self.type(base)!r} is not supported", op.span)
            objects.delete(self, base, name.value, op.span)
            return
        (value,) = values
        if isinstance(base, Const) and isinstance(base.value, Globals):
            outside.store(self, base.value.scope, name.value, value)
            return
        if isinstance(base, Value) and isinstance(t := self.types[base], Obj):
            instances.demand(self, t.cls)
        if isinstance(base, ObjectItem) or instances.is_real(self, base):
            objects.store(self, base, name.value, value, op.span)  # type: ignore[arg-type]
            return
        made = self.ops[-1] if self.ops else None
        if made is not None and made.callee is getattr and made.results == (base,):
            attribute = made.operands[1]
            if isinstance(attribute, Const) and attribute.value == "flags":
                self.effect(setattr, args, op.span)
                return
        t = plain(self.type(base))
        if isinstance(t, Array) and name.value in ("flat", "real", "imag"):
            view = attributes.load_attribute(self, base, name, op.span)
            whole = Const(slice(None)) if name.value == "flat" else Const(Ellipsis, "...")
            containers.store_item(self, view, whole, value, span=op.span)
            return
        if isinstance(t, Array) and name.value == "shape" and isinstance(base, Value):
            reshaping.set_shape(self, base, value, op.span)
            return
        hidden.check_asked(self)
        if t is ANY:
            instances.open_arguments(self)
        if isinstance(t, Scalar | Array) and not any(hasattr(cls, name.value) for cls in (float, np.ndarray)):
            self.failure(AttributeError, f"{t!r} has no attribute {name.value!r}", op.span)
            return
        problem = self.refuse(
            f"storing an attribute of {self.type(base)!r} is not supported",
            op.span,
            "keep the value in a local variable and return it",
            "which object this is, is only known at run time",
        )
        if t is not BOTTOM:  # an item of an empty list
            raise problem
        self.ops.append(refusal(problem))
        self.end()

    def operate(self, callee: Callee, args: list[Item], span: Span | None, name: str) -> Item:
        """An operator on numbers, strings, sequences or the user's objects."""
        if (written := spelled.operated(self, callee, args, span)) is not None:
            return written
        args = [instances.opened(self, arg, span) for arg in args]
        for number, arg in enumerate(args):
            instances.need_list(self, arg)
            if isinstance(arg, ChoiceItem):
                return choices.on_both(self, arg, functools.partial(self._operate_of, callee, args, number, span), span)
        if any(objects.class_of(self, arg) is not None for arg in args):
            return operators.operate(self, callee, args, span)
        if (found := operators.of_records(self, callee, args, span)) is not None:
            return found
        args = [
            TupleItem(tuple(map(Const, arg.value))) if isinstance(arg, Const) and isinstance(arg.value, tuple) else arg
            for arg in args
        ]
        if callee is operator.add and all(isinstance(arg, TupleItem) for arg in args):
            return TupleItem(args[0].items + args[1].items)  # type: ignore[union-attr]
        if callee is operator.mul and isinstance(args[0], TupleItem) and isinstance(args[1], Const):
            return TupleItem(args[0].items * args[1].value)
        args = [containers.read_flat(self, arg, span) for arg in operators.with_count(self, callee, args, span)]
        operators.check_beside(self, callee, args, span)
        return self.emit(callee, operands.as_operands(self, args, span), span, name=name)

    def augmented(self, callee: Callee, args: list[Item], span: Span | None, name: str) -> Item:
        """``x += y``: a new value where ``x`` is a number or a tuple, a write where it is a list or an array."""
        pure = PURE_OF_INPLACE[callee]
        if objects.class_of(self, args[0]) is not None:
            fun = objects.method(self, args[0], f"__i{getattr(pure, '__name__', '').strip('_')}__")
            if fun is not None:
                return calls.call_static(self, fun, args, {}, span, name)
        base = plain(self.type(args[0]))
        if isinstance(base, Scalar | Static | Tup) or isinstance(args[0], TupleItem) or args[0] in self.flats:
            return self.operate(pure, args, span, name)
        if isinstance(base, Lst) and pure is operator.add:
            sequences.extend(self, args[0], args[1], span)
            return args[0]
        times = args[1].value if isinstance(args[1], Const) else None
        if isinstance(base, Lst) and pure is operator.mul and type(times) is int and times > 1:
            more = self.operate(pure, [args[0], Const(times - 1)], span, "")
            sequences.extend(self, args[0], more, span)
            return args[0]
        args = operands.as_operands(self, args, span)
        operators.check_beside(self, pure, args, span)
        t = base
        if not isinstance(base, Array):
            t = infer(pure, [base, self.type(args[1])], {}) if base is not ANY else ANY
            t = join(base, t) if base is NUMBER else t
        return self.emit(callee, args, span, name=name, t=forget_sizes(t) if not isinstance(base, Array) else t)

    def _operate_of(self, callee: Callee, args: list[Item], number: int, span: Span | None, part: Item) -> Item:
        return self.operate(callee, [*args[:number], part, *args[number + 1 :]], span, "")

    def _test_of(
        self, callee: Callee, args: list[Item], number: int, span: Span | None, name: str, part: Item
    ) -> Item:
        return self.test(callee, [*args[:number], part, *args[number + 1 :]], span, name)

    def test(self, callee: Callee, args: list[Item], span: Span | None, name: str) -> Item:
        """Decide what the types decide."""
        if (went := raised.went_through(self, callee, args)) is not None:
            return went
        for number, arg in enumerate(args):
            if isinstance(arg, ChoiceItem):
                build = functools.partial(self._test_of, callee, args, number, span, name)
                return choices.on_both(self, arg, build, span, name)
        if callee is operator.truth:
            return operators.truth(self, args[0], span)
        if callee is operator.not_:
            args = [operators.truth(self, args[0], span)]
        if callee is operator.contains and (variable := outside.named(args[0], args[1])) is not None:
            return outside.present(self, *variable)
        if callee is operator.contains and objects.class_of(self, args[0]) is not None:
            return containers.contains(self, args[0], args[1], span)
        if (found := spelled.searched(self, callee, args, span)) is not None:
            return found
        if callee is operator.contains and isinstance(args[0], IteratorItem) and args[0].kind == "keys":
            return self.test(callee, [args[0].sources[0], *args[1:]], span, name)
        if callee is operator.contains and isinstance(args[0], GeneratorItem):
            return inlining.call_python(self, library.contained, args, {}, span)
        types = [self.type(arg) for arg in args]
        if callee in (operator.is_, operator.is_not):
            same = operators.is_same(self, args[0], args[1], span)
            if same is not None:
                return same if callee is operator.is_ else self.test(operator.not_, [same], span, name)
            for mine, other in ((types[0], types[1]), (types[1], types[0])):
                known = not isinstance(other, Static) and other not in (ANY, BOTTOM)
                if known and isinstance(mine, Static) and mine.value is None:
                    return Const(callee is operator.is_not)
                if isinstance(mine, Static) and isinstance(mine.value, bool) and isinstance(other, Array):
                    return Const(callee is operator.is_not)
            values = [t.value for t in types if isinstance(t, Static)]
            if len(values) == len(types):
                return Const(callee(*values))
        if callee is operator.not_:
            truth = self.truth(args[0])
            if truth is not None:
                return Const(not truth)
        if callee is operator.contains and (held := containers.surely_held(self, args[0], args[1])) is not None:
            return Const(held)
        return self.emit(callee, args, span, name=name)
