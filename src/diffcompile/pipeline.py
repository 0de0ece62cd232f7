"""The whole story in one place: from a Python function and a signature to its gradient function."""

from __future__ import annotations

import gc
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

import gast

import diffcompile.rules  # noqa: F401 - fills the table of rules
from diffcompile import cache, calling, dynamic, watch
from diffcompile.analysis.aliasing import find_aliases
from diffcompile.analysis.types import Type, type_of
from diffcompile.autodiff.derived import check_inner, structure_of, with_contents
from diffcompile.autodiff.forward import push_forward
from diffcompile.autodiff.gradient import Gradient, Show, differentiate
from diffcompile.autodiff.nested import expand_derivatives
from diffcompile.backend.load import load
from diffcompile.backend.reconstruct import reconstruct
from diffcompile.backend.render import origins, render
from diffcompile.batching import batch
from diffcompile.calling import pairs
from diffcompile.calling.pairs import paired
from diffcompile.errors import DiffCompileError, MissingRuleError, Span, shown_path
from diffcompile.frontend.lower import Code
from diffcompile.frontend.source import listening, source_behind
from diffcompile.ir.core import Function, Value, walk
from diffcompile.ir.verifier import verify
from diffcompile.passes.handing_over import hand_over
from diffcompile.passes.in_place import drop_copies, reuse
from diffcompile.passes.joined_saves import Joined, join_saves
from diffcompile.passes.python_floats import read_floats
from diffcompile.passes.refusals import REFUSALS, not_followed, retried
from diffcompile.passes.repeatable import make_repeatable
from diffcompile.passes.replays import replay
from diffcompile.passes.spent_copies import drop_spent_copies
from diffcompile.passes.views import take_views_once
from diffcompile.recording import Recorder
from diffcompile.specialise import Guard, Memory, Program, specialise
from diffcompile.specialise.items import Item, TupleItem
from diffcompile.specialise.surroundings import split

DEEP = 50_000
COMPILING = threading.RLock()
"""Held while something is compiled: the recursion limit belongs to the whole process, and so do the tables of code."""
if hasattr(os, "register_at_fork"):  # a child must not be born while another thread compiles
    os.register_at_fork(before=COMPILING.acquire, after_in_parent=COMPILING.release, after_in_child=COMPILING.release)
STAGES = ("source", "ast", "ssa", "typed", "primal", "adjoint", "optimised", "code")


@dataclass(slots=True)
class Request:
    """What is to be generated."""

    code: Code
    types: list[Type]
    wrt: list[int]
    with_value: bool = False
    has_aux: bool = False
    examples: Sequence[Any] = ()
    pullback: bool = False
    """Generate a function of the arguments and the cotangents of the results."""
    pair: bool = False
    """Generate a function that returns the results and their pullback."""
    out: tuple[int, ...] = ()
    """Parameters whose contents at the end are further results."""
    changing: Any = ()
    """Parameters that are objects, and attributes whose values at the end are further results."""
    inner: bool = False
    """Generated code calls it, so whoever called sees what it does to its arguments."""
    forward: bool = False
    """Forward mode: generate a function of the arguments and tangents that returns tangents, ``with_value`` both."""
    batched: bool = False
    """Many directions at once: the cotangents of a pullback, or the tangents of forward mode, are stacked."""
    recorder: Recorder | None = None
    """Who looks at every adjoint."""
    part: bool = False
    """It is the block of a ``try``, which hands on variables that may have no value."""
    cached: bool = False
    """Text from an earlier process will do; it comes without stages. See :mod:`diffcompile.cache`."""

    def options(self) -> list[Any]:
        """Return what is asked for, apart from the function and the types of its arguments."""
        asked = [self.with_value, self.has_aux, self.pullback, self.pair, self.inner, self.forward, self.batched]
        return [list(self.code.captures), list(self.wrt), list(self.out), [[k, *v] for k, v in self.changing], *asked]


KeptIn = tuple[str, str]
"""The name of the list that residuals share in the text, and what one of them is called when it is taken."""


