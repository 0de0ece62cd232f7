"""Iterators over what changes meanwhile, objects that change when they are asked, and the order of evaluation."""

from __future__ import annotations

from .kinds import SCALAR, Living, Scalar, Scalars
from .writing import Writing

LIVING = """
class Stream:
    def __init__(self, level):
        self.level = level
        self.steps = 0

    def __iter__(self):
        self.level *= 0.7
        for k in range(3):
            self.level = 0.8 * self.level + 0.1 * k
            yield self.level * (k + 1)

    def __reversed__(self):
        self.level += 0.2
        return iter([self.level, 0.5 * self.level])

    def __call__(self, v):
        self.level = 0.5 * self.level + 0.4 * math.sin(v)
        return self.level

    def __bool__(self):
        self.steps += 1
        self.level *= 0.9
        return self.steps % 3 != 0

    def __contains__(self, v):
        self.level += 0.1 * v
        return self.steps % 2 == 0

    def __getitem__(self, k):
        self.level *= 0.8
        return self.level * (k + 1)

    def __getattr__(self, name):
        if name == 'extra':
            return 0.6 * self.level
        raise AttributeError(name)

    def __round__(self, digits=0):
        return 0.3 * self.level + digits

    @property
    def moved(self):
        self.steps += 1
        self.level = 0.8 * self.level + 0.1
        return self.level

    @property
    def place(self):
        self.steps += 1
        return self.steps % 2


class Walker:
    def __init__(self, level):
        self.level = level
        self.steps = 0

    def __iter__(self):
        self.steps = 0
        return self

    def __next__(self):
        self.steps += 1
        if self.steps > 3:
            raise StopIteration
        self.level = 0.7 * self.level + 0.1
        return self.level * self.steps
"""

LAZILY = (
    ("for {i}, {v} in enumerate({o}):", True),
    ("for {v}, {w} in zip({o}, {c}):", True),
    ("for {w}, {v} in zip({c}, {o}):", True),
    ("for {w}, {v}, _ in zip({c}, {o}, itertools.count()):", True),
    ("for {v} in map(lambda t: 0.7 * t, {o}):", True),
    ("for {v} in (0.7 * t for t in {o}):", True),
    ("for {v} in filter(lambda t: t != 0.0, {o}):", True),
    ("for {v} in itertools.islice({o}, 2):", True),
    ("for {v} in itertools.chain({c}, {o}):", True),
    ("for {v} in itertools.accumulate({o}):", True),
    ("for {i}, ({w}, {v}) in enumerate(zip({c}, {o})):", True),
    ("for {v} in reversed({o}):", False),
    ("for {v} in {o}:", True),
)
"""Loops over an object ``o``, at times beside a list ``c``; whether an object that is its own iterator will do."""
WRITTEN = (
    "for {v}, {w} in itertools.pairwise({c}):",
    "for {v}, {w} in itertools.zip_longest({c}, {d}, fillvalue=0.4):",
    "for {v}, {w} in itertools.product({c}, {d}):",
    "for {v}, {w} in itertools.combinations({c}, 2):",
    "for {v}, {w} in zip((0.5 * t for t in {c}), (t + 0.1 for t in {d})):",
    "for {v}, {w} in zip({c}, reversed({c})):",
    "for {v}, {w} in zip({c}, itertools.accumulate({d})):",
    "for {v} in itertools.islice({c}, 1, None):",
    "for {v} in itertools.accumulate({c}, lambda s, t: 0.5 * s + t):",
    "for {v} in map(lambda s, t: s - 0.5 * t, {c}, {d}):",
    "for {v} in itertools.takewhile(lambda t: t < 9.0, {c}):",
    "for {v} in itertools.starmap(lambda s, t: 0.5 * s * t, zip({c}, {d})):",
    "for {v}, {w} in list(zip({c}, {d})):",
)
"""Loops over lists ``c`` and ``d`` whose items are replaced by their bodies."""
IN_ORDER = (
    "{t} = {o}.level * {o}({e}) + {o}.level",
    "{t} = {o}({e}) - {o}.level * {o}.moved",
    "{t} = sum([{o}.level, {o}({e}), {o}.level])",
    "{t} = ({o}.moved, {o}({e}))[{o}.place]",
    "{t} = {{'a': {o}.moved, 'b': {o}({e})}}['a'] + {o}.level",
    "{t} = {o}[{o}.place] + {o}[0]",
    "{t} = ({o} and 0.5) or {o}.level",
    "{t} = {o}.moved if {o} else {o}({e})",
    "{t} = 0.5 * {t} + {o}.level if 0.3 in {o} else {o}.moved",
    "{t} += {o}({e}) * {o}.level",
    "{t} = getattr({o}, 'extra', 0.1) + getattr({o}, 'absent', {e})",
    "{t} = 0.4 * round({o}, 1) + round({o})",
    "{o}.level, {t} = {t} * 0.5, {o}.moved",
    "{o}.level += {o}({e})",
    "{o}.level = {t} = {o}.moved * 0.5",
    "{t} = 0.3 * sum([*{o}, {o}.level, *{o}])",
    "{t} = (lambda p, q, s=0.0: p - q * s)({o}.level, {o}({e}), s={o}.level)",
)
"""Statements in which an object changes while an expression is evaluated."""


