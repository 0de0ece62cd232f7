"""The functions of the scale benchmark at small sizes, and its promise: linear time, linear size."""

import importlib.util
import sys
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def scale():
    path = Path(__file__).parents[2] / "benchmarks" / "scale.py"
    spec = importlib.util.spec_from_file_location("benchmark_scale", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


def test_programs_have_the_size_they_say(scale):
    for size in (3, 10, 101):
        body = scale.straight_line(size).split("def f(x):\n")[1]
        assert len(body.splitlines()) == size
        assert scale.chain(size).count("def ") == size
        assert scale.swell(size).count("x * math.sin(x)") == size


@pytest.mark.parametrize("program", ["straight_line", "chain", "swell"])
def test_gradients_are_right_and_grow_linearly(scale, program):
    write = getattr(scale, program)
    small, large = (scale.measure(write(size), size, calls=size) for size in (40, 160))
    assert small.error < 1e-9
    assert large.error < 1e-9
    assert large.characters < 4.8 * small.characters


def calls_of(run):
    """Return how many Python functions are called: as time would, but the same each time."""
    count = 0

    def note(frame, event, arg):
        nonlocal count
        count += event == "call"

    outer = sys.getprofile()
    sys.setprofile(note)
    try:
        run()
    finally:
        sys.setprofile(outer)
    return count


def test_long_straight_line_compiles_in_linear_time(scale):
    sizes = (100, 200, 400)
    calls = [calls_of(lambda size=size: scale.measure(scale.straight_line(size), size, calls=1)) for size in sizes]
    # a quadratic step would double the calls of a statement each time
    assert calls[2] - calls[1] < 2.4 * (calls[1] - calls[0])


def test_sympy_swells(scale):
    operations = [scale.sympy_operations(repeats)[0] for repeats in (2, 4, 6)]
    assert operations[1] > 4 * operations[0]
    assert operations[2] > 4 * operations[1]


def test_main_prints_three_tables(scale, capsys):
    scale.main(
        ["--statements", "20", "40", "--depths", "5", "10", "--repeats", "2", "8", "--sympy-until", "2"]
    )
    text = capsys.readouterr().out
    assert sum(line.startswith("|-") for line in text.splitlines()) == 3
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert len(rows) == 3 * 4
    cells = [cell.strip() for cell in rows[-1].strip("|").split("|")]
    assert cells[0] == "8"
    assert cells[6] == "-"
