"""Random classes: attributes of every kind, methods that store, properties, operators, inheritance."""

from __future__ import annotations

from .kinds import SCALAR, Array, Kind, Object, Routine, Scalars, Table
from .scope import Class, Draft, Shape
from .statements import Statements

NAMES = ("Cell", "Node", "Model")
FLOATS = ("total", "rate", "level")


class _Maker:
    """Writes one class."""

    def __init__(
        self, draft: Draft, name: str, shape: Shape, module: dict[str, Kind], base: Class | None
    ) -> None:
        self.draft, self.rng, self.name, self.shape, self.module = draft, draft.rng, name, shape, module
        self.base = base
        self.lines: list[str] = []
        self.dataclass = base is None and self.rng.random() < 0.25
        if base is not None:
            fields, init = dict(base.fields), base.init
        else:
            fields, init = {}, ()
        self.made = Class(name, init, fields, base=base.name if base else "")

    def chance(self, probability: float) -> bool:
        return self.rng.random() < probability

    def fields(self) -> None:
        made = self.made
        if self.base is None:
            names = list(FLOATS[: self.rng.randrange(1, 4)])
            made.fields |= dict.fromkeys(names, SCALAR)
            if self.chance(0.5):
                made.fields["data"] = Array(self.shape)
            if self.chance(0.3):
                made.fields["log"] = Scalars()
            if self.chance(0.15):
                made.fields["table"] = Table(("rate", "gain"))
            others = [
                cls
                for cls in self.draft.classes.values()
                if not any(isinstance(k, Object) for k in cls.fields.values())
            ]
            if others and self.chance(0.5):
                made.fields["child"] = Object(self.rng.choice(others).name)
            given = [kind for kind in made.fields.values() if not isinstance(kind, Scalars | Table)]
            made.init = tuple(given)
        elif self.chance(0.6):
            made.fields["extra"] = SCALAR
            made.init = (*self.base.init, SCALAR)

    def writer(self, params: dict[str, Kind], result: Kind | None, *, pure: bool) -> Statements:
        body = Statements(
            self.draft, dict(self.module), result, frozen=frozenset([*self.module, "self"]), indent=2
        )
        self.draft.classes[self.name] = self.made
        body.enter("self", Object(self.name, mutable=not pure))
        for name, kind in params.items():
            body.enter(name, kind)
        body.nested = True
        body.loops = 1
        return body

    def method(self, header: str, body: Statements) -> None:
        self.lines += [f"    {header}", *body.lines, ""]

    def init(self) -> None:
        made, rng = self.made, self.rng
        params = {
            f"{key}": kind for key, kind in made.fields.items() if not isinstance(kind, Scalars | Table)
        }
        if self.dataclass:
            self.draft.tags.add("class: dataclass")
            kinds = {
                Scalars: "list = dataclasses.field(default_factory=lambda: [0.4, -0.3])",
                Table: "dict = dataclasses.field(default_factory=lambda: {'rate': 0.3, 'gain': 0.8})",
            }
            ordered = sorted(made.fields.items(), key=lambda entry: type(entry[1]) in kinds)
            self.lines += [f"    {key}: {kinds.get(type(kind), 'object')}" for key, kind in ordered] + [""]
            if not self.chance(0.4):
                return
            self.draft.tags.add("class: __post_init__")
            body = self.writer({}, None, pure=False)
            body.unfinished = self.name
            body.statements(rng.randrange(1, 3))
            body.line("return")
            self.method("def __post_init__(self):", body)
            return
        inner: list[str] = []
        if self.base is not None:
            self.draft.tags.add("class: super")
            given = [f"a{number}" for number in range(len(self.base.init))]
            header = ", ".join(["self", *given, *(["extra"] if "extra" in made.fields else [])])
            inner.append(f"        super().__init__({', '.join(given)})")
            params = {}
            if "extra" in made.fields:
                inner.append("        self.extra = 0.5 * extra + 0.2 * self.total")
                params["extra"] = SCALAR
        else:
            header = ", ".join(["self", *params])
            for key, kind in made.fields.items():
                value = key
                if isinstance(kind, Scalars):
                    value = "[total, 0.3 * total]"
                elif isinstance(kind, Table):
                    value = "{'rate': 0.3 * total, 'gain': 0.8}"
                elif isinstance(kind, Array):
                    value = rng.choice([key, key, f"{key}.copy()", f"np.tanh({key})", f"{key}[...]"])
                elif kind == SCALAR:
                    value = rng.choice([key, key, f"math.sin({key})", f"{key} + 0.1"])
                inner.append(f"        self.{key} = {value}")
        lazy = [f"        self._{name} = None" for name in ("lazy",)]
        body = self.writer(params, None, pure=False)
        body.unfinished = self.name
        body.lines = inner + lazy
        if self.chance(0.4):
            body.statements(rng.randrange(1, 3))
        self.method(f"def __init__({header}):", body)

    def methods(self) -> None:
        made, rng = self.made, self.rng
        names = ["step", "relax", "push"]
        inherited = list(self.base.methods) if self.base else []
        for name in names[: rng.randrange(1, 4)]:
            how = rng.randrange(4)
            params: dict[str, Kind] = {"v": SCALAR}
            if how == 1:
                params["out"] = Array(self.shape)
            elif how == 2:
                params["other"] = Object(self.name)
            if name in inherited:
                params = dict(zip(("v", "out"), self.base.methods[name].params, strict=False))
                if any(not isinstance(kind, type(SCALAR) | Array) for kind in params.values()):
                    continue
            result = SCALAR if name == "push" else None
            body = self.writer(params, result, pure=False)
            if name in inherited and self.chance(0.7):
                self.draft.tags.add("class: super")
                body.line(f"{'v = ' if result else ''}super().{name}({', '.join(params)})")
            body.statements(rng.randrange(1, 4))
            if result is not None:
                body.line(f"return {body.returned()}")
            else:
                targets = body.bindable(type(SCALAR))
                body.line(body.stored(body.pick([t for t in targets if t.startswith("self.")])))
            self.method(f"def {name}({', '.join(['self', *params])}):", body)
            made.methods[name] = Routine(tuple(params.values()), result)
        for name in ("value", "norm")[: rng.randrange(1, 3)]:
            params = {"v": SCALAR}
            body = self.writer(params, SCALAR, pure=True)
            if self.base is not None and name in self.base.pure and self.chance(0.7):
                self.draft.tags.add("class: super")
                body.line(f"v = super().{name}(v)")
            body.statements(rng.randrange(1, 3))
            body.line(f"return {body.returned()}")
            self.method(f"def {name}(self, v):", body)
            made.pure[name] = Routine((SCALAR,), SCALAR)

    def pure_expression(self) -> str:
        return self.writer({}, SCALAR, pure=True).tame()

    def properties(self) -> None:
        made, tags = self.made, self.draft.tags
        if self.chance(0.4):
            tags.add("class: property")
            self.lines += [
                "    @property",
                "    def mean(self):",
                f"        return {self.pure_expression()}",
                "",
            ]
            made.readable["mean"] = SCALAR
        if self.chance(0.25):
            tags.add("class: property with a setter")
            self.lines += [
                "    @property", "    def double(self):", "        return 2.0 * self.total", "",
                "    @double.setter", "    def double(self, value):", "        self.total = 0.5 * value", "",
            ]  # fmt: skip
            made.fields["double"] = SCALAR
        if self.chance(0.25) and not self.dataclass and self.base is None:
            how = self.rng.randrange(3)
            tags.add("class: cached attribute")
            if how == 0:
                self.lines += [
                    "    @property", "    def cached(self):", "        if self._lazy is None:",
                    f"            self._lazy = {self.pure_expression()}", "        return self._lazy", "",
                ]  # fmt: skip
            elif how == 1:
                self.lines += [
                    "    @property", "    def cached(self):", "        try:", "            return self._hidden",
                    "        except AttributeError:", f"            self._hidden = {self.pure_expression()}",
                    "            return self._hidden", "",
                ]  # fmt: skip
            else:
                self.lines += [
                    "    @functools.cached_property", "    def cached(self):",
                    f"        return {self.pure_expression()}", "",
                ]  # fmt: skip
            made.readable["cached"] = SCALAR
        if self.chance(0.3):
            tags.add("class: class attribute")
            self.lines.insert(0, "    scale = 0.6")
            self.lines.insert(1, "")
            made.readable["scale"] = SCALAR

    def special(self) -> None:
        if self.base is None:
            self.operators()
        self.conversions()
        if self.chance(0.5):
            self.container()
        made = self.made
        if self.chance(0.2):
            key = self.rng.choice([name for name, kind in made.fields.items() if kind == SCALAR])
            made.special[f"getattr({{o}}, {key!r})"] = "float"
            made.special[f"setattr({{o}}, {key!r}, math.sin({{v}}))"] = "statement"
            made.special[f"hasattr({{o}}, {self.rng.choice([key, 'absent'])!r})"] = "condition"
        made.special[f"isinstance({{o}}, {self.base.name if self.base else self.name})"] = "condition"
        made.special["{o} is {p}"] = "condition"

    def remade(self, total: str) -> str:
        """Return a call that makes another object, with this ``total``."""
        fields = self.made.fields
        given = [
            total if key == "total" else f"self.{key}"
            for key, kind in fields.items()
            if not isinstance(kind, Scalars | Table) and key != "double"
        ]
        return f"{self.name}({', '.join(given)})"

    def short(self, probability: float, header: str, body: str, **forms: str) -> None:
        """Write, at times, a special method of one line; ``forms`` are expressions by what they give."""
        if self.chance(probability):
            self.lines += [f"    def {header}:", f"        {body}", ""]
            self.made.special |= {form: gives for gives, form in forms.items()}

    def operators(self) -> None:
        made = self.made
        self.short(
            0.4,
            "__add__(self, other)",
            f"return {self.remade('self.total + other.total')}",
            object="{o} + {p}",
        )
        self.short(0.2, "__neg__(self)", f"return {self.remade('-self.total')}", object="-{o}")
        if self.chance(0.3):
            self.lines += [
                "    def __mul__(self, factor):", f"        if isinstance(factor, {self.name}):",
                "            return self.total * factor.total",
                f"        return {self.remade('self.total * math.sin(factor)')}", "", "    __rmul__ = __mul__", "",
            ]  # fmt: skip
            made.special |= dict.fromkeys(["{o} * 0.7", "0.7 * {o}", "{o} * {v}", "{v} * {o}"], "object")
            made.special["0.5 * ({o} * {p})"] = "float"
        if self.chance(0.3) and made.init == (SCALAR,):
            self.lines += ["    @classmethod", "    def of(cls, v):", "        return cls(0.5 * v)", ""]
            made.special[f"{self.name}.of({{v}})"] = "object"

    def conversions(self) -> None:
        made = self.made
        if self.chance(0.2):
            self.lines += ["    @staticmethod", "    def shape(v):", "        return 0.5 * math.tanh(v)", ""]
            made.special |= {"{o}.shape({v})": "float", f"{self.name}.shape({{v}})": "float"}
        called = f"return self.total * math.sin(v) + {self.pure_expression()}"
        self.short(0.25, "__call__(self, v)", called, float="{o}({v})")
        self.short(0.2, "__lt__(self, other)", "return self.total < other.total", condition="{o} < {p}")
        self.short(0.15, "__bool__(self)", "return bool(self.total > 0.1)", condition="{o}")
        self.short(0.15, "__eq__(self, other)", "return self.total == other.total", condition="{o} == {p}")
        added = "self.total += math.sin(v)\n        return self"
        self.short(0.15, "__iadd__(self, v)", added, statement="{o} += {v}")
        if not self.draft.analytic:
            self.short(0.15, "__float__(self)", "return float(self.total)", float="float({o})")
            self.short(0.2, "__abs__(self)", "return math.hypot(self.total, 0.3)", float="abs({o})")

    def container(self) -> None:
        made = self.made
        where = next(
            (key for key in ("data", "log") if key in made.fields and (key == "log" or len(self.shape) == 1)),
            "",
        )
        if not where:
            return
        self.draft.tags.add("class: container")
        self.lines += [
            "    def __getitem__(self, i):", f"        return self.{where}[i]", "",
            "    def __setitem__(self, i, v):", f"        self.{where}[i] = v", "",
            "    def __len__(self):", f"        return len(self.{where})", "",
        ]  # fmt: skip
        made.special |= {"{o}[{i}]": "float", "{o}[-1]": "float", "len({o}) > {i}": "condition"}
        made.special |= {"{o}[{i}] = {v}": "statement", "sum({o})": "float"}
        if self.chance(0.5):
            whole = f"{self.rng.choice(['', 'list'])}(self.{where})"
            self.lines += ["    def __iter__(self):", f"        return iter({whole})", ""]

    def text(self) -> str:
        self.fields()
        self.init()
        self.properties()
        self.methods()
        self.special()
        if self.base is not None:
            base = self.base
            self.made.readable = {**base.readable, **self.made.readable}
            self.made.pure = {**base.pure, **self.made.pure}
            self.made.methods = {
                **{
                    key: routine
                    for key, routine in base.methods.items()
                    if all(k in (SCALAR,) or isinstance(k, Array) for k in routine.params)
                },
                **self.made.methods,
            }
            kept = {
                form: gives for form, gives in base.special.items() if gives != "object" and "{p}" not in form
            }
            self.made.special = {**kept, **self.made.special}
        head = f"class {self.name}({self.made.base}):" if self.made.base else f"class {self.name}:"
        before = "@dataclasses.dataclass\n" if self.dataclass else ""
        return before + head + "\n" + "\n".join(self.lines) + "\n"


def _takes_object(routine: Routine) -> bool:
    return any(isinstance(kind, Object) for kind in routine.params)


def make_class(draft: Draft, shape: Shape, module: dict[str, Kind]) -> str:
    """Return the text of one more class, which is in ``draft.classes`` from now on."""
    name = NAMES[len(draft.classes)]
    bases = [cls for cls in draft.classes.values() if not cls.base]
    plain = [cls for cls in bases if "dataclass" not in cls.special]
    base = draft.rng.choice(plain) if plain and draft.rng.random() < 0.4 else None
    if base is not None and "data" in base.fields:
        kind = base.fields["data"]
        assert isinstance(kind, Array)
        shape = kind.shape
    draft.tags.add("class: base" if base else "class")
    maker = _Maker(draft, name, shape, module, base)
    text = maker.text()
    draft.classes[name] = maker.made
    return text
