"""The fuzzer in short, and tests that it would find what it is there to find."""

import ast
import math

import numpy as np
import pytest

from diffcompile import jvp
from diffcompile.errors import UnsupportedError
from fuzz.generate import generate
from fuzz.numeric import UnsuitableError, derivative, gradient_by_differences
from fuzz.reduce import reduce
from fuzz.run import Harness, campaign, failure_text, main

PROGRAMS = 100

MEMORY = {
    "alias: chosen at run time",
    "alias: name for a view",
    "alias: swap of arrays in a loop",
    "alias: two names for one array",
    "array: np.empty filled piece by piece",
    "augmented: @=",
    "augmented: item",
    "augmented: name of an array",
    "augmented: slice",
    "call: mutates its argument",
    "call: returns memory of its argument",
    "helper: optional out=None",
    "list: append of an array",
    "list: store into an array of it",
    "slice: empty",
    "slice: negative step",
    "slice: strided",
    "store: copyto",
    "store: diagonal",
    "store: fill",
    "store: integer array",
    "store: into an argument",
    "store: item",
    "store: mask",
    "store: np.add.at",
    "store: out=",
    "store: overlapping slices",
    "store: repeated integer index",
    "store: slice",
    "store: swap of rows",
    "store: through an unnamed view",
    "view: column",
    "view: diagonal",
    "view: ravel",
    "view: reshape",
    "view: transpose",
    "view: view of a view",
}
LANGUAGE_FEATURES = {
    "assignment: annotated",
    "assignment: nested unpacking",
    "assignment: several targets",
    "assignment: starred unpacking",
    "break",
    "call: default argument",
    "call: function as argument",
    "call: keyword argument",
    "call: method",
    "call: recursion",
    "call: returns a tuple",
    "closure",
    "closure: nonlocal",
    "comprehension",
    "comprehension: condition",
    "condition: chained comparison",
    "condition: on active values",
    "conditional expression",
    "continue",
    "dict: item store",
    "early return",
    "elif",
    "generator expression",
    "if",
    "lambda",
    "list: append",
    "list: item store",
    "list: pop",
    "loop: else",
    "loop: enumerate",
    "loop: nested",
    "loop: over rows",
    "loop: range",
    "loop: reversed",
    "loop: variable used after it",
    "loop: zero trips",
    "loop: zip",
    "name bound in every branch",
    "return in a loop",
    "tuple: new",
    "walrus",
    "while",
    "while True",
}

OBJECTS = {
    "call: of a function",
    "class",
    "class: base",
    "class: cached attribute",
    "class: class attribute",
    "class: container",
    "class: dataclass",
    "class: property",
    "class: property with a setter",
    "class: super",
    "condition: on an object",
    "dict: methods",
    "finally",
    "function as an attribute",
    "function returned by a function",
    "generator",
    "helper: keyword-only, *args, **kwargs",
    "helper: takes objects",
    "list: methods",
    "list: of lists",
    "loop: over objects",
    "match",
    "object: attribute first stored late",
    "object: changed by an operator",
    "object: chosen at run time",
    "object: in a list",
    "object: made by an operator",
    "object: name bound again",
    "object: swap",
    "object: two names",
    "try",
    "with",
}


RARE = {
    "alias: swap chosen at run time",
    "closure: nonlocal array",
    "complex",
    "defaultdict",
    "deque",
    "dict: of arrays",
    "generator: writes",
    "loop: over an object that changes",
    "loop: over lists that change",
    "object: changes when asked",
    "order of evaluation",
    "order of evaluation: index and value",
    "star before a call that writes",
    "store: out= of a reduction",
    "store: put, place, ufunc.at",
    "try: an error from inside",
    "view: or a copy",
    "view: several at once",
    "while: condition that writes",
    "with: writes",
}


def test_generated_programs_run_by_themselves():
    for seed in range(300):
        program = generate(seed)
        namespace = {}
        exec(compile(program.source, f"seed {seed}", "exec"), namespace)
        for point in range(2):
            with np.errstate(all="ignore"):
                value = namespace["f"](*program.arguments(point))
            assert isinstance(value, float), f"seed {seed} returns {type(value)}"


def test_a_seed_gives_one_program():
    assert [generate(seed).source for seed in range(20)] == [generate(seed).source for seed in range(20)]
    assert len({generate(seed).source for seed in range(20)}) == 20


def test_programs_cover_language_and_memory():
    covered = frozenset().union(*(generate(seed).features for seed in range(1200)))
    assert covered >= MEMORY
    assert covered >= LANGUAGE_FEATURES
    assert covered >= OBJECTS
    assert covered >= RARE


def test_gradients_of_random_programs():
    report = campaign(programs=PROGRAMS, seed=0, push=jvp, reduce_seconds=10.0)
    failures = "\n".join(failure_text(*failure) for failure in report.failures)
    assert report.verdicts["wrong"] == 0, failures
    assert report.verdicts["crashed"] == 0, failures
    assert report.checked_share > 0.6, report.summary()


@pytest.mark.long
def test_gradients_of_many_random_programs():
    report = campaign(programs=20_000, seed=1_000_000, seconds=1800.0, push=jvp)
    failures = "\n".join(failure_text(*failure) for failure in report.failures)
    assert report.verdicts["wrong"] == report.verdicts["crashed"] == 0, failures
    assert report.checked_share > 0.6, report.summary()


