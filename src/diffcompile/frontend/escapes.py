"""Variables that are assigned after a function which sees them was kept: they are shared with it.

    def f(x):
        a = 2.0
        double = lambda v: a * v
        a = 3.0
        return double(x)

What a call sees of ``a`` is its value then. A function that is only called where it stands, or handed to a callee that
is done with it when it returns (``max(items, key=...)``), needs nothing of this: what it sees is looked up there.
Generator expressions are such functions too, unless something goes over all their items at once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import gast

from diffcompile.frontend.lower.names import COMPREHENSIONS, assigned, free_names
from diffcompile.frontend.nodes import children, nodes_under

_NESTED = (gast.FunctionDef, gast.AsyncFunctionDef, gast.Lambda)
WHOLE = frozenset({
    "sum", "max", "min", "sorted", "list", "tuple", "set", "frozenset", "dict", "len", "fsum", "prod", "join",
    "extend", "update", "array", "asarray", "fromiter", "stack", "vstack", "hstack", "concatenate", "column_stack",
})  # fmt: skip
"""Callees that go over all items of their argument before anything else happens."""
_AT_ONCE = WHOLE | {
    "any", "all", "next", "reduce", "sort", "apply_along_axis", "fromfunction", "quad", "dblquad", "solve_ivp",
    "odeint", "minimize", "minimize_scalar", "root", "root_scalar", "brentq", "fsolve", "newton", "fixed_point",
    "least_squares", "curve_fit",
}  # fmt: skip
"""Callees that do not keep a function that they are given."""
_PASSED_ON = frozenset({"map", "filter", "zip", "enumerate", "reversed", "iter", "starmap", "chain", "islice"})


def called_name(node: Any) -> str:
    """Return the last part of the name that is called."""
    return getattr(node.func, "id", "") or getattr(node.func, "attr", "")


def is_whole(node: Any, argument: Any) -> bool:
    """Tell whether a call goes over all of its argument before anything else happens."""
    return called_name(node) in WHOLE and bool(node.args) and node.args[0] is argument


def late_variables(body: list[Any]) -> set[str]:
    """Return the variables of a function that functions in it must share with it, and mark those that need not."""
    found = _Uses()
    found.walk(body)
    shared = set(found.bound_inside)
    while True:
        late = {name for made in found.closures for name in found.late(made, shared)}
        if late <= shared:
            return shared
        shared |= late


def makes_functions_in_loops(node: Any) -> bool:
    """Tell whether a function has a loop in which it makes others."""
    loops = (part for part in nodes_under(node) if isinstance(part, gast.For | gast.While))
    return any(isinstance(part, _NESTED) for loop in loops for part in nodes_under(loop))


def seen_in_loops(body: list[Any]) -> set[str]:
    """Return the variables that a loop assigns, and that a function sees which is made in the loop."""
    found: set[str] = set()
    pending: list[tuple[Any, set[str]]] = [(node, set()) for node in body]
    while pending:
        node, looped = pending.pop()
        made = isinstance(node, _NESTED) and not getattr(node, "name", "").startswith("$")
        if made:
            found |= (free_names(node) - {getattr(node, "name", "")}) & looped
        elif isinstance(node, gast.For | gast.While):
            looped = looped | assigned([node])
        if not made:
            pending += [(part, looped) for part in children(node)]
    return found


@dataclass(slots=True)
class _Made:
    """A nested function: its name, when it is defined, and whether that alone keeps it."""

    name: str
    clock: int
    kept: bool
    free: set[str]
    inner: set[str]
    """What functions inside it see."""
    own: set[str] = field(default_factory=set)
    """Variables to which it is itself assigned."""


class _Uses:
    """When names are assigned, called and used otherwise, in the order in which the program runs."""

    def __init__(self) -> None:
        self.clock = 0
        self.assigned: dict[str, int] = {}
        self.used: dict[str, int] = {}
        self.called: dict[str, int] = {}
        self.closures: list[_Made] = []
        self.bound_inside: set[str] = set()
        """What generator expressions assign that are functions."""

    def walk(self, body: list[Any]) -> None:
        pending: list[tuple[Any, bool, bool]] = [(node, False, False) for node in reversed(body)]
        while pending:
            node, at_once, is_done = pending.pop()
            self.clock += 1
            if is_done:
                self.assigned[node] = self.clock
                continue
            pending += reversed(list(self.parts(node, at_once)))

    def parts(self, node: Any, at_once: bool) -> list[tuple[Any, bool, bool]]:
        """Note what ``node`` is, and return what is to be walked in it: nodes, and names that are assigned then."""
        match node:
            case None:
                return []
            case gast.Name():
                if isinstance(node.ctx, gast.Load):
                    if not at_once:
                        self.used.setdefault(node.id, self.clock)
                    return []
                return [(node.id, False, True)]
            case gast.FunctionDef() if node.name.startswith("$"):
                return _all(node.body)
            case gast.FunctionDef() | gast.AsyncFunctionDef() | gast.Lambda():
                return self.nested(node, at_once)
            case gast.Assign():
                if isinstance(node.value, gast.Lambda):
                    node.value.targets = {target.id for target in node.targets if isinstance(target, gast.Name)}
                return _all([node.value, *node.targets])
            case gast.AugAssign() | gast.AnnAssign() | gast.NamedExpr():
                return _all([node.value, node.target])
            case gast.For():
                return _all([node.iter, node.target, *node.body, *node.orelse])
            case gast.Import() | gast.ImportFrom():
                return [(alias.asname or alias.name.split(".")[0], False, True) for alias in node.names]
            case gast.Call():
                return self.call(node, at_once)
            case gast.GeneratorExp() if not getattr(node, "whole", False):
                return self.generator(node, at_once)
            case _ if isinstance(node, COMPREHENSIONS):
                return self.comprehension(node)
        return _all(children(node))

    def call(self, node: Any, at_once: bool) -> list[tuple[Any, bool, bool]]:
        """A function that is called is not used otherwise; its callee may be done with arguments when it returns."""
        name = called_name(node)
        inside = name in _AT_ONCE or (at_once and name in _PASSED_ON)
        for argument in node.args:
            if isinstance(argument, gast.GeneratorExp):
                argument.whole = is_whole(node, argument)
        parts = [(part, inside, False) for part in (*node.args, *(keyword.value for keyword in node.keywords))]
        if isinstance(node.func, gast.Name):
            self.called.setdefault(node.func.id, self.clock)
            return parts
        return [(node.func, False, False), *parts]

    def comprehension(self, node: Any) -> list[tuple[Any, bool, bool]]:
        parts: list[Any] = []
        for generator in node.generators:
            parts += [generator.iter, *generator.ifs]
        return _all([*parts, *([node.key, node.value] if isinstance(node, gast.DictComp) else [node.elt])])

    def generator(self, node: Any, at_once: bool) -> list[tuple[Any, bool, bool]]:
        """A generator expression is a function, called with what its first loop goes over."""
        own = _bound(node)
        read = {part.id for part in _within(node) if isinstance(part, gast.Name) and isinstance(part.ctx, gast.Load)}
        self.bound_inside |= {
            part.target.id
            for part in _within(node)
            if isinstance(part, gast.NamedExpr) and isinstance(part.target, gast.Name)
        }
        self.closures.append(_Made("", self.clock, not at_once, read - own, set()))
        self.inside(list(_within(node)), read - own)
        return _all([node.generators[0].iter])

    def nested(self, node: Any, at_once: bool) -> list[tuple[Any, bool, bool]]:
        free = free_names(node)
        body = [node.body] if isinstance(node, gast.Lambda) else node.body
        within = [part for statement in body for part in nodes_under(statement)]
        inner: set[str] = set()
        for part in within:
            if isinstance(part, _NESTED):
                inner |= free_names(part)
            elif isinstance(part, gast.GeneratorExp):
                inner |= {name.id for name in nodes_under(part) if isinstance(name, gast.Name)} - _bound(part)
        self.inside(within, free)
        name = getattr(node, "name", "")
        kept = not at_once if isinstance(node, gast.Lambda) else bool(node.decorator_list)
        node.at_once = at_once
        if any(isinstance(part, gast.Yield | gast.YieldFrom) for part in within):
            inner |= free  # what a call makes runs later
        made = _Made(name, self.clock, kept, free, inner & free, {name, *getattr(node, "targets", ())})
        self.closures.append(made)
        defaults = _all([*node.args.defaults, *(default for default in node.args.kw_defaults if default is not None)])
        if isinstance(node, gast.Lambda):
            return defaults
        return [*_all(node.decorator_list), *defaults, (name, False, True)]

    def inside(self, nodes: list[Any], free: set[str]) -> None:
        """Note what a nested function does with names from outside: from when it is defined, it may."""
        called = {part.func for part in nodes if isinstance(part, gast.Call) and isinstance(part.func, gast.Name)}
        for part in nodes:
            if isinstance(part, gast.Name) and part.id in free:
                (self.called if part in called else self.used).setdefault(part.id, self.clock)

    def late(self, made: _Made, shared: set[str]) -> set[str]:
        """Return the variables that a function sees and that are assigned after it was kept."""
        found = set()
        uses = [self.used.get(made.name), made.clock if made.kept or made.name in shared else None]
        kept = min((clock for clock in uses if clock is not None and made.name), default=None)
        if not made.name and made.kept:
            kept = made.clock
        called = self.called.get(made.name) if made.name else None
        reached = self.reached(made)
        for name in reached - made.own:
            last = self.assigned.get(name, 0)
            if kept is not None and last > kept:
                found.add(name)
            if called is not None and name in made.inner and last > called:
                found.add(name)
        return found

    def reached(self, made: _Made) -> set[str]:
        """Return what a function sees, and what those functions see that it sees."""
        by_name = {other.name: other for other in self.closures if other.name}
        found, pending = set(made.free), list(made.free)
        while pending:
            other = by_name.get(pending.pop())
            if other is not None:
                pending += other.free - found
                found |= other.free
        return found


def _all(nodes: Any) -> list[tuple[Any, bool, bool]]:
    return [(node, False, False) for node in nodes if node is not None]


def _within(node: Any) -> list[Any]:
    """Return the nodes of a generator expression that belong to its function: all but what it first goes over."""
    first, *rest = node.generators
    parts = [node.elt, first.target, *first.ifs, *rest]
    return [inner for part in parts for inner in nodes_under(part)]


def _bound(node: Any) -> set[str]:
    """Return the variables of a comprehension's own."""
    return {
        part.id
        for generator in node.generators
        for part in nodes_under(generator.target)
        if isinstance(part, gast.Name) and isinstance(part.ctx, gast.Store)
    }
