"""Every stage of the compiler means the same: a function, its IR after each pass, and the output."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import gast
import numpy as np
import pytest

from corpus import CASES, Case
from corpus.compiling import gradient_of
from corpus.refused import REFUSED
from diffcompile.analysis.aliasing import find_aliases
from diffcompile.api import GradientFunction
from diffcompile.autodiff.gradient import prepare
from diffcompile.backend.load import load
from diffcompile.backend.reconstruct import reconstruct
from diffcompile.backend.render import render
from diffcompile.ir.evaluator import evaluate
from diffcompile.pipeline import deep_recursion, rebuilt
from diffcompile.rules import registry
from diffcompile.specialise import specialise
from diffcompile.specialise.functions import function_code
from diffcompile.testing.structures import first_change

SAMPLE = CASES[::8]
SAMPLE_SIZE = 30


@pytest.fixture(params=CASES, ids=lambda case: case.name)
def case(request: pytest.FixtureRequest) -> Case:
    """One function of the corpus after the other."""
    return request.param


def arguments(gradient: GradientFunction, case: Case) -> list[Any]:
    """Return fresh arguments as the stages take them: one for each parameter."""
    return gradient._bind(case.args(), {})


def surroundings(gradient: GradientFunction) -> list[Any]:
    """Return the values that the compiled stages read from around the function."""
    assert gradient._latest is not None
    return [read() for read in gradient._latest.live_globals]


def assert_same_value(found: Any, expected: Any, what: str) -> None:
    """Check that two results of the primal agree to rounding."""
    precision = 1e-12 if np.asarray(expected).dtype == np.float64 else 1e-6
    assert np.shape(found) == np.shape(expected), what
    assert found == pytest.approx(expected, rel=precision, abs=0.0), what


def test_primal_stages(case: Case) -> None:
    """The function, its SSA, its typed SSA and the primal that is differentiated compute the same."""
    gradient = gradient_of(case)
    compiled = gradient._latest
    expected = case.fun(*case.args())
    assert_same_value(evaluate(compiled.stages["ssa"], arguments(gradient, case)), expected, "ssa")
    for stage in ("typed", "primal"):
        leaves = evaluate(compiled.stages[stage], [*arguments(gradient, case), *surroundings(gradient)])
        found = rebuilt(compiled.structure, [leaves] if not isinstance(leaves, tuple) else list(leaves))
        assert_same_value(found, expected, stage)


def test_adjoint_stages(case: Case) -> None:
    """The generated code computes what the adjoint does, to rounding, and bit for bit what it does once optimised."""
    gradient = gradient_of(case)
    compiled = gradient._latest
    expected = compiled.function(*arguments(gradient, case), *surroundings(gradient))
    adjoint, optimised = (
        evaluate(compiled.stages[stage], [*arguments(gradient, case), *surroundings(gradient)])
        for stage in ("adjoint", "optimised")
    )
    assert_close(adjoint, expected)
    assert first_change(expected, optimised, "optimised") is None


def assert_close(found: Any, expected: Any) -> None:
    """Check that two structures agree to the rounding of a formula that is written another way."""
    if isinstance(expected, tuple | list):
        assert type(found) is type(expected)
        for ours, theirs in zip(expected, found, strict=True):
            assert_close(theirs, ours)
        return
    if isinstance(expected, dict):
        assert list(found) == list(expected)
        assert_close(list(found.values()), list(expected.values()))
        return
    kind = np.asarray(expected).dtype.kind
    if kind == "O" and hasattr(expected, "__dict__"):
        assert_close(vars(found), vars(expected))
        return
    if kind not in "fc":
        assert first_change(expected, found, "part") is None
        return
    assert isinstance(found, type(expected))  # NumPy's numbers are Python's once a buffer has kept them
    finite = np.abs(expected)[np.isfinite(expected)]
    scale = float(np.max(finite)) if finite.size else 0.0
    precision = 1e-10 if np.asarray(expected).dtype in (np.float64, np.complex128) else 1e-4
    np.testing.assert_allclose(found, expected, rtol=precision, atol=precision * scale, equal_nan=True)


def test_lowered_function_leaves_the_same_memory(case: Case) -> None:
    """What the function writes into its arguments, its SSA and its typed SSA write, too."""
    gradient = gradient_of(case)
    args = arguments(gradient, case)
    case.fun(*args[len(gradient._prefix) :]) if not _variadic(gradient) else None
    if _variadic(gradient):
        pytest.skip("arguments are collected")
    for stage, extra in (("ssa", []), ("typed", surroundings(gradient))):
        others = arguments(gradient, case)
        evaluate(gradient._latest.stages[stage], [*others, *extra])
        assert first_change(args, others, stage) is None


def _variadic(gradient: GradientFunction) -> bool:
    kinds = [parameter.kind for parameter in gradient._signature.parameters.values()]
    return any(kind in (kind.VAR_POSITIONAL, kind.VAR_KEYWORD, kind.KEYWORD_ONLY) for kind in kinds)


def test_identity_round_trip(case: Case) -> None:
    """A function that is lowered and emitted again, without differentiating, computes what it did."""
    gradient = gradient_of(case)
    expected = case.fun(*case.args())
    emitted, text = emitted_primal(gradient, arguments(gradient, case))
    found = emitted(*arguments(gradient, case), *surroundings(gradient))
    assert_same_value(found, expected, text)


def emitted_primal(gradient: GradientFunction, values: list[Any]) -> tuple[Any, str]:
    """Return the primal that is differentiated as generated Python, and its text."""
    with deep_recursion():
        active = [number in gradient._wrt for number in range(len(values))]
        program = specialise(
            function_code(gradient._fun), gradient._types(values), active=active, examples=values
        )
        prepared = prepare(program, gradient._wrt, lambda stage, function: None, registry.has_reverse_rule)
        aliases = find_aliases(prepared.function, prepared.types)
        body = reconstruct(prepared.function, prepared.types, aliases, {}, {"primal"})
        params = [gast.Name(param, gast.Param(), None, None) for param in body.params]
        arguments_ = gast.arguments(params, [], None, [], [], None, [])
        definition = gast.FunctionDef("primal", arguments_, body.statements, [], None, None, [])
        imports = "\n".join(sorted(body.spelling.imports.values()))
        text = f"{imports}\n\n\n{render(gast.Module([definition], []))}"
    return load(text, "primal", body.spelling.objects), text


def test_the_source_is_the_same_in_a_fresh_process() -> None:
    """Neither hashes nor what was compiled before show in the text."""
    sample = [case for case in SAMPLE if case.name not in REFUSED]
    assert len(sample) >= SAMPLE_SIZE
    ours = {case.name: gradient_of(case).source for case in sample}
    script = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from corpus import CASES\n"
        "from corpus.compiling import gradient_of\n"
        "wanted = sys.argv[2:]\n"
        "for case in reversed(CASES):\n"
        "    if case.name in wanted:\n"
        "        print('=====', case.name)\n"
        "        print(gradient_of(case).source)\n"
    )
    here = Path(__file__).parent
    environment = {**os.environ, "PYTHONHASHSEED": "4711"}
    command = [sys.executable, "-c", script, str(here), *ours]
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    theirs = dict(part.split("\n", 1) for part in run.stdout.split("===== ")[1:])
    assert set(theirs) == set(ours)
    for name, source in ours.items():
        assert theirs[name].strip() == source.strip(), name


def test_refused_cases_exist() -> None:
    """The table of refused cases names cases of the corpus."""
    assert set(REFUSED) <= {case.name for case in CASES}
