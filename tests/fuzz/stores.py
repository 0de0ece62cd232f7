"""Stores into the memory of arrays: items, slices, masks, index arrays, ``out=``."""

from __future__ import annotations

from .kinds import SCALAR, Array, Int
from .scope import Shape
from .writing import Writing


class Stores(Writing):
    """Writes into arrays, through names and views."""

    def augment_array(self) -> bool:
        names = [
            (name, kind)
            for name, kind in self.arrays(writable=True)
            if name not in self.frozen and name not in self.readonly
        ]
        if not names:
            return False
        name, kind = self.pick(names)
        self.tag("augmented: name of an array")
        if len(kind.shape) == 2 and kind.shape[0] == kind.shape[1] and self.chance(0.2):
            self.tag("augmented: @=")
            return self.line(f"{name} @= {self.tame_array(kind.shape)}")
        return self.line(self.augmented(name, self.broadcast_operand(kind.shape, 2)))

    def store_item(self) -> bool:
        found = self.target()
        if found is None:
            return False
        self.tag("store: item")
        text, kind = found
        return self.line(f"{text}[{self.item(kind.shape)}] = {self.tame()}")

    def augment_item(self) -> bool:
        found = self.target()
        if found is None:
            return False
        self.tag("augmented: item")
        text, kind = found
        return self.line(self.augmented(f"{text}[{self.item(kind.shape)}]", self.tame()))

    def part(self, kind: Array) -> tuple[str, Shape] | None:
        """Return an index that selects a part of an array, and the shape of that part."""
        shape = kind.shape
        if self.chance(0.12):
            return self.pick([":", "..."]), shape
        if len(shape) == 1:
            found = self.slice_of(shape[0])
            return None if found is None else (found[0], (found[1],))
        if self.chance(0.4):
            if self.chance(0.5):
                return self.index(shape[0]), (shape[1],)
            return self.pick([":, {}", "..., {}"]).format(self.index(shape[1])), (shape[0],)
        first, second = self.slice_of(shape[0]), self.slice_of(shape[1])
        if first is None or second is None:
            return None
        return f"{first[0]}, {second[0]}", (first[1], second[1])

    def store_slice(self) -> bool:
        found = self.target()
        if found is None or (part := self.part(found[1])) is None:
            return False
        self.tag("store: slice")
        value = self.tame() if self.chance(0.25) else self.tame_array(part[1])
        if self.chance(0.2):
            value = self.operand(part[1], 0)
        return self.line(f"{found[0]}[{part[0]}] = {value}")

    def augment_slice(self) -> bool:
        found = self.target()
        if found is None or (part := self.part(found[1])) is None:
            return False
        self.tag("augmented: slice")
        return self.line(self.augmented(f"{found[0]}[{part[0]}]", self.broadcast_operand(part[1], 2)))

    def overlapping(self) -> bool:
        """Stores that read the memory they write, shifted."""
        arrays = [(name, kind) for name, kind in self.arrays(writable=True) if kind.shape[0] > 2]
        if not arrays:
            return False
        self.tag("store: overlapping slices")
        name, _ = self.pick(arrays)
        return self.line(
            self.pick(
                [
                    f"{name}[1:] = {name}[:-1]",
                    f"{name}[1:] += 0.4 * {name}[:-1]",
                    f"{name}[:-1] = 0.5 * ({name}[1:] + {name}[:-1])",
                    f"{name}[:-2] -= 0.3 * {name}[2:] * {name}[1:-1]",
                    f"{name}[1:-1] += 0.2 * ({name}[2:] - 2 * {name}[1:-1] + {name}[:-2])",
                    f"{name}[:] = {name}[::-1]",
                    f"{name}[::-1] += 0.3 * {name}",
                    f"np.sin({name}[1:], out={name}[:-1])",
                ]
            )
        )

    def masked_store(self) -> bool:
        found = self.target()
        if found is None:
            return False
        self.tag("store: mask")
        text, kind = found
        mask = self.mask(kind.shape)
        if self.chance(0.3):
            other = self.operand(kind.shape, 0)
            name = self.fresh(Array)
            self.taken.add(name)
            self.line(f"{name} = {mask}")
            return self.line(f"{text}[{name}] = 0.6 * ({other})[{name}]")
        if self.chance(0.5):
            return self.line(f"{text}[{mask}] = {self.tame()}")
        return self.line(self.augmented(f"{text}[{mask}]", self.tame()))

    def gathered_store(self) -> bool:
        """Stores at integer arrays; where an index repeats, the last value counts."""
        found = self.target()
        if found is None:
            return False
        text, kind = found
        size = kind.shape[0]
        count = self.rng.randrange(1, size + 1)
        rows = self.rng.sample(range(size), count)
        if self.chance(0.3):
            rows = [self.rng.randrange(size) for _ in range(count + 1)]
        if len(set(rows)) < len(rows):
            self.tag("store: repeated integer index")
        self.tag("store: integer array")
        index = f"np.array({rows})" if self.chance(0.4) else f"{rows}"
        shape: Shape = (len(rows), *kind.shape[1:])
        if len(kind.shape) == 2 and self.chance(0.4):
            index += f", {[self.rng.randrange(kind.shape[1]) for _ in rows]}"
            shape = (len(rows),)
        if self.chance(0.4):
            return self.line(self.augmented(f"{text}[{index}]", self.operand(shape, 1)))
        value = self.one_of(self.tame, lambda: self.tame_array(shape))
        return self.line(f"{text}[{index}] = {value}")

    def add_at(self) -> bool:
        found = self.target()
        if found is None:
            return False
        self.tag("store: np.add.at")
        text, kind = found
        rows = [self.rng.randrange(kind.shape[0]) for _ in range(self.rng.randrange(1, 5))]
        shape: Shape = (len(rows), *kind.shape[1:])
        ufunc = self.pick(["add", "add", "subtract"])
        value = self.one_of(self.tame, lambda: self.tame_array(shape))
        return self.line(f"np.{ufunc}.at({text}, {rows}, {value})")

    def ufunc_out(self) -> bool:
        found = self.target()
        if found is None:
            return False
        self.tag("store: out=")
        text, kind = found
        if self.chance(0.4) and (part := self.part(kind)) is not None and ("[" in part[0] or ":" in part[0]):
            text, kind = f"{text}[{part[0]}]", Array(part[1])
        one, form = (
            self.operand(kind.shape, 1),
            self.pick(
                [
                    "np.sin({one}, out={out})",
                    "np.tanh({one}, {out})",
                    "np.add({one}, {other}, out={out})",
                    "np.multiply({one}, 0.5 * np.cos({other}), out={out})",
                    "np.subtract({one}, {other}, {out})",
                    "np.cumsum(0.5 * ({one}), axis=0, out={out})",
                ]
            ),
        )
        other = self.broadcast_operand(kind.shape, 1) if "{other}" in form else ""
        if self.chance(0.25):
            self.tag("store: result of out=")
            result = self.declare(kind)
            return self.line(f"{result} = {form.format(one=one, other=other, out=text)}")
        return self.line(form.format(one=one, other=other, out=text))

    def fill_or_copyto(self) -> bool:
        found = self.target()
        if found is None:
            return False
        text, kind = found
        how = self.rng.randrange(3)
        if how == 0:
            self.tag("store: fill")
            return self.line(f"{text}.fill({self.tame()})")
        self.tag("store: copyto")
        if how == 1:
            return self.line(f"np.copyto({text}, {self.operand(kind.shape, 1)})")
        return self.line(
            f"np.copyto({text}, {self.broadcast_operand(kind.shape, 1)}, where={self.mask(kind.shape)})"
        )

    def swap_items(self) -> bool:
        found = self.target()
        if found is None:
            return False
        self.tag("store: swap of items")
        text, kind = found
        first, second = self.item(kind.shape), self.item(kind.shape)
        if len(kind.shape) == 2 and self.chance(0.5):
            self.tag("store: swap of rows")
            first, second = self.index(kind.shape[0]), self.index(kind.shape[0])
            copy = self.pick(["", ".copy()"])  # without copies the views see each other's stores
            return self.line(
                f"{text}[{first}], {text}[{second}] = {text}[{second}]{copy}, {text}[{first}]{copy}"
            )
        return self.line(f"{text}[{first}], {text}[{second}] = {text}[{second}], {text}[{first}]")

    def chained_store(self) -> bool:
        found = self.target()
        if found is None:
            return False
        self.tag("store: item and name at once")
        value = self.tame()
        name = self.declare(SCALAR)
        return self.line(f"{found[0]}[{self.item(found[1].shape)}] = {name} = {value}")

    def diagonal_store(self) -> bool:
        square = [
            (name, kind.shape[0])
            for name, kind in self.arrays(writable=True)
            if len(set(kind.shape)) == 1 and len(kind.shape) == 2
        ]
        if not square:
            return False
        self.tag("store: diagonal")
        name, size = self.pick(square)
        form = self.pick(
            [
                f"{name}[np.arange({size}), np.arange({size})] = {{}}",
                f"{name}[range({size}), range({size})] += {{}}",
                f"{name}.reshape(-1)[::{size + 1}] += {{}}",
                f"np.einsum('ii->i', {name})[:] = {{}}",
                "",
            ]
        )
        if not form:
            return self.line(f"np.fill_diagonal({name}, {self.tame()})")
        return self.line(form.format(self.tame_array((size,))))

    def dynamic_slice_store(self) -> bool:
        arrays, ints = self.arrays(writable=True), self.names(Int)
        if not arrays or not ints:
            return False
        self.tag("slice: bounds known at run time")
        name, bound = self.pick(arrays)[0], self.pick(ints)
        index = self.pick([f"{bound}:", f":{bound}", f"{bound}:{bound} + 2", f"{bound}::-1"])
        return self.line(self.stored(f"{name}[{index}]"))

    def zero_dimensional(self) -> bool:
        self.tag("array: no dimension")
        value = self.tame()
        name = self.fresh(Array)
        self.taken.add(name)
        self.line(f"{name} = np.zeros(())")
        self.line(f"{name}[()] = {value}")
        self.line(f"{name} += {self.tame(1)}")
        return self.line(
            f"{self.declare(SCALAR)} = {self.pick(['float({})', '{}.item()', '0.5 * {}']).format(name)}"
        )
