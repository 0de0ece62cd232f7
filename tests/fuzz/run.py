"""Run the fuzzer: ``python -m tests.fuzz.run --programs N --seed S --seconds T`` from the repository's root.

Each program is written to a file, imported, differentiated, and its gradient compared with references along
random directions at two points. A program counts as

- ``ok``: value and gradient are right, arguments untouched, the second call answers the same, and so for the
  derivatives in forward mode along the same directions;
- ``wrong``: one of these does not hold;
- ``crashed``: compiling or running the gradient raised anything but a `DiffCompileError`, or took too long;
- ``refused``: the compiler refused it (`DiffCompileError`), tallied by reason;
- ``skipped``: numerically unsuitable; the gradient was not asked for.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import linecache
import math
import re
import signal
import sys
import tempfile
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any

import numpy as np

from diffcompile import jvp, value_and_grad
from diffcompile.errors import DiffCompileError

from .generate import Program, generate
from .numeric import Arguments, Derivative, UnsuitableError, along, call, derivative, directions
from .reduce import reduce

POINTS = 2
DIRECTIONS = 2
TOLERANCE = 1e-6
TINY = 1e-9
PROGRAM_SECONDS = 2
COMPILE_SECONDS = 60

Differentiate = Callable[[Callable[..., Any], tuple[int, ...]], Callable[..., tuple[Any, tuple[Any, ...]]]]
Push = Callable[[Callable[..., Any], Arguments, tuple[Any, ...]], tuple[Any, Any]]


@dataclass(frozen=True)
class Verdict:
    """What became of one program: ``kind`` is ok, wrong, crashed, refused or skipped."""

    kind: str
    reason: str = ""
    detail: str = ""
    methods: frozenset[str] = frozenset()


@dataclass
class Report:
    """The outcome of a campaign."""

    verdicts: Counter[str] = field(default_factory=Counter)
    reasons: dict[str, Counter[str]] = field(default_factory=dict)
    methods: Counter[str] = field(default_factory=Counter)
    features: dict[str, Counter[str]] = field(default_factory=dict)
    failures: list[tuple[Program, Verdict, str]] = field(default_factory=list)
    """Each wrong or crashed program with its reduced source."""
    seconds: float = 0.0

    @property
    def programs(self) -> int:
        return sum(self.verdicts.values())

    @property
    def checked_share(self) -> float:
        """The share of programs whose gradient was compared."""
        return (self.verdicts["ok"] + self.verdicts["wrong"]) / max(self.programs, 1)

    def add(self, program: Program, verdict: Verdict) -> None:
        self.verdicts[verdict.kind] += 1
        self.methods.update(verdict.methods)
        if verdict.reason:
            self.reasons.setdefault(verdict.kind, Counter())[verdict.reason] += 1
        for feature in program.features:
            self.features.setdefault(feature, Counter())[verdict.kind] += 1

    def summary(self) -> str:
        counts = ", ".join(f"{kind} {self.verdicts[kind]}" for kind in KINDS)
        lines = [f"{self.programs} programs in {self.seconds:.0f} s: {counts}"]
        if self.methods:
            lines.append(
                "references: " + ", ".join(f"{name} {count}" for name, count in self.methods.most_common())
            )
        for kind, reasons in self.reasons.items():
            lines += [f"{kind}:"] + [f"  {count:5d}  {reason}" for reason, count in reasons.most_common()]
        return "\n".join(lines)

    def histogram(self) -> str:
        """Return how many programs had each feature, and what became of them."""
        width = max(map(len, self.features), default=0)
        lines = [f"{'feature':{width}}  programs  " + "  ".join(f"{kind:>7}" for kind in KINDS)]
        for feature, counts in sorted(self.features.items(), key=lambda entry: (-entry[1].total(), entry[0])):
            cells = "  ".join(f"{counts[kind]:7d}" for kind in KINDS)
            lines.append(f"{feature:{width}}  {counts.total():8d}  {cells}")
        return "\n".join(lines)


KINDS = ("ok", "wrong", "crashed", "refused", "skipped")


def compiled(fun: Callable[..., Any], argnums: tuple[int, ...]) -> Callable[..., tuple[Any, tuple[Any, ...]]]:
    """Return the compiler's value and gradient of ``fun``, always a tuple of gradients."""
    return value_and_grad(fun, argnums=argnums)  # type: ignore[no-any-return]


class _Timeout(BaseException):
    """Not an `Exception`: nothing on the way may swallow it."""


@contextlib.contextmanager
def _limit(seconds: float) -> Iterator[None]:
    """Raise `_Timeout` after this time of the processor, where the platform and the thread allow it."""
    if not hasattr(signal, "SIGPROF") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def expire(signum: int, frame: FrameType | None) -> None:
        raise _Timeout

    previous = signal.signal(signal.SIGPROF, expire)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0.0)
        signal.signal(signal.SIGPROF, previous)


