"""Recursion that changes what it is given: such functions become one loop, with a stack of its own.

A call of a pair works on copies, so that what a recursion changes in objects and containers would be lost. When such a
call is met the walk starts again, and the functions between it and the one that it calls are written as one, by
:mod:`diffcompile.frontend.stacked`.
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gast

import diffcompile
from diffcompile import dynamic
from diffcompile.analysis.types import ANY, Dct, Lst, Obj, OneOf, Tup, Type, plain
from diffcompile.errors import DiffCompileError, NoSourceError, Span
from diffcompile.frontend.lower import Code, code_of
from diffcompile.frontend.nodes import nodes_under
from diffcompile.frontend.source import original
from diffcompile.frontend.stacked import Member, NotStackedError, Site, place_of, stacked
from diffcompile.frontend.stores import MUTATORS
from diffcompile.passes.refusals import refusal
from diffcompile.specialise import objects
from diffcompile.specialise.functions import function_code
from diffcompile.specialise.instances import Restart
from diffcompile.specialise.items import NONE, Item, ObjectItem

if TYPE_CHECKING:
    from diffcompile.specialise.driver import Specialiser

MOST_MEMBERS = 6
_OWN = str(Path(diffcompile.__file__).parent)


@dataclass(slots=True)
class Group:
    """Functions that call each other, and are written as one."""

    members: list[Code] = field(default_factory=list)
    sites: list[set[Site]] = field(default_factory=list)
    code: Code | None = None

    def number(self, code: Code) -> int:
        """Return the number of a function, which becomes a member."""
        if code not in self.members:
            self.members.append(code)
            self.sites.append(set())
        return self.members.index(code)

    def written(self) -> Code:
        """Return the functions as one.

        Raises:
            NotStackedError: this is not done for one of them.
        """
        if self.code is None:
            first = self.members[0]
            found = []
            for code, sites in zip(self.members, self.sites, strict=True):
                if code is not first and (code.captures or code.source.scope.globals is not first.source.scope.globals):
                    raise NotStackedError
                values = code.literal_defaults()
                defaults = dict(zip(code.defaulted, values, strict=False))
                names = tuple(parameter.name for parameter in code.parameters)
                if any(name.startswith("$") for name in code.captures) and "original" not in code.source.cache:
                    raise NotStackedError
                found.append(Member(original(code.source), names, defaults, sorted(sites, key=repr)))
            self.code = code_of(stacked(found), first.captures)
        return self.code


def to_stack(spec: Specialiser, code: Code, args: list[Item], span: Span | None) -> None:
    """Have functions written as one from now on, if that can be done.

    Raises:
        Restart: they are.
    """
    if not spec.may_restart or spec.override is not None or spec.attempted is not None:
        return  # what a loop in a block that fails had changed by then is not known
    try:
        group = _noted(spec, code, args, span)
        if group is not None:
            group.written()
    except (NotStackedError, NoSourceError):
        return
    if group is not None:
        spec.memory.stacked[group.members[0]] = group
        spec.memory.real.add(dynamic.Frame)
        raise Restart


def _noted(spec: Specialiser, code: Code, args: list[Item], span: Span | None) -> Group | None:
    """Return the functions between a call and the one that it calls, with this call, if it is news."""
    around = {number: key for key, number in spec.memory.paths.items()}
    links: list[tuple[Code, Span, Code]] = []
    target, place, path = code, span, spec.path
    groups = {group.code: group for group in spec.memory.stacked.values()}
    group: Group | None = None
    while path in around and place is not None:
        outer, above, owner = around[path]
        if owner in groups:
            group = groups[owner]
            owner = next((one for one in group.members if _holds(one, place)), owner)
        if not _is_passed(owner, around, outer):
            links.append((owner, place, target))
            target, place = owner, above
        if owner is code or group is not None:
            break
        path = outer
    else:
        return None
    first = group.members[0] if group is not None else code
    old = group or Group()
    new = Group(list(old.members), [set(sites) for sites in old.sites])
    new.number(first)
    for number, (owner, at, called) in enumerate(links):
        site = _site(spec, owner, at, called, args if number == 0 else None, new)
        new.sites[new.number(owner)].add(site)
    if new.sites == old.sites or len(new.members) > MOST_MEMBERS:
        return None
    return new


def _holds(code: Code, span: Span) -> bool:
    node = code.source.node
    return code.source.path == span.path and node.lineno <= span.line <= (node.end_lineno or node.lineno)


def _is_passed(owner: Code, around: dict[int, Any], outer: int) -> bool:
    """Tell whether a function stands in the text of another one around it, or is one of the compiler's."""
    if owner.source.path.startswith(_OWN):
        return True
    while outer in around:
        outer, _, code = around[outer]
        if code is not owner and code.source.path == owner.source.path:
            node, inner = code.source.node, owner.source.node
            inside = node.lineno <= inner.lineno and (inner.end_lineno or 0) <= (node.end_lineno or 0)
            if inside and owner.name.startswith("<"):
                return True
    return False


