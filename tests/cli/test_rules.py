"""``rules``: the table of rules, listed."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from cli.helping import refused
from diffcompile.cli import main


def test_rules_are_listed() -> None:
    everything = CliRunner().invoke(main, ["rules"]).stdout.splitlines()
    assert len(everything) > 300
    assert any(line.split() == ["numpy.tanh", "elementwise"] for line in everything)
    assert "no rule matches" in refused("rules", "inalg.s*")  # with a wildcard, the pattern is the end of a name
    found = CliRunner().invoke(main, ["rules", "linalg.s*"])
    names = [line.split()[0] for line in found.stdout.splitlines()]
    assert "numpy.linalg.solve" in names
    assert all("linalg.s" in name for name in names)
    assert CliRunner().invoke(main, ["rules", "*linalg.s*"]).stdout == found.stdout
    assert names == [
        line.split()[0] for line in CliRunner().invoke(main, ["rules", "linalg.s"]).stdout.splitlines()
    ]
    assert "no derivative" in CliRunner().invoke(main, ["rules", "argmax"]).stdout
    assert "no rule matches" in refused("rules", "nonsense")


def test_rules_of_scipy_are_listed_though_nobody_has_imported_them() -> None:
    pytest.importorskip("scipy")
    names = [line.split()[0] for line in CliRunner().invoke(main, ["rules", "scipy.*"]).stdout.splitlines()]
    assert {"scipy.special.gammaln", "scipy.linalg.expm", "scipy.optimize.brentq"} <= set(names)
    assert "numpy.gammaln" not in CliRunner().invoke(main, ["rules", "gammaln"]).stdout
