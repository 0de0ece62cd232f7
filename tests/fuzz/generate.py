"""Random programs from a seed: source text that runs, ends, and returns a float of its float arguments."""

from __future__ import annotations

import ast
import random
from dataclasses import dataclass

import numpy as np

from .classes import make_class
from .extras import CONTEXT, GUARD
from .iterating import LIVING
from .kinds import SCALAR, Array, Instance, Int, Kind, Object, Pair, Routine, Scalar, Scalars
from .scope import Draft
from .statements import Statements

HEADER = """import collections
import contextlib
import dataclasses
import functools
import itertools
import math
import warnings

import numpy as np
"""
CLASS = """
class Layer:
    def __init__(self, gain, offset):
        self.gain = gain
        self.offset = offset

    def apply(self, v):
        if v > 2.0:
            return self.gain * v
        return self.gain * math.sin(v) + self.offset

LAYER = Layer(0.7, 0.2)
"""
MAKERS = (
    "return lambda t: math.sin(v * t)",
    "def inner(t):\n        return v * math.cos(t)\n    return inner",
    "state = [v]\n    def inner(t):\n        state[0] = 0.5 * state[0] + math.sin(t)\n        return state[0]\n"
    "    return inner",
    "count = v\n    def inner(t):\n        nonlocal count\n        count = 0.5 * count + math.sin(t)\n"
    "        return count\n    return inner",
    "return functools.partial(lambda a, b: math.sin(a) * b, v)",
)
"""Bodies of functions that return a function."""
HELPER_NAMES = ("blend", "relax", "measure", "mix", "settle")


@dataclass(frozen=True)
class Program:
    """One generated module, whose function ``f`` is to be differentiated with respect to ``argnums``."""

    seed: int
    source: str
    params: dict[str, Kind]
    argnums: tuple[int, ...]
    features: frozenset[str]

    def arguments(self, point: int) -> tuple[object, ...]:
        """Return the arguments of the ``point``-th evaluation, always the same ones."""
        rng = np.random.default_rng([self.seed, point])
        return tuple(_value(kind, rng) for kind in self.params.values())


def _value(kind: Kind, rng: np.random.Generator) -> object:
    match kind:
        case Array(shape=shape):
            return rng.uniform(-1.3, 1.3, shape)
        case Int(low=low, high=high):
            return int(rng.integers(low, high + 1))
        case _:
            return float(rng.uniform(-1.3, 1.3))


def generate(seed: int) -> Program:
    """Return the program of this seed."""
    rng = random.Random(seed)
    draft = Draft(rng, analytic=rng.random() < 0.3)
    tags = draft.tags
    shapes = [_shape(rng)]
    if rng.random() < 0.6:
        shapes.append(shapes[0] if rng.random() < 0.35 else _shape(rng))
    params: dict[str, Kind] = {name: Array(shape) for name, shape in zip("xy", shapes, strict=False)}
    params["s"] = SCALAR
    if rng.random() < 0.45:
        params["n"] = Int(0, 4)

    parts = []
    module: dict[str, Kind] = {}
    if rng.random() < 0.3:
        tags.add("global constant")
        parts.append(f"RATE = 0.35\nWEIGHTS = np.linspace(-0.5, 1.0, {shapes[0][0]})\n")
        module["RATE"] = SCALAR
        module["WEIGHTS"] = Array((shapes[0][0],), writable=False)
    if rng.random() < 0.15:
        parts.append(CLASS)
        module["LAYER"] = Instance()
    if rng.random() < 0.6:
        draft.objects = rng.choice([0.6, 1.5, 3.0])
        for _ in range(rng.choice([1, 1, 2, 3])):
            parts.append(make_class(draft, rng.choice(shapes), module))
    draft.extras = rng.choice([0.0, 0.0, 1.0, 2.5])
    parts += _rarer_parts(draft)
    for name in HELPER_NAMES[: rng.choice([0, 1, 1, 2, 3])]:
        text, routine = _helper(draft, name, shapes, module)
        parts.append(text)
        module[name] = routine

    frozen = frozenset(module)
    body = Statements(draft, {**module, **params}, SCALAR, frozen=frozen)
    if draft.living:
        body.new_living()
    body.statements(rng.choice([2, 3, 4, 5, 6, 8, 10, 12, 14]))
    body.line(f"return {_outcome(body, params)}")
    parts.append(f"def f({', '.join(params)}):\n" + "\n".join(body.lines) + "\n")
    # through the tree and back: only the parentheses that are needed stay
    text = "\n\n\n".join(ast.unparse(ast.parse(part)) for part in parts)
    if draft.analytic:
        text = text.replace("math.atan", "np.arctan").replace("math.", "np.")
    source = f"{HEADER}\n\n{text}\n"

    differentiable = [index for index, kind in enumerate(params.values()) if not isinstance(kind, Int)]
    argnums = tuple(differentiable)
    if rng.random() < 0.3:
        argnums = tuple(sorted(rng.sample(differentiable, rng.randrange(1, len(differentiable) + 1))))
    if any(line.strip().startswith(("x[", "y[", "x +=", "y +=", "x *=", "y *=")) for line in body.lines):
        tags.add("store: into an argument")
    return Program(seed, source, params, argnums, frozenset(tags))