class Iterating(Writing):
    """Loops and expressions whose parts change what other parts read."""

    def new_living(self) -> bool:
        if not self.draft.living or self.in_loop or len(self.living()) > 1:
            return False
        self.tag("object: changes when asked")
        walks = self.chance(0.3)
        text = self.tame(1)
        return self.line(f"{self.declare(Living(walks))} = {'Walker' if walks else 'Stream'}({text})")

    def living(self) -> list[tuple[str, Living]]:
        return [(name, kind) for name, kind in self.scope.items() if isinstance(kind, Living)]

    def gone_over_lazily(self) -> bool:
        """A loop over an object whose iterator reads what the body writes."""
        objects, floats = self.living(), self.bindable(Scalar)
        if not objects or not floats or self.loops > 1 or {"part", "mate", "i2"} & set(self.scope):
            return False
        name, kind = self.pick(objects)
        forms = [form for form, walker in LAZILY if walker or not kind.walks]
        self.tag("loop: over an object that changes")
        others = f"[{self.tame(1)}, {self.tame(1)}]"
        header = self.pick(forms).format(o=name, c=others, v="part", w="mate", i="i2")
        target = self.pick(floats)
        self.line(header)
        with self.looping():
            self.scope |= {word: SCALAR for word in ("part", "mate") if f"{word}," in header or f"{word} " in header}
            self.line(f"{target} = 0.5 * {target} + 0.3 * math.sin(part)")
            change = self.pick(["*= 0.8", f"+= 0.1 * {target}", f"= {self.tame(1)}"])
            self.line(f"{name}.level {change}")
            self.statements(self.rng.randrange(2))
        return True

    def gone_over_while_written(self) -> bool:
        """A loop over lists whose items the body replaces."""
        floats = self.bindable(Scalar)
        if not floats or self.loops > 1 or {"part", "mate", "row1", "row2"} & (set(self.scope) | self.taken):
            return False
        self.tag("loop: over lists that change")
        form, target = self.pick(WRITTEN), self.pick(floats)
        vectors = [name for name, kind in self.arrays() if len(kind.shape) == 1 and 2 <= kind.shape[0] <= 4]
        first = f"[{', '.join(self.tame(1) for _ in range(3))}]"
        if vectors and self.chance(0.3):
            first = f"{self.pick(vectors)}.copy()"
        self.line(f"row1 = {first}")
        self.line(f"row2 = [{self.tame(1)}, {self.tame(1)}]")
        self.line(form.format(c="row1", d="row2", v="part", w="mate"))
        with self.looping():
            self.scope["part"] = SCALAR
            if "mate" in form or "{w}" in form:
                self.scope["mate"] = SCALAR
            value = "part - 0.5 * mate" if "mate" in self.scope else "part"
            self.line(f"{target} = 0.5 * {target} + 0.3 * math.sin({value})")
            for _ in range(self.rng.randrange(1, 3)):
                self.line(self.stored(self.pick(["row1[-1]", "row1[0]", "row1[1]", "row2[-1]", "row2[0]"])))
            self.statements(self.rng.randrange(2))
        return self.line(f"{target} += 0.1 * row1[0] * row2[0]")

    def evaluated_in_order(self) -> bool:
        objects = [name for name, kind in self.living() if not kind.walks]
        floats = self.bindable(Scalar)
        if not objects or not floats:
            return False
        self.tag("order of evaluation")
        form = self.pick(IN_ORDER)
        target = self.pick(floats)
        if not target.isidentifier() and form.startswith("{o}.level = {t}"):
            return False
        return self.line(form.format(o=self.pick(objects), t=target, e=self.tame(1)))

    def placed_by_calls(self) -> bool:
        """Stores whose index and value both change what they read."""
        objects = [name for name, kind in self.living() if not kind.walks]
        vectors = [
            (name, kind) for name, kind in self.arrays(writable=True) if len(kind.shape) == 1 and kind.shape[0] > 1
        ]
        if not objects or not vectors:
            return False
        self.tag("order of evaluation: index and value")
        name, (array, _) = self.pick(objects), self.pick(vectors)
        form = self.pick([
            "{a}[{o}.place] = {o}({e})", "{a}[{o}.place] += {o}({e}) * {o}.level",
            "{a}[{o}.place], {a}[{o}.place] = {o}.moved, {o}({e})", "{a}[{o}.place] = {a}[{o}.place] = {o}.moved",
            "{a}[{o}.place:] *= {o}.moved", "{a}[1 - k2] = {a}[(k2 := {o}.place)] * {o}.level",
        ])  # fmt: skip
        if "k2" in form and (not self.walrus_allowed or self.nested):
            return False
        return self.line(form.format(a=array, o=name, e=self.tame(1)))

    def starred_display(self) -> bool:
        """A list is spread out before a call that changes it."""
        names = [name for name in self.names(Scalars) if name not in self.readonly and name.isidentifier()]
        if not names:
            return False
        self.tag("star before a call that writes")
        name = self.pick(names)
        self.line(f"if len({name}) > 1:")
        with self.block():
            made = self.declare(Scalars())
            form = self.pick(["[*{v}, {v}.pop()]", "[0.5, *{v}, {v}.pop(0), *{v}]", "[*{v}, *[{v}.pop()]]"])
            self.line(f"{made} = {form.format(v=name)}")
            self.line(f"{name}.append({self.tame(1)})")
            self.line(self.stored(f"{name}[0]"))
            floats = self.bindable(Scalar)
            if floats:
                self.line(f"{self.pick(floats)} += 0.2 * {made}[-1] * {made}[0]")
        return True

    def condition_that_writes(self) -> bool:
        objects = [name for name, kind in self.living() if not kind.walks]
        if not objects or self.loops > 1:
            return False
        self.tag("while: condition that writes")
        name = self.pick(objects)
        test = self.pick([f"{name}", f"{name}.moved < 0.3", f"0.2 in {name} and {name}", f"not {name}"])
        self.line(f"while {test}:" if self.chance(0.3) else f"while {name}.steps < 7 and ({test}):")
        if "steps" not in self.lines[-1] and ".moved" not in test:
            self.lines[-1] = self.lines[-1].replace("while ", f"while {name}.steps < 9 and ").rstrip(":") + ":"
        with self.looping():
            self.line(f"{name}.steps += 1")
            self.statements(self.rng.randrange(1, 3))
            if self.leaves(self.lines[-1]):
                self.lines[-1] = self.lines[-1].replace("continue", "break")
        return True

