"""Random expressions over the names in scope: floats, arrays of a wanted shape, and conditions."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

from .kinds import SCALAR, Array, Arrays, Instance, Int, Kind, Object, Pair, Routine, Scalar, Scalars, Table
from .scope import Scope, Shape

# Each has a bounded value or a bounded slope, so that loops of them keep derivatives tame.
SCALAR_MAPS = (
    "math.sin({})",
    "math.cos({})",
    "math.tanh({})",
    "np.sin({})",
    "np.tanh({})",
    "np.arctan({})",
    "math.atan({})",
    "math.exp(-({}) ** 2)",
    "math.sqrt(1.0 + ({}) ** 2)",
    "math.log(2.0 + ({}) ** 2)",
    "np.log1p(({}) ** 2)",
    "-({})",
    "math.hypot({}, 0.7)",
    "float({})",
)
ARRAY_MAPS = (
    "np.sin({})",
    "np.cos({})",
    "np.tanh({})",
    "np.arctan({})",
    "np.exp(-np.square({}))",
    "np.sqrt(1.0 + ({}) ** 2)",
    "np.log1p(({}) ** 2)",
    "np.reciprocal(1.5 + ({}) ** 2)",
    "-({})",
    "np.negative({})",
)
# Kinked, or not defined for complex numbers.
KINKED_MAPS = ("np.abs({})", "np.maximum({}, 0.1)", "np.clip({}, -0.6, 0.8)", "np.minimum({}, 0.5)")


class Expressions(Scope):
    """Writes expressions that are valid for ``scope``."""

    # ---- floats ----------------------------------------------------------------------------------------

    def scalar_leaf(self) -> str:
        return self.first_valid(
            [
                (
                    6,
                    lambda: (
                        self.pick(names)
                        if (names := [n for n in self.names(Scalar) if not n.isupper()])
                        else None
                    ),
                ),
                (0.3, lambda: self.pick(names) if (names := self.names(Scalar)) else None),
                (5, self.item_leaf),
                (0.6, self.constant),
                (1.5, self.container_leaf),
                (0.4, lambda: f"0.2 * {self.pick(names)}" if (names := self.names(Int)) else None),
            ]
        )

    def item_leaf(self) -> str | None:
        arrays = self.arrays()
        if not arrays:
            return None
        name, kind = self.pick(arrays)
        if len(kind.shape) == 2 and self.chance(0.2):
            return f"{name}[{self.index(kind.shape[0])}][{self.index(kind.shape[1])}]"
        return f"{name}[{self.item(kind.shape)}]"

    def container_leaf(self) -> str | None:
        names = self.names(Scalars, Table, Pair, Arrays)
        if not names:
            return None
        name = self.pick(names)
        match self.scope[name]:
            case Scalars():
                self.tag("list: item read")
                return self.pick([f"{name}[0]", f"{name}[-1]", f"{name}[{self.integer()} % len({name})]"])
            case Table(keys=keys):
                self.tag("dict: item read")
                return f"{name}[{self.pick(keys)!r}]"
            case Pair(shape=None):
                self.tag("tuple: item read")
                return f"{name}[{self.rng.randrange(2)}]"
            case Pair(shape=shape):
                self.tag("tuple: item read")
                assert shape is not None
                return f"{name}[1][{self.item(shape)}]"
            case Arrays(shape=shape):
                self.tag("list: arrays read")
                return (
                    f"{name}[{self.pick(['0', '-1', f'{self.integer()} % len({name})'])}][{self.item(shape)}]"
                )
            case _:
                return None

    def scalar(self, depth: int = 2) -> str:
        """Return a float expression."""
        if depth <= 0 or self.chance(0.12):
            return self.scalar_leaf()
        return self.first_valid(
            [
                (5, lambda: self.scalar_map(self.scalar(depth - 1))),
                (5, lambda: self.scalar_binary(depth)),
                (2, lambda: self.reduction(depth)),
                (1.2, lambda: self.scalar_call(depth)),
                (1, lambda: self.method_call(depth)),
                (2, lambda: self.special(depth)),
                (0.7, lambda: self.conditional(depth)),
                (0.5, lambda: self.scalar_builtin(depth)),
                (0.5, self.comprehension_sum),
                (0.5, lambda: self.walrus(depth)),
            ]
        )

    def tame(self, depth: int = 2) -> str:
        """Return a float expression of moderate size whatever the names hold."""
        text = self.scalar(depth)
        return self.pick(
            ["math.tanh({})", "math.sin({})", "np.tanh({})", "np.sin({})", "0.5 * math.cos({})", "0.3 * ({})"]
        ).format(text)

    def scalar_map(self, text: str) -> str:
        return self.pick(SCALAR_MAPS[:-2] if self.analytic else SCALAR_MAPS).format(text)

    def scalar_binary(self, depth: int) -> str:
        form = self.pick(
            [
                "({}) + ({})",
                "({}) - ({})",
                "0.5 * ({}) * ({})",
                "({}) * math.sin({})",
                "({}) / (1.5 + ({}) ** 2)",
                "({}) + 0.3 * ({})",
                "(1.2 + math.sin({})) ** (0.3 * math.cos({}))",
                *(
                    []
                    if self.analytic
                    else ["np.arctan2({}, 1.5 + ({}) ** 2)", "np.hypot({}, 0.4 + math.cos({}))"]
                ),
            ]
        )
        return self.filled(form, lambda: self.scalar(depth - 1))

    def reduction(self, depth: int) -> str | None:
        if self.chance(0.08) and self.arrays():
            self.tag("slice: empty")
            name, _ = self.pick(self.arrays())
            return f"np.sum({name}[2:2])"
        if self.chance(0.12) and self.arrays() and self.names(Int):
            self.tag("slice: bounds known at run time")
            name, _ = self.pick(self.arrays())
            bound = self.pick(self.names(Int))
            return f"np.sum({name}[{self.pick([f'{bound}:', f':{bound}', f'{bound}::-1'])}])"
        found = self.reference()
        if found is None:
            return None
        text, kind = found
        if depth >= 2 and self.chance(0.5):
            text = self.pick(ARRAY_MAPS).format(text)
        form = self.pick(
            [
                "np.sum({})",
                "({}).sum()",
                "np.mean({})",
                "({}).mean()",
                "np.sum(({}) ** 2)",
                "np.prod(np.cos({}))",
                *([] if self.analytic else ["np.max({})", "({}).min()", "np.linalg.norm(1.0 + ({}) ** 2)"]),
            ]
        )
        if self.chance(0.3):
            other = self.operand(kind.shape, 0)
            form = "np.sum(({}) * ({}))" if self.analytic else "np.vdot({}, {})"
            if len(kind.shape) == 1:
                form = self.pick([form, "({}) @ ({})", "np.dot({}, {})"])
            return f"0.5 * {form.format(text, other)}"
        return f"0.5 * {form.format(text)}"

    def scalar_call(self, depth: int) -> str | None:
        """Return a call of a function in scope that returns a float."""
        names = self.routines(SCALAR)
        return self.call(self.pick(names), depth - 1) if names else None

    def method_call(self, depth: int) -> str | None:
        names = self.names(Instance)
        if not names:
            return None
        self.tag("call: method")
        name = self.pick(names)
        return self.filled(
            self.pick([f"{name}.apply({{}})", f"{name}.gain * ({{}})"]), lambda: self.scalar(depth - 1)
        )

    def special(self, depth: int) -> str | None:
        """Return an operator, a call, an item of an object that gives a float."""
        found = [(name, form) for name in self.names(Object) for form in self.forms(name, "float")]
        if not found:
            return None
        name, form = self.pick(found)
        self.tag("object: special method")
        return self.filled_form(form, name, depth)

    def forms(self, name: str, gives: str) -> list[str]:
        """Return the forms of an object's class that give this."""
        kind = self.scope[name]
        assert isinstance(kind, Object)
        special = self.draft.classes[kind.cls].special
        return [form for form, given in special.items() if given == gives]

    def filled_form(self, form: str, name: str, depth: int) -> str:
        """Return a form with an object, others of its class, and floats put in."""
        kind = self.scope[name]
        assert isinstance(kind, Object)
        others = self.instances(kind.cls)
        given = f"({self.scalar(max(depth - 1, 0))})"
        return form.format(o=name, p=self.pick(others), v=given, i=self.rng.randrange(2))

    def instances(self, cls: str) -> list[str]:
        """Return the names of objects of this class."""
        return [name for name in self.names(Object) if getattr(self.scope[name], "cls", "") == cls]

    def object(self, cls: str, depth: int = 1) -> str:
        """Return an expression for an object of this class: one that is there, or a new one."""
        names = self.instances(cls)
        if names and (self.chance(0.5) or cls == self.unfinished):
            return self.pick(names)
        if names and self.chance(0.5):
            name = self.pick(names)
            forms = self.forms(name, "object")
            if forms:
                self.tag("object: made by an operator")
                return self.filled_form(self.pick(forms), name, depth)
        self.tag("object: made")
        return self.construct(cls, depth)

    def construct(self, cls: str, depth: int = 1) -> str:
        """Return a call of a class."""
        made = self.draft.classes[cls]
        given = [self.argument(kind, depth, mutated=False) or self.constant() for kind in made.init]
        return f"{cls}({', '.join(given)})"

    def call(self, name: str, depth: int) -> str | None:
        """Return a call with arguments of the right kinds, by position or by keyword."""
        routine = self.scope[name]
        assert isinstance(routine, Routine)
        arguments = [self.argument(kind, depth, mutated=routine.result is None) for kind in routine.params]
        if any(argument is None for argument in arguments):
            return None
        for keyword in routine.keywords:
            if self.chance(0.5):
                self.tag("call: keyword argument")
                arguments.append(f"{keyword}={self.tame(depth)}")
            elif routine.keywords:
                self.tag("call: default argument")
        self.tag("call: of a function")
        return f"{name}({', '.join(text for text in arguments if text is not None)})"

    def argument(self, kind: Kind, depth: int, *, mutated: bool) -> str | None:
        match kind:
            case Scalar():
                return self.scalar(max(depth, 0))
            case Int(high=high):
                names = [name for name, _ in self.ints(high)]
                return self.pick(names) if names and self.chance(0.5) else str(self.rng.randrange(high + 1))
            case Array(shape=shape):
                if mutated or self.chance(0.5):
                    found = self.reference(shape, writable=kind.writable)
                    if found is not None:
                        return found[0]
                    return None if mutated else self.array(shape, depth)
                return self.array(shape, depth)
            case Scalars():
                names = self.names(Scalars)
                return self.pick(names) if names else None
            case Object(cls=cls):
                names = [name for name in self.names(Object) if self.scope[name] == kind]
                return self.pick(names) if names and self.chance(0.8) else self.construct(cls, 0)
            case Routine(params=params):
                same = [name for name in self.names(Routine) if self.scope[name] == Routine(params, SCALAR)]
                if same and self.chance(0.4):
                    return self.pick(same)
                return self.pick(
                    ["math.sin", "np.tanh", f"lambda v: {self.constant()} * v + {self.name_or_constant()}"]
                )
            case _:
                return None

    def name_or_constant(self) -> str:
        names = self.names(Scalar)
        return self.pick(names) if names else self.constant()

    def conditional(self, depth: int) -> str:
        self.tag("conditional expression")
        return f"({self.scalar(depth - 1)} if {self.condition()} else {self.scalar(depth - 1)})"

    def scalar_builtin(self, depth: int) -> str | None:
        if self.analytic:
            return None
        self.tag("builtin: min, max, abs, sum")
        names = self.names(Scalars)
        if names and self.chance(0.4):
            return f"0.3 * {self.pick(['sum', 'max', 'min'])}({self.pick(names)})"
        form = self.pick(["max({}, {})", "min({}, {})", "abs({})", "max({}, {}, 0.2)"])
        return self.filled(form, lambda: self.scalar(depth - 1))

    def walrus(self, depth: int) -> str | None:
        if not self.walrus_allowed:
            return None
        self.tag("walrus")
        text = self.scalar(
            depth - 1
        )  # the name is bound only from here on, and only for the statements after it
        name = self.fresh(Scalar)
        self.taken.add(name)
        return f"(({name} := {text}) * {self.pick(['0.5', name, f'math.cos({name})'])})"

    @contextlib.contextmanager
    def bound(self, **kinds: Kind) -> Iterator[None]:
        """Put the variables of a comprehension or lambda in scope for its body."""
        scope, allowed = dict(self.scope), self.walrus_allowed
        self.scope.update(kinds)
        self.walrus_allowed = False
        yield
        self.scope.clear()
        self.scope.update(scope)
        self.walrus_allowed = allowed

    def generator(self, depth: int = 1) -> str | None:
        """Return ``element for ... in ...``, the inside of a comprehension over floats."""
        vectors = [(name, kind) for name, kind in self.arrays() if len(kind.shape) == 1]
        kinds: dict[str, Kind] = {"item": SCALAR}
        how = self.rng.randrange(4)
        if how == 0 and vectors:
            loop = f"item in {self.pick(vectors)[0]}"
        elif how == 1 and self.names(Scalars):
            loop = f"item in {self.pick(self.names(Scalars))}"
        elif how == 2 and len(vectors) > 1:
            loop = f"item, other in zip({self.pick(vectors)[0]}, {self.pick(vectors)[0]})"
            kinds = {"item": SCALAR, "other": SCALAR}
        else:
            count, high = self.trips()
            loop, kinds = f"step in range({count})", {"step": Int(0, max(high - 1, 0))}
        with self.bound(**kinds):
            name = self.pick(list(kinds))
            element = f"{self.scalar(depth)} + 0.2 * {name}"
            suffix = ""
            if self.chance(0.15):
                self.tag("comprehension: condition")
                suffix = f" if {name} > 0.1"
        return f"{element} for {loop}{suffix}"

    def comprehension_sum(self) -> str | None:
        inside = self.generator()
        if inside is None:
            return None
        brackets = self.pick(["[{}]", "{}"])
        self.tag("comprehension" if "[" in brackets else "generator expression")
        return f"0.4 * sum({brackets.format(inside)})"

    # ---- conditions ------------------------------------------------------------------------------------

    def condition(self, depth: int = 1) -> str:
        """Return a bool expression, on active values or not."""
        if depth > 0 and self.chance(0.25):
            self.tag("condition: and, or, not")
            return self.filled(
                self.pick(["({} and {})", "({} or {})", "not ({})"]), lambda: self.condition(0)
            )
        return self.first_valid(
            [
                (4, self.active_condition),
                (3, lambda: self.integer_condition() if self.names(Int) else None),
                (
                    0.6,
                    lambda: (
                        f"len({self.pick(names)}) > {self.rng.randrange(3)}"
                        if (names := self.names(Scalars, Arrays))
                        else None
                    ),
                ),
                (1.0 * bool(self.draft.classes), self.object_condition),
                (
                    0.4,
                    lambda: (
                        f"isinstance({self.pick(arrays)[0]}, np.ndarray)"
                        if (arrays := self.arrays())
                        else None
                    ),
                ),
                (
                    0.4,
                    lambda: (
                        f"{self.pick(arrays)[0]}.ndim == {self.pick([1, 2])}"
                        if (arrays := self.arrays())
                        else None
                    ),
                ),
                (
                    0.4,
                    lambda: (
                        f"np.{self.pick(['any', 'all'])}({self.pick(arrays)[0]} > -0.4)"
                        if (arrays := self.arrays())
                        else None
                    ),
                ),
            ]
        )

    def object_condition(self) -> str | None:
        found = [(name, form) for name in self.names(Object) for form in self.forms(name, "condition")]
        if not found:
            return None
        self.tag("condition: on an object")
        name, form = self.pick(found)
        return self.filled_form(form, name, 1)

    def active_condition(self) -> str:
        self.tag("condition: on active values")
        if self.chance(0.2):
            self.tag("condition: chained comparison")
            return f"{self.pick(['-0.7', '-0.3'])} < {self.scalar(1)} <= {self.pick(['0.4', '0.9'])}"
        other = self.scalar_leaf() if self.chance(0.25) else self.pick(["0.1", "-0.2", "0.35"])
        return f"{self.scalar(1)} {self.pick(['<', '>', '<=', '>='])} {other}"

    def integer_condition(self) -> str:
        name = self.pick(self.names(Int))
        return self.pick(
            [f"{name} % 2 == 0", f"{name} > 1", f"{name} == 2", f"{name} != 1", f"0 < {name} < 3", f"{name}"]
        )

    # ---- arrays ----------------------------------------------------------------------------------------

    def operand(self, shape: Shape, depth: int) -> str:
        """Return an array expression to be read: memory in scope, or a new array."""
        if depth <= 0 or self.chance(0.4):
            found = self.reference(shape)
            if found is not None:
                return found[0]
        return self.array(shape, max(depth, 0))

    def array(self, shape: Shape, depth: int = 2) -> str:
        """Return an expression whose value is a new array of this shape."""
        makers: list[tuple[float, Callable[[], str | None]]] = [
            (1, lambda: f"np.full({shape}, {self.scalar(1)})" if depth < 2 or self.chance(0.3) else None),
            (0.3, lambda: self.zeros(shape)),
            (1.5, lambda: self.copied(shape)),
        ]
        if depth > 0:
            makers += [
                (6, lambda: self.pick(ARRAY_MAPS).format(self.operand(shape, depth - 1))),
                (6, lambda: self.array_binary(shape, depth)),
                (0.7, lambda: self.kinked(shape, depth)),
                (1, lambda: self.where(shape, depth)),
                (1.5, lambda: self.product(shape, depth)),
                (2.5, lambda: self.rearranged(shape, depth)),
                (1, lambda: self.array_call(shape, depth)),
                (0.8, lambda: self.stacked_floats(shape)),
            ]
        return self.first_valid(makers)

    def kinked(self, shape: Shape, depth: int) -> str | None:
        if self.analytic:
            return None
        self.tag("array: abs, maximum, clip")
        return self.pick(KINKED_MAPS).format(self.operand(shape, depth - 1))

    def zeros(self, shape: Shape) -> str:
        like = [name for name, kind in self.arrays() if kind.shape == shape]
        return (
            f"np.zeros_like({self.pick(like)})"
            if like and (self.analytic or self.chance(0.5))
            else f"np.zeros({shape})"
        )

    def tame_array(self, shape: Shape, depth: int = 2) -> str:
        """Return a new array of moderate values."""
        text = self.operand(shape, depth)
        return self.pick(
            ["np.tanh({})", "np.sin({})", "0.5 * np.cos({})", "0.4 * ({})", "np.arctan({})"]
        ).format(text)

    def copied(self, shape: Shape) -> str | None:
        found = self.reference(shape)
        if found is None:
            return None
        self.tag("array: copy")
        return self.pick(["({}).copy()", "np.array({})", "np.copy({})", "+({})", "1.0 * ({})"]).format(
            found[0]
        )

    def array_binary(self, shape: Shape, depth: int) -> str:
        left = self.operand(shape, depth - 1)
        right = self.broadcast_operand(shape, depth)
        form = self.pick(
            [
                "({}) + ({})",
                "({}) - ({})",
                "0.5 * ({}) * ({})",
                "({}) * np.cos({})",
                "({}) / (1.5 + np.square({}))",
                "np.multiply({}, np.sin({}))",
                "np.add({}, 0.3 * ({}))",
                "np.subtract({}, {})",
                "np.divide({}, 2.0 + np.sin({}))",
                *([] if self.analytic else ["np.hypot({}, 1.0 + np.square({}))"]),
            ]
        )
        return form.format(left, right)

    def broadcast_operand(self, shape: Shape, depth: int) -> str:
        if self.chance(0.55):
            return self.operand(shape, depth - 1)
        if len(shape) == 2 and self.chance(0.6):
            narrow = self.pick([(shape[1],), (1, shape[1]), (shape[0], 1)])
            found = self.reference(narrow)
            if found is not None:
                self.tag("broadcasting")
                return found[0]
        return f"({self.scalar(depth - 1)})"

    def mask(self, shape: Shape) -> str:
        """Return a boolean array expression of this shape."""
        if self.chance(0.25):
            count = 1
            for size in shape:
                count *= size
            return f"(np.arange({count}).reshape({shape}) % 2 == {self.rng.randrange(2)})"
        text = f"({self.operand(shape, 0)} > {self.pick(['0.1', '-0.2', '0.3'])})"
        how = self.rng.randrange(4)
        if how == 0:
            return f"({text} & ({self.operand(shape, 0)} < 0.8))"
        return f"~{text}" if how == 1 else text

    def where(self, shape: Shape, depth: int) -> str:
        self.tag("where")
        one, other = self.operand(shape, depth - 1), self.broadcast_operand(shape, depth)
        return f"np.where({self.mask(shape)}, {one}, {other})"

    def product(self, shape: Shape, depth: int) -> str | None:
        if len(shape) == 1:
            for name, kind in self.arrays():
                if len(kind.shape) == 2 and shape[0] in kind.shape:
                    self.tag("matrix product")
                    matrix = name if kind.shape[0] == shape[0] else f"{name}.T"
                    inner = kind.shape[1] if kind.shape[0] == shape[0] else kind.shape[0]
                    return f"0.4 * ({matrix} @ ({self.operand((inner,), depth - 1)}))"
            return None
        if self.chance(0.4):
            self.tag("matrix product")
            left, right = self.operand((shape[0],), 0), self.operand((shape[1],), 0)
            return f"0.5 * np.outer({left}, {right})"
        inner = self.pick([2, shape[0]])
        self.tag("matrix product")
        left, right = self.operand((shape[0], inner), depth - 1), self.operand((inner, shape[1]), depth - 1)
        return self.pick(["0.4 * (({}) @ ({}))", "0.4 * np.dot({}, {})"]).format(left, right)

    def rearranged(self, shape: Shape, depth: int) -> str:
        """Return reductions along an axis, joins, rolls, gathers: new arrays out of others."""
        size = shape[0]

        def same() -> str:
            return self.operand(shape, depth - 1)

        def joined() -> str:
            cut = self.rng.randrange(1, size)
            form = self.pick(["np.concatenate(({}, {}))", "np.concatenate([{}, {}], axis=0)"])
            return form.format(self.operand((cut, *shape[1:]), 0), self.operand((size - cut, *shape[1:]), 0))

        def gathered() -> str:
            form = self.pick(["({})[{}]", "({})[np.array({})]", "np.take({}, {}, axis=0)"])
            return form.format(same(), [self.rng.randrange(size) for _ in range(size)])

        def maximum() -> str:
            return f"np.tanh({same()}) + np.{'sum' if self.analytic else 'max'}({same()})"

        makers = [
            lambda: f"np.roll({same()}, {self.pick(['1', '-1', '2'])}, axis=0)",
            lambda: f"0.5 * np.cumsum({same()}, axis=0)",
            lambda: f"np.flip({same()}, axis=0)",
            lambda: f"({same()}) - np.mean({same()}, axis=0)",
            gathered,
            maximum,
        ]
        if size > 1:
            makers.append(joined)
        if len(shape) == 1:
            makers.append(lambda: f"0.3 * np.sum({self.operand((2, size), 0)}, axis=0)")
        else:
            makers += [
                lambda: f"({same()}) / (2.0 + np.sum(np.square({same()}), axis=1, keepdims=True))",
                lambda: f"np.stack([{', '.join(self.operand((shape[1],), 0) for _ in range(size))}])",
                lambda: f"({self.operand((shape[1], size), 0)}).T * 1.0",
            ]
        return self.one_of(*makers)

    def array_call(self, shape: Shape, depth: int) -> str | None:
        names = self.routines(Array(shape))
        if not names:
            return None
        text = self.call(self.pick(names), depth - 1)
        return None if text is None else f"1.0 * {text}"

    def stacked_floats(self, shape: Shape) -> str | None:
        if len(shape) != 1:
            return None
        if self.chance(0.4):
            self.tag("comprehension")
            with self.bound(step=Int(0, shape[0] - 1)):
                return f"np.array([{self.scalar(1)} for step in range({shape[0]})])"
        self.tag("array: from floats")
        return f"np.array([{', '.join(self.scalar(1) for _ in range(shape[0]))}])"