def _rarer_parts(draft: Draft) -> list[str]:
    """Return the parts of a module that statements of the rarer sorts need."""
    parts = []
    if draft.extras and draft.rng.random() < 0.6:
        draft.contexts = True
        parts += [CONTEXT, GUARD]
    if draft.extras and draft.rng.random() < 0.6:
        draft.living = True
        parts.append(LIVING)
    return parts


def _shape(rng: random.Random) -> tuple[int, ...]:
    if rng.random() < 0.55:
        return (rng.randrange(3, 7),)
    if rng.random() < 0.4:
        size = rng.randrange(2, 4)
        return size, size
    return rng.randrange(2, 4), rng.randrange(2, 5)


def _helper(
    draft: Draft, name: str, shapes: list[tuple[int, ...]], module: dict[str, Kind]
) -> tuple[str, Routine]:
    """Return the text of a module-level function and its kinds."""
    rng, tags = draft.rng, draft.tags
    shape = rng.choice(shapes)
    how = rng.randrange(14)
    if how == 0:
        return _recursive(rng, tags, name, shape)
    if how in (9, 10):
        return _by_convention(rng, tags, name, shape)
    if how == 1:
        tags.add("call: function as argument")
        inner = Routine((SCALAR,), SCALAR)
        text = f"def {name}(fun, v):\n    return 0.5 * fun(v) + 0.4 * fun(0.3 * v)\n"
        return text, Routine((inner, SCALAR), SCALAR)
    params: dict[str, Kind] = {}
    keywords: tuple[str, ...] = ()
    result: Kind | None
    if how in (2, 3):  # float to float
        params, result = {"v": SCALAR, "w": SCALAR}, SCALAR
        if rng.random() < 0.5:
            keywords = ("scale",)
    elif how in (4, 5):  # writes into its argument
        params, result = {"out": Array(shape), "v": SCALAR}, None
        if rng.random() < 0.5:
            params["other"] = Array(shape)
    elif how == 6:
        params, result = {"a": Array(shape), "v": SCALAR}, Pair(rng.choice([None, shape]))
    elif how == 7:
        params, result = {"a": Array(shape)}, Array(shape)
    elif how in (11, 12) and draft.classes:
        tags.add("helper: takes objects")
        cls = rng.choice(list(draft.classes))
        params = {"o": Object(cls), "v": SCALAR}
        if rng.random() < 0.5:
            params["other"] = Object(cls)
        result = rng.choice([None, SCALAR])
    else:
        params, result = {"a": Array(shape), "v": SCALAR}, SCALAR
    extra: dict[str, Kind] = dict.fromkeys(keywords, SCALAR)
    body = Statements(draft, {**module, **extra}, result, frozen=frozenset(module))
    for key, kind in params.items():
        body.enter(key, kind)
    body.nested = True
    body.loops = 1
    if result is None:
        tags.add("helper: mutates its argument")
        _ = body.store_slice() or body.store_item() or body.augment_scalar()
    body.statements(rng.randrange(1, 5))
    if result is not None:
        body.line(f"return {body.returned()}")
    signature = ", ".join([*params, *(f"{keyword}=0.6" for keyword in keywords)])
    text = f"def {name}({signature}):\n" + "\n".join(body.lines) + "\n"
    return text, Routine(tuple(params.values()), result, keywords)


def _recursive(rng: random.Random, tags: set[str], name: str, shape: tuple[int, ...]) -> tuple[str, Routine]:
    """Return a helper that calls itself."""
    tags.add("call: recursion")
    how = rng.randrange(3)
    if how == 0:
        text = f"""
def {name}(v, depth):
    if depth <= 0:
        return math.sin(v)
    return 0.6 * {name}(math.cos(v) * 0.7, depth - 1) + 0.2 * v
"""
        return text, Routine((SCALAR, Int(0, 3)), SCALAR)
    if how == 1:
        text = f"""
def {name}(out, v, depth):
    if depth == 0:
        return
    out[depth % len(out)] += math.sin(v)
    out[0] *= 0.8
    {name}(out, 0.5 * v, depth - 1)
    out[-1] -= 0.3 * out[0]
"""
        return text, Routine((Array(shape), SCALAR, Int(0, 3)), None)
    text = f"""
def {name}(out):
    if len(out) > 1:
        out[1:] += 0.3 * out[:1] * np.cos(out[1:])
        {name}(out[1:])
"""
    return text, Routine((Array(shape),), None)


