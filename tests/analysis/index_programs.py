"""Random programs that read and write items, rows and slices in nested loops."""

import random

HEADER = """\
import numpy as np


def f(x, n):
    a = x.copy()
    c = {c}
    s = 0.5
    half = len(x) // 2
"""


class Writer:
    """Writes one program."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.lines = []
        self.loops = []

    def index(self):
        names = [name for name in self.loops if name]
        kinds = ["var"] * 4 + ["const", "end"] if names else ["const", "end"]
        kind = self.random.choice(kinds)
        if kind == "const":
            return str(self.random.choice([0, 1, 2, -1, -2]))
        if kind == "end":
            return f"n - {self.random.choice([1, 2, 3])}"
        name = self.random.choice(names)
        forms = ["{}", "{}", "{} - 1", "{} + 1", "n - 1 - {}", "{} - 2", "2 * {} % n", "2 * {}", "{} * 2 - 1", "half"]
        return self.random.choice(forms).format(name)

    def slice(self):
        names = [name for name in self.loops if name]
        if names and self.random.random() < 0.2:  # blocks, which may overlap
            name, width = self.random.choice(names), self.random.choice([1, 2, 3])
            first = self.random.choice(["2 * {0}", "2 * {0} + 1", "2 * ({0} - 1)", "3 * {0}", "{0}"]).format(name)
            return f"{first}:{first} + {width}"
        if self.random.random() < 0.1:
            return self.random.choice(["half:", ":half", "half:2 * half", "2 * half:", "half:n - 1"])
        low = self.random.choice(["", "", self.index()])
        high = self.random.choice(["", "", self.index()])
        step = self.random.choice(["", "", "", "", ":2", ":-1"])
        return f"{low}:{high}{step}"

    def array(self):
        return self.random.choice(["a", "a", "c"])

    def item(self):
        return f"{self.array()}[{self.index()}, {self.index()}]"

    def expression(self, depth=0):
        kind = self.random.choice(["item", "item", "item", "product", "sin", "s", "sum"]) if depth < 2 else "item"
        if kind == "item":
            return self.item()
        if kind == "product":
            return f"{self.expression(depth + 1)} * {self.expression(depth + 1)}"
        if kind == "sin":
            return f"np.sin({self.expression(depth + 1)} + 0.3)"
        if kind == "sum":
            return f"np.sum({self.array()}[{self.slice()}, {self.index()}] ** 2)"
        return "s"

    def condition(self):
        names = [name for name in self.loops if name]
        left = self.random.choice(names) if names else "n"
        right = self.random.choice([*names, "0", "1", "n - 1", "n - 2"])
        return f"{left} {self.random.choice(['==', '!=', '<', '<=', '>', '>='])} {right}"

    def add(self, text):
        self.lines.append("    " * (1 + len(self.loops)) + text)

    def statement(self, depth):
        kind = self.random.choice(
            ["store", "store", "store", "update", "rows", "part", "scale", "number", "if", "for", "while"]
        )
        place = f"{self.array()}[{self.index()}, {self.index()}]"
        if kind == "store" or (depth > 3 and kind in ("if", "for", "while")):
            self.add(f"{place} = np.tanh({self.expression()}) + 0.1")
        elif kind == "update":
            self.add(f"{place} {self.random.choice(['+=', '-=', '*='])} np.cos({self.expression()})")
        elif kind == "scale":
            place = self.random.choice([place, f"{self.array()}[{self.slice()}, {self.index()}]"])
            self.add(f"{place} /= 1.5 + np.sin({self.expression()})")
        elif kind == "rows":
            part = f"[{self.random.choice([self.slice() + ', ' + self.index(), self.index()])}]"
            sign = self.random.choice(["=", "+="])
            self.add(f"{self.array()}{part} {sign} np.sin({self.array()}{part} * {self.expression(1)})")
        elif kind == "part":
            name = f"v{len(self.lines)}"
            self.add(f"{name} = {self.array()}[{self.slice()}, {self.index()}]")
            self.add(f"{place} = np.tanh(np.sum({name} * {name}))")
            if self.random.random() < 0.5:
                self.add(f"{name}[{self.random.choice([':', '0:1', '1:'])}] *= 0.7")
        elif kind == "number":
            self.add(f"s = np.tanh(s * {self.expression(1)} + 0.2)")
        elif kind == "if":
            self.add(f"if {self.condition()}:")
            self.nested("", depth)
            if self.random.random() < 0.6:
                self.add("else:")
                self.nested("", depth)
        elif kind == "for":
            name = f"i{len(self.lines)}"
            names = [loop for loop in self.loops if loop]
            ends = ["n", "n - 1", "n - 2", "half", "2 * half", *names, *(f"{other} + 1" for other in names)]
            starts = ["0", "1", "2", *names, *(f"{other} + 1" for other in names)]
            end = self.random.choice(ends)
            up = f"{self.random.choice(starts)}, {end}"
            down = f"{end} - 1, {self.random.choice(['-1', '0', *names])}, -1"
            bounds = self.random.choice([end, up, down, "0, n, 2", "half", "n - 1, -1, -2", "1, n, 3"])
            trips = self.random.choice(["range({})", "range({})", "reversed(range({}))"])
            self.add(f"for {name} in {trips.format(bounds)}:")
            self.nested(name, depth)
        else:
            name = f"k{len(self.lines)}"
            self.add(f"{name} = {self.random.choice(['0', '1'])}")
            self.add(f"while {name} < n - 1:")
            self.nested(name, depth, f"{name} += {self.random.choice(['1', '2'])}")

    def nested(self, name, depth, last=None):
        self.loops.append(name)
        for _ in range(self.random.choice([1, 1, 2, 3])):
            self.statement(depth + 1)
        if last:
            self.add(last)
        self.loops.pop()

    def text(self):
        for _ in range(self.random.choice([1, 2, 3])):
            self.statement(0)
        makers = [
            "np.zeros((n, n))", "np.empty_like(x) * 0.0", "np.zeros_like(x)", "np.ones((n, n))", "x * x",
            "np.full((n, n), 0.3)", "x[::-1].copy()", "np.full((n, n), x[0, 0])",
        ]  # fmt: skip
        header = HEADER.format(c=self.random.choice(makers))
        ends = ["np.sum(a * c) + s", "np.sum(a) + np.sum(np.sin(c)) + s", "a[1, 2] * c[0, 0] + s", "np.sum(a * a)"]
        end = self.random.choice(ends)
        return header + "\n".join(self.lines) + f"\n    return {end}\n"


def program(seed):
    """Return the text of a program with a function ``f(x, n)`` of an ``n`` by ``n`` array."""
    return Writer(seed).text()