@dataclass(slots=True)
class Compiled:
    """A generated function: its text and all that a call of it needs."""

    source: str
    function: Callable[..., Any]
    guards: list[Guard]
    live_globals: list[Callable[[], Any]]
    written: list[int]
    structure: Item | None
    stages: dict[str, Function] = field(default_factory=dict)
    types: dict[Value, Type] = field(default_factory=dict)
    notes: dict[Value, tuple[str, Value]] = field(default_factory=dict)
    """What was stored, and why; see :class:`diffcompile.autodiff.gradient.Gradient`."""
    sharing: tuple[tuple[int, int, int], ...] | None = None
    """Which objects the arguments and the surroundings had in common at the first call."""
    tree: Any = None
    """The syntax tree that ``source`` was printed from."""
    kept_in: dict[Value, KeptIn] = field(default_factory=dict)
    """By the list in ``stages``, for residuals that share a list in the text."""
    checks: tuple[list[tuple[dict[str, Any], str, Any]], list[Guard]] | None = None
    """The guards: global variables that must still hold an object, and all others."""

    def holds(self) -> bool:
        """Tell whether all that the code relies on is as it was when the code was made."""
        if self.checks is None:
            self.checks = split(self.guards)
        same, others = self.checks
        for variables, name, value in same:
            if variables.get(name) is not value:
                return False
        return not others or all(guard.holds(guard.read()) for guard in others)
    recorder: Recorder | None = None
    """Who looks at every adjoint, when the code runs."""
    loaded: tuple[str, dict[str, Any], bool] = ("", {}, False)
    """The name of the function in ``source``, the objects that are bound there, and whether it enters contexts."""

    def lines(self) -> dict[int, Span]:
        """Return which primal code a line of ``source`` came from."""
        return origins(self.tree, self.source)


def compile_gradient(request: Request) -> Compiled:
    """Compile a gradient, or load the code that another process has compiled."""
    if not request.cached or request.recorder is not None or not os.environ.get(cache.CACHE):
        return _compiled(request)
    with COMPILING:
        what = (request.code.source, request.examples, request.types, request.options())
        start = time.perf_counter()
        kept = None if os.environ.get(watch.DUMP) else cache.find(*what)
        if kept is not None:
            function = _loaded(kept.source, kept.name, kept.objects, kept.unwinding)
            watch.loaded(kept.name, time.perf_counter() - start)
            return Compiled(kept.source, function, kept.guards, kept.live, kept.written, kept.structure)
        with listening() as consulted:
            made = _compiled(request)
        name, objects, unwinding = made.loaded
        left = cache.Kept(
            made.source, name, objects, unwinding, made.written, made.structure, made.guards, made.live_globals
        )
        cache.keep(*what, consulted, left)
    return made


def _loaded(source: str, name: str, objects: dict[str, Any], unwinding: bool) -> Callable[..., Any]:
    function = load(source, name, objects)
    return dynamic.unwinding(function) if unwinding else function


def _compiled(request: Request) -> Compiled:
    """Compile a gradient; where a call has to be followed into which nothing active seemed to go, once more."""
    followed: frozenset[Any] = frozenset()
    while True:
        try:
            return _compiled_so(request, followed)
        except MissingRuleError as problem:
            callee = not_followed(problem, followed)
            if callee is None:
                raise
            followed |= {callee}


def _compiled_so(request: Request, followed: frozenset[Any]) -> Compiled:
    """Compile a gradient; try harder, and be less choosy, where it is refused.

    Calls into which nothing active goes are made as they stand, but for those to be ``followed``. Where something is
    stored later in what they return, they have to be written out; a branch is left to be refused when it is reached
    only if that does not help. Recursive functions are written as loops if calls of pairs are refused.
    """
    memory = Memory(hasty=True, followed_anyway=followed)
    try:
        return _compiled_at_once(request, memory)
    except REFUSALS:
        if not memory.returning and not memory.recursive:
            raise
    if memory.recursive:
        with suppress(*REFUSALS):
            return _compiled_at_once(request, Memory(hasty=True, stacking=True, followed_anyway=followed))
    if memory.returning:
        with suppress(*REFUSALS):
            return _compiled_at_once(request, Memory(written_out=True, followed_anyway=followed))
    return _compiled_at_once(request, Memory(followed_anyway=followed))


