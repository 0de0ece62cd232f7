"""The names in scope and the choices among them: indices, slices, views."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from .kinds import POOLS, SCALAR, Array, Grid, Int, Kind, Object, Objects, Routine

Choice = TypeVar("Choice")
Shape = tuple[int, ...]


@dataclass
class Class:
    """A generated class: how its instances are made, and what can be done with them."""

    name: str
    init: tuple[Kind, ...]
    fields: dict[str, Kind]
    readable: dict[str, Kind] = field(default_factory=dict)
    """Properties without a setter, and class attributes."""
    methods: dict[str, Routine] = field(default_factory=dict)
    """The methods that change the object."""
    pure: dict[str, Routine] = field(default_factory=dict)
    """The methods that do not."""
    special: dict[str, str] = field(default_factory=dict)
    """Operators, calls and so on: the form of an expression, and what it gives: float, object, condition, index."""
    base: str = ""


@dataclass
class Draft:
    """What all parts of one program share.

    An ``analytic`` program keeps to functions that are defined, and have derivatives, for complex numbers, so
    that it can be judged by complex step; NumPy's functions are put for those of ``math`` in the end.
    """

    rng: random.Random
    analytic: bool = False
    tags: set[str] = field(default_factory=set)
    classes: dict[str, Class] = field(default_factory=dict)
    objects: float = 0.0
    """How often statements are about objects: 0 where there are no classes."""
    extras: float = 0.0
    """How often statements are of the rarer sorts."""
    living: bool = False
    """The module has objects that change when they are asked."""
    contexts: bool = False
    """The module has a context manager, and a helper that raises."""


class Scope:
    """The names that a piece of program may use, and what they hold."""

    def __init__(self, draft: Draft, scope: dict[str, Kind]) -> None:
        self.draft = draft
        self.rng = draft.rng
        self.tags = draft.tags
        self.analytic = draft.analytic
        self.scope = scope
        self.taken: set[str] = set(scope)
        self.walrus_allowed = False
        self.readonly: set[str] = set()
        self.unfinished = ""
        """The class whose ``__init__`` this is: making another instance of it would never end."""

    def enter(self, name: str, kind: Kind, depth: int = 2) -> None:
        """Put a name in scope, and with an object all that can be reached through it."""
        self.scope[name] = kind
        match kind:
            case Object(cls=cls, mutable=mutable):
                made = self.draft.classes[cls]
                for key, inner in made.fields.items():
                    if isinstance(inner, Object):
                        inner = Object(inner.cls, mutable and inner.mutable)  # noqa: PLW2901
                        if depth == 0:
                            continue
                    self.enter(f"{name}.{key}", inner, depth - 1)
                    (self.readonly.discard if mutable else self.readonly.add)(f"{name}.{key}")
                for key, inner in made.readable.items():
                    self.scope[f"{name}.{key}"] = inner
                    self.readonly.add(f"{name}.{key}")
                methods = {**made.pure, **made.methods} if mutable else made.pure
                self.scope.update({f"{name}.{key}": routine for key, routine in methods.items()})
            case Objects(cls=cls):
                for position in ("0", "-1"):
                    self.enter(f"{name}[{position}]", Object(cls, mutable=self.chance(0.2)), 0)
            case Grid():
                self.scope |= {f"{name}[{row}][{column}]": SCALAR for row in (0, 1) for column in (0, 1)}

    # ---- choosing --------------------------------------------------------------------------------------

    def chance(self, probability: float) -> bool:
        return self.rng.random() < probability

    def pick(self, options: list[Choice] | tuple[Choice, ...]) -> Choice:
        return options[self.rng.randrange(len(options))]

    def tag(self, *features: str) -> None:
        self.tags.update(features)

    def one_of(self, *makers: Callable[[], str]) -> str:
        """Return what one of the makers writes; the others, and their tags, do not come to pass."""
        return self.pick(makers)()

    def filled(self, form: str, maker: Callable[[], str]) -> str:
        """Return the form with a new expression in each of its places."""
        return form.format(*(maker() for _ in range(form.count("{}"))))

    def names(self, *kinds: type) -> list[str]:
        return [name for name, kind in self.scope.items() if isinstance(kind, kinds)]

    def arrays(self, *, writable: bool = False) -> list[tuple[str, Array]]:
        found = [(name, kind) for name, kind in self.scope.items() if isinstance(kind, Array)]
        return [(name, kind) for name, kind in found if kind.writable or not writable]

    def ints(self, highest: int) -> list[tuple[str, Int]]:
        """Return the names of ints that are never negative nor above ``highest``."""
        found = [(name, kind) for name, kind in self.scope.items() if isinstance(kind, Int)]
        return [(name, kind) for name, kind in found if kind.low >= 0 and kind.high <= highest]

    def routines(self, result: Kind | None) -> list[str]:
        """Return the names of functions with this kind of result."""
        found = [(name, kind) for name, kind in self.scope.items() if isinstance(kind, Routine)]
        return [name for name, kind in found if kind.result == result]

    def fresh(self, kind: type) -> str:
        """Return a name that is not in use here, from the pool of its kind."""
        pool = POOLS[kind].split()
        free = [name for name in pool if name not in self.scope and name not in self.taken]
        if free:
            return self.pick(free)
        number = 1
        while f"{pool[0]}{number}" in self.scope or f"{pool[0]}{number}" in self.taken:
            number += 1
        return f"{pool[0]}{number}"

    def constant(self) -> str:
        return self.pick(["0.3", "0.5", "-0.4", "1.2", "0.7", "-0.25", "0.9", "2", "1"])

    def first_valid(self, makers: list[tuple[float, Callable[[], str | None]]]) -> str:
        """Return what a randomly chosen maker writes; a maker returns None where it does not apply."""
        makers = list(makers)
        while makers:
            weights = [weight for weight, _ in makers]
            index = self.rng.choices(range(len(makers)), weights)[0]
            text = makers.pop(index)[1]()
            if text is not None:
                return text
        raise AssertionError("no maker applies")

    # ---- integers --------------------------------------------------------------------------------------

    def integer(self) -> str:
        """Return a small int expression."""
        names = self.names(Int)
        if names and self.chance(0.7):
            return self.pick(names)
        arrays = self.arrays()
        if arrays and self.chance(0.4):
            name, kind = self.pick(arrays)
            return (
                f"len({name})" if self.chance(0.5) else f"{name}.shape[{self.rng.randrange(len(kind.shape))}]"
            )
        return str(self.rng.randrange(4))

    def index(self, size: int) -> str:
        """Return an int expression that is a valid index of an axis of this size."""
        names = self.names(Int)
        if names and self.chance(0.6):
            name = self.pick(names)
            kind = self.scope[name]
            assert isinstance(kind, Int)
            if kind.low >= 0 and kind.high < size:
                self.tag("index: loop variable")
                return self.pick([name, name, f"{size - 1} - {name}", f"-1 - {name}"])
            return f"{name} % {size}"
        return str(self.rng.randrange(-size, size))

    def item(self, shape: Shape) -> str:
        """Return the inside of the brackets that select one float of an array of this shape."""
        return ", ".join(self.index(size) for size in shape)

    def trips(self) -> tuple[str, int]:
        """Return a trip count and the largest value it takes."""
        counts = self.ints(4)
        if counts and self.chance(0.45):
            self.tag("loop: trip count from an int")
            name, kind = self.pick(counts)
            return name, kind.high
        if self.chance(0.08):
            self.tag("loop: zero trips")
            return "0", 0
        count = self.rng.randrange(1, 5)
        return str(count), count

    # ---- slices and views ------------------------------------------------------------------------------

    def slice_of(self, size: int, wanted: int | None = None) -> tuple[str, int] | None:
        """Return a slice of an axis and the length it selects, at least one (or as ``wanted``)."""
        for _ in range(12):
            step = self.pick([1, 1, 1, 2, -1, -1, -2])
            start = self.pick([None, None, *range(size)])
            stop = self.pick([None, None, *range(size + 1), -1])
            length = len(range(*slice(start, stop, step).indices(size)))
            if length >= 1 and (wanted is None or length == wanted):
                if step < 0:
                    self.tag("slice: negative step")
                elif step > 1:
                    self.tag("slice: strided")
                text = f"{'' if start is None else start}:{'' if stop is None else stop}"
                return (text if step == 1 else f"{text}:{step}"), length
        return None

    def view_step(self, text: str, kind: Array) -> tuple[str, Array] | None:
        """Return one view operation applied to the array expression ``text``."""
        shape, writable = kind.shape, kind.writable
        if len(shape) == 1:
            (size,) = shape
            how = self.rng.randrange(6)
            if how <= 2:
                part = self.slice_of(size)
                return None if part is None else (f"{text}[{part[0]}]", Array((part[1],), writable))
            if how == 3:
                self.tag("view: new axis")
                return self.pick(
                    [
                        (f"{text}[None]", Array((1, size), writable)),
                        (f"{text}[:, None]", Array((size, 1), writable)),
                    ]
                )
            if how == 4 and size in (4, 6):
                self.tag("view: reshape")
                rows = 2 if size == 4 else self.pick([2, 3])
                form = self.pick(["reshape({}, {})", "reshape(({}, {}))", "reshape({}, -1)"])
                return f"{text}.{form.format(rows, size // rows)}", Array((rows, size // rows), writable)
            return f"{text}[...]", kind
        rows, columns = shape
        how = self.rng.randrange(11)
        if how == 0:
            self.tag("view: transpose")
            spelling = self.pick(["{}.T", "{}.transpose()", "np.transpose({})", "{}.swapaxes(0, 1)"])
            return spelling.format(text), Array((columns, rows), writable)
        if how == 1:
            self.tag("view: row")
            return f"{text}[{self.index(rows)}]", Array((columns,), writable)
        if how == 2:
            self.tag("view: column")
            spelling = self.pick(["{}[:, {}]", "{}[..., {}]"])
            return spelling.format(text, self.index(columns)), Array((rows,), writable)
        if how in (3, 4):
            self.tag("view: ravel")
            spelling = self.pick(["{}.ravel()", "np.ravel({})", "{}.reshape(-1)", "np.reshape({}, -1)"])
            return spelling.format(text), Array((rows * columns,), writable)
        if how == 5:
            self.tag("view: reshape")
            return f"{text}.reshape({columns}, {rows})", Array((columns, rows), writable)
        if how == 6:
            self.tag("view: diagonal")
            spelling = self.pick(["{}.diagonal()", "np.diagonal({})"])
            return spelling.format(text), Array((min(rows, columns),), False)
        first, second = self.slice_of(rows), self.slice_of(columns)
        if first is None or second is None:
            return None
        if how == 7:
            return f"{text}[{first[0]}]", Array((first[1], columns), writable)
        if how == 8:
            return f"{text}[:, {second[0]}]", Array((rows, second[1]), writable)
        return f"{text}[{first[0]}, {second[0]}]", Array((first[1], second[1]), writable)

    def reference(
        self, shape: Shape | None = None, *, writable: bool = False, fewest: int = 0
    ) -> tuple[str, Array] | None:
        """Return an expression for memory of a name in scope, through at least ``fewest`` views."""
        arrays = self.arrays(writable=writable)
        if not arrays:
            return None
        kept = self.tags
        try:
            for _ in range(25):
                self.tags = set()  # of this attempt only
                text, kind = self.pick(arrays)
                steps = 0
                for _ in range(self.pick([fewest, fewest, fewest + 1, fewest + 2])):
                    step = self.view_step(text, kind)
                    if step is not None:
                        (text, kind), steps = step, steps + 1
                fits = shape is None or kind.shape == shape
                if fits and steps >= fewest and (kind.writable or not writable):
                    if steps > 1:
                        self.tag("view: view of a view")
                    kept |= self.tags
                    return text, kind
            return None
        finally:
            self.tags = kept
