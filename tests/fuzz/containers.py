"""Lists, dicts and tuples: made, read, written, looped over."""

from __future__ import annotations

from .kinds import Array, Arrays, Int, Pair, Scalar, Scalars, Table
from .writing import Writing


class Containers(Writing):
    """Makes and changes containers."""

    def new_list(self) -> bool:
        if self.chance(0.4):
            count = self.rng.randrange(1, 4)
            with self.bound(step=Int(0, count - 1)):
                element = self.scalar(1)
            self.tag("comprehension")
            return self.line(f"{self.declare(Scalars())} = [{element} for step in range({count})]")
        values = ", ".join(self.scalar(1) for _ in range(self.rng.randrange(1, 4)))
        self.tag("list: new")
        return self.line(f"{self.declare(Scalars())} = [{values}]")

    def change_list(self) -> bool:
        names = self.names(Scalars)
        if not names:
            return False
        name = self.pick(names)
        how = self.rng.randrange(4)
        if how == 0:
            self.tag("list: append")
            return self.line(f"{name}.append({self.tame()})")
        position = self.pick(["0", "-1", f"{self.integer()} % len({name})"])
        if how == 1:
            self.tag("list: item store")
            return self.line(f"{name}[{position}] = {self.tame()}")
        if how == 2:
            self.tag("list: item augmented")
            return self.line(self.augmented(f"{name}[{position}]", self.tame()))
        self.tag("list: pop")
        target = self.pick(self.bindable(Scalar)) if self.bindable(Scalar) else None
        if target is None:
            return False
        self.line(f"if len({name}) > 1:")
        with self.block():
            self.line(f"{target} = 0.5 * {target} + {name}.pop({self.pick(['', '', '0'])})")
        return True

    def new_list_of_arrays(self) -> bool:
        found = self.reference(writable=True)
        if found is None:
            return False
        self.tag("list: of arrays")
        text, kind = found
        more = range(self.rng.randrange(2))
        values = [text, *(self.one_of(lambda: text, lambda: self.array(kind.shape, 1)) for _ in more)]
        return self.line(f"{self.declare(Arrays(kind.shape))} = [{', '.join(values)}]")

    def change_list_of_arrays(self) -> bool:
        names = self.names(Arrays)
        if not names:
            return False
        name = self.pick(names)
        kind = self.scope[name]
        assert isinstance(kind, Arrays)
        shape = kind.shape
        position = self.pick(["0", "-1", f"{self.integer()} % len({name})"])
        how = self.rng.randrange(7)
        if how == 0:
            self.tag("list: append of an array")
            found = self.reference(shape, writable=True) if self.chance(0.5) else None
            return self.line(f"{name}.append({found[0] if found else self.tame_array(shape)})")
        if how == 1:
            self.tag("list: store into an array of it")
            return self.line(f"{name}[{position}][{self.item(shape)}] = {self.tame()}")
        if how == 2:
            self.tag("list: augmented array of it")
            return self.line(self.augmented(f"{name}[{position}]", self.tame_array(shape)))
        if how == 3:
            self.tag("list: item store")
            return self.line(f"{name}[{position}] = {self.tame_array(shape)}")
        if how == 4 and not self.in_loop:
            self.tag("loop: over a list of arrays")
            # over a copy: the body may append to the list, and would then run for ever
            self.line(f"for part in {self.pick([f'list({name})', f'{name}[:]'])}:")
            with self.looping():
                self.scope["part"] = Array(shape)
                self.line(self.stored(f"part[{self.item(shape)}]") if self.chance(0.6) else "part *= 0.8")
                self.statements(self.rng.randrange(2))
            return True
        self.tag("alias: name for an array of a list")
        return self.line(f"{self.declare(Array(shape))} = {name}[{position}]")

    def new_table(self) -> bool:
        keys = self.rng.sample(["rate", "scale", "shift", "gain"], self.rng.randrange(2, 4))
        self.tag("dict: new")
        entries = ", ".join(f"{key!r}: {self.scalar(1)}" for key in keys)
        if self.chance(0.2):
            entries = ", ".join(f"{key}={self.scalar(1)}" for key in keys)
            return self.line(f"{self.declare(Table(tuple(keys)))} = dict({entries})")
        return self.line(f"{self.declare(Table(tuple(keys)))} = {{{entries}}}")

    def change_table(self) -> bool:
        names = self.names(Table)
        if not names:
            return False
        name = self.pick(names)
        kind = self.scope[name]
        assert isinstance(kind, Table)
        key = self.pick(kind.keys)
        if self.chance(0.2) and self.bindable(Scalar):
            self.tag("loop: over a dict")
            target = self.pick(self.bindable(Scalar))
            if self.chance(0.5):
                self.line(f"for key, entry in {name}.items():")
            else:
                self.line(f"for entry in {name}.values():")
            with self.looping():
                return self.line(f"{target} += 0.3 * math.sin(entry)")
        self.tag("dict: item store")
        return self.line(self.stored(f"{name}[{key!r}]"))

    def new_pair(self) -> bool:
        self.tag("tuple: new")
        first = self.scalar(1)
        found = self.reference() if self.chance(0.5) else None
        second, shape = (self.scalar(1), None) if found is None else (found[0], found[1].shape)
        return self.line(f"{self.declare(Pair(shape))} = ({first}, {second})")