def _compiled_at_once(request: Request, memory: Memory) -> Compiled:
    """Compile a gradient: every stage is a line, and what each produced is kept for inspection."""
    stages: dict[str, Function] = {}
    start = time.perf_counter()
    with COMPILING, deep_recursion():
        code = request.code
        stages["ssa"] = verify(code.function(), "lowering")
        active = [number in request.wrt for number in range(len(request.types))]
        changing = request.changing
        typed = specialise(
            code, request.types, active=active, examples=request.examples, memory=memory, changing=changing
        )
        if code in memory.sharing:
            stages["ssa"] = verify(code.function(sharing=True), "lowering")
        program = expand_derivatives(typed, memory.hasty and memory.recursive)
        if request.inner:
            check_inner(program, code.name)
        if request.out:
            program = with_contents(program, request.out)
        stages["typed"] = verify(program.function, "specialisation")
        _check_result(request, program.structure)
        hasty = memory.hasty and bool(memory.returning or memory.recursive)
        show, known = stages.__setitem__, memory.followed_anyway
        try:
            gradient = _transformed(request, program, show) if hasty else transform(request, program, show, known)
        except DiffCompileError as problem:
            for call in memory.calls_to(problem.span):
                problem.pass_through(call)
            raise
        if request.batched:
            gradient = batch(gradient, len(gradient.function.body.results) // 2 if request.forward else 0)
            stages["optimised"] = gradient.function
        text = emit(gradient, request)
        unwinding = any(op.callee in (dynamic.enter_found, dynamic.enter_acting) for op in walk(program.function.body))
        function = _loaded(text.source, text.name, text.objects, unwinding)
    watch.compiled(text.name, time.perf_counter() - start, stages, gradient.types, text.source)
    return Compiled(
        text.source,
        function,
        program.guards,
        [read for _, _, read in program.live_globals],
        gradient.written,
        program.structure,
        stages,
        gradient.types,
        gradient.notes,
        tree=text.tree,
        kept_in=text.kept_in,
        loaded=(text.name, text.objects, unwinding),
        recorder=request.recorder,
    )


def _compile_program(program: Program, wrt: tuple[int, ...], out: tuple[int, ...], forward: bool) -> Any:
    """Compile a part of a program that is typed already, as a pair or in forward mode."""
    function = program.function
    names = tuple(param.name for param in function.params)
    results = (*function.body.results, *(function.params[number] for number in out))
    structure = TupleItem(results)
    whole = replace(
        program, function=replace(function, body=replace(function.body, results=results)),
        structure=structure, guards=[],
    )  # fmt: skip
    source = SimpleNamespace(path=function.path, node=SimpleNamespace(lineno=function.line))
    code: Any = SimpleNamespace(name=function.name, captures=names, parameters=(), source=source)
    request = Request(code, [], list(wrt), with_value=True, pair=not forward, forward=forward, part=True)
    with deep_recursion():
        verify(whole.function, "outlining")
        gradient = transform(request, whole, lambda *_: None)
        text = emit(gradient, request)
        made = load(text.source, text.name, text.objects)
    stages = {"optimised": gradient.function}
    compiled = Compiled(text.source, made, whole.guards, [], gradient.written, structure, stages, gradient.types)
    compiled.loaded = (text.name, text.objects, False)
    return _PushForward(compiled) if forward else _Pair(compiled)


def transform(
    request: Request, program: Program, show: Show, known: frozenset[Any] | None = None
) -> Gradient:
    """Differentiate a program, in the mode of the request; what cannot be, in a branch, waits until it is reached."""
    return retried(
        program.function,
        lambda function: _transformed(request, replace(program, function=function), show),
        known=known,
    )


def _transformed(request: Request, program: Program, show: Show) -> Gradient:
    if request.forward:
        return push_forward(
            program, request.wrt, with_value=request.with_value, show=show, last=not request.batched
        )
    return differentiate(
        program,
        request.wrt,
        with_value=request.with_value or request.pair,
        pullback=request.pullback or request.pair,
        show=show,
        recorder=request.recorder,
        last=not request.batched,
    )


def _check_result(request: Request, structure: Item | None) -> None:
    """Check that a function to take the gradient of returns one value, or with ``has_aux`` a pair."""
    if request.pullback or request.pair or request.forward:
        return
    is_tuple = isinstance(structure, TupleItem)
    if request.has_aux and not (isinstance(structure, TupleItem) and len(structure.items) == 2):  # noqa: PLR2004
        raise TypeError(f"with has_aux=True {request.code.name} must return a pair (value, auxiliary)")
    if is_tuple and not request.has_aux:
        raise TypeError(
            f"grad needs a function that returns one real number, but {request.code.name} returned a tuple; "
            "use has_aux=True if the first item is to be differentiated, or vjp"
        )


@dataclass(frozen=True, slots=True)
class Emitted:
    """The text of a gradient function."""

    source: str
    name: str
    objects: dict[str, Any]
    """What the text refers to and does not import."""
    tree: Any
    kept_in: dict[Value, KeptIn]
    """By a list of residuals that shares one with others in the text."""


def emit(gradient: Gradient, request: Request) -> Emitted:
    """Return the source text of a gradient function, and what it needs."""
    code = request.code
    base = code.name if code.name.isidentifier() else "lambda_"
    name = f"{base.rstrip('_')}_{_kind(request)[0]}"
    types = dict(gradient.types)  # what is emitted once more starts from the same
    function = drop_spent_copies(drop_copies(gradient.function, types), types, gradient.hints)
    function = hand_over(verify(function, "copies of what is spent"), types)
    saved = {value for value, (why, _) in gradient.notes.items() if why == "saved"}
    function = verify(take_views_once(function, types), "views that are taken once")
    function = verify(read_floats(function, types, saved), "numbers read as Python's floats")
    function = verify(replay(function, types, saved), "loops over what was saved")
    if request.pair:
        values = len(function.body.results) - len(request.wrt)
        function = verify(make_repeatable(function, types, values), "a reverse sweep that may run again")
    function = verify(reuse(function, types, gradient.hints, once=not request.pair), "results in memory of operands")
    aliases = find_aliases(function, types)  # to which what one tuple holds would be one
    function, joined = join_saves(function, types, gradient.hints, saved)
    function = verify(function, "what a trip saves, saved together")
    pair = (len(gradient.function.body.results) - len(request.wrt), gradient.seeds) if request.pair else None
    text = reconstruct(function, types, aliases, gradient.hints, {name}, pair, part=request.part)
    args = [gast.Name(param, gast.Param(), None, None) for param in text.params]
    docstring = gast.Expr(gast.Constant(_docstring(request), None))
    definition = gast.FunctionDef(
        name, gast.arguments(args, [], None, [], [], None, []), [docstring, *text.statements], [], None, None, []
    )
    imports = text.spelling.import_lines()
    module = gast.Module([definition], [])
    source = (imports + "\n\n\n" if imports else "") + render(module)
    return Emitted(source, name, text.spelling.objects, module, _kept_in(joined, text.names))


def _kept_in(joined: Joined, names: dict[Value, str]) -> dict[Value, KeptIn]:
    """Return the names of what residuals are kept in that share a list."""
    return {old: (names.get(list_, ""), names.get(item, "")) for old, (list_, item) in joined.items()}


def _kind(request: Request) -> tuple[str, str]:
    """Return what is generated: the end of its name, and the beginning of its docstring."""
    if request.batched and request.forward:
        return ("jvps", "Value and many tangents") if request.with_value else ("tangents", "Many tangents")
    if request.batched:
        return "pullbacks", "Pullback of many cotangents"
    if request.forward:
        return ("jvp", "Value and tangent") if request.with_value else ("tangent", "Tangent")
    if request.pair:
        return "forward", "Value and pullback"
    if request.pullback:
        return "pullback", "Pullback"
    return ("value_and_grad", "Value and gradient") if request.with_value else ("grad", "Gradient")


def _docstring(request: Request) -> str:
    code = request.code
    source = source_behind(code.source)
    path = shown_path(source.path).rsplit("/", 1)[-1]
    names = [*code.captures, *(parameter.name for parameter in code.parameters)]
    wrt = ", ".join(names[number] for number in request.wrt)
    line = getattr(source.node, "lineno", 0)
    place = "" if path.startswith("<") else f" ({path}:{line})"
    if not wrt and request.pair:
        return f"Value of {code.name}{place}, and a pullback of nothing."
    return f"{_kind(request)[1]} of {code.name}{place} with respect to {wrt}."


@dataclass(slots=True)
class _Pair:
    """A compiled pair, as :mod:`diffcompile.calling` uses it."""

    compiled: Compiled

    @property
    def guards(self) -> list[Guard]:
        """What the generated code relies on."""
        return self.compiled.guards

    @property
    def written(self) -> list[int]:
        """Which arguments the function writes to."""
        return self.compiled.written

    def call(self, args: tuple[Any, ...]) -> tuple[Any, calling.Pullback]:
        """Return the result and a pullback that takes a cotangent of its structure."""
        compiled = self.compiled
        values = (*args, *(read() for read in compiled.live_globals))
        return paired(compiled.function, structure_of(compiled.structure), values)


def _compile_pair(code: Code, args: tuple[Any, ...], wrt: tuple[int, ...], callee: calling.Callee) -> _Pair:
    types = [type_of(dynamic.known(arg), number) for number, arg in enumerate(args)]
    out, changing = callee.written, callee.changing
    request = Request(
        code, types, list(wrt), examples=args, pair=True, inner=True, out=out, changing=changing, cached=True
    )
    return _Pair(compile_gradient(request))


@dataclass(slots=True)
class _PushForward:
    """A compiled function with tangents, as :mod:`diffcompile.calling` uses it."""

    compiled: Compiled

    @property
    def guards(self) -> list[Guard]:
        """What the generated code relies on."""
        return self.compiled.guards

    @property
    def written(self) -> list[int]:
        """Which arguments the function writes to."""
        return self.compiled.written

    def push(self, args: tuple[Any, ...], dots: tuple[Any, ...]) -> tuple[Any, Any]:
        """Return the result and its tangent, both structured."""
        compiled = self.compiled
        found = compiled.function(*args, *(read() for read in compiled.live_globals), *dots)
        split = len(found) // 2
        return rebuilt(compiled.structure, list(found[:split])), rebuilt(compiled.structure, list(found[split:]))


def _compile_tangent(
    code: Code, args: tuple[Any, ...], wrt: tuple[int, ...], callee: calling.Callee
) -> _PushForward:
    types = [type_of(dynamic.known(arg), number) for number, arg in enumerate(args)]
    request = Request(
        code, types, list(wrt), with_value=True, examples=args, forward=True, inner=True, out=callee.written,
        changing=callee.changing, cached=True,
    )
    return _PushForward(compile_gradient(request))


calling.hooks.compile_pair = _compile_pair
calling.hooks.compile_tangent = _compile_tangent
calling.hooks.compile_program = _compile_program


def rebuilt(structure: Item | None, leaves: list[Any]) -> Any:
    """Return the nested tuple of results from the flat one that generated code returns."""
    return pairs.rebuilt(structure_of(structure), iter(leaves))


def flattened(structure: Item | None, ct: Any, leaves: list[Any]) -> None:
    """Append the leaves of a cotangent of a result of this structure; 0.0 and None are zero everywhere."""
    leaves += pairs.leaves(structure_of(structure), ct)


@contextmanager
def deep_recursion() -> Iterator[None]:
    """Allow the recursion that a deep chain of calls or branches needs, and pause the garbage collector.

    A compilation makes many long-lived objects and no cycles to speak of; full collections would make it quadratic.
    """
    with _Allowed.lock:
        if not _Allowed.threads:
            _Allowed.before = sys.getrecursionlimit(), gc.isenabled()
            sys.setrecursionlimit(max(_Allowed.before[0], DEEP))
            gc.disable()
        _Allowed.threads += 1
    try:
        yield
    finally:
        with _Allowed.lock:
            _Allowed.threads -= 1
            if not _Allowed.threads:
                limit, collecting = _Allowed.before
                sys.setrecursionlimit(limit)
                if collecting:
                    gc.enable()


class _Allowed:
    """Who needs deep recursion: the limit is one for all threads, and the first one knows what it was."""

    lock = threading.Lock()
    threads = 0
    before = (0, True)
