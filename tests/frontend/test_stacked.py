"""Functions that call themselves, written as loops: they return and change what they did before."""

import ast
import copy
import types

import gast
import pytest

from diffcompile.frontend.nodes import nodes_under
from diffcompile.frontend.source import read_source
from diffcompile.frontend.stacked import Member, NotStackedError, Site, place_of, stacked


def written(*functions, methods=()):
    """Return the first of some functions, which call each other by name, as a loop."""
    sources = [read_source(function) for function in functions]
    numbers = {function.__name__: number for number, function in enumerate(functions)}
    members = []
    for function, source in zip(functions, sources, strict=True):
        sites = []
        for node in nodes_under(source.node):
            if isinstance(node, gast.Call) and isinstance(node.func, gast.Name) and node.func.id in numbers:
                sites.append(Site(place_of(source, node), numbers[node.func.id]))
            if isinstance(node, gast.Call) and isinstance(node.func, gast.Attribute) and node.func.attr in numbers:
                sites += [Site(place_of(source, node), numbers[node.func.attr], cls) for cls in methods]
        names = function.__code__.co_varnames[: function.__code__.co_argcount]
        defaults = dict(zip(reversed(names), reversed(function.__defaults__ or ()), strict=False))
        members.append(Member(source, names, defaults, sites))
    return runnable(stacked(members).node, functions[0])


def runnable(node, function):
    """Return a function that Python runs."""
    constants = {}
    for part in nodes_under(node):
        if isinstance(part, gast.Constant) and not isinstance(part.value, int | float | str | None):
            name = f"constant_{len(constants)}"
            constants[name] = part.value
            part.__class__ = gast.Name
            part.id, part.ctx, part.annotation, part.type_comment = name, gast.Load(), None, None
            part._fields = gast.Name._fields
    node.decorator_list = []
    text = ast.unparse(ast.fix_missing_locations(gast.gast_to_ast(gast.Module([node], []))))
    scope = {**function.__globals__, **constants}
    exec(text, scope)
    made = scope[function.__name__]
    assert isinstance(made, types.FunctionType)
    return made


def sums(tree, log, sign=1.0):
    if not isinstance(tree, list):
        log.append(tree)
        return sign * tree
    total = 0.0
    for k, part in enumerate(tree):
        if part == 3.0:
            continue
        if len(log) > 6:
            log.append(-1.0)
            break
        total += k * sums(part, log, sign=-sign) + len(log)
    else:
        log.append(total)
    return total if total < 0.0 or sums(0.5, log) > 1.0 else -total


def shown(tree):
    try:
        first = tree[0]
    except TypeError:
        return {"leaf": tree}
    found = {str(k): shown(part) for k, part in enumerate(tree[1:]) if part}
    return {"first": first, **found}


def even(n, log):
    if n == 0:
        return "even"
    while n > 1:
        log.append(n)
        return odd(log=log, n=n - 1)
    return "one" + odd(0, log)


def odd(n, log, end="odd"):
    log += [n / 2]
    return even(n - 1, log) if n else end


def matched(tree):
    match tree:
        case [left, right]:
            return matched(left) + 2 * matched(right)
        case {"value": value} if value > 0:
            return value
    return -1


TREE = [1.0, [2.0, 3.0, [4.0, 5.0]], [], [[6.0], 7.0, 8.0]]


@pytest.mark.parametrize(
    ("functions", "args"),
    [
        ((sums,), (TREE, [])),
        ((shown,), ([1, [2, 3, [4]], 0, [5]],)),
        ((matched,), ([{"value": 3}, [{"value": 4}, {"value": -5}]],)),
    ],
    ids=lambda part: part[0].__name__ if callable(part[0]) else "",
)
def test_what_is_returned_and_changed(functions, args):
    once, again = copy.deepcopy(args), copy.deepcopy(args)
    assert written(*functions)(*once) == functions[0](*again)
    assert once == again


@pytest.mark.parametrize("n", [0, 1, 4, 5])
def test_two_functions_that_call_each_other(n):
    once, again = [], []
    assert written(even, odd)(n, once) == even(n, again)
    assert once == again


def down(n, log):
    log.append(n)
    return up(n - 1, log) if n > 0 else 0.0


def up(k, log):
    n = 10.0 * k
    below = down(log=log, n=k)
    log.append(n)
    return n + below


@pytest.mark.parametrize("n", [0, 1, 5])
def test_functions_with_variables_of_the_same_name(n):
    once, again = [], []
    assert written(down, up)(n, once) == down(n, again)
    assert once == again


class Part:
    def __init__(self, value, *parts):
        self.value, self.parts = value, parts

    def halve(self, log):
        self.value = self.value / 2
        log.append(max([part.halve(log) for part in self.parts], default=self.value))
        return self.value + (self.parts[-1].halve(log) if len(log) < 9 and self.parts else 0.0)


class Whole(Part):
    def halve(self, log):
        log.append("whole")
        return 1.0


def test_methods():
    """A class that is not known to have the method is asked as before."""
    once, again = [], []
    loop = written(Part.halve, methods=(Part,))
    assert loop(Part(8.0, Part(4.0), Whole(2.0), Part(1.0, Part(0.5))), once) == Part(
        8.0, Part(4.0), Whole(2.0), Part(1.0, Part(0.5))
    ).halve(again)
    assert once == again


def lazily(tree):
    return any(lazily(part) for part in tree)


def captured(tree):
    return [captured(part) for part in tree] if tree else (lambda: captured([]))


def assigned_in_a_block(tree):
    found = 1.0
    try:
        found = 2.0
        first = tree[0]
    except IndexError:
        return found
    return found + assigned_in_a_block(first)


def guarded(tree):
    try:
        return guarded(tree[0])
    except IndexError:
        return 0.0


def unbound(tree):
    if tree:
        found = 1.0
        unbound(tree[0])
    return found


@pytest.mark.parametrize("function", [lazily, captured, assigned_in_a_block, guarded, unbound])
def test_what_is_left_alone(function):
    with pytest.raises(NotStackedError):
        written(function)
