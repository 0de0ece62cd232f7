"""Statements about objects and functions: made, shared, swapped, chosen, kept in lists, changed."""

from __future__ import annotations

from .kinds import SCALAR, Grid, Int, Object, Objects, Routine, Scalar, Scalars, Table
from .writing import Writing


class ObjectStatements(Writing):
    """Makes and changes objects of the generated classes, and calls functions in every way."""

    def some_class(self) -> str | None:
        classes = [name for name in self.draft.classes if name != self.unfinished]
        return self.pick(classes) if classes else None

    def some_objects(self) -> list[str]:
        return [name for name in self.names(Object) if name not in self.frozen]

    def new_object(self) -> bool:
        cls = self.some_class()
        if cls is None or len([name for name in self.names(Object) if "." not in name]) > 5:
            return False
        self.tag("object: made")
        text = self.construct(cls)
        return self.line(f"{self.declare(Object(cls, self.chance(0.7)))} = {text}")

    def second_object_name(self) -> bool:
        names = self.names(Object)
        if not names:
            return False
        name = self.pick(names)
        kind = self.scope[name]
        self.tag("object: two names")
        return self.line(f"{self.declare(kind)} = {name}")

    def chosen_object(self) -> bool:
        names = self.names(Object)
        if not names:
            return False
        kind = self.scope[self.pick(names)]
        assert isinstance(kind, Object)
        self.tag("object: chosen at run time")
        one, other = self.object(kind.cls), self.object(kind.cls)
        made = Object(kind.cls, mutable=self.chance(0.2))
        condition = self.condition()
        if self.chance(0.5):
            return self.line(f"{self.declare(made)} = {one} if {condition} else {other}")
        name = self.fresh(Object)
        self.line(f"if {condition}:")
        with self.block():
            self.line(f"{name} = {one}")
        self.line("else:")
        with self.block():
            self.line(f"{name} = {other}")
        self.enter(name, made)
        return True

    def rebind_object(self) -> bool:
        """Another object of the same class for the same name."""
        names = self.bindable(Object)
        names = [name for name in names if not self.scope[name].mutable or "." in name or self.chance(0.2)]
        if not names:
            return False
        name = self.pick(names)
        if f"{name}.late" in self.scope:
            return False
        self.tag("object: name bound again")
        return self.line(f"{name} = {self.object(self.scope[name].cls)}")

    def swap_objects(self) -> bool:
        names = self.bindable(Object)
        for _ in range(4):
            if len(names) < 2:
                return False
            one, other = self.rng.sample(names, 2)
            late = f"{one}.late" in self.scope or f"{other}.late" in self.scope
            if self.scope[one] == self.scope[other] and not late:
                self.tag("object: swap")
                return self.line(f"{one}, {other} = {other}, {one}")
        return False

    def object_statement(self) -> bool:
        found = [
            (name, form)
            for name in self.some_objects()
            if self.scope[name].mutable
            for form in self.forms(name, "statement")
            if "+=" not in form or name not in self.readonly
        ]
        if not found:
            return False
        self.tag("object: changed by an operator")
        name, form = self.pick(found)
        return self.line(self.filled_form(form.replace("{v}", "math.sin({v})"), name, 2))

    def late_attribute(self) -> bool:
        """An attribute that ``__init__`` does not set, in both branches or in a loop."""
        names = [n for n in self.some_objects() if self.scope[n].mutable and f"{n}.late" not in self.scope]
        if not names:
            return False
        name = self.pick(names)
        self.tag("object: attribute first stored late")
        how = self.rng.randrange(4)
        if how == 0:
            self.line(f"if {self.condition()}:")
            with self.block():
                self.line(f"{name}.late = {self.tame()}")
            self.line("else:")
            with self.block():
                self.line(f"{name}.late = {self.tame()}")
        elif how == 1:
            self.line(f"if not hasattr({name}, 'late'):")
            with self.block():
                self.line(f"{name}.late = {self.tame()}")
        elif how == 2:
            self.tag("function as an attribute")
            with self.bound(v=SCALAR):
                body = f"0.6 * v + {self.tame(1)}"
            self.line(f"{name}.law = lambda v: {body}")
            self.scope[f"{name}.law"] = Routine((SCALAR,), SCALAR)
            return True
        else:
            self.line(f"{name}.late = {self.tame()}")
        self.scope[f"{name}.late"] = SCALAR
        return True

    def new_list_of_objects(self) -> bool:
        cls = self.some_class()
        if cls is None:
            return False
        self.tag("object: in a list")
        if self.chance(0.3):
            with self.bound(step=Int(0, 2)):
                text = self.construct(cls, 0)
            return self.line(f"{self.declare(Objects(cls))} = [{text} for step in range(3)]")
        texts = [self.object(cls, 0) for _ in range(self.rng.randrange(2, 4))]
        return self.line(f"{self.declare(Objects(cls))} = [{', '.join(texts)}]")

    def change_list_of_objects(self) -> bool:
        names = self.names(Objects)
        if not names:
            return False
        name = self.pick(names)
        cls = self.scope[name].cls
        if self.chance(0.4):
            self.tag("object: appended")
            return self.line(f"{name}.append({self.object(cls, 0)})")
        if self.in_loop or "cell0" in self.scope:
            return False
        self.tag("loop: over objects")
        self.line(f"for cell0 in list({name}):")
        with self.looping():
            self.enter("cell0", Object(cls, mutable=self.chance(0.25)))
            self.statements(self.rng.randrange(1, 3))
            targets = self.bindable(Scalar)
            if targets:
                target = self.pick(targets)
                self.line(f"{target} = 0.5 * {target} + 0.3 * cell0.total")
        return True

    def new_grid(self) -> bool:
        self.tag("list: of lists")
        if self.chance(0.3):
            with self.bound(step=Int(0, 1), other=Int(0, 1)):
                text = self.scalar(1)
            return self.line(
                f"{self.declare(Grid())} = [[{text} for step in range(2)] for other in range(2)]"
            )
        rows = [", ".join(self.scalar(1) for _ in range(2)) for _ in range(2)]
        return self.line(f"{self.declare(Grid())} = [[{rows[0]}], [{rows[1]}]]")

    def change_grid(self) -> bool:
        names = self.names(Grid)
        if not names:
            return False
        name = self.pick(names)
        how = self.rng.randrange(6)
        row, column = f"{self.integer()} % 2", f"{self.integer()} % 2"
        if how == 0:
            self.tag("list: name for a row")
            return self.line(f"{self.declare(Scalars())} = {name}[{row}]")
        if how == 1:
            self.tag("list: rows exchanged")
            return self.line(f"{name}[0], {name}[1] = {name}[1], {name}[0]")
        if how == 2:
            self.tag("loop: over rows of a list")
            if "line" in self.scope or self.in_loop:
                return False
            self.line(f"for line in {name}:")
            with self.looping():
                return self.line(self.stored("line[0]"))
        if how == 3:
            return self.line(f"{name}[{row}] = [{self.tame(1)}, {self.tame(1)}]")
        self.tag("list: item of a row stored")
        return self.line(self.stored(f"{name}[{row}][{column}]"))

    def list_method(self) -> bool:
        names = [name for name in self.names(Scalars) if name not in self.readonly]
        if not names:
            return False
        self.tag("list: methods")
        name = self.pick(names)
        if self.chance(0.1):
            return self.line(f"{self.declare(Scalars())} = {name}[:]")
        form = self.pick(
            [
                f"{name}.insert(0, {self.tame()})",
                f"{name}.extend([{self.tame(1)}, {self.tame(1)}])",
                f"{name}.reverse()",
                f"{name} += [{self.tame(1)}]",
                f"{name} = {name}[::-1]",
                f"{name} = {name} + [{self.tame(1)}]",
                f"{name} = [0.5 * item for item in {name}]",
                f"{name} = {name}.copy()",
                f"{name} = {name} * 2" if not self.in_loop else f"{name} = list({name})",
                *([] if self.analytic else [f"{name}.sort()", f"{name} = sorted({name})"]),
            ]
        )
        return name not in self.frozen and self.line(form)

    def dict_method(self) -> bool:
        names = self.names(Table)
        floats = self.bindable(Scalar)
        if not names or not floats:
            return False
        self.tag("dict: methods")
        name, target = self.pick(names), self.pick(floats)
        key = self.pick(self.scope[name].keys)
        return self.line(
            self.pick(
                [
                    f"{target} = 0.3 * {target} + {name}.get({key!r}, 0.2)",
                    f"{target} = {name}.get('absent', {self.tame(1)})",
                    f"{target} = math.sin({name}.setdefault({key!r}, 0.4))",
                    f"{name}.update({key}={self.tame(1)})",
                    f"{name}.update({{{key!r}: {self.tame(1)}}})",
                    f"{target} = 0.4 * sum({name}.values())",
                    f"{name}['more'] = {self.tame(1)}",
                    f"{target} = {name}.pop('more', {target})",
                ]
            )
        )

    def made_function(self) -> bool:
        """A function returned by a function."""
        names = [n for n, k in self.scope.items() if isinstance(k, Routine) and isinstance(k.result, Routine)]
        if not names or self.in_loop:
            return False
        self.tag("function returned by a function")
        name = self.pick(names)
        routine = self.scope[name]
        assert isinstance(routine, Routine)
        text = self.call(name, 1)
        assert isinstance(routine.result, Routine)
        return text is not None and self.line(f"{self.declare(routine.result)} = {text}")

    def guarded(self) -> bool:
        """``try`` with a handler that is taken, or not."""
        floats = self.bindable(Scalar)
        if not floats:
            return False
        self.tag("try")
        self.line("try:")
        with self.block():
            self.statements(self.rng.randrange(1, 3))
            if not self.leaves(self.lines[-1]):
                self.line(f"if {self.condition()}:")
                with self.block():
                    self.line("raise ValueError('guarded')")
                self.statements(self.rng.randrange(2))
        self.line(f"except {self.pick(['ValueError', 'ValueError', '(ValueError, KeyError)', 'Exception'])}:")
        with self.block():
            self.statements(self.rng.randrange(1, 3))
        if self.chance(0.2):
            self.line("else:")
            with self.block():
                self.statements(1)
        if self.chance(0.3):
            self.tag("finally")
            self.line("finally:")
            with self.block():
                self.line(self.augmented(self.pick(floats), self.tame(1)))
        return True

    def with_block(self) -> bool:
        self.tag("with")
        self.line(
            self.pick(
                [
                    "with np.errstate(all='ignore'):",
                    "with contextlib.suppress(KeyError):",
                    "with warnings.catch_warnings():",
                ]
            )
        )
        with self.block():
            self.statements(self.rng.randrange(1, 3))
        return True

    def matched(self) -> bool:
        ints = self.names(Int)
        if not ints:
            return False
        self.tag("match")
        self.line(f"match {self.pick(ints)}:")
        self.indent += 1
        for case in ("0", "1 | 2", "_"):
            self.line(f"case {case}:")
            with self.block():
                self.statements(1)
        self.indent -= 1
        return True

    def by_generator(self) -> bool:
        names = [n for n, k in self.scope.items() if isinstance(k, Routine) and k.result == Scalars()]
        floats = self.bindable(Scalar)
        if not names or not floats:
            return False
        self.tag("generator")
        text = self.call(self.pick(names), 1)
        target = self.pick(floats)
        if text is None:
            return False
        if self.chance(0.5) or "piece" in self.scope or self.loops > 1:
            return self.line(f"{target} = 0.3 * sum({text})")
        self.line(f"for piece in {text}:")
        with self.looping():
            self.scope["piece"] = SCALAR
            self.line(f"{target} = 0.5 * {target} + 0.3 * piece")
            self.statements(self.rng.randrange(2))
        return True
