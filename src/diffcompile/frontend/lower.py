"""From a syntax tree to structured SSA: variables disappear, regions and effects stay in order.

The result is untyped and keeps Python's meaning exactly: operators are functions of :mod:`operator`, calls are
``CALL`` of whatever the callee turns out to be. :mod:`diffcompile.passes.specialise` decides what they are.
"""

from __future__ import annotations

import importlib
import operator
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import gast

from diffcompile.errors import DiffCompileError, Span, UnsupportedError
from diffcompile.frontend.desugar import RESULT, remove_exits
from diffcompile.frontend.source import Source
from diffcompile.ir.core import UNDEFINED, Block, Callee, Const, Function, Op, Operand, Prim, Value

BINARY: dict[str, Callable[..., Any]] = {
    "Add": operator.add, "Sub": operator.sub, "Mult": operator.mul, "Div": operator.truediv,
    "FloorDiv": operator.floordiv, "Mod": operator.mod, "Pow": operator.pow, "MatMult": operator.matmul,
    "BitAnd": operator.and_, "BitOr": operator.or_, "BitXor": operator.xor,
    "LShift": operator.lshift, "RShift": operator.rshift,
}  # fmt: skip
UNARY: dict[str, Callable[..., Any]] = {
    "USub": operator.neg, "UAdd": operator.pos, "Invert": operator.invert, "Not": operator.not_,
}  # fmt: skip
COMPARE: dict[str, Callable[..., Any]] = {
    "Eq": operator.eq, "NotEq": operator.ne, "Lt": operator.lt, "LtE": operator.le, "Gt": operator.gt,
    "GtE": operator.ge, "Is": operator.is_, "IsNot": operator.is_not, "In": operator.contains,
}  # fmt: skip
INPLACE: dict[Any, Callable[..., Any]] = {
    operator.add: operator.iadd, operator.sub: operator.isub, operator.mul: operator.imul,
    operator.truediv: operator.itruediv, operator.floordiv: operator.ifloordiv, operator.mod: operator.imod,
    operator.pow: operator.ipow, operator.matmul: operator.imatmul, operator.and_: operator.iand,
    operator.or_: operator.ior, operator.xor: operator.ixor, operator.lshift: operator.ilshift,
    operator.rshift: operator.irshift,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a function; ``kind`` is ``positional``, ``any``, ``keyword``, ``args`` or ``kwargs``."""

    name: str
    kind: str
    has_default: bool


@dataclass(frozen=True, slots=True, eq=False)
class Code:
    """A function that can be lowered: parameters of the result are ``captures``, then ``parameters``."""

    source: Source
    captures: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    lowered: list[Function] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The function's name."""
        return self.source.name

    def function(self) -> Function:
        """Return the SSA of this function, lowered at the first call.

        Raises:
            UnsupportedError: with every construct that is outside the subset.
        """
        if not self.lowered:
            self.lowered.append(_Lowering(self).run())
        return self.lowered[0]


def code_of(source: Source, captures: tuple[str, ...] = ()) -> Code:
    """Return the unlowered code of a function or lambda."""
    return Code(source, captures, tuple(_parameters(source.node.args)))


def _parameters(args: Any) -> Iterator[Parameter]:
    positional = [*args.posonlyargs, *args.args]
    required = len(positional) - len(args.defaults)
    for number, argument in enumerate(positional):
        kind = "positional" if number < len(args.posonlyargs) else "any"
        yield Parameter(argument.id, kind, number >= required)
    if args.vararg:
        yield Parameter(args.vararg.id, "args", False)
    for argument, default in zip(args.kwonlyargs, args.kw_defaults, strict=True):
        yield Parameter(argument.id, "keyword", default is not None)
    if args.kwarg:
        yield Parameter(args.kwarg.id, "kwargs", False)


def _display_name(variable: str) -> str:
    """Return what a variable is called in generated code; flags lose their ``$`` and number."""
    if not variable.startswith("$"):
        return variable
    return {"$result": "result", "$go": "go_on", "$alive": "alive"}[re.sub(r"\d+$", "", variable)]


class _Lowering:
    def __init__(self, code: Code) -> None:
        self.code = code
        self.source = code.source
        self.env: dict[str, Operand] = {}
        self.ops: list[Op] = []
        self.problems: list[DiffCompileError] = []
        self.statement: Any = None
        node = self.source.node
        self.body = [_return(node.body)] if isinstance(node, gast.Lambda) else node.body
        self.locals = {parameter.name for parameter in code.parameters} | assigned(self.body)
        self.later: dict[str, int] = _last_assignments(self.body)
        self.closures: dict[Value, tuple[Any, Code, tuple[Operand, ...]]] = {}
        """Closures made here: node, code and defaults. A closure sees its captures as they are when it is used."""

    # -- building -------------------------------------------------------------------------------------------------

    def run(self) -> Function:
        names = [*self.code.captures, *(parameter.name for parameter in self.code.parameters)]
        params = tuple(Value(name) for name in names)
        self.env.update(zip(names, params, strict=True))
        if isinstance(self.source.node, gast.AsyncFunctionDef):
            self.refuse(self.source.node, "coroutines are not supported", "call a plain function")
        self.statements(remove_exits(self.body))
        if self.problems:
            raise UnsupportedError.all_of(self.problems)
        body = Block(params, tuple(self.ops), (self.env.get(RESULT, Const(None)),))
        return Function(self.source.name, body, self.source.path, getattr(self.source.node, "lineno", 0))

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
            renamed = Value(_display_name(name))
            results = tuple(renamed if result is operand else result for result in last.results)
            self.ops[-1] = Op(last.callee, last.operands, results, last.attrs, last.regions, last.span)
            return renamed
        return operand

    # -- statements -----------------------------------------------------------------------------------------------

    def statements(self, statements: list[Any]) -> None:
        for statement in statements:
            outer = self.statement
            if getattr(statement, "lineno", None) is not None:
                self.statement = getattr(statement, "original", statement)
            try:
                self.lower_statement(statement)
            except UnsupportedError as problem:
                self.problems.append(problem)
                for name in assigned([statement]):
                    self.env.setdefault(name, Const(None))
            self.statement = outer

    def lower_statement(self, node: Any) -> None:
        match node:
            case gast.Assign():
                self.assign_all(node.targets, node.value)
            case gast.AnnAssign():
                if node.value is not None:
                    self.assign_all([node.target], node.value)
            case gast.AugAssign():
                self.augmented(node)
            case gast.Expr():
                if not isinstance(node.value, gast.Constant):
                    self.expr(node.value)
            case gast.If():
                self.conditional(node)
            case gast.For():
                self.for_loop(node)
            case gast.While():
                self.while_loop(node)
            case gast.FunctionDef():
                if node.decorator_list:
                    function: Operand = self.closure(node, node.name)
                    for decorator in reversed(node.decorator_list):
                        function = self.emit(Prim.CALL, (self.expr(decorator), function), decorator)
                    self.env[node.name] = function
                else:
                    self.env[node.name] = self.closure(node, node.name)
            case gast.Assert():
                self.assertion(node)
            case gast.Raise():
                operands = tuple(self.expr(part) for part in (node.exc, node.cause) if part is not None)
                self.effect(Prim.RAISE, operands, node)
            case gast.Delete():
                for target in node.targets:
                    self.delete(target)
            case gast.Import() | gast.ImportFrom():
                self.imports(node)
            case gast.Pass():
                pass
            case _:
                self.refuse_statement(node)

    def refuse_statement(self, node: Any) -> None:
        kind = type(node).__name__
        what, advice = _REFUSED_STATEMENTS.get(
            kind, (f"the statement `{kind}` is not supported", "move it to a function that sees no active value")
        )
        self.refuse(node, what, advice)

    def assign_all(self, targets: list[Any], value: Any) -> None:
        simple = len(targets) == 1 and isinstance(targets[0], gast.Tuple | gast.List)
        if simple and isinstance(value, gast.Tuple | gast.List) and _same_shape(targets[0], value):
            operands = [self.expr(element) for element in value.elts]
            for target, operand in zip(targets[0].elts, operands, strict=True):
                self.assign(target, operand)
            return
        operand = self.expr(value)
        for target in targets:
            if isinstance(target, gast.Name):
                operand = self.named(operand, target.id)
        for target in targets:
            self.assign(target, operand)

    def assign(self, target: Any, operand: Operand) -> None:
        match target:
            case gast.Name():
                self.env[target.id] = self.named(operand, target.id)
            case gast.Tuple() | gast.List():
                self.unpack(target, operand)
            case gast.Subscript():
                base, index = self.expr(target.value), self.index(target.slice)
                self.effect(operator.setitem, (base, index, operand), target)
            case gast.Attribute():
                base = self.expr(target.value)
                self.effect(setattr, (base, Const(target.attr), operand), target)
            case gast.Starred():
                self.assign(target.value, operand)
            case _:
                self.refuse(target, "this assignment target is not supported")

    def unpack(self, target: Any, operand: Operand) -> None:
        stars = [number for number, element in enumerate(target.elts) if isinstance(element, gast.Starred)]
        before = stars[0] if stars else len(target.elts)
        attrs = {"before": before, "starred": bool(stars), "after": len(target.elts) - before - len(stars)}
        names = [
            _display_name(element.id) if isinstance(element := getattr(part, "value", part), gast.Name) else ""
            for part in target.elts
        ]
        results = tuple(Value(name) for name in names)
        self.ops.append(Op(Prim.UNPACK, (operand,), results, attrs, (), self.span(target)))
        for element, result in zip(target.elts, results, strict=True):
            self.assign(element, result)

    def augmented(self, node: Any) -> None:
        pure = BINARY[type(node.op).__name__]
        match node.target:
            case gast.Name():
                old = self.load_name(node.target)
                value = self.expr(node.value)
                self.assign(node.target, self.emit(INPLACE[pure], (old, value), node))
            case gast.Subscript():
                base, index = self.expr(node.target.value), self.index(node.target.slice)
                if _may_write(node.value):  # the old item is read before the value is computed
                    old = self.emit(operator.getitem, (base, index), node.target)
                    new = self.emit(INPLACE[pure], (old, self.expr(node.value)), node)
                    self.effect(operator.setitem, (base, index, new), node)
                    return
                value = self.expr(node.value)
                self.effect(Prim.UPDATE_ITEM, (base, index, value), node, op=pure)
            case gast.Attribute():
                base = self.expr(node.target.value)
                name = Const(node.target.attr)
                old = self.emit(getattr, (base, name), node.target)
                new = self.emit(INPLACE[pure], (old, self.expr(node.value)), node)
                self.effect(setattr, (base, name, new), node)

    def delete(self, target: Any) -> None:
        match target:
            case gast.Name():
                self.env[target.id] = Const(UNDEFINED)
            case gast.Subscript():
                self.effect(operator.delitem, (self.expr(target.value), self.index(target.slice)), target)
            case gast.Tuple() | gast.List():
                for element in target.elts:
                    self.delete(element)
            case _:
                self.refuse(target, "`del` of an attribute is not supported")

    def assertion(self, node: Any) -> None:
        test = self.expr(node.test)
        if node.msg is None:
            self.effect(Prim.ASSERT, (test,), node)
            return

        def fail() -> list[Operand]:
            error = self.emit(Prim.CALL, (Const(AssertionError, "AssertionError"), self.expr(node.msg)), node)
            self.effect(Prim.RAISE, (error,), node)
            return []

        self.if_op(test, lambda: [], fail, 0, node)

    def imports(self, node: Any) -> None:
        for alias in node.names:
            if isinstance(node, gast.Import):
                module = importlib.import_module(alias.name)
                top = importlib.import_module(alias.name.split(".")[0])
                name = alias.asname or alias.name.split(".")[0]
                self.env[name] = Const(module if alias.asname else top, name)
            else:
                package = self.source.scope.globals.get("__package__")
                module = importlib.import_module("." * (node.level or 0) + (node.module or ""), package)
                value = getattr(module, alias.name, None)
                if value is None:
                    value = importlib.import_module(f"{module.__name__}.{alias.name}")
                self.env[alias.asname or alias.name] = Const(value, alias.asname or alias.name)

    # -- control flow ---------------------------------------------------------------------------------------------

    def region(self, params: tuple[Value, ...], build: Callable[[], list[Operand]]) -> Block:
        outer, self.ops = self.ops, []
        results = build()
        block = Block(params, tuple(self.ops), tuple(results))
        self.ops = outer
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
        results = tuple(Value(_display_name(name)) for name in names) or tuple(Value() for _ in range(count))
        self.ops.append(Op(Prim.IF, (test,), results, {}, regions, self.span(node)))
        return results

    def conditional(self, node: Any) -> None:
        test = self.expr(node.test)
        if isinstance(test, Const) and isinstance(test.value, bool):
            self.statements(node.body if test.value else node.orelse)
            return
        before = self.env
        environments: list[dict[str, Operand]] = []
        operations: list[list[Op]] = []
        outer = self.ops
        for branch in (node.body, node.orelse):
            self.env, self.ops = dict(before), []
            self.statements(branch)
            environments.append(self.env)
            operations.append(self.ops)
        self.ops, self.env = outer, before
        then, other = environments
        changed = [name for name in {**then, **other} if not _same(then.get(name), other.get(name))]
        undefined = Const(UNDEFINED)
        regions = tuple(
            Block((), tuple(ops), tuple(env.get(name, undefined) for name in changed))
            for ops, env in zip(operations, environments, strict=True)
        )
        results = tuple(Value(_display_name(name)) for name in changed)
        self.ops.append(Op(Prim.IF, (test,), results, {}, regions, self.span(node)))
        self.env = {name: then[name] for name in then if name not in changed}
        self.env.update(zip(changed, results, strict=True))

    def carried(self, body: list[Any], extra: list[Any]) -> list[str]:
        names = assigned([*body, *extra])
        return [name for name in self.env if name in names] + sorted(names - set(self.env))

    def for_loop(self, node: Any) -> None:
        iterable = self.expr(node.iter)
        names = self.carried(node.body, [_stored(node.target)])
        item = Value(node.target.id if isinstance(node.target, gast.Name) else "")
        params, inits = self.enter(names)

        def body() -> list[Operand]:
            self.assign(node.target, item)
            self.statements(node.body)
            stop = [self.env[node.go]] if node.go else []
            return stop + [self.env.get(name, Const(UNDEFINED)) for name in names]

        block = self.region((item, *params), body)
        self.leave(Prim.FOR, (iterable, *inits), names, (block,), node, bool(node.go))

    def while_loop(self, node: Any) -> None:
        names = self.carried(node.body, [gast.Expr(node.test)])
        simple = not any(self.binds_or_calls(part) for part in gast.walk(node.test))
        before = dict(self.env)
        params, inits = self.enter(names)

        def condition() -> list[Operand]:
            return [self.expr(node.test)] if simple else [Const(True)]

        def body() -> list[Operand]:
            if simple:
                self.statements(node.body)
                stop = [self.env[node.go]] if node.go else []
                return stop + [self.env.get(name, Const(UNDEFINED)) for name in names]
            return self.tested_body(node, names)

        first = self.region(params, condition)
        self.env = before
        params, _ = self.enter(names)
        second = self.region(params, body)
        self.leave(Prim.WHILE, inits, names, (first, second), node, bool(node.go) or not simple)

    def binds_or_calls(self, node: Any) -> bool:
        """Tell whether evaluating ``node`` may do more than compute a number."""
        if isinstance(node, gast.NamedExpr | gast.ListComp | gast.GeneratorExp):
            return True
        if not isinstance(node, gast.Call):
            return False
        if isinstance(node.func, gast.Name):
            return node.func.id not in ("abs", "len", "float") or node.func.id in self.locals
        root = node.func
        while isinstance(root, gast.Attribute):
            root = root.value
        known = isinstance(root, gast.Name) and root.id not in self.locals
        return not (known and getattr(self.source.scope.globals.get(root.id), "__name__", "") in ("numpy", "math"))

    def tested_body(self, node: Any, names: list[str]) -> list[Operand]:
        """Return the body of ``while True: if not test: break; ...`` for a test that binds or calls."""
        test = self.expr(node.test)
        start = dict(self.env)

        def run() -> list[Operand]:
            self.statements(node.body)
            go_on = self.env[node.go] if node.go else Const(True)
            return [go_on, *(self.env.get(name, Const(UNDEFINED)) for name in names)]

        def stop() -> list[Operand]:
            return [Const(False), *(start.get(name, Const(UNDEFINED)) for name in names)]

        results = self.if_op(test, run, stop, 0, node, ("$go", *names))
        return list(results)

    def enter(self, names: list[str]) -> tuple[tuple[Value, ...], tuple[Operand, ...]]:
        inits = tuple(self.env.get(name, Const(UNDEFINED)) for name in names)
        params = tuple(Value(_display_name(name)) for name in names)
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
        results = tuple(Value(_display_name(name)) for name in names)
        self.ops.append(Op(prim, operands, results, {"may_stop": True} if stops else {}, regions, self.span(node)))
        self.env.update(zip(names, results, strict=True))

    # -- expressions ----------------------------------------------------------------------------------------------

    def expr(self, node: Any) -> Operand:
        match node:
            case gast.Constant():
                return Const(node.value)
            case gast.Name():
                return self.load_name(node)
            case gast.BinOp():
                operands = (self.expr(node.left), self.expr(node.right))
                return self.emit(BINARY[type(node.op).__name__], operands, node)
            case gast.UnaryOp():
                operand = self.expr(node.operand)
                if isinstance(node.op, gast.USub) and isinstance(operand, Const):
                    number = operand.value
                    if isinstance(number, int | float) and not isinstance(number, bool):
                        return Const(-number)
                return self.emit(UNARY[type(node.op).__name__], (operand,), node)
            case gast.BoolOp():
                return self.boolean(node, node.values)
            case gast.Compare():
                return self.comparison(node)
            case gast.IfExp():
                return self.branches(
                    self.expr(node.test), lambda: self.expr(node.body), lambda: self.expr(node.orelse), node
                )
            case gast.NamedExpr():
                value = self.expr(node.value)
                self.assign(node.target, value)
                return self.env[node.target.id]
            case gast.Call():
                return self.call(node)
            case gast.Attribute():
                return self.emit(getattr, (self.expr(node.value), Const(node.attr)), node)
            case gast.Subscript():
                return self.emit(operator.getitem, (self.expr(node.value), self.index(node.slice)), node)
            case gast.Tuple() | gast.List() | gast.Set():
                return self.display(node)
            case gast.Dict():
                return self.dictionary(node)
            case gast.Lambda():
                return self.closure(node, "<lambda>")
            case gast.ListComp() | gast.GeneratorExp() | gast.DictComp() | gast.SetComp():
                return self.comprehension(node)
            case gast.JoinedStr():
                return self.format(node)
            case gast.Slice():
                return self.index(node)
            case _:
                kind = type(node).__name__
                self.refuse(node, f"the expression `{kind}` is not supported")
                raise AssertionError

    def load_name(self, node: Any) -> Operand:
        name = node.id
        if name in self.env:
            found = self.env[name]
            if isinstance(found, Const) and found.value is UNDEFINED:
                return self.emit(Prim.CALL, (Const(_unbound, "unbound"), Const(name)), node)
            if found in self.closures:
                return self.refreshed(found, node, ())
            return found
        if name in self.locals:
            return self.emit(Prim.CALL, (Const(_unbound, "unbound"), Const(name)), node)
        return self.emit(Prim.GLOBAL, (), node, name=name, scope=self.source.scope)

    def index(self, node: Any) -> Operand:
        match node:
            case gast.Slice():
                parts = (node.lower, node.upper, node.step)
                operands = tuple(Const(None) if part is None else self.expr(part) for part in parts)
                return self.emit(slice, operands, node)
            case gast.Tuple() if any(isinstance(element, gast.Slice) for element in node.elts):
                return self.emit(Prim.TUPLE, tuple(self.index(element) for element in node.elts), node)
            case _:
                return self.expr(node)

    def branches(self, test: Operand, then: Callable[[], Operand], other: Callable[[], Operand], node: Any) -> Operand:
        """Lower a conditional expression; variables bound inside are merged."""
        if any(isinstance(part, gast.NamedExpr) for part in gast.walk(node)):
            return self.binding_branches(test, then, other, node)
        (result,) = self.if_op(test, lambda: [then()], lambda: [other()], 1, node)
        return result

    def binding_branches(
        self, test: Operand, then: Callable[[], Operand], other: Callable[[], Operand], node: Any
    ) -> Operand:
        before = dict(self.env)
        names = sorted(assigned([gast.Expr(node)]))
        undefined = Const(UNDEFINED)

        def run(build: Callable[[], Operand]) -> Callable[[], list[Operand]]:
            def body() -> list[Operand]:
                self.env = dict(before)
                value = build()
                return [value, *(self.env.get(name, undefined) for name in names)]

            return body

        results = self.if_op(test, run(then), run(other), 0, node, ("", *names))
        self.env = {**before, **dict(zip(names, results[1:], strict=True))}
        return results[0]

    def boolean(self, node: Any, values: list[Any]) -> Operand:
        first = self.expr(values[0])
        if len(values) == 1:
            return first
        rest = gast.BoolOp(node.op, values[1:])
        gast.copy_location(rest, node)
        if isinstance(node.op, gast.And):
            return self.branches(first, lambda: self.boolean(node, values[1:]), lambda: first, rest)
        return self.branches(first, lambda: first, lambda: self.boolean(node, values[1:]), rest)

    def comparison(self, node: Any) -> Operand:
        return self.compare_chain(self.expr(node.left), list(node.ops), list(node.comparators), node)

    def compare_chain(self, left: Operand, ops: list[Any], rights: list[Any], node: Any) -> Operand:
        right = self.expr(rights[0])
        kind = type(ops[0]).__name__
        if kind in ("In", "NotIn"):
            test: Operand = self.emit(operator.contains, (right, left), node)
            if kind == "NotIn":
                test = self.emit(operator.not_, (test,), node)
        else:
            test = self.emit(COMPARE[kind], (left, right), node)
        if len(ops) == 1:
            return test
        return self.branches(test, lambda: self.compare_chain(right, ops[1:], rights[1:], node), lambda: test, node)

    def call(self, node: Any) -> Operand:
        function = self.expr(node.func)
        operands = [function]
        starred: list[int] = []
        for argument in node.args:
            if isinstance(argument, gast.Starred):
                starred.append(len(operands))
                operands.append(self.expr(argument.value))
            else:
                operands.append(self.expr(argument))
        keywords = tuple(keyword.arg for keyword in node.keywords)
        operands += [self.expr(keyword.value) for keyword in node.keywords]
        attrs: dict[str, Any] = {}
        if keywords:
            attrs["keywords"] = keywords
        if starred:
            attrs["starred"] = tuple(starred)
        return self.emit(Prim.CALL, tuple(operands), node, **attrs)

    def display(self, node: Any) -> Operand:
        prim = {"Tuple": Prim.TUPLE, "List": Prim.LIST, "Set": Prim.SET}[type(node).__name__]
        if not any(isinstance(element, gast.Starred) for element in node.elts):
            return self.emit(prim, tuple(self.expr(element) for element in node.elts), node)
        starred = []
        operands: list[Operand] = []
        for element in node.elts:
            if isinstance(element, gast.Starred):
                starred.append(len(operands))
                operands.append(self.expr(element.value))
            else:
                operands.append(self.expr(element))
        return self.emit(prim, tuple(operands), node, starred=tuple(starred))

    def dictionary(self, node: Any) -> Operand:
        operands: list[Operand] = []
        for key, value in zip(node.keys, node.values, strict=True):
            if key is None:
                self.refuse(node, "`**` in a dict display is not supported", "build the dict item by item")
            operands += [self.expr(key), self.expr(value)]
        return self.emit(Prim.DICT, tuple(operands), node)

    def comprehension(self, node: Any) -> Operand:
        outer = dict(self.env)
        empty = (
            Prim.DICT
            if isinstance(node, gast.DictComp)
            else Prim.SET
            if isinstance(node, gast.SetComp)
            else Prim.LIST
        )
        result = self.emit(empty, (), node)

        def element() -> None:
            if isinstance(node, gast.DictComp):
                key = self.expr(node.key)
                self.effect(operator.setitem, (result, key, self.expr(node.value)), node)
            else:
                append = set.add if isinstance(node, gast.SetComp) else list.append
                self.effect(append, (result, self.expr(node.elt)), node)

        self.generators(node.generators, element, node)
        walruses = assigned([gast.Expr(node)])
        self.env = {**outer, **{name: self.env[name] for name in walruses if name in self.env}}
        return result

    def generators(self, generators: list[Any], element: Callable[[], None], node: Any) -> None:
        if not generators:
            element()
            return
        first, *rest = generators
        iterable = self.expr(first.iter)
        names = sorted(assigned([gast.Expr(node)]))
        item = Value(first.target.id if isinstance(first.target, gast.Name) else "")
        params, inits = self.enter(names)

        def body() -> list[Operand]:
            self.assign(first.target, item)
            self.filtered(first.ifs, lambda: self.generators(rest, element, node), names, node)
            return [self.env[name] for name in names]

        block = self.region((item, *params), body)
        results = tuple(Value(name) for name in names)
        self.ops.append(Op(Prim.FOR, (iterable, *inits), results, {}, (block,), self.span(node)))
        self.env.update(zip(names, results, strict=True))

    def filtered(self, tests: list[Any], build: Callable[[], None], names: list[str], node: Any) -> None:
        if not tests:
            build()
            return
        test = self.expr(tests[0])
        before = dict(self.env)

        def then() -> list[Operand]:
            self.filtered(tests[1:], build, names, node)
            return [self.env[name] for name in names]

        results = self.if_op(test, then, lambda: [before[name] for name in names], 0, node, tuple(names))
        self.env = {**before, **dict(zip(names, results, strict=True))}

    def format(self, node: Any) -> Operand:
        operands: list[Operand] = []
        specs: list[str | None] = []
        for part in node.values:
            if isinstance(part, gast.Constant):
                operands.append(Const(part.value))
                specs.append(None)
                continue
            conversion = "" if part.conversion in (-1, None) else f"!{chr(part.conversion)}"
            spec = ""
            if part.format_spec is not None:
                if not all(isinstance(piece, gast.Constant) for piece in part.format_spec.values):
                    value = (
                        self.emit(Prim.FORMAT, (self.expr(part.value),), node, specs=(conversion,))
                        if conversion
                        else self.expr(part.value)
                    )
                    call = (Const(format, "format"), value, self.format(part.format_spec))
                    operands.append(self.emit(Prim.CALL, call, node))
                    specs.append("")
                    continue
                spec = ":" + "".join(piece.value for piece in part.format_spec.values)
            operands.append(self.expr(part.value))
            specs.append(conversion + spec)
        return self.emit(Prim.FORMAT, tuple(operands), node, specs=tuple(specs))

    def closure(self, node: Any, name: str) -> Operand:
        if any(isinstance(part, gast.Yield | gast.YieldFrom | gast.Await) for part in gast.walk(node)):
            self.refuse(node, "generators and coroutines are not supported", "return a list")
        free = _free_names(node)
        visible = [*self.env, *(local for local in sorted(self.locals) if local not in self.env)]
        captures = tuple(local for local in visible if local in free and not local.startswith("$"))
        scope = self.source
        nested = Source(name, node, scope.path, scope.lines, scope.scope, scope.line_offset, captures)
        code = code_of(nested, captures)
        args = node.args
        defaults = [*args.defaults, *(default for default in args.kw_defaults if default is not None)]
        given = tuple(self.expr(default) for default in defaults)
        late = any(
            capture != name and (self.later.get(capture, 0) > (node.end_lineno or 0) or capture not in self.env)
            for capture in captures
        )
        operands = (*self.captured(code, (), node), *given)
        made = self.named(
            self.emit(Prim.CLOSURE, operands, node, code=code, late=late), "" if name == "<lambda>" else name
        )
        assert isinstance(made, Value)
        if late:
            self.closures[made] = (node, code, given)
        return made

    def captured(self, code: Code, busy: tuple[str, ...], node: Any) -> list[Operand]:
        """Return the present values of what a closure captures; undefined ones are looked up when they are needed."""
        operands: list[Operand] = []
        for capture in code.captures:
            found = self.env.get(capture, Const(UNDEFINED))
            if capture == code.name or capture in busy:
                found = Const(UNDEFINED)  # the function itself
            elif found in self.closures:
                found = self.refreshed(found, node, (*busy, code.name))
            operands.append(found)
        return operands

    def refreshed(self, closure: Value, node: Any, busy: tuple[str, ...]) -> Value:
        """Return the closure with the values that its captures have now."""
        _, code, given = self.closures[closure]
        operands = (*self.captured(code, busy, node), *given)
        return self.emit(Prim.CLOSURE, operands, node, code=code, late=False)


def _may_write(node: Any) -> bool:
    """Tell whether evaluating ``node`` calls a function that could write to memory."""
    return any(isinstance(part, gast.Call) and isinstance(part.func, gast.Name) for part in gast.walk(node))


def _unbound(name: str) -> None:
    raise UnboundLocalError(f"cannot access local variable {name!r} where it is not associated with a value")


def _same(left: Operand | None, right: Operand | None) -> bool:
    if isinstance(left, Const) and isinstance(right, Const):
        return left.value is right.value
    return left is right


def _same_shape(target: Any, value: Any) -> bool:
    starred = any(isinstance(element, gast.Starred) for element in (*target.elts, *value.elts))
    return not starred and len(target.elts) == len(value.elts)


def _return(value: Any) -> Any:
    node = gast.Return(value)
    gast.copy_location(node, value)
    node.end_lineno, node.end_col_offset = value.end_lineno, value.end_col_offset
    return node


def _stored(target: Any) -> Any:
    return gast.Assign([target], gast.Constant(None, None), None)


_NESTED = (gast.FunctionDef, gast.AsyncFunctionDef, gast.Lambda, gast.ClassDef)
_COMPREHENSIONS = (gast.ListComp, gast.SetComp, gast.DictComp, gast.GeneratorExp)


def assigned(statements: list[Any]) -> set[str]:
    """Return the names that ``statements`` bind, not counting those bound in nested scopes."""
    names: set[str] = set()
    pending = [(statement, False) for statement in statements]
    while pending:
        node, inside = pending.pop()
        if isinstance(node, gast.FunctionDef | gast.AsyncFunctionDef | gast.ClassDef):
            names.add(node.name)
        if isinstance(node, _NESTED):
            continue
        if isinstance(node, gast.NamedExpr):
            names.add(node.target.id)
        elif isinstance(node, gast.Name) and isinstance(node.ctx, gast.Store | gast.Del) and not inside:
            names.add(node.id)
        elif isinstance(node, gast.Import | gast.ImportFrom):
            names.update(alias.asname or alias.name.split(".")[0] for alias in node.names)
        inside = inside or isinstance(node, _COMPREHENSIONS)
        pending += [(child, inside) for child in gast.iter_child_nodes(node)]
    return names


def _last_assignments(statements: list[Any]) -> dict[str, int]:
    """Return for each name the last line on which ``statements`` bind it."""
    lines: dict[str, int] = {}
    pending = list(statements)
    while pending:
        node = pending.pop()
        if isinstance(node, gast.Name) and isinstance(node.ctx, gast.Store):
            lines[node.id] = max(lines.get(node.id, 0), getattr(node, "lineno", 0) or 0)
        if not isinstance(node, (*_NESTED, *_COMPREHENSIONS)):
            pending += gast.iter_child_nodes(node)
    return lines


def _free_names(node: Any) -> set[str]:
    """Return the names that a nested function reads and does not bind."""
    args = node.args
    bound = {argument.id for argument in (*args.posonlyargs, *args.args, *args.kwonlyargs)}
    bound |= {extra.id for extra in (args.vararg, args.kwarg) if extra is not None}
    body = [gast.Expr(node.body)] if isinstance(node, gast.Lambda) else node.body
    bound |= assigned(body)
    read: set[str] = set()
    pending = list(body)
    while pending:
        part = pending.pop()
        if isinstance(part, _NESTED) and not isinstance(part, gast.ClassDef):
            read |= _free_names(part)
            pending += [*part.args.defaults, *(default for default in part.args.kw_defaults if default is not None)]
            continue
        if isinstance(part, gast.Name) and isinstance(part.ctx, gast.Load):
            read.add(part.id)
        pending += gast.iter_child_nodes(part)
    return read - bound


_REFUSED_STATEMENTS = {
    "Try": ("try/except is not supported on the active path", "test the condition with `if`"),
    "TryStar": ("try/except* is not supported", "test the condition with `if`"),
    "With": ("`with` is not supported", "move the block to a function that sees no active value"),
    "Global": ("assigning a global variable is not supported", "return the value"),
    "Nonlocal": ("`nonlocal` is not supported", "return the value"),
    "ClassDef": ("a class defined in a function is not supported", "define it at module level"),
    "Match": ("`match` is not supported", "use `if`/`elif`"),
    "AsyncFor": ("coroutines are not supported", "use a plain loop"),
    "AsyncWith": ("coroutines are not supported", "use a plain `with`"),
}
