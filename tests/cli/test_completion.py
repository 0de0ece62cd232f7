"""Completion of targets: what is offered, without importing the user's modules, and through the shells' scripts."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.shell_completion import ShellComplete, get_completion_class
from click.testing import CliRunner

import diffcompile
from diffcompile.cli.group import main

MODULE = '''
import numpy as np
raise SystemExit("completion must not run this")


def loss(w, x):
    return np.sum(w * x)


def largest(x):
    return np.max(x)


def _own(x):
    return x


area = lambda r: 3.0 * r * r
LIMIT = 3


if LIMIT:
    def gauss(x):
        return np.exp(-x * x)


class Model:
    def __init__(self, w):
        self.w = w

    def energy(self, x):
        return np.sum(self.w * x)

    def _hidden(self, x):
        return x
'''


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a file, a package, and things that are no targets."""
    (tmp_path / "model.py").write_text(MODULE)
    (tmp_path / "broken.py").write_text("def f(:\n")
    (tmp_path / "größe.py").write_text("def fläche(r):\n    return r * r\n", encoding="utf-8")
    (tmp_path / "latin.py").write_bytes("# -*- coding: latin-1 -*-\ndef f\xe4rbe(x):\n    return x\n".encode("latin-1"))
    (tmp_path / "notes.txt").write_text("")
    package = tmp_path / "pack"
    (package / "inner").mkdir(parents=True)
    (package / "__init__.py").write_text(
        "from .mod import loss, largest as biggest\nfrom .inner import *\nfrom .nowhere import x\n"
    )
    (package / "mod.py").write_text(MODULE)
    (package / "inner" / "__init__.py").write_text("def deep(x):\n    return x\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [one for one in sys.path if one])
    return tmp_path


def offered(*words: str, shell: str = "bash") -> list[str]:
    """Return what is offered after the last of ``words``."""
    cls = get_completion_class(shell)
    assert cls is not None
    script: ShellComplete = cls(main, {}, "diffcompile", "_DIFFCOMPILE_COMPLETE")
    return [item.value for item in script.get_completions(list(words[:-1]), words[-1])]


def test_functions_of_a_file(place: Path) -> None:
    assert offered("show", "model.py:") == [
        f"model.py:{name}" for name in ("loss", "largest", "area", "gauss", "Model.energy")
    ]
    assert offered("show", "model.py:lo") == ["model.py:loss"]
    assert offered("show", "model.py:_") == ["model.py:_own"]
    assert offered("show", "model.py:Model._") == ["model.py:Model._hidden"]
    assert offered("explain", f"{place}/model.py:g") == [f"{place}/model.py:gauss"]
    assert offered("show", "./model.py:l") == ["./model.py:loss", "./model.py:largest"]


def test_functions_of_a_module() -> None:
    assert "statistics:fmean" in offered("show", "statistics:f")
    assert "model" not in sys.modules


def test_functions_of_a_package(place: Path) -> None:
    assert offered("check", "pack.mod:l") == ["pack.mod:loss", "pack.mod:largest"]
    assert offered("check", "pack:") == ["pack:loss", "pack:biggest", "pack:deep"]
    assert offered("check", "pack.inner:") == ["pack.inner:deep"]
    assert "pack" not in sys.modules


def test_places(place: Path) -> None:
    assert offered("show", "model") == ["model.py:", "model:"]
    assert set(offered("show", "p")) >= {"pack/", "pack:", "pack."}
    assert offered("show", "pack.") == ["pack.inner:", "pack.inner.", "pack.mod:"]
    assert offered("show", "pack/") == ["pack/inner/", "pack/mod.py:"]
    assert "notes.txt" not in "".join(offered("show", ""))
    assert set(offered("show", "")) >= {"broken.py:", "model.py:", "pack/", "pack:"}


def test_other_alphabets(place: Path) -> None:
    assert offered("show", "größe.py:") == ["größe.py:fläche"]
    assert offered("show", "latin.py:") == ["latin.py:färbe"]


@pytest.mark.parametrize(
    "begun", ["broken.py:", "nowhere.py:f", "nowhere:f", "pack.nowhere:f", "sys:", ".", "..:", ":"]
)
def test_nothing_to_offer(place: Path, begun: str) -> None:
    assert [name for name in offered("show", begun) if name.partition(":")[2]] == []


@pytest.mark.parametrize("command", ["bench", "check", "explain", "explore", "export", "graph", "show"])
def test_every_command_with_a_target(place: Path, command: str) -> None:
    assert offered(command, "model.py:lo") == ["model.py:loss"]
    assert "--wrt" in offered(command, "--w")


TYPED = '''
import numpy as np
from .mod import loss

def fit(rate: float, x: "float64[n,m]", y: "Annotated[NDArray, 'float64[n]']", *, mode: str = "fast"):
    return rate

class Model:
    def energy(self, x, scale):
        return x
'''


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["show", "typed.py:fit", "--wrt", ""], ["rate", "x", "y", "mode"]),
        (["show", "typed.py:fit", "--wrt", "rate,"], ["rate,x", "rate,y", "rate,mode"]),
        (["show", "typed.py:fit", "--wrt", "rate,x,m"], ["rate,x,mode"]),
        (["explain", "typed.py:Model.energy", "--wrt", ""], ["x", "scale"]),
        (["check", "typed.py:Model.energy", "--set", ""], ["self=", "x=", "scale="]),
        (["check", "typed.py:fit", "--set", "mode="], []),
        (["show", "typed.py:fit", "--arg", "m"], ["mode="]),
        (["show", "typed.py:fit", "--arg", "x=float6"], ["x=float64["]),
        (["show", "typed.py:fit", "--arg", "x=float"], ["x=float", "x=float64[", "x=float32["]),
        (["bench", "typed.py:fit", "--size", ""], ["n=", "m="]),
        (["bench", "model.py:loss", "--arg", "w=float64[k]", "--size", ""], ["k="]),
        (["show", "model.py:area", "--wrt", ""], ["r"]),
        (["show", "pack:biggest", "--wrt", ""], ["x"]),
        (["show", "model.py:loss", "--backend", ""], ["numpy"]),
        (["show", "model.py:loss", "--stage", "o"], ["optimised"]),
        (["show", "model.py:loss", "--mode", "f"], ["forward"]),
        (["show", "nowhere.py:loss", "--wrt", ""], []),
        (["show", "--wrt", ""], []),
        (["rules", "np.linalg.no"], ["np.linalg.norm"]),
        (["rules", "nump"], ["numpy."]),
        (["completion", ""], ["bash", "zsh", "fish"]),
    ],
)
def test_values_of_options(place: Path, words: list[str], expected: list[str]) -> None:
    (place / "typed.py").write_text(TYPED)
    assert offered(*words) == expected