def _site(spec: Specialiser, owner: Code, at: Span, called: Code, args: list[Item] | None, group: Group) -> Site:
    place = (at.line, at.column, at.end_line, at.end_column)
    source = original(owner.source)
    node = next(
        (part for part in nodes_under(source.node)
         if isinstance(part, gast.Call | gast.Attribute) and place_of(source, part) == place),
        None,
    )  # fmt: skip
    if node is None:
        raise NotStackedError
    number = group.number(called)
    attribute = node.func if isinstance(node, gast.Call) else node
    given = args if args is not None else next(given for one, given in reversed(spec.frames) if one is called)
    cls = objects.class_of(spec, given[len(called.captures)]) if len(given) > len(called.captures) else None
    name = attribute.attr if isinstance(attribute, gast.Attribute) else "__call__"
    member = inspect.getattr_static(cls, name, None) if cls is not None else None
    if isinstance(member, property):
        member = member.fget
    if cls is not None and inspect.isfunction(member) and function_code(member) is called:
        return Site(place, number, cls)
    if not isinstance(attribute, gast.Attribute):
        return Site(place, number)
    if isinstance(node, gast.Attribute):
        raise NotStackedError
    root = attribute
    while isinstance(root, gast.Attribute):
        root = root.value
    names = {parameter.name for parameter in owner.parameters}
    if not isinstance(root, gast.Name) or root.id in names:
        raise NotStackedError
    return Site(place, number)


def written(spec: Specialiser, code: Code) -> Code | None:
    """Return what a function that is to be written as a loop is now."""
    group = spec.memory.stacked.get(code)
    return group.written() if group is not None else None


def is_member(spec: Specialiser, code: Code) -> bool:
    """Tell whether a function is part of a loop that is being walked."""
    return any(code in group.members for group in spec.memory.stacked.values() if group.code in spec.stack)


def called_inside(spec: Specialiser, code: Code, args: list[Item], span: Span | None) -> Item:
    """Call a function that is part of a loop being walked, at a place that the loop does not know as a call.

    If the place is known, for another class, this is never reached.

    Raises:
        Restart: the loop knows the place from now on.
    """
    to_stack(spec, code, args, span)
    problem = spec.refuse(
        f"{code.name} calls itself in a way that is not followed",
        span,
        "call it by its name, with arguments that are written out",
        "what it changes would be lost",
    )
    spec.ops.append(refusal(problem))
    spec.end()
    return NONE


def in_a_block(spec: Specialiser, code: Code, span: Span | None) -> DiffCompileError:
    """Return the refusal of recursion that changes what it is given, in a block that may fail."""
    return spec.refuse(
        f"{code.name} calls itself and changes what it is given, in a `try` block",
        span,
        "change it after the block",
        "what it had changed when it failed would be lost",
    )


def loses_stores(spec: Specialiser, code: Code, args: list[Item], handed: set[int]) -> bool:
    """Tell whether a call of a pair would lose what becomes of its arguments, of which some are ``handed`` over."""
    risky = [
        item for number, item in enumerate(args)
        if number not in handed and (isinstance(item, ObjectItem) or _holds_memory(plain(spec.type(item)), 4))
    ]  # fmt: skip
    return bool(risky) and _stores_to_parameters(code)


def _holds_memory(t: Type, depth: int) -> bool:
    if depth == 0 or t is ANY:
        return True
    match t:
        case Obj() | Lst() | Dct():
            return True
        case Tup():
            return any(_holds_memory(part, depth - 1) for part in t.items)
        case OneOf():
            return any(_holds_memory(part, depth - 1) for part in t.items)
    return False


def _stores_to_parameters(code: Code) -> bool:
    """Tell whether the text of a function changes something that it was given, or that such a thing holds."""
    try:
        node = original(code.source).node
    except NoSourceError:
        return False
    given = {parameter.name for parameter in code.parameters} | set(code.captures)
    size = -1
    while size != len(given):
        size = len(given)
        for part in nodes_under(node):
            pairs: list[tuple[Any, Any]] = []
            if isinstance(part, gast.Assign):
                pairs = [(target, part.value) for target in part.targets]
            elif isinstance(part, gast.For | gast.comprehension):
                pairs = [(part.target, part.iter)]
            for target, value in pairs:
                if _comes_from(value, given):
                    given |= {one.id for one in nodes_under(target) if isinstance(one, gast.Name)}
    for part in nodes_under(node):
        changed = None
        if isinstance(part, gast.Subscript | gast.Attribute) and isinstance(part.ctx, gast.Store | gast.Del):
            changed = part.value
        elif isinstance(part, gast.Call) and isinstance(part.func, gast.Attribute) and part.func.attr in MUTATORS:
            changed = part.func.value
        elif isinstance(part, gast.AugAssign):
            changed = part.target
        if changed is not None and _root(changed) in given:
            return True
    return False


def _root(node: Any) -> str:
    while isinstance(node, gast.Attribute | gast.Subscript):
        node = node.value
    return node.id if isinstance(node, gast.Name) else ""


def _comes_from(node: Any, given: set[str]) -> bool:
    """Tell whether an expression may be one of some variables, or something that they hold."""
    if isinstance(node, gast.Call):
        parts = [*node.args, node.func.value] if isinstance(node.func, gast.Attribute) else node.args
        return any(_comes_from(part, given) for part in parts)
    if isinstance(node, gast.IfExp | gast.BoolOp | gast.Tuple | gast.List | gast.Starred):
        return any(_comes_from(part, given) for part in nodes_under(node) if isinstance(part, gast.Name))
    return _root(node) in given
