"""Rarer things: views of several arrays, ``out=`` of reductions, scatters, complex numbers, deques, shared closures."""

from __future__ import annotations

from .kinds import SCALAR, Array, Int, Scalar
from .writing import Writing

CONTEXT = """
class Scaled:
    def __init__(self, data, v):
        self.data = data
        self.v = v

    def __enter__(self):
        self.data *= 0.8
        return math.sin(self.v)

    def __exit__(self, *error):
        self.data += 0.1 * self.v
        return False
"""
GUARD = """
def checked(v, out=None):
    if v > 0.4:
        raise ValueError('too large')
    if out is not None:
        out[0] += math.sin(v)
    return math.cos(v)
"""


class Extras(Writing):
    """Statements that few programs have."""

    def writable(self, axes: int | None = None, longest: int = 9) -> tuple[str, Array] | None:
        found = [
            (name, kind)
            for name, kind in self.arrays(writable=True)
            if axes in (None, len(kind.shape)) and 2 <= kind.shape[0] <= longest
        ]
        return self.pick(found) if found else None

    def split_parts(self) -> bool:
        found = self.writable()
        if found is None:
            return False
        self.tag("view: several at once")
        name, kind = found
        rows, rest = kind.shape[0], kind.shape[1:]
        cut = self.rng.randrange(1, rows)
        forms = [
            (f"np.split({name}, [{cut}])", (cut, rows - cut)),
            (f"({name}[:{cut}], {name}[{cut}:])", (cut, rows - cut)),
        ]
        forms.append((f"np.array_split({name}, 2)", ((rows + 1) // 2, rows // 2)))
        if rows % 2 == 0:
            forms.append((f"np.split({name}, 2)", (rows // 2, rows // 2)))
        shapes = None
        if rest and rest[0] > 1 and self.chance(0.4):
            forms = [
                (f"np.hsplit({name}, [1])", (1, rest[0] - 1)),
                (f"np.split({name}, [1], axis=1)", (1, rest[0] - 1)),
            ]
            shapes = [(rows, size) for size in forms[0][1]]
        elif rest and rows == 2 and self.chance(0.4):
            forms = [(name, (0, 0)), (f"list({name})", (0, 0))]
            shapes = [rest, rest]
        text, sizes = self.pick(forms)
        shapes = shapes or [(size, *rest) for size in sizes]
        one, other = (self.declare(Array(shape)) for shape in shapes)
        self.line(f"{one}, {other} = {text}")
        if self.chance(0.5):
            target, shape = self.pick([(one, shapes[0]), (other, shapes[1])])
            self.line(self.stored(f"{target}[{self.item(shape)}]"))
        return True

    def layouts(self) -> bool:
        """What is a view or a copy, as the layout in memory has it."""
        found = self.writable()
        if found is None:
            return False
        self.tag("view: or a copy")
        name, kind = found
        if len(kind.shape) == 1:
            text, shape = f"np.asarray({name}{self.pick(['', '[::-1]'])}, order='C')", kind.shape
            if self.chance(0.3):
                text, shape = f"np.diag({name})", (kind.shape[0], kind.shape[0])
        else:
            rows, columns = kind.shape
            turned = self.pick([name, f"{name}.T", f"{name}[::-1]"])
            if turned.endswith("T"):
                rows, columns = columns, rows
            text, shape = self.pick(
                [
                    (f"{turned}.ravel()", (rows * columns,)),
                    (f"np.ravel({turned}, 'F')", (rows * columns,)),
                    (f"{turned}.reshape(-1, order='F')", (rows * columns,)),
                    (f"np.reshape({turned}, ({columns}, {rows}), order='F')", (columns, rows)),
                    (f"np.ascontiguousarray({turned})", (rows, columns)),
                    (f"np.asfortranarray({turned})", (rows, columns)),
                    (f"np.require({turned}, requirements='C')", (rows, columns)),
                    (f"np.array({turned}, order='F')", (rows, columns)),
                    (f"np.flipud({turned})", (rows, columns)),
                    (f"np.rot90({turned})", (columns, rows)),
                    (f"np.moveaxis({turned}, 0, 1)", (columns, rows)),
                    (f"np.diag({turned})", (min(rows, columns),)),
                ]
            )
        writable = "np.diag(" not in text or len(shape) == 2
        made = self.declare(Array(shape, writable))
        self.line(f"{made} = {text}")
        if writable and self.chance(0.6):
            self.line(self.stored(f"{made}[{self.item(shape)}]"))
        return True

    def reduction_out(self) -> bool:
        matrices = [(name, kind.shape) for name, kind in self.arrays() if len(kind.shape) == 2]
        if not matrices:
            return False
        self.tag("store: out= of a reduction")
        name, shape = self.pick(matrices)
        axis = self.rng.randrange(2)
        size = shape[1 - axis]
        there = [other for other, kind in self.arrays(writable=True) if kind.shape == (size,)]
        if there and self.chance(0.6):
            out = self.pick(there)
        else:
            out = self.fresh(Array)
            self.line(f"{out} = np.zeros({size})")
            self.scope[out] = Array((size,))
        forms = ["np.sum({0}, axis={1}, out={2})", "np.mean({0}, axis={1}, out={2})", "{0}.sum({1}, out={2})"]
        forms += ["np.prod(np.cos({0}), axis={1}, out={2})"]
        forms += [] if self.analytic else ["np.max({0}, axis={1}, out={2})", "{0}.min(axis={1}, out={2})"]
        text = self.pick(forms).format(name, axis, out)
        if axis == 1 and self.chance(0.3):
            text = f"np.matmul({name}, {self.operand((shape[1],), 0)}, out={out})"
        if not self.chance(0.3):
            return self.line(text)
        return self.line(f"{self.declare(Array((size,)))} = {text}")

    def scatter(self) -> bool:
        found = self.writable()
        if found is None:
            return False
        self.tag("store: put, place, ufunc.at")
        name, kind = found
        rows = [self.rng.randrange(kind.shape[0]) for _ in range(self.rng.randrange(1, 4))]
        size = 1
        for length in kind.shape:
            size *= length
        flat = [self.rng.randrange(size) for _ in rows]
        value = self.tame()
        forms = [
            f"np.multiply.at({name}, {rows}, 0.7 + 0.3 * np.sin({value}))",
            f"np.divide.at({name}, {rows}, 1.4 + 0.3 * np.cos({value}))",
            f"np.put({name}, {flat}, {value})",
            f"np.put({name}, {flat}, {self.tame_array((len(flat),))})",
            f"np.putmask({name}, {self.mask(kind.shape)}, {self.operand(kind.shape, 1)})",
            f"np.place({name}, {self.mask(kind.shape)}, [{value}, 0.3])",
            f"np.add.at({name}, {tuple([self.rng.randrange(length) for _ in rows] for length in kind.shape)}, {value})",
        ]
        if not self.analytic:
            forms.append(f"np.maximum.at({name}, {rows}, {value})")
        return self.line(self.pick(forms))

    def with_complex(self) -> bool:
        if self.in_loop and self.depth > 2:
            return False
        self.tag("complex")
        if self.chance(0.4):
            z = self.fresh(Scalar)
            self.taken.add(z)
            self.line(
                f"{z} = {self.pick(['complex({}, {})', '({}) + 1j * ({})'])}".format(
                    self.tame(1), self.tame(1)
                )
            )
            self.line(self.pick([f"{z} = {z} * {z} + 0.3j", f"{z} *= 0.5 + 0.2j", f"{z} = {z} / (1.5 + 0.5j)",
                                 f"{z} = {z}.conjugate() * {self.tame(1)}", f"{z} = np.exp({z})"]))  # fmt: skip
            read = self.pick([f"{z}.real", f"{z}.imag", f"abs({z}) ** 2", f"({z} * {z}.conjugate()).real"])
            return self.line(f"{self.declare(SCALAR)} = {read}")
        shape = self.some_shape()
        if shape is None:
            return False
        z = self.fresh(Array)
        self.taken.add(z)
        self.line(f"{z} = {self.tame_array(shape)} + 1j * ({self.operand(shape, 1)})")
        for _ in range(self.rng.randrange(1, 4)):
            item = self.item(shape)
            self.line(self.pick([
                f"{z}[{item}] = {self.tame(1)}", f"{z}[{item}] *= 0.5 + 1j * {self.tame(1)}", f"{z} *= 0.8j",
                f"{z}[1:] = np.conj({z}[:-1])", f"{z} = np.exp(1j * {z}.real)", f"{z} += {self.operand(shape, 0)}",
                f"{z}[0] = {z}[-1].conj()",
            ]))  # fmt: skip
        read = self.pick(
            ["{0}.real", "np.imag({0})", "np.abs({0}) ** 2", "({0} * np.conj({0})).real", "np.real({0} ** 2)"]
        )
        return self.line(f"{self.declare(Array(shape))} = 1.0 * {read.format(z)}")

    def collected(self) -> bool:
        """A deque, or a dict that makes its items."""
        vectors = [name for name, kind in self.arrays() if len(kind.shape) == 1]
        if not vectors or self.in_loop:
            return False
        vector = self.pick(vectors)
        how = self.rng.randrange(4)
        if how == 0:
            self.tag("deque")
            self.line(
                f"window = collections.deque([{self.tame(1)}, {self.tame(1)}], maxlen={self.pick(['2', '3', 'None'])})"
            )
            self.line(f"for item1 in {vector}:")
            self.line("    window.append(math.sin(item1 * window[0]))")
            self.line(
                f"    {self.pick(['window[-1] *= 0.8', 'window[0] += item1', 'window.rotate(1)', 'pass'])}"
            )
            return self.line(
                f"{self.declare(SCALAR)} = {self.pick(['0.3 * sum(window)', 'window[0] * window[-1]'])}"
            )
        self.tag("defaultdict")
        maker, change, read = self.pick([
            ("float", "groups[i1 % 2] += {}", "groups[0] - 0.5 * groups[1]"),
            ("list", "groups[i1 % 2].append({})", "0.3 * sum(groups[0]) + 0.2 * sum(groups[1])"),
            ("lambda: np.zeros(2)", "groups[i1 % 2][0] += {}", "np.sum(groups[0]) + groups[1][0]"),
        ])  # fmt: skip
        if "i1" in self.scope:
            return False
        self.line(f"groups = collections.defaultdict({maker})")
        self.line(f"for i1, item1 in enumerate({vector}):")
        self.line("    " + change.format("math.sin(item1)"))
        return self.line(f"{self.declare(SCALAR)} = {read}")

    def table_of_arrays(self) -> bool:
        found = self.reference(writable=True)
        if found is None:
            return False
        self.tag("dict: of arrays")
        text, kind = found
        other = self.reference(kind.shape, writable=True)
        second = other[0] if other is not None and self.chance(0.6) else self.tame_array(kind.shape)
        store = self.fresh(Array)
        self.taken.add(store)
        self.line(f"{store} = {{'a': {text}, 'b': {second}}}")
        for _ in range(self.rng.randrange(1, 4)):
            key, twin = self.pick([("a", "b"), ("b", "a")])
            self.line(self.pick([
                self.stored(f"{store}[{key!r}][{self.item(kind.shape)}]"), f"{store}[{key!r}] *= 0.8",
                f"{store}[{key!r}] = {store}[{twin!r}]", f"{store}[{key!r}] = 0.5 * {store}[{twin!r}]",
                f"{store}['a'], {store}['b'] = {store}['b'], {store}['a']",
            ]))  # fmt: skip
        return self.line(f"{self.declare(kind)} = {store}[{self.pick(['a', 'b'])!r}]")

    def swapped_at_run_time(self) -> bool:
        names = [name for name, _ in self.arrays() if self.own(name)]
        for _ in range(4):
            if len(names) < 2:
                return False
            one, other = self.rng.sample(names, 2)
            if self.scope[one] == self.scope[other]:
                self.tag("alias: swap chosen at run time")
                return self.line(
                    f"{one}, {other} = ({other}, {one}) if {self.condition()} else ({one}, {self.pick([one, other])})"
                )
        return False

    def entered(self) -> bool:
        """A context that writes to an array when it is entered and left."""
        found = self.reference(writable=True)
        if found is None or not self.draft.contexts:
            return False
        self.tag("with: writes")
        value = self.tame(1)
        name = self.fresh(Scalar)
        self.line(f"with Scaled({found[0]}, {value}) as {name}:")
        with self.block():
            self.scope[name] = SCALAR
            self.statements(self.rng.randrange(1, 3))
        return True

    def caught(self) -> bool:
        """Errors that Python, NumPy or a helper raises, caught where they do no harm."""
        floats = self.bindable(Scalar)
        if not floats or not self.draft.contexts:
            return False
        self.tag("try: an error from inside")
        target = self.pick(floats)
        arrays = [name for name, kind in self.arrays(writable=True) if len(kind.shape) == 1]
        out = f", {self.pick(arrays)}" if arrays and self.chance(0.4) else ""
        body, error = self.pick([
            (f"{target} = checked({self.tame(1)}{out})", "ValueError"),
            (f"{target} = {{'a': {self.tame(1)}}}['b']", "KeyError"),
            (f"{target} = [{self.tame(1)}][{self.integer()} % 3]", "IndexError"),
            (f"{target} += checked({self.tame(1)})", "ValueError"),
        ])  # fmt: skip
        self.line("try:")
        self.lines.append("    " * (self.indent + 1) + body)
        self.line(f"except {self.pick([error, error, 'Exception'])}:")
        with self.block():
            self.statements(1)
            if self.in_loop and self.chance(0.3) and not self.leaves(self.lines[-1]):
                self.line(self.pick(["continue", "break"]))
        return True

    def shared_generator(self) -> bool:
        """A generator that writes to an array of the function which consumes it."""
        found = self.writable(1)
        floats = [name for name in self.bindable(Scalar) if name.isidentifier()]
        if found is None or not floats or self.in_loop or self.nested or self.depth > 1:
            return False
        if not found[0].isidentifier() or "steps" in self.scope or "piece" in self.scope:
            return False
        self.tag("generator: writes")
        name, kind = found
        target = self.pick(floats)
        pad = "    " * self.indent
        change = self.pick([f"+= 0.1 * np.sum({name})", "*= 0.8", "= 0.3"])
        self.lines += [
            f"{pad}def steps():",
            f"{pad}    for k1 in range({self.rng.randrange(1, 4)}):",
            f"{pad}        {name}[k1 % {kind.shape[0]}] {change}",
            f"{pad}        yield {name}[(k1 + 1) % {kind.shape[0]}]",
            f"{pad}        {name}[0] *= 0.9",
        ]
        self.line("for piece in steps():")
        with self.looping():
            self.scope["piece"] = SCALAR
            self.line(f"{target} = 0.5 * {target} + 0.3 * math.sin(piece)")
            self.line(self.stored(f"{name}[{self.item(kind.shape)}]"))
            self.statements(self.rng.randrange(2))
            if self.chance(0.3) and not self.leaves(self.lines[-1]):
                self.line(f"if {self.condition()}:")
                self.lines.append("    " * (self.indent + 1) + "break")
        self.taken.add("steps")
        return True

    def rebinding_closure(self) -> bool:
        """A closure that binds an array of the function around it to another one."""
        arrays = [
            (name, kind)
            for name, kind in self.arrays(writable=True)
            if self.own(name) and name.isidentifier()
        ]
        if not arrays or self.nested or self.in_loop or self.depth > 1 or "turn" in self.scope:
            return False
        self.tag("closure: nonlocal array")
        name, kind = self.pick(arrays)
        pad = "    " * self.indent
        change = self.pick([f"{name} = 0.9 * {name}", f"{name} = np.tanh({name})", f"{name} = {name}[...]"])
        self.lines += [
            f"{pad}def turn(amount):",
            f"{pad}    nonlocal {name}",
            f"{pad}    old = {name}",
            f"{pad}    {change}",
            f"{pad}    old[{self.item(kind.shape)}] += amount",
            f"{pad}    return old",
        ]
        self.taken.add("turn")
        if self.chance(0.5):
            variable = self.loop_variable()
            self.line(f"for {variable} in range({self.rng.randrange(1, 4)}):")
            with self.looping():
                self.scope[variable] = Int(0, 3)
                self.line(f"turn({self.tame(1)})")
                self.line(self.stored(f"{name}[{self.item(kind.shape)}]"))
                self.statements(self.rng.randrange(2))
            return True
        text = self.tame(1)
        return self.line(f"{self.declare(kind)} = turn({text})")
