"""Cut a function into pieces at the calls that are written as pushes: what is before, and what is behind them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import gast
import numpy as np

from diffcompile.frontend.desugar import exits
from diffcompile.frontend.lower.names import COMPREHENSIONS, assigned
from diffcompile.frontend.nodes import children, nodes_under, placed
from diffcompile.frontend.source import Source
from diffcompile.frontend.stacked.writing import (
    Branch,
    Goto,
    Piece,
    Push,
    Return,
    Target,
    Try,
    Writer,
    assign,
    call,
    load,
)

_EAGER = {"sum", "min", "max", "list", "tuple", "sorted", "set", "dict"}
"""Builtins that go over all that a generator expression gives."""
_ITERATORS = {"zip", "enumerate", "reversed", "map", "filter"}


class NotStackedError(Exception):
    """A function has a form that is not written as a loop with a stack."""


@dataclass(frozen=True, slots=True)
class Site:
    """A call of one of the functions."""

    place: tuple[int, int, int, int]
    """Where it stands: its first line and column, and its last."""
    callee: int
    """The number of the function that is called."""
    cls: type | None = None
    """The class whose method it is; what has the method is its first argument."""


@dataclass(slots=True)
class Member:
    """One of the functions, with the places in it that call one of them."""

    source: Source
    parameters: tuple[str, ...]
    defaults: dict[str, Any]
    """Defaults that are literals."""
    sites: list[Site] = field(default_factory=list)


def place_of(source: Source, node: Any) -> tuple[int, int, int, int]:
    """Return where a node stands."""
    span = source.span(node)
    return span.line, span.column, span.end_line, span.end_column


class Pieces:
    """The pieces of one function."""

    def __init__(self, number: int, member: Member, node: Any, members: Sequence[Member], writer: Writer) -> None:
        self.number, self.member, self.node, self.members, self.writer = number, member, node, members, writer
        self.sites: dict[Any, list[Site]] = {}
        places = {site.place for site in member.sites}
        for part in nodes_under(node):
            if isinstance(part, gast.expr) and (place := place_of(member.source, part)) in places:
                if not isinstance(part, gast.Call | gast.Attribute):
                    raise NotStackedError
                self.sites[part] = [site for site in member.sites if site.place == place]
        if {site.place for found in self.sites.values() for site in found} != places:
            raise NotStackedError
        outer = gast.Global | gast.Nonlocal
        self.declared = {name for part in nodes_under(node) if isinstance(part, outer) for name in part.names}
        self.locals = ({*member.parameters, *assigned(node.body)}) - self.declared
        names = {part.id for part in nodes_under(node) if isinstance(part, gast.Name)}
        self.foreign = names - self.locals
        self.returns = any(isinstance(part, gast.Return) and part.value is not None for part in nodes_under(node))
        self.names: dict[str, str] = {}
        self.piece = Piece()
        self.loops: list[tuple[Piece, Piece]] = []
        self.at: Any = node

    def rename(self) -> None:
        """Give the variables of all functions but the first names of their own."""
        if self.number:
            self.names = {name: self.writer.fresh(name) for name in sorted(self.locals)}
        for part in nodes_under(self.node):
            if isinstance(part, gast.Global | gast.Nonlocal):
                self.writer.declared.append(part)
            if isinstance(part, gast.Name):
                part.id = self.names.get(part.id, part.id)

    def build(self) -> None:
        """Cut the function."""
        self.piece = self.writer.entry(self.number, [self.names.get(name, name) for name in self.member.parameters])
        self.statements([part for part in self.node.body if not isinstance(part, gast.Global | gast.Nonlocal)])
        if self.piece.end is None:
            self.piece.end = Return(None, self.number)

    # -- statements ----------------------------------------------------------------------------------------------

    def has_site(self, node: Any) -> bool:
        return any(part in self.sites for part in nodes_under(node))

    def put(self, statement: Any) -> None:
        self.piece.statements.append(placed(statement, self.at))

    def statements(self, statements: list[Any]) -> None:
        for statement in statements:
            if self.piece.end is not None:
                return  # never reached
            self.at = statement
            if self.has_site(statement) or exits([statement]):
                self.statement(statement)
            else:
                self.piece.statements.append(statement)

    def statement(self, node: Any) -> None:
        match node:
            case gast.Return():
                value = None if node.value is None else self.expr(node.value)
                self.piece.end = Return(value, self.number)
            case gast.Break():
                self.piece.end = Goto(self.loops[-1][1])
            case gast.Continue():
                self.piece.end = Goto(self.loops[-1][0])
            case gast.If():
                test = self.expr(node.test)
                self.branch(test, lambda: self.statements(node.body), lambda: self.statements(node.orelse))
            case gast.While():
                head = self.go(Piece())
                test = self.expr(node.test)
                self.loop(node, test, head, lambda: None)
            case gast.For():
                self.for_loop(node)
            case gast.Expr():
                value = self.expr(node.value)
                if not isinstance(value, gast.Name | gast.Constant):
                    self.put(gast.Expr(value))
            case gast.Assign() if not any(map(self.has_site, node.targets)):
                self.put(gast.Assign(node.targets, self.expr(node.value), None))
            case gast.AnnAssign() if not self.has_site(node.target):
                self.put(gast.Assign([node.target], self.expr(node.value), None))
            case gast.AugAssign() if not self.has_site(node.target):
                self.augmented(node)
            case gast.Assert() if node.msg is None or not self.has_site(node.msg):
                self.put(gast.Assert(self.expr(node.test), node.msg))
            case gast.Try():
                self.attempt(node)
            case _:
                raise NotStackedError

    def augmented(self, node: Any) -> None:
        target = node.target
        if isinstance(target, gast.Name) and target.id not in self.declared:
            self.put(gast.AugAssign(target, node.op, self.expr(node.value)))
            return
        if isinstance(target, gast.Attribute):
            base = self.saved(target.value)
            place: Callable[[Any], Any] = lambda ctx: gast.Attribute(load(base.id), target.attr, ctx)  # noqa: E731
        elif isinstance(target, gast.Subscript):
            base, index = self.saved(target.value), self.saved(target.slice)
            copied: Callable[[], Any] = lambda: load(index.id) if isinstance(index, gast.Name) else index  # noqa: E731
            place = lambda ctx: gast.Subscript(load(base.id), copied(), ctx)  # noqa: E731
        else:
            name = target.id
            place = lambda ctx: gast.Name(name, ctx, None, None)  # noqa: E731
        before = self.temporary(place(gast.Load()))
        value = self.expr(node.value)
        self.put(gast.AugAssign(gast.Name(before.id, gast.Store(), None, None), node.op, value))
        self.put(gast.Assign([place(gast.Store())], load(before.id), None))

    def go(self, piece: Piece) -> Piece:
        """Go on in another piece."""
        if self.piece.end is None:
            self.piece.end = Goto(piece)
        self.piece = piece
        return piece

    def branch(self, test: Any, then: Callable[[], None], other: Callable[[], None]) -> None:
        first, second, behind = Piece(), Piece(), Piece()
        self.piece.end = Branch(placed(test, self.at), first, second)
        for piece, build in ((first, then), (second, other)):
            self.piece = piece
            build()
            if self.piece.end is None:
                self.piece.end = Goto(behind)
        self.piece = behind

    def loop(self, node: Any, test: Any, head: Piece, start: Callable[[], None]) -> None:
        body, orelse, behind = Piece(), Piece(), Piece()
        self.piece.end = Branch(placed(test, self.at), body, orelse)
        self.loops.append((head, behind))
        self.piece = body
        start()
        self.statements(node.body)
        if self.piece.end is None:
            self.piece.end = Goto(head)
        self.loops.pop()
        self.piece = orelse
        self.statements(node.orelse)
        self.go(behind)

    def for_loop(self, node: Any) -> None:
        """A loop counts, and takes the items one by one; how many there are it asks before each trip."""
        parts, targets, backwards = self.sources(node)
        counter = self.temporary(gast.Constant(0, None), "number")
        lengths = [call(len, load(part.id)) for part in parts if part is not None]
        length = lengths[0] if len(lengths) == 1 else call(min, *lengths)
        if backwards:
            length = self.temporary(length, "count")
        head = self.go(Piece())
        test = gast.Compare(load(counter.id), [gast.Lt()], [length])

        def start() -> None:
            for part, target in zip(parts, targets, strict=True):
                item: Any = load(counter.id)
                if backwards:
                    past = gast.BinOp(item, gast.Add(), gast.Constant(1, None))
                    item = gast.BinOp(load(length.id), gast.Sub(), past)
                if part is not None:
                    item = gast.Subscript(load(part.id), item, gast.Load())
                self.put(gast.Assign([target], item, None))
            more = gast.BinOp(load(counter.id), gast.Add(), gast.Constant(1, None))
            self.put(assign(counter.id, more))

        self.loop(node, test, head, start)

    def sources(self, node: Any) -> tuple[list[Any], list[Any], bool]:
        """Return the sequences that a loop goes over, the targets of their items, and whether it goes backwards.

        None stands for the numbers of the trips.
        """
        items, target = node.iter, node.target
        name = items.func.id if isinstance(items, gast.Call) and isinstance(items.func, gast.Name) else ""
        known = name in self.foreign and name in ("zip", "enumerate", "reversed")
        plain = known and not items.keywords and not any(isinstance(arg, gast.Starred) for arg in items.args)
        split = isinstance(target, gast.Tuple | gast.List) and not any(
            isinstance(part, gast.Starred) for part in target.elts
        )
        if plain and name == "reversed" and len(items.args) == 1:
            return [self.sequence(items.args[0])], [target], True
        if plain and name == "enumerate" and len(items.args) == 1 and split and len(target.elts) == 2:  # noqa: PLR2004
            return [self.sequence(items.args[0]), None], [target.elts[1], target.elts[0]], False
        if plain and name == "zip" and split and len(target.elts) == len(items.args):
            return [self.sequence(arg) for arg in items.args], list(target.elts), False
        return [self.sequence(items)], [target], False

    def sequence(self, items: Any) -> Any:
        """Return a variable with the items of something."""
        if self.gives_iterator(items):
            return self.temporary(call(list, self.expr(items)), "items")
        found = self.temporary(self.expr(items), "items")
        known = isinstance(items, gast.Call) and isinstance(items.func, gast.Name) and items.func.id == "range"
        if known and "range" in self.foreign:
            return found
        kinds = gast.Constant((list, tuple, range, np.ndarray), None)
        test = call(isinstance, load(found.id), kinds)
        self.put(assign(found.id, gast.IfExp(test, load(found.id), call(list, load(found.id)))))
        return found

    def gives_iterator(self, node: Any) -> bool:
        """Tell whether an expression is an iterator: of the items of a dict, or what builtins make."""
        if not isinstance(node, gast.Call):
            return False
        if isinstance(node.func, gast.Attribute):
            return node.func.attr in ("items", "keys", "values") and not node.args
        return isinstance(node.func, gast.Name) and node.func.id in _ITERATORS & self.foreign

    def attempt(self, node: Any) -> None:
        """A ``try`` block, of which the handlers may hold calls."""
        plainly = not node.finalbody and not any(map(self.has_site, node.body))
        *before, last = node.body
        if not plainly or exits(before) or (exits([last]) and not isinstance(last, gast.Return)):
            raise NotStackedError
        if any(_raises_again(handler) for handler in node.handlers):
            raise NotStackedError
        body, value = list(node.body), None
        if isinstance(last, gast.Return):
            value = self.writer.fresh("result")
            kept = last.value if last.value is not None else gast.Constant(None, None)
            body[-1] = placed(assign(value, kept), last)
        behind, other = Piece(), Piece()
        handlers = [(handler.type, handler.name, Piece()) for handler in node.handlers]
        self.piece.end = Try(body, [(kind, name, piece) for kind, name, piece in handlers], other, node)
        self.piece = other
        if value is not None:
            self.piece.end = Return(placed(load(value), node), self.number)
        else:
            self.statements(node.orelse)
        if self.piece.end is None:
            self.piece.end = Goto(behind)
        for handler, (_, _, piece) in zip(node.handlers, handlers, strict=True):
            self.piece = piece
            self.statements(handler.body)
            if self.piece.end is None:
                self.piece.end = Goto(behind)
        self.piece = behind

    # -- expressions ---------------------------------------------------------------------------------------------

    def temporary(self, value: Any, name: str = "part") -> Any:
        """Assign an expression to a new variable."""
        fresh = self.writer.fresh(name)
        self.put(assign(fresh, value))
        return load(fresh)

    def saved(self, node: Any) -> Any:
        """Return what stands for an expression that is computed now, and used later."""
        if isinstance(node, gast.Constant):
            return node
        if isinstance(node, gast.Name) and node.id not in self.declared:
            return node
        if isinstance(node, gast.Starred):
            return gast.Starred(self.saved(node.value), node.ctx)
        if isinstance(node, gast.Slice):
            parts = [None if part is None else self.saved(part) for part in (node.lower, node.upper, node.step)]
            return gast.Slice(*parts)
        if isinstance(node, gast.Tuple) and any(isinstance(part, gast.Slice) for part in node.elts):
            raise NotStackedError
        return self.temporary(self.expr(node))

    def expr(self, node: Any) -> Any:
        """Return an expression without calls of the functions; what comes before the last is computed now."""
        if not self.has_site(node):
            return node
        if node in self.sites:
            return self.push(node)
        match node:
            case gast.IfExp():
                return self.choice(node.test, lambda: self.expr(node.body), lambda: self.expr(node.orelse))
            case gast.BoolOp():
                return self.chain(node)
            case gast.ListComp() | gast.DictComp():
                return self.comprehension(node)
            case gast.Call(args=[gast.GeneratorExp() as only]) if self.is_eager(node):
                node.args = [self.comprehension(only)]
                return node
            case gast.Lambda() | gast.SetComp() | gast.GeneratorExp() | gast.JoinedStr():
                raise NotStackedError
            case gast.Compare() if any(map(self.has_site, node.comparators[1:])):
                raise NotStackedError
        return self.whole(node)

    def whole(self, node: Any) -> Any:
        """An expression whose parts are computed one after the other."""
        parts = children(node)
        if isinstance(node, gast.Dict):
            parts = [part for pair in zip(node.keys, node.values, strict=True) for part in pair if part is not None]
        last = max(number for number, part in enumerate(parts) if self.has_site(part))
        new = {}
        for number, part in enumerate(parts[: last + 1]):
            if isinstance(part, gast.keyword):
                part.value = self.expr(part.value) if number == last else self.saved(self.expr(part.value))
            elif number == 0 and isinstance(node, gast.Call) and part is node.func and not self.has_site(part):
                new[part] = self.callee(part)
            elif isinstance(part, gast.expr):
                new[part] = self.expr(part) if number == last else self.saved(self.expr(part))
        for name in node._fields:
            old = getattr(node, name, None)
            if isinstance(old, list):
                setattr(node, name, [new.get(part, part) if isinstance(part, gast.AST) else part for part in old])
            elif old in new:
                setattr(node, name, new[old])
        return node

    def callee(self, node: Any) -> Any:
        """Return what is called, of which only what is computed is computed before the arguments."""
        root = node
        while isinstance(root, gast.Attribute):
            root = root.value
        if isinstance(root, gast.Name) and (root.id in self.foreign or isinstance(node, gast.Name)):
            return node
        if isinstance(node, gast.Attribute):
            return gast.Attribute(self.saved(node.value), node.attr, gast.Load())
        raise NotStackedError

    def choice(self, test: Any, then: Callable[[], Any], other: Callable[[], Any]) -> Any:
        name = self.writer.fresh("part")
        self.branch(self.expr(test), lambda: self.put(assign(name, then())), lambda: self.put(assign(name, other())))
        return placed(load(name), self.at)

    def chain(self, node: Any) -> Any:
        """``a and b``, ``a or b``."""
        first, *rest = node.values
        name = self.temporary(self.expr(first)).id
        for value in rest:
            again = lambda value=value: self.put(assign(name, self.expr(value)))  # noqa: E731
            builds = (again, lambda: None) if isinstance(node.op, gast.And) else (lambda: None, again)
            self.branch(load(name), *builds)
        return placed(load(name), self.at)

    def is_eager(self, node: Any) -> bool:
        """Tell whether a call goes over all that its argument gives."""
        named = isinstance(node.func, gast.Name) and node.func.id in _EAGER & self.foreign
        return named or (isinstance(node.func, gast.Attribute) and node.func.attr in ("fsum", "prod"))

    def comprehension(self, node: Any) -> Any:
        """A comprehension is a loop that fills a list."""
        renames = {}
        for generator in node.generators:
            for part in nodes_under(generator.target):
                if isinstance(part, gast.Name):
                    renames[part.id] = self.writer.fresh(part.id)
        first, *inner = node.generators
        within = [first.target, *first.ifs, *inner, *(getattr(node, name, None) for name in ("elt", "key", "value"))]
        for start in within:
            for part in nodes_under(start) if start is not None else ():
                if isinstance(part, (*COMPREHENSIONS, gast.Lambda)):
                    raise NotStackedError
                if isinstance(part, gast.Name) and part.id in renames:
                    part.id = renames[part.id]
        is_dict = isinstance(node, gast.DictComp)
        found = self.temporary(gast.Dict([], []) if is_dict else gast.List([], gast.Load()), "found")
        if is_dict:
            place = gast.Subscript(load(found.id), node.key, gast.Store())
            statement: Any = gast.Assign([place], node.value, None)
            if self.has_site(node.key):
                raise NotStackedError
        else:
            statement = gast.Expr(gast.Call(gast.Attribute(load(found.id), "append", gast.Load()), [node.elt], []))
        for generator in reversed(node.generators):
            for test in reversed(generator.ifs):
                statement = gast.If(test, [statement], [])
            statement = gast.For(generator.target, generator.iter, [statement], [], None)
        at = self.at
        self.statements([placed(statement, at)])
        self.at = at
        return placed(load(found.id), at)

    def push(self, node: Any) -> Any:
        """A call of one of the functions: what is behind it is a piece of its own."""
        found = self.sites[node]
        numbers = {site.callee for site in found}
        receiver, args, keywords = None, [], []
        if isinstance(node, gast.Call):
            if any(isinstance(arg, gast.Starred) for arg in node.args) or any(one.arg is None for one in node.keywords):
                raise NotStackedError
            if found[0].cls is not None:
                of = node.func.value if isinstance(node.func, gast.Attribute) else node.func
                receiver = self.saved(self.expr(of))
            given = [*node.args, *(one.value for one in node.keywords)]
            values = [self.saved(self.expr(value)) for value in given]
            args = values[: len(node.args)]
            keywords = list(zip((one.arg for one in node.keywords), values[len(node.args) :], strict=True))
        else:
            receiver = self.saved(self.expr(node.value))
        targets = []
        for site in found:
            if (site.cls is None) != (receiver is None) or (site.cls is None and len(numbers) > 1):
                raise NotStackedError
            first = [receiver] if receiver is not None else []
            bound = self.bound(self.members[site.callee], [*first, *args], keywords)
            targets.append(Target(site.cls, site.callee, bound))
        fallback = None
        if receiver is not None:
            named = node.func if isinstance(node, gast.Call) else node
            fallback = receiver
            if isinstance(named, gast.Attribute):
                fallback = gast.Attribute(receiver, named.attr, gast.Load())
            if isinstance(node, gast.Call):
                fallback = gast.Call(fallback, args, [gast.keyword(name, value) for name, value in keywords])
            gast.copy_location(fallback, node)
            fallback.end_lineno, fallback.end_col_offset = node.end_lineno, node.end_col_offset
        name, behind = self.writer.fresh("value"), Piece()
        self.piece.end = Push(targets, receiver, fallback, behind, self.at)
        self.piece = behind
        self.put(self.writer.returned(name, [target.number for target in targets]))
        return placed(load(name), self.at)

    def bound(self, member: Member, args: list[Any], keywords: list[tuple[str, Any]]) -> dict[str, Any]:
        """Return the arguments of a call by the names of the parameters."""
        if len(args) > len(member.parameters):
            raise NotStackedError
        bound = dict(zip(member.parameters, args, strict=False))
        for name, value in keywords:
            if name in bound or name not in member.parameters:
                raise NotStackedError
            bound[name] = value
        for name in member.parameters:
            if name not in bound:
                if name not in member.defaults:
                    raise NotStackedError
                bound[name] = gast.Constant(member.defaults[name], None)
        return {name: bound[name] for name in member.parameters}


def _raises_again(handler: Any) -> bool:
    return any(isinstance(part, gast.Raise) and part.exc is None for part in nodes_under(handler)) or bool(handler.name)