def _by_convention(
    rng: random.Random, tags: set[str], name: str, shape: tuple[int, ...]
) -> tuple[str, Routine]:
    """Return a helper with one of the calling conventions that people use."""
    how = rng.randrange(10)
    if how == 4:
        tags.add("helper: keyword-only, *args, **kwargs")
        return f"""
def {name}(v, /, *rest, gain=0.6, **options):
    total = gain * math.sin(v)
    for term in rest:
        total += 0.3 * math.tanh(term)
    for key, value in options.items():
        total -= 0.2 * value
    return total + 0.1 * options.get('shift', 0.0)
""", Routine((SCALAR,) * rng.randrange(1, 4), SCALAR, ("gain", "shift"))  # fmt: skip
    if how == 5:
        tags.add("helper: passes *args and **kwargs on")
        return f"""
def {name}_inner(v, w=0.4, *, gain=0.6, shift=0.1):
    return gain * math.sin(v * w) + shift

def {name}(*args, **kwargs):
    return 0.5 * {name}_inner(*args, **kwargs) + 0.2 * args[0]
""", Routine((SCALAR,) * rng.randrange(1, 3), SCALAR, ("gain", "shift"))  # fmt: skip
    if how == 6:
        form = rng.choice(MAKERS)
        return f"\ndef {name}(v):\n    {form}\n", Routine((SCALAR,), Routine((SCALAR,), SCALAR))
    if how == 7:
        tags.add("helper: recursion over a list of lists")
        return f"""
def {name}(v, depth):
    if depth == 0:
        return [v, 0.5 * v]
    left = {name}(math.sin(v), depth - 1)
    return left + [0.3 * item for item in left]
""", Routine((SCALAR, Int(0, 2)), Scalars())  # fmt: skip
    if how in (8, 9):
        form = rng.choice(["for step in range(3):\n        yield v\n        v = math.sin(v) + 0.1 * step",
                           "yield v\n    yield 0.5 * math.cos(v)",
                           "yield from (math.sin(v * step) for step in range(3))"])  # fmt: skip
        return f"\ndef {name}(v):\n    {form}\n", Routine((SCALAR,), Scalars())
    if how == 0:
        tags.add("helper: variable number of arguments")
        text = f"""
def {name}(*terms):
    total = 0.0
    for position, term in enumerate(terms):
        total += math.sin(term) / (1.0 + position)
    return total
"""
        return text, Routine((SCALAR,) * rng.randrange(1, 4), SCALAR)
    if how == 1:
        tags.add("helper: optional out=None")
        text = f"""
def {name}(a, out=None):
    if out is None:
        out = np.empty_like(a)
    out[...] = np.tanh(a)
    return out
"""
        return text, Routine((Array(shape),) * rng.randrange(1, 3), Array(shape))
    if how == 2:
        tags.add("helper: appends to its argument")
        text = f"""
def {name}(items, v):
    items.append(0.5 * items[-1] + math.sin(v))
    items[0] *= 0.9
"""
        return text, Routine((Scalars(), SCALAR), None)
    tags.add("helper: makes a function")
    text = f"""
def {name}(v, w):
    def inner(t):
        return math.sin(w * t)

    w = 0.5 * w
    return inner(v) + 0.3 * inner(w)
"""
    return text, Routine((SCALAR, SCALAR), SCALAR)


def _outcome(body: Statements, params: dict[str, Kind]) -> str:
    """Return the expression that ``f`` returns, a mix of arguments (perhaps overwritten) and locals."""
    arrays = dict(body.arrays())
    chosen = [name for name in params if isinstance(params[name], Array) and body.chance(0.65)]
    locals_ = [name for name in arrays if name not in params and name not in body.frozen]
    chosen += body.rng.sample(locals_, min(len(locals_), 3))
    chosen = chosen or ["x"]

    terms = []
    for weight, name in zip((1.0, -0.7, 0.4, 1.3, 0.9), chosen, strict=False):
        shape = arrays[name].shape
        form = body.pick(
            [
                "np.sum({0} * {0})",
                "np.sum(np.sin({0}))",
                "np.sum(np.tanh({0}) * {1})",
                "({0} * {1}).sum()",
                "np.mean({0} ** 2)",
                "{0}.ravel() @ np.cos({0}).ravel()",
            ]
        )
        terms.append(f"{weight} * {form.format(name, body.operand(shape, 0))}")
    floats = [name for name in body.names(Scalar) if name not in body.frozen]
    terms += [f"0.8 * {name}" for name in body.rng.sample(floats, min(len(floats), 3))]
    terms += [body.tame(1)]
    body.rng.shuffle(terms)
    return " + ".join(terms)