@contextlib.contextmanager
def loaded(source: str, name: str, folder: Path) -> Iterator[ModuleType]:
    """Write a module to a file and import it for the time of the block."""
    path = folder / f"{name}.py"
    path.write_text(source)
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    writes, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        spec.loader.exec_module(module)
        yield module
    finally:
        sys.dont_write_bytecode = writes
        del sys.modules[name]
        linecache.checkcache(str(path))
        path.unlink()


class Harness:
    """Judges programs with one way to differentiate in reverse, and one to do it forward (None: not at all)."""

    def __init__(
        self, folder: Path, differentiate: Differentiate = compiled, push: Push | None = None
    ) -> None:
        self.folder = folder
        self.differentiate = differentiate
        self.push = push
        self.count = 0

    def judge(self, program: Program, source: str | None = None) -> Verdict:
        """Return the verdict on a program (or on a reduced form of its source)."""
        self.count += 1
        name = f"fuzz_{program.seed}_{self.count}"
        try:
            with loaded(program.source if source is None else source, name, self.folder) as module:
                return self._judge(program, module.f)
        except _Timeout:
            return Verdict("skipped", "the program does not end")

    def _judge(self, program: Program, fun: Callable[..., Any]) -> Verdict:
        points: list[tuple[Arguments, float, list[tuple[dict[int, Any], Derivative]]]] = []
        reason = ""
        for point in range(POINTS):
            args = program.arguments(point)
            try:
                with _limit(PROGRAM_SECONDS):
                    points.append((args, float(call(fun, args)), self._references(program, fun, args, point)))
            except UnsuitableError as unsuitable:
                reason = str(unsuitable)
            except Exception as error:  # a generated program that fails by itself: a bug of the generator
                return Verdict(
                    "skipped", f"the program raises {type(error).__name__}", traceback.format_exc()
                )
        if not points:
            return Verdict("skipped", reason)
        methods = frozenset(found.method for _, _, references in points for _, found in references)
        try:
            with _limit(COMPILE_SECONDS), np.errstate(all="ignore"):
                gradient = self.differentiate(fun, program.argnums)
                for args, value, references in points:
                    complaint = self._compare(program, gradient, args, value, references)
                    if complaint:
                        return Verdict("wrong", complaint.split(":")[0], complaint, methods)
                if self.push is not None:
                    for args, value, references in points:
                        complaint = self._compare_forward(self.push, fun, args, value, references)
                        if complaint:
                            return Verdict("wrong", complaint.split(":")[0], complaint, methods)
        except DiffCompileError as error:
            return Verdict("refused", _reason(error), str(error))
        except _Timeout:
            return Verdict("crashed", f"no gradient within {COMPILE_SECONDS} s")
        except Exception as error:
            return Verdict("crashed", _where(error), traceback.format_exc())
        zero = all(abs(found.value) < TINY for _, _, references in points for _, found in references)
        return Verdict("ok", "the gradient is zero" if zero else "", methods=methods)

    @staticmethod
    def _references(
        program: Program, fun: Callable[..., Any], args: Arguments, point: int
    ) -> list[tuple[dict[int, Any], Derivative]]:
        rng = np.random.default_rng([program.seed, point, 1])
        ways = [directions(args, program.argnums, rng) for _ in range(DIRECTIONS)]
        return [(way, derivative(fun, args, way)) for way in ways]

    @staticmethod
    def _compare(
        program: Program,
        gradient: Callable[..., Any],
        args: Arguments,
        value: float,
        references: list[tuple[dict[int, Any], Derivative]],
    ) -> str:
        """Return what is wrong with the gradient at this point, or nothing."""
        given = _copied(args)
        found_value, found = gradient(*given)
        if not _same(args, given):
            return "an argument was modified"
        if not math.isclose(found_value, value, rel_tol=1e-12, abs_tol=1e-12):
            return f"the value differs: {found_value!r} instead of {value!r}"
        if not isinstance(found, tuple) or len(found) != len(program.argnums):
            return f"the gradient's structure differs: {type(found).__name__}"
        for index, part in zip(program.argnums, found, strict=True):
            if (
                np.shape(part) != np.shape(args[index])
                or np.asarray(part).dtype != np.asarray(args[index]).dtype
            ):
                return f"a gradient's shape or dtype differs: argument {index}"
        by_index = dict(zip(program.argnums, found, strict=True))
        for way, expected in references:
            slope = along(by_index, way)
            if not _near(slope, expected):
                return f"the gradient differs: {slope!r}, not {expected.value!r} ({expected.method})"
        again = gradient(*given)[1]
        if not all(np.array_equal(first, second) for first, second in zip(found, again, strict=True)):
            return "a second call gives another gradient"
        return ""

    @staticmethod
    def _compare_forward(
        push: Push,
        fun: Callable[..., Any],
        args: Arguments,
        value: float,
        references: list[tuple[dict[int, Any], Derivative]],
    ) -> str:
        """Return what is wrong with the derivatives in forward mode at this point, or nothing."""
        for way, expected in references:
            given = _copied(args)
            found_value, slope = push(fun, given, tuple(way.get(index) for index in range(len(args))))
            if not _same(args, given):
                return "forward mode modified an argument"
            if not math.isclose(found_value, value, rel_tol=1e-12, abs_tol=1e-12):
                return f"the value differs in forward mode: {found_value!r} instead of {value!r}"
            slope = 0.0 if slope is None else float(slope)
            if not _near(slope, expected):
                return f"forward mode differs: {slope!r}, not {expected.value!r} ({expected.method})"
        return ""

    def reduced(self, program: Program, verdict: Verdict, seconds: float) -> str:
        """Return the smallest form of a program with the same verdict."""

        def same(source: str) -> bool:
            try:
                other = self.judge(program, source)
            except Exception:  # reduced to something that is no program any more
                return False
            return (other.kind, other.reason) == (verdict.kind, verdict.reason)

        return reduce(program.source, same, seconds)


