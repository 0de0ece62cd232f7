"""``rules``: the table of rules, listed."""

from __future__ import annotations

from click.testing import CliRunner

from cli.helping import refused
from diffcompile.cli import main


def test_rules_are_listed() -> None:
    everything = CliRunner().invoke(main, ["rules"]).stdout.splitlines()
    assert len(everything) > 300
    assert any(line.split() == ["numpy.tanh", "elementwise"] for line in everything)
    found = CliRunner().invoke(main, ["rules", "linalg.s*"])
    assert found.exit_code == 2  # with a wildcard, the pattern is the whole name
    found = CliRunner().invoke(main, ["rules", "*linalg.s*"])
    names = [line.split()[0] for line in found.stdout.splitlines()]
    assert "numpy.linalg.solve" in names
    assert all("linalg.s" in name for name in names)
    assert names == [
        line.split()[0] for line in CliRunner().invoke(main, ["rules", "linalg.s"]).stdout.splitlines()
    ]
    assert "no derivative" in CliRunner().invoke(main, ["rules", "argmax"]).stdout
    assert "no rule matches" in refused("rules", "nonsense")
