"""Control flow: branches, loops of every form, and the ways to leave them."""

from __future__ import annotations

from .kinds import SCALAR, Array, Int, Kind, Pair, Scalars
from .writing import Writing


class Flow(Writing):
    """Writes statements that hold blocks."""

    def branch(self) -> bool:
        self.tag("if")
        joined: Kind | None = None
        if self.chance(0.25):
            kinds: list[Kind] = [SCALAR, *(Array(kind.shape) for _, kind in self.arrays())]
            joined = self.pick(kinds)
        name = self.fresh(type(joined)) if joined is not None else ""
        walrus = self.chance(0.12)
        if walrus:
            self.tag("walrus")
            text = self.scalar(1)
            self.line(f"if ({self.declare(SCALAR)} := {text}) > {self.pick(['0.1', '-0.1'])}:")
        else:
            self.line(f"if {self.condition()}:")
        self.branch_body(joined, name)
        if self.chance(0.25):
            self.tag("elif")
            self.walrus_allowed = False  # its name would not be bound where the first test holds
            self.line(f"elif {self.condition()}:")
            self.walrus_allowed = True
            self.branch_body(joined, name)
        if joined is not None or self.chance(0.5):
            self.tag("else")
            self.line("else:")
            self.branch_body(joined, name)
        if joined is not None:
            self.tag("name bound in every branch")
            self.scope[name] = joined
        return True

    def branch_body(self, joined: Kind | None, name: str) -> None:
        with self.block():
            if joined is None and self.in_loop and self.chance(0.4):
                self.statements(self.rng.randrange(2))
                if not self.leaves(self.lines[-1]):
                    self.leave_loop()
                return
            self.statements(self.rng.randrange(1, 3))
            if self.leaves(self.lines[-1]) and self.lines[-1].startswith(
                "    " * self.indent + self.lines[-1].strip()
            ):
                return  # nothing behind it would run
            if isinstance(joined, Array):
                found = self.reference(joined.shape, writable=True) if self.chance(0.3) else None
                self.line(f"{name} = {found[0] if found else self.tame_array(joined.shape)}")
            elif joined is not None:
                self.line(f"{name} = {self.tame()}")

    def leave_at_times(self) -> bool:
        if not self.in_loop:
            return False
        self.line(f"if {self.condition()}:")
        with self.block():
            self.statements(self.rng.randrange(2))
            if not self.leaves(self.lines[-1]):
                self.leave_loop()
        return True

    def leave_loop(self) -> None:
        word = self.pick(["break", "continue", "break", "continue", "return"])
        if word == "return":
            self.write_return()
            self.tag("return in a loop")
        else:
            self.tag(word)
            self.line(word)

    def write_return(self) -> None:
        self.line(f"return {self.returned()}".rstrip())

    def returned(self) -> str:
        """Return an expression of the kind that this function returns."""
        match self.result:
            case None:
                return ""
            case Array(shape=shape):
                found = self.reference(shape, writable=True) if self.chance(0.4) else None
                if found is not None:
                    self.tag("call: returns memory of its argument")
                    return found[0]
                return self.tame_array(shape)
            case Pair(shape=None):
                return f"{self.tame()}, {self.tame()}"
            case Pair(shape=shape):
                assert shape is not None
                return f"{self.tame()}, {self.array(shape, 1)}"
            case _:
                return self.tame()

    def early_return(self) -> bool:
        if self.depth == 0 and len(self.lines) < 3:
            return False
        self.tag("early return")
        self.line(f"if {self.condition()}:")
        with self.block():
            self.statements(self.rng.randrange(2))
            if not self.leaves(self.lines[-1]):
                self.write_return()
        return True

    def counted_loop(self) -> bool:
        if self.loops >= 2:
            return False
        count, high = self.trips()
        variable = self.loop_variable()
        header, low = f"range({count})", 0
        how = self.rng.randrange(8)
        if how == 0:
            self.tag("loop: reversed")
            header = f"reversed(range({count}))"
        elif how == 1:
            self.tag("loop: downwards")
            header, low, high = f"range({count}, 0, -1)", 1, high + 1
        elif how == 2:
            self.tag("loop: from one")
            header, low = f"range(1, {count})", 1
        elif how == 3:
            self.tag("loop: stepped")
            header = f"range(0, {count}, 2)"
        elif how == 4 and self.arrays():
            name, kind = self.pick(self.arrays())
            axis = self.rng.randrange(len(kind.shape))
            if kind.shape[axis] <= 4:
                self.tag("loop: over a shape")
                header, high = f"range({name}.shape[{axis}])", kind.shape[axis]
        self.tag("loop: range" if self.loops == 0 else "loop: nested")
        self.line(f"for {variable} in {header}:")
        with self.looping():
            self.scope[variable] = Int(low, max(high - 1, low))
            self.statements(self.rng.randrange(1, 4))
        ended = self.loop_end()  # an ``else`` may have used the variable for a loop of its own
        if not ended and how in (0, 5, 6, 7) and count.isdigit() and high > 0 and self.chance(0.25):
            self.tag("loop: variable used after it")
            self.scope[variable] = Int(low, max(high - 1, low))
        return True

    def loop_over_values(self) -> bool:
        if self.loops >= 2:
            return False
        arrays = self.arrays()
        vectors = [name for name, kind in arrays if len(kind.shape) == 1 and kind.shape[0] <= 5]
        matrices = [(name, kind) for name, kind in arrays if len(kind.shape) == 2 and kind.shape[0] <= 5]
        kinds: dict[str, Kind] = {}
        how = self.rng.randrange(8)
        if how <= 1 and vectors:
            self.tag("loop: over an array")
            suffix = self.pick(["", "", "[::-1]", "[1:]", "[2:2]"])
            header, kinds = f"for item in {self.pick(vectors)}{suffix}:", {"item": SCALAR}
        elif how == 2 and vectors:
            self.tag("loop: enumerate")
            header, kinds = (
                f"for i1, item in enumerate({self.pick(vectors)}):",
                {"i1": Int(0, 4), "item": SCALAR},
            )
        elif how == 3 and vectors:
            self.tag("loop: zip")
            header = f"for item, other in zip({self.pick(vectors)}, {self.pick(vectors)}):"
            kinds = {"item": SCALAR, "other": SCALAR}
        elif how == 4 and vectors:
            self.tag("loop: zip", "loop: enumerate")
            header = f"for i1, (item, other) in enumerate(zip({self.pick(vectors)}, {self.pick(vectors)})):"
            kinds = {"i1": Int(0, 4), "item": SCALAR, "other": SCALAR}
        elif how == 5 and vectors:
            self.tag("loop: reversed")
            header, kinds = f"for item in reversed({self.pick(vectors)}):", {"item": SCALAR}
        elif how == 6 and matrices:
            self.tag("loop: over rows")
            name, kind = self.pick(matrices)
            header, kinds = f"for row in {name}:", {"row": Array((kind.shape[1],), kind.writable)}
        elif how == 7 and self.names(Scalars):
            self.tag("loop: over a list")
            # over a copy: the body may append to the list, and would then run for ever
            header, kinds = f"for item in list({self.pick(self.names(Scalars))}):", {"item": SCALAR}
        else:
            return False
        if any(name in self.scope for name in kinds):
            return False
        self.line(header)
        with self.looping():
            self.scope.update(kinds)
            self.statements(self.rng.randrange(1, 4))
        self.loop_end()
        return True

    def while_loop(self) -> bool:
        if self.loops >= 2:
            return False
        self.tag("while")
        count, high = self.trips()
        counter = self.loop_variable()
        self.line(f"{counter} = 0")
        self.walrus_allowed = False
        test = self.pick([f"{counter} < {count}", f"{counter} < {count} and {self.condition()}", "True"])
        self.walrus_allowed = True
        self.line(f"while {test}:")
        with self.looping():
            self.scope[counter] = Int(0, max(high, 1))
            if test == "True":
                self.tag("while True")
                self.line(f"if {counter} >= {count}:")
                with self.block():
                    self.line("break")
            self.line(f"{counter} += 1")
            self.statements(self.rng.randrange(1, 4))
        if test != "True":
            self.loop_end()
        return True
