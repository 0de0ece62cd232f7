"""The benchmark programs at small sizes: gradients by hand are right, and generated ones agree with them."""

import copy

import numpy as np
import pytest
from benchmarks.measure import AGREEMENT, code_lines, difference, preserving
from benchmarks.programs import ALL

from benchmarks import __main__ as command
from benchmarks import peers
from diffcompile import grad

PROGRAMS = pytest.mark.parametrize("program", ALL, ids=lambda program: program.name)


def moved(value, direction, step):
    if isinstance(value, tuple):
        return tuple(moved(part, along, step) for part, along in zip(value, direction, strict=True))
    return value + step * direction


def random_like(value, rng):
    if isinstance(value, tuple):
        return tuple(random_like(part, rng) for part in value)
    return rng.normal(size=np.shape(value))


def leaves(value):
    return [leaf for part in value for leaf in leaves(part)] if isinstance(value, tuple) else [value]


def inner(left, right):
    if isinstance(left, tuple):
        return sum(inner(a, b) for a, b in zip(left, right, strict=True))
    return float(np.sum(left * right))


@PROGRAMS
def test_gradient_by_hand_is_right(program):
    args = program.make(program.small)
    wanted = (program.argnums,) if isinstance(program.argnums, int) else program.argnums
    found = program.adjoint(*copy.deepcopy(args))
    found = (found,) if isinstance(program.argnums, int) else found
    rng = np.random.default_rng(1)
    directions = {number: random_like(args[number], rng) for number in wanted}

    def at(step):
        along = [
            moved(arg, directions[number], step) if number in wanted else copy.deepcopy(arg)
            for number, arg in enumerate(args)
        ]
        return program.primal(*copy.deepcopy(along))

    slope = (8.0 * (at(1e-4) - at(-1e-4)) - (at(2e-4) - at(-2e-4))) / 12e-4
    expected = sum(inner(ct, directions[number]) for number, ct in zip(wanted, found, strict=True))
    assert slope == pytest.approx(expected, rel=1e-8, abs=1e-9)


@PROGRAMS
def test_generated_gradient_agrees(program):
    args = program.make(program.small)
    before = copy.deepcopy(args)
    generated = grad(program.primal, argnums=program.argnums)(*args)
    assert difference(generated, program.adjoint(*args)) < 1e-12
    assert all(difference(a, b) == 0.0 for a, b in zip(args, before, strict=True))


@PROGRAMS
def test_functional_version_is_the_same_function(program):
    args = program.make(program.small)
    expected = program.primal(*copy.deepcopy(args))
    kept = copy.deepcopy(args)
    assert peers.bound_to(program, np)(*args) == pytest.approx(expected, rel=1e-12)
    assert difference(args, kept) == 0.0


@pytest.mark.parametrize("system", peers.NAMES)
@PROGRAMS
def test_gradient_of_another_system_agrees(program, system):
    pytest.importorskip(system)
    args = program.make(program.small)
    found = peers.to_numpy(peers.MAKERS[system](program, args)())
    assert difference(found, program.adjoint(*args)) < AGREEMENT


@PROGRAMS
def test_differences_agree(program):
    args = program.make(program.small)
    primal = preserving(program, args)
    found = peers.differences(program, primal, args, 5)()
    expected = np.concatenate([np.ravel(leaf) for leaf in leaves(program.adjoint(*args))])
    assert len(found) == min(5, peers.components(program, args))
    scale = 1.0 + np.max(np.abs(expected))
    assert np.max(np.abs(found - expected[: len(found)])) < 1e-4 * scale


def test_lines_of_code_are_counted():
    text = "import numpy\n\ndef f(x):\n    # remark\n    return (\n        x\n    )\n"
    assert code_lines(text) == 4


def test_one_program_is_measured_and_reported(tmp_path, capsys):
    command.main(["--only", "small", "--rounds", "1", "--no-peers", "--out", str(tmp_path / "report.md")])
    text = (tmp_path / "report.md").read_text()
    assert "1 programs" in text
    assert "| small" in text
    with pytest.raises(SystemExit):
        command.main(["--only", "nothing"])
    assert "unknown: nothing" in capsys.readouterr().err
