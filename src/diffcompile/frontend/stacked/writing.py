"""Write the pieces of functions as the branches of one loop."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import gast

from diffcompile.dynamic import Frame
from diffcompile.frontend.nodes import placed
from diffcompile.frontend.stacked.liveness import live_before, read


@dataclass(slots=True, eq=False)
class Piece:
    """Statements, and what comes then."""

    statements: list[Any] = field(default_factory=list)
    end: End | None = None


@dataclass(slots=True)
class Goto:
    """Another piece is next."""

    piece: Piece


@dataclass(slots=True)
class Branch:
    """One of two pieces is next."""

    test: Any
    then: Piece
    other: Piece


@dataclass(slots=True)
class Try:
    """A block that may fail; what follows is one of several pieces."""

    body: list[Any]
    handlers: list[tuple[Any, Any, Piece]]
    other: Piece
    at: Any


@dataclass(slots=True)
class Return:
    """The function is over."""

    value: Any
    number: int


@dataclass(slots=True)
class Target:
    """A function that may be called, for objects of a class."""

    cls: type | None
    number: int
    bound: dict[str, Any]


@dataclass(slots=True)
class Push:
    """A call, and the piece behind it."""

    targets: list[Target]
    receiver: Any
    fallback: Any
    piece: Piece
    at: Any


End = Goto | Branch | Try | Return | Push


def load(name: str) -> Any:
    """Return a variable."""
    return gast.Name(name, gast.Load(), None, None)


def assign(name: str, value: Any) -> Any:
    """Return the assignment of a variable."""
    return gast.Assign([gast.Name(name, gast.Store(), None, None)], value, None)


def call(function: Any, *args: Any) -> Any:
    """Return the call of a function that is known."""
    return gast.Call(gast.Constant(function, None), list(args), [])


class Writer:
    """The pieces of all functions, and the loop that they become."""

    def __init__(self, taken: set[str], count: int) -> None:
        self.taken = set(taken)
        self.entries: list[tuple[Piece, list[str]]] = []
        self.declared: list[Any] = []
        self.returning: set[int] = set()
        self.frame, self.frames, self.root, self.called = map(self.fresh, ("frame", "frames", "root", "called"))
        self.counter = self.fresh("piece")
        self.slots = {number: number for number in range(count)}
        self.slot_names = [self.fresh("returned") for _ in range(count)]
        self.taking: list[tuple[Any, int]] = []
        self.numbers: dict[Piece, int] = {}
        self.live: dict[Piece, set[str]] = {}
        self.at: Any = None

    def fresh(self, name: str) -> str:
        """Return a name that nobody uses."""
        found = next(one for k in itertools.count() if (one := f"{name}_{k}" if k else name) not in self.taken)
        self.taken.add(found)
        return found

    def entry(self, number: int, parameters: list[str]) -> Piece:
        """Return the first piece of a function."""
        piece = Piece()
        self.entries.append((piece, parameters))
        assert len(self.entries) == number + 1
        return piece

    def returned(self, name: str, numbers: list[int]) -> Any:
        """Return the assignment of what one of some functions returned."""
        for number in numbers[1:]:
            old, new = self.slots[number], self.slots[numbers[0]]
            self.slots = {key: new if slot == old else slot for key, slot in self.slots.items()}
        taken = assign(name, gast.Constant(None, None))
        self.taking.append((taken, numbers[0]))
        return taken

    # -- the pieces ----------------------------------------------------------------------------------------------

    def text(self, node: Any, parameters: Sequence[str]) -> list[Any]:
        """Return the body of the first function.

        Raises:
            NotStackedError: a variable may have no value where it is kept.
        """
        from diffcompile.frontend.stacked.pieces import NotStackedError  # noqa: PLC0415 - it is made of these

        self.at = node
        self.returning = {n for n, slot in self.slots.items() if slot in {self.slots[one] for one in self.returning}}
        for taken, number in self.taking:
            if number in self.returning:
                taken.value = gast.Attribute(load(self.frame), self.slot(number), gast.Load())
        order = self.reached()
        self.find_live(order)
        for piece, names in self.entries:
            if not self.live[piece] & self.own <= set(names):
                raise NotStackedError
        if any(map(self.loses, order)):
            raise NotStackedError
        self.number_them(order)
        root, first = self.new(self.root), self.new(self.frame)
        first += [self.put(self.frame, self.counter, gast.Constant(0, None))]
        for name in parameters:
            first.append(self.put(self.frame, name, load(name)))
        both = gast.List([load(self.root), load(self.frame)], gast.Load())
        deep = gast.Compare(call(len, load(self.frames)), [gast.Gt()], [gast.Constant(1, None)])
        top = assign(self.frame, gast.Subscript(load(self.frames), gast.Constant(-1, None), gast.Load()))
        chain: list[Any] = []
        for piece in sorted(self.numbers, key=self.numbers.__getitem__, reverse=True):
            loads = [
                assign(name, gast.Attribute(load(self.frame), name, gast.Load()))
                for name in sorted(self.live[piece] & self.own)
            ]
            body = [*loads, *self.written(piece, set())]
            if not chain:
                chain = body
                continue
            number = gast.Attribute(load(self.frame), self.counter, gast.Load())
            test = gast.Compare(number, [gast.Eq()], [gast.Constant(self.numbers[piece], None)])
            chain = [gast.If(test, body, chain)]
        loop = gast.While(deep, [top, *chain], [])
        made = [*root, *first, assign(self.frames, both), loop]
        if 0 in self.returning:
            made.append(gast.Return(gast.Attribute(load(self.root), self.slot(0), gast.Load())))
        return [_placed(statement, node) for statement in made]

    def loses(self, piece: Piece) -> bool:
        """Tell whether a handler needs a variable that the block before it may have assigned."""
        if not isinstance(piece.end, Try):
            return False
        stored = _stored_by(piece.end.body)
        return any(stored & self.live[part] for _, _, part in piece.end.handlers)

    def reached(self) -> list[Piece]:
        """Return the pieces that may be reached, in an order."""
        order: list[Piece] = []
        pending = [piece for piece, _ in reversed(self.entries)]
        while pending:
            piece = pending.pop()
            if piece in order:
                continue
            order.append(piece)
            pending += reversed(self.behind(piece))
        return order

    @staticmethod
    def behind(piece: Piece) -> list[Piece]:
        """Return the pieces that may be next."""
        match piece.end:
            case Goto() | Push():
                return [piece.end.piece]
            case Branch():
                return [piece.end.then, piece.end.other]
            case Try():
                return [*(part for _, _, part in piece.end.handlers), piece.end.other]
        return []

    def find_live(self, order: list[Piece]) -> None:
        """Find the variables that are needed from each piece on."""
        stored: set[str] = set()
        for piece in order:
            self.live[piece] = set()
            stored |= _stored(piece)
        self.own = stored | {name for _, names in self.entries for name in names}
        changed = True
        while changed:
            changed = False
            for piece in reversed(order):
                after = {name for part in self.behind(piece) for name in self.live[part]}
                match piece.end:
                    case Branch():  # patterns bind names in their tests
                        bound = _bound(piece.end.test)
                        after = (self.live[piece.end.then] | read(piece.end.test)) - bound
                        after |= self.live[piece.end.other]
                    case Return() if piece.end.value is not None:
                        after |= read(piece.end.value)
                    case Push():
                        for target in piece.end.targets:
                            after |= {name for value in target.bound.values() for name in read(value)}
                        after |= read(piece.end.fallback) if piece.end.fallback is not None else set()
                    case Try():
                        after = live_before(piece.end.body, self.live[piece.end.other])
                        for kind, _, part in piece.end.handlers:
                            after |= self.live[part] | (read(kind) if kind is not None else set())
                new = live_before(piece.statements, after)
                if new != self.live[piece]:
                    self.live[piece], changed = new, True

    def number_them(self, order: list[Piece]) -> None:
        """Give numbers to the pieces that are reached from several, or behind a call."""
        entries = [piece for piece, _ in self.entries]
        before: dict[Piece, int] = {}
        heads = set(entries)
        for piece in order:
            for part in self.behind(piece):
                before[part] = before.get(part, 0) + 1
            if isinstance(piece.end, Push):
                heads.add(piece.end.piece)
        heads |= {piece for piece, number in before.items() if number > 1}
        for piece in [*entries, *(piece for piece in order if piece not in entries)]:
            if piece in heads:
                self.numbers[piece] = len(self.numbers)

    # -- their text ----------------------------------------------------------------------------------------------

    def slot(self, number: int) -> str:
        """Return the attribute of a frame that takes what a function returns."""
        return self.slot_names[self.slots[number]]

    def new(self, name: str) -> list[Any]:
        return [assign(name, call(Frame))]

    def put(self, frame: str, name: str, value: Any) -> Any:
        return gast.Assign([gast.Attribute(load(frame), name, gast.Store())], value, None)

    def to(self, piece: Piece, have: set[str]) -> list[Any]:
        """Return what hands variables on to a piece."""
        kept = sorted(have & self.live[piece] & self.own)
        number = gast.Constant(self.numbers[piece], None)
        return [*(self.put(self.frame, name, load(name)) for name in kept), self.put(self.frame, self.counter, number)]

    def written(self, piece: Piece, have: set[str]) -> list[Any]:
        """Return the statements of a piece, and of those that follow it alone."""
        have = have | _stored_by(piece.statements)
        made = list(piece.statements)
        match piece.end:
            case Goto():
                made += self.next(piece.end.piece, have)
            case Branch():
                have |= _bound(piece.end.test)
                then, other = self.next(piece.end.then, have), self.next(piece.end.other, have)
                at = piece.end.test if getattr(piece.end.test, "lineno", None) is not None else self.at
                made.append(_placed(gast.If(piece.end.test, then, other), at))
            case Try():
                tried = have | _stored_by(piece.end.body)
                handlers = [
                    gast.ExceptHandler(kind, name, self.next(part, have)) for kind, name, part in piece.end.handlers
                ]
                whole = gast.Try(piece.end.body, handlers, self.next(piece.end.other, tried), [])
                made.append(_placed(whole, piece.end.at))
            case Return():
                if piece.end.number in self.returning:
                    value = piece.end.value if piece.end.value is not None else gast.Constant(None, None)
                    below = gast.Subscript(load(self.frames), gast.Constant(-2, None), gast.Load())
                    at = value if getattr(value, "lineno", None) is not None else self.at
                    made.append(_placed(self.put_to(below, self.slot(piece.end.number), value), at))
                pop = gast.Call(gast.Attribute(load(self.frames), "pop", gast.Load()), [], [])
                made.append(gast.Expr(pop))
            case Push():
                made += self.pushed(piece.end, have)
        return made

    def put_to(self, frame: Any, name: str, value: Any) -> Any:
        return gast.Assign([gast.Attribute(frame, name, gast.Store())], value, None)

    def next(self, piece: Piece, have: set[str]) -> list[Any]:
        return self.to(piece, have) if piece in self.numbers else self.written(piece, have)

    def pushed(self, end: Push, have: set[str]) -> list[Any]:
        """Return the text of a call: a new frame for the function that is called."""
        handed = self.to(end.piece, have)
        chain: list[Any] = []
        number = end.targets[0].number
        if end.fallback is not None and number in self.returning:
            chain = [self.put(self.frame, self.slot(number), end.fallback)]
        elif end.fallback is not None:
            chain = [gast.Expr(end.fallback)]
        for target in reversed(end.targets):
            entry, names = self.entries[target.number]
            made = self.new(self.called)
            made.append(self.put(self.called, self.counter, gast.Constant(self.numbers[entry], None)))
            values = list(target.bound.values())
            made += [self.put(self.called, name, value) for name, value in zip(names, values, strict=True)]
            append = gast.Attribute(load(self.frames), "append", gast.Load())
            made.append(gast.Expr(gast.Call(append, [load(self.called)], [])))
            if target.cls is None:
                chain = made
                continue
            kind = gast.Compare(call(type, end.receiver), [gast.Is()], [gast.Constant(target.cls, None)])
            chain = [gast.If(kind, made, chain)]
        return [_placed(statement, end.at) for statement in (*handed, *chain)]


def _stored_by(statements: list[Any]) -> set[str]:
    from diffcompile.frontend.lower.names import assigned  # noqa: PLC0415

    return assigned(statements)


def _stored(piece: Piece) -> set[str]:
    names = _stored_by(piece.statements)
    if isinstance(piece.end, Try):
        names |= _stored_by(piece.end.body)
    if isinstance(piece.end, Branch):
        names |= _bound(piece.end.test)
    return names


def _bound(test: Any) -> set[str]:
    return _stored_by([gast.Expr(test)])


def _placed(node: Any, at: Any) -> Any:
    """Give the new nodes in a statement the place of ``at``."""
    from diffcompile.frontend.nodes import children  # noqa: PLC0415

    pending = [node]
    while pending:
        part = pending.pop()
        if isinstance(part, gast.stmt | gast.expr) and getattr(part, "lineno", None) is None:
            gast.copy_location(part, at)
            part.end_lineno, part.end_col_offset = at.lineno, at.col_offset + 1
        pending += children(part)
    return node


__all__ = ["Branch", "Goto", "Piece", "Push", "Return", "Target", "Try", "Writer", "assign", "call", "load", "placed"]
