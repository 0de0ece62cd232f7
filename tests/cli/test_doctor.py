"""``doctor`` and ``completion``."""

from __future__ import annotations

import importlib.metadata

import pytest
from click.testing import CliRunner

from diffcompile.cli import main


def test_doctor_checks_a_gradient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("diffcompile.cli.doctor._plugin", lambda: "pytest finds the plugin")
    result = CliRunner().invoke(main, ["doctor"])
    assert result.exit_code == 0, result.output
    assert "WRONG" not in result.output
    assert "a gradient was compiled and checked" in result.output
    assert importlib.metadata.version("numpy") in result.output


def test_doctor_finds_what_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("diffcompile.cli.doctor.version_of", lambda name: None if name == "gast" else "0.1")
    monkeypatch.setattr("diffcompile.check_grads", lambda *args: 1 / 0)
    result = CliRunner().invoke(main, ["doctor"])
    assert result.exit_code == 1
    assert "try: pip install 'gast>=0.6'" in result.output
    assert "WRONG compiler     ZeroDivisionError" in result.output


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion(shell: str) -> None:
    result = CliRunner().invoke(main, ["completion", shell])
    assert result.exit_code == 0
    assert "_DIFFCOMPILE_COMPLETE" in result.stdout
    asked = {"_DIFFCOMPILE_COMPLETE": f"{shell}_complete", "COMP_WORDS": "diffcompile sh"}
    asked["COMP_CWORD"] = "sh" if shell == "fish" else "1"
    completed = CliRunner().invoke(main, [], env=asked, prog_name="diffcompile")
    assert "show" in completed.stdout