def _copied(args: Arguments) -> Arguments:
    return tuple(arg.copy() if isinstance(arg, np.ndarray) else arg for arg in args)


def _same(args: Arguments, given: Arguments) -> bool:
    return all(np.array_equal(before, after) for before, after in zip(args, given, strict=True))


def _near(slope: float, expected: Derivative) -> bool:
    return bool(
        abs(slope - expected.value) <= TOLERANCE * max(1.0, abs(expected.value)) + 10 * expected.error
    )


def _reason(error: DiffCompileError) -> str:
    """Return the kind of a refusal: its message without the names of this one program."""
    problems = getattr(error, "problems", None)
    first = problems[0] if problems else error
    what = re.sub(r"[`'][^`']*[`']|\b\d+\b", "_", first.what.splitlines()[0])
    return f"{type(first).__name__}: {what}"


def _where(error: BaseException) -> str:
    """Return the type of an exception and the innermost line of the package that it passed."""
    frames = traceback.extract_tb(error.__traceback__)
    inside = [frame for frame in frames if "diffcompile" in Path(frame.filename).parts]
    place = f" in {Path(inside[-1].filename).name}:{inside[-1].name}" if inside else ""
    return f"{type(error).__name__}{place}"


def campaign(
    *,
    programs: int,
    seed: int = 0,
    seconds: float = math.inf,
    differentiate: Differentiate = compiled,
    push: Push | None = None,
    reduce_seconds: float = 60.0,
    on_verdict: Callable[[Program, Verdict], None] = lambda program, verdict: None,
    on_failure: Callable[[Program, Verdict, str], None] = lambda program, verdict, small: None,
) -> Report:
    """Judge the programs of seeds ``seed``, ``seed + 1``, ... until their number or the time is used up.

    An interrupt ends the campaign as well; the report is that of the programs so far.
    """
    report = Report()
    start = time.monotonic()
    with contextlib.suppress(KeyboardInterrupt), tempfile.TemporaryDirectory(prefix="fuzz") as folder:
        harness = Harness(Path(folder), differentiate, push)
        for number in range(seed, seed + programs):
            if time.monotonic() - start > seconds:
                break
            program = generate(number)
            verdict = harness.judge(program)
            report.add(program, verdict)
            on_verdict(program, verdict)
            if verdict.kind in ("wrong", "crashed"):
                small = (
                    harness.reduced(program, verdict, reduce_seconds)
                    if reduce_seconds > 0
                    else program.source
                )
                report.failures.append((program, verdict, small))
                on_failure(program, verdict, small)
    report.seconds = time.monotonic() - start
    return report


def failure_text(program: Program, verdict: Verdict, small: str) -> str:
    """Return a failure as a person wants to read it."""
    rule = "-" * 100
    return (
        f"{rule}\nseed {program.seed}, argnums {program.argnums}: {verdict.kind}: {verdict.reason}\n"
        f"{verdict.detail.rstrip()}\n\n{small}"
    )


def main(argv: list[str] | None = None) -> int:
    """Run a campaign from the command line; the exit status tells whether anything was wrong or crashed."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.run", description="Differential fuzzer")
    parser.add_argument("--programs", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0, help="the seed of the first program")
    parser.add_argument("--seconds", type=float, default=math.inf)
    parser.add_argument("--reduce-seconds", type=float, default=60.0, help="0: print failures as generated")
    parser.add_argument("--features", action="store_true", help="print a histogram of the features covered")
    parser.add_argument(
        "--show", type=int, metavar="SEED", help="print the program of a seed and its verdict"
    )
    options = parser.parse_args(argv)
    if options.show is not None:
        program = generate(options.show)
        with tempfile.TemporaryDirectory(prefix="fuzz") as folder:
            verdict = Harness(Path(folder), push=jvp).judge(program)
        print(program.source)
        print(f"# argnums {program.argnums}: {verdict.kind} {verdict.reason}\n{verdict.detail}")
        return int(verdict.kind in ("wrong", "crashed"))
    report = campaign(
        programs=options.programs,
        seed=options.seed,
        seconds=options.seconds,
        push=jvp,
        reduce_seconds=options.reduce_seconds,
        on_failure=lambda *failure: print(failure_text(*failure), flush=True),
    )
    if options.features:
        print(report.histogram())
    print(report.summary())
    return int(bool(report.failures))


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(main())