# ---- the checker is checked ------------------------------------------------------------------------------


class Planted:
    """Differences, but with an error in the gradient of programs that use ``np.add.at``."""

    def __init__(self, spoil):
        self.spoil = spoil

    def __call__(self, fun, argnums):
        exact = gradient_by_differences(fun, argnums)
        with open(fun.__code__.co_filename) as file:
            affected = any(
                isinstance(node, ast.Attribute) and ast.unparse(node) == "np.add.at"
                for node in ast.walk(ast.parse(file.read()))
            )

        def value_and_grad(*args):
            value, gradient = exact(*args)
            return self.spoil(args, value, gradient) if affected else (value, gradient)

        return value_and_grad


def seed_with(feature):
    return next(seed for seed in range(1000) if feature in generate(seed).features)


def shifted(args, value, gradient):
    return value, (gradient[0] + 1e-4, *gradient[1:])


def test_a_planted_wrong_gradient_is_found_and_reduced():
    seed = seed_with("store: np.add.at")
    report = campaign(programs=1, seed=seed, differentiate=Planted(shifted), reduce_seconds=300.0)
    assert report.verdicts["wrong"] == 1
    ((program, verdict, small),) = report.failures
    assert "the gradient differs" in verdict.detail
    assert "np.add.at" in small
    assert len(small.splitlines()) < 12 < len(program.source.splitlines())
    assert f"seed {seed}" in failure_text(program, verdict, small)


def overwrite(args, value, gradient):
    args[0][0] = 0.0
    return value, gradient


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda args, value, gradient: (value + 1e-6, gradient), "the value differs"),
        (lambda args, value, gradient: (value, gradient[0]), "the gradient's structure differs"),
        (
            lambda args, value, gradient: (value, tuple(map(np.float32, gradient))),
            "a gradient's shape or dtype differs",
        ),
        (
            lambda args, value, gradient: (value, tuple(part * math.nan for part in gradient)),
            "the gradient differs",
        ),
        (overwrite, "an argument was modified"),
    ],
    ids=["value", "structure", "dtype", "nan", "argument"],
)
def test_other_errors_are_found(spoil, reason):
    report = campaign(
        programs=1, seed=seed_with("store: np.add.at"), differentiate=Planted(spoil), reduce_seconds=0
    )
    assert report.reasons["wrong"][reason] == 1


def test_an_unstable_gradient_is_found():
    calls = []

    def unstable(args, value, gradient):
        calls.append(value)
        return value, (gradient[0] + 1e-12 * len(calls), *gradient[1:])

    report = campaign(
        programs=1, seed=seed_with("store: np.add.at"), differentiate=Planted(unstable), reduce_seconds=0
    )
    assert report.reasons["wrong"]["a second call gives another gradient"] == 1


def test_crashes_and_refusals_are_counted_apart():
    def crash(fun, argnums):
        raise KeyError("y_bar")

    def refuse(fun, argnums):
        raise UnsupportedError("`yield` is not supported")

    crashed = campaign(programs=5, differentiate=crash, reduce_seconds=0)
    assert crashed.verdicts["crashed"] == 5 == len(crashed.failures)
    assert crashed.reasons["crashed"]["KeyError"] == 5
    refused = campaign(programs=5, differentiate=refuse)
    assert refused.verdicts["refused"] == 5
    assert refused.reasons["refused"]["UnsupportedError: _ is not supported"] == 5
    assert refused.checked_share == 0
    assert not refused.failures


def test_correct_gradients_pass(tmp_path):
    harness = Harness(tmp_path, gradient_by_differences)
    verdicts = [harness.judge(generate(seed)) for seed in range(40)]
    kinds = [verdict.kind for verdict in verdicts]
    assert kinds.count("ok") >= 36
    assert set(kinds) <= {"ok", "skipped"}
    assert any("complex step" in verdict.methods for verdict in verdicts)
    assert not list(tmp_path.glob("fuzz_*"))


def test_reducer_keeps_what_matters():
    source = """
def f(x):
    total = 0.0
    for i in range(3):
        if i > 1:
            total += g(x) * 2.0
        else:
            total -= 1.0
    unused = total * 3
    return total + unused
"""
    small = reduce(source, lambda text: "g(x)" in text and "def f" in text)
    assert small == "def f(x):\n    total += g(x)\n"


def test_unreliable_derivatives_are_refused():
    way = {0: np.ones(2)}
    args = (np.array([0.3, -0.3]),)
    smooth = derivative(lambda x: np.sum(np.sin(x)), args, way)
    assert smooth.method == "complex step"
    assert smooth.value == pytest.approx(2 * math.cos(0.3), rel=1e-13)
    kinked = derivative(lambda x: np.sum(np.abs(x) ** 3), args, way)
    assert kinked.method == "differences"
    assert abs(kinked.value) < 1e-9
    for jump in (
        lambda x: float(abs(np.sum(x))),  # bends where we stand
        lambda x: 1.0 if x[0] > 0.301 else float(x[1]),  # jumps within the largest step
        lambda x: math.floor(x[0] * 1e7) * 1e-7,  # a staircase
    ):
        with pytest.raises(UnsuitableError):
            derivative(jump, args, way)


def test_command_line(capsys):
    assert main(["--programs", "3", "--features"]) == 0
    text = capsys.readouterr().out
    assert "3 programs in" in text
    assert "feature" in text
