"""Assignments to names: floats, arrays, second names and views, swaps."""

from __future__ import annotations

from .kinds import SCALAR, Array, Int, Scalar, Scalars
from .writing import Writing


class Bindings(Writing):
    """Binds names. A method returns False where the names in scope do not allow its statement."""

    def new_scalar(self) -> bool:
        text = self.scalar()
        return self.line(f"{self.declare(SCALAR)} = {text}")

    def rebind_scalar(self) -> bool:
        names = self.bindable(Scalar)
        return bool(names) and self.line(f"{self.pick(names)} = {self.tame()}")

    def augment_scalar(self) -> bool:
        names = self.bindable(Scalar)
        if not names:
            return False
        self.tag("augmented: name of a float")
        name = self.pick(names)
        return self.line(self.augmented(name, self.tame()))

    def annotated(self) -> bool:
        self.tag("assignment: annotated")
        text = self.scalar()
        return self.line(f"{self.declare(SCALAR)}: float = {text}")

    def several_targets(self) -> bool:
        self.tag("assignment: several targets")
        text = self.scalar()
        first, second = self.declare(SCALAR), self.declare(SCALAR)
        return self.line(f"{first} = {second} = {text}")

    def swap_scalars(self) -> bool:
        names = self.bindable(Scalar)
        if len(names) < 2:
            return False
        self.tag("assignment: swap of floats")
        chosen = self.rng.sample(names, min(len(names), self.pick([2, 2, 3])))
        turned = chosen[1:] + chosen[:1]
        values = [f"0.9 * {name} + {self.tame(1)}" if self.chance(0.3) else name for name in turned]
        return self.line(f"{', '.join(chosen)} = {', '.join(values)}")

    def unpack(self) -> bool:
        self.tag("assignment: unpacking")
        how = self.rng.randrange(4)
        vectors = [(name, kind.shape[0]) for name, kind in self.arrays() if len(kind.shape) == 1]
        if how == 0 and vectors:
            name, size = self.pick(vectors)
            if size < 2:
                return False
            targets = [self.declare(SCALAR) for _ in range(2)]
            return self.line(f"{', '.join(targets)} = {name}[:2]")
        if how == 1:
            self.tag("assignment: nested unpacking")
            values = [self.scalar(1) for _ in range(3)]
            first, second, third = (self.declare(SCALAR) for _ in range(3))
            return self.line(f"({first}, {second}), {third} = ({values[0]}, {values[1]}), {values[2]}")
        if how == 2 and vectors:
            name, size = self.pick(vectors)
            if size < 2:  # the starred name would be an empty list
                return False
            self.tag("assignment: starred unpacking")
            first = self.declare(SCALAR)
            return self.line(f"{first}, *{self.declare(Scalars())} = {name}")
        values = [self.scalar(1) for _ in range(2)]
        first, second = self.declare(SCALAR), self.declare(SCALAR)
        return self.line(f"{first}, {second} = {values[0]}, {values[1]}")

    def int_counter(self) -> bool:
        if self.in_loop:
            return False
        text, (low, high) = self.pick([("3", (3, 3)), ("len({})", (1, 12)), ("{}.size", (1, 36))])
        if "{}" in text:
            arrays = self.arrays()
            if not arrays:
                return False
            text = text.format(self.pick(arrays)[0])
        return self.line(f"{self.declare(Int(low, high))} = {text}")

    def new_array(self) -> bool:
        shape = self.some_shape()
        if shape is None:
            return False
        text = self.array(shape)
        return self.line(f"{self.declare(Array(shape))} = {text}")

    def rebind_array(self) -> bool:
        names = self.bindable(Array)
        if not names:
            return False
        name = self.pick(names)
        kind = self.scope[name]
        assert isinstance(kind, Array)
        self.tag("rebinding of an array name")
        if self.chance(0.4):
            return self.line(f"{name} = {name} {self.pick(['+', '-'])} {self.tame_array(kind.shape)}")
        return self.line(f"{name} = {self.tame_array(kind.shape)}")

    def empty_then_filled(self) -> bool:
        shape = self.some_shape()
        if shape is None or self.depth > 2:
            return False
        self.tag("array: np.empty filled piece by piece")
        like = [name for name, kind in self.arrays() if kind.shape == shape]
        spellings = [
            f"np.empty_like({self.pick(like)})",
            f"np.zeros_like({self.pick(like)})",
            f"np.empty({shape})",
        ]
        spelling = self.pick(spellings[:-1] if self.analytic else spellings)
        name = self.fresh(Array)
        self.taken.add(name)  # not to be read, nor its name used, before it is full
        self.line(f"{name} = {spelling}")
        if self.chance(0.5) or shape[0] < 2:
            variable = self.loop_variable()
            self.line(f"for {variable} in range({shape[0]}):")
            with self.block():
                self.scope[variable] = Int(0, shape[0] - 1)
                value = self.scalar() if len(shape) == 1 else self.operand(shape[1:], 1)
                self.line(f"{name}[{variable}] = {value}")
        else:
            cut = self.rng.randrange(1, shape[0])
            self.line(f"{name}[:{cut}] = {self.operand((cut, *shape[1:]), 1)}")
            rest = (shape[0] - cut, *shape[1:])
            self.line(
                f"{name}[{cut}:] = {self.one_of(lambda: self.scalar(1), lambda: self.operand(rest, 1))}"
            )
        self.scope[name] = Array(shape)
        return True

    def second_name(self) -> bool:
        arrays = self.arrays()
        if not arrays:
            return False
        self.tag("alias: two names for one array")
        name, kind = self.pick(arrays)
        return self.line(f"{self.declare(kind)} = {name}")

    def new_view(self) -> bool:
        found = self.reference(fewest=1)
        if found is None:
            return False
        self.tag("alias: name for a view")
        return self.line(f"{self.declare(found[1])} = {found[0]}")

    def chosen_alias(self) -> bool:
        """One name, one array or another: which one is known only at run time."""
        found = self.reference(writable=True)
        if found is None:
            return False
        other = self.reference(found[1].shape, writable=True)
        text = other[0] if other is not None else self.array(found[1].shape, 1)
        self.tag("alias: chosen at run time")
        condition = self.condition()
        if self.chance(0.5):
            return self.line(f"{self.declare(found[1])} = {found[0]} if {condition} else {text}")
        name = self.fresh(Array)
        self.line(f"if {condition}:")
        with self.block():
            self.line(f"{name} = {found[0]}")
        self.line("else:")
        with self.block():
            self.line(f"{name} = {text}")
        self.scope[name] = found[1]
        return True

    def swap_arrays(self) -> bool:
        names = [name for name, _ in self.arrays() if self.own(name)]
        for _ in range(4):
            if len(names) < 2:
                return False
            first, second = self.rng.sample(names, 2)
            if self.scope[first] == self.scope[second]:
                self.tag("alias: swap of arrays in a loop" if self.in_loop else "alias: swap of arrays")
                return self.line(f"{first}, {second} = {second}, {first}")
        return False

    def double_buffer(self) -> bool:
        """The classical loop: compute the new state from the old one in place, then exchange the names."""
        names = [
            (name, kind)
            for name, kind in self.arrays(writable=True)
            if name not in self.frozen and name not in self.readonly
        ]
        if not names or self.loops >= 2:
            return False
        self.tag("alias: swap of arrays in a loop")
        old, kind = self.pick(names)
        spelling = self.pick(
            [f"np.zeros_like({old})", f"np.empty_like({old})", f"{old}.copy()", f"0.5 * {old}"]
        )
        new = self.declare(Array(kind.shape))
        self.line(f"{new} = {spelling}")
        if "empty" in spelling:
            self.line(f"{new}[...] = {self.pick(['0.0', old, self.constant()])}")
        count, high = self.trips()
        variable = self.loop_variable()
        self.line(f"for {variable} in range({count}):")
        with self.looping():
            self.scope[variable] = Int(0, max(high - 1, 0))
            if kind.shape[0] > 2 and self.chance(0.6):
                self.line(f"{new}[1:-1] = 0.5 * {old}[1:-1] + 0.25 * ({old}[2:] - {old}[:-2])")
                self.line(f"{new}[0] = {self.pick([f'{old}[-1]', f'0.3 * {old}[0]'])}")
            else:
                self.line(f"{new}[:] = {self.tame_array(kind.shape)}")
            self.statements(self.rng.randrange(2))
            self.line(f"{old}, {new} = {new}, {old}")
        return True