def test_many_links(place: Path) -> None:
    (place / "pack" / "a.py").write_text("from .b import f\n")
    (place / "pack" / "b.py").write_text("from .a import f\n")
    assert offered("show", "pack.a:") == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shells(place: Path, shell: str) -> None:
    """What the shells' scripts ask is answered with whole targets."""
    asked = {"_DIFFCOMPILE_COMPLETE": f"{shell}_complete", "COMP_WORDS": "diffcompile show model.py:lo"}
    asked["COMP_CWORD"] = "model.py:lo" if shell == "fish" else "2"
    result = CliRunner().invoke(main, [], env=asked, prog_name="diffcompile")
    lines = result.stdout.split()
    assert {"bash": ["plain,model.py:loss"], "zsh": ["plain", "model.py:loss", "_"], "fish": ["plain,model.py:loss"]}[
        shell
    ] == lines


def test_scripts() -> None:
    def script(shell: str) -> str:
        return CliRunner().invoke(main, ["completion", shell]).stdout

    assert "compopt -o nospace" in script("bash")
    assert "-S '' -a open" in script("zsh")
    assert "commandline -cp" in script("fish")


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
@pytest.mark.parametrize(
    ("typed", "words", "expected"),
    [
        ("show model.py:l", ["model.py", ":", "l"], "loss largest"),
        ("show model.py:", ["model.py", ":"], "loss largest area gauss Model.energy"),
        ("show pack.mod:lo", ["pack.mod", ":", "lo"], "loss"),
        ("show model", ["model"], "model.py: model:"),
        ("show model.py:loss --arg x", ["model.py", ":", "loss", "--arg", "x"], "x="),
        ("show model.py:loss --arg x=float6", ["model.py", ":", "loss", "--arg", "x", "=", "float6"], "float64["),
        ("show model.py:loss --arg=x=float6", ["model.py", ":", "loss", "--arg", "=", "x", "=", "float6"], "float64["),
        ("show model.py:loss --stage=co", ["model.py", ":", "loss", "--stage", "=", "co"], "code"),
        ("show model.py:loss --wrt w,", ["model.py", ":", "loss", "--wrt", "w,"], "w,x"),
        ("sho", [], "show"),
    ],
)
def test_bash_itself(place: Path, typed: str, words: list[str], expected: str) -> None:
    """Bash breaks words at colons, and wants what comes after the last."""
    script = CliRunner().invoke(main, ["completion", "bash"]).stdout
    line = f"diffcompile {typed}"
    before = typed.split(maxsplit=1)[0]
    parts = ["diffcompile", before, *words] if words else ["diffcompile", before]
    command = f"""
compopt() {{ :; }}
{script}
COMP_LINE={line!r}; COMP_POINT={len(line)}; COMP_WORDS=({" ".join(map(repr, parts))}); COMP_CWORD={len(parts) - 1}
_diffcompile_completion {place}/run
printf '%s ' "${{COMPREPLY[@]}}"
"""
    runner = place / "run"
    start = "from diffcompile.cli import main; main(prog_name='diffcompile')"
    runner.write_text(f'#!/bin/sh\nexec {sys.executable} -c "{start}"\n')
    runner.chmod(0o755)
    found = subprocess.run(
        ["bash", "--norc", "-c", command],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(diffcompile.__file__).parents[1])},
        cwd=place,
        timeout=120,
        check=False,
    )
    assert found.stdout.strip() == expected, found.stderr


@pytest.mark.skipif(shutil.which("fish") is None, reason="there is no fish")
@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("show model.py:l", "model.py:loss model.py:largest"),
        ("show model.py:loss --wrt w,", "w,x"),
        ("show model.py:loss --arg w=float3", "w=float32["),
    ],
)
def test_fish_itself(place: Path, typed: str, expected: str) -> None:
    script = CliRunner().invoke(main, ["completion", "fish"]).stdout
    (place / "script.fish").write_text(script)
    runner = place / "diffcompile"
    start = "from diffcompile.cli import main; main(prog_name='diffcompile')"
    runner.write_text(f'#!/bin/sh\nexec {sys.executable} -c "{start}"\n')
    runner.chmod(0o755)
    command = f"source script.fish; complete --do-complete {f'diffcompile {typed}'!r}"
    paths = {"PATH": f"{place}:{os.environ['PATH']}", "PYTHONPATH": str(Path(diffcompile.__file__).parents[1])}
    found = subprocess.run(
        ["fish", "--no-config", "-c", command], capture_output=True, text=True, env={**os.environ, **paths}, cwd=place,
        timeout=120, check=False,
    )  # fmt: skip
    assert sorted(found.stdout.split()) == sorted(expected.split()), found.stderr
