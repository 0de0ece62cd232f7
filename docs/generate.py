"""Run what README.md and docs/*.md show, and put the results there: ``python docs/generate.py [--check]``.

- A Python block is a file of its own and is run; ``<!-- file: heat.py -->`` before it names the file.
- ``<!-- output -->`` before a block: what the Python block before it prints.
- ``<!-- diffcompile ARGUMENTS -->`` before a block: what this command prints, be it on stdout or as an error.
- ``<!-- pytest FILE OPTIONS -->`` before a block: what pytest with the plugin says about this file.
- ``<!-- needs: torch -->`` before a Python block: it is run where this package is there.
- ``<!-- transcript -->`` before a block: lines that begin with ``$`` are commands, what follows is what they print.
  They run in a folder that the blocks of a document share, and that holds the files named in it.
- ``<!-- api NAME -->`` before a block: signature and docstring of this name of the package.

With ``--check`` nothing is written, and the exit status tells whether something would be.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import importlib.util
import inspect
import io
import os
import re
import runpy
import shlex
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path

from click.testing import CliRunner

from diffcompile.cli import main as diffcompile

ROOT = Path(__file__).resolve().parents[1]
BLOCK = re.compile(
    r"(?:^<!-- (?P<mark>[^\n]*?) -->\n)?^```(?P<language>\w*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL
)


def documents() -> list[Path]:
    """Return the files that are looked after."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def generated(text: str) -> str:
    """Return the text of a document with the results of its code in place."""
    with tempfile.TemporaryDirectory() as folder:
        return _generated(text, Path(folder))


def _generated(text: str, folder: Path) -> str:
    printed = ""
    counter = 0

    def replace(match: re.Match[str]) -> str:
        nonlocal printed, counter
        mark, language, body = match["mark"] or "", match["language"], match["body"]
        if mark == "output":
            new = printed
        elif mark.startswith("diffcompile "):
            new = command_output(mark.removeprefix("diffcompile "))
        elif mark.startswith("pytest "):
            new = pytest_output(mark.removeprefix("pytest "))
        elif mark == "transcript":
            new = transcript(body, folder)
        elif mark.startswith("api "):
            new = api_text(mark.removeprefix("api "))
        elif mark.startswith("needs: ") and importlib.util.find_spec(mark.removeprefix("needs: ")) is None:
            return match[0]
        else:
            if language == "python":
                counter += 1
                name = mark.removeprefix("file: ")
                printed = script_output(name or f"example_{counter}.py", body)
                if name:
                    (folder / name).write_text(body)
            return match[0]
        return f"<!-- {mark} -->\n```{language}\n{new.rstrip()}\n```"

    return BLOCK.sub(replace, text)


def script_output(name: str, code: str) -> str:
    """Run a file with this name and text, and return what it prints."""
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()) as stream:
        path = Path(folder) / name
        path.write_text(code)
        runpy.run_path(str(path), run_name="__main__")
    return stream.getvalue()


def command_output(arguments: str) -> str:
    """Run ``diffcompile`` at the root of the project, and return what it prints."""
    here = Path.cwd()
    path, modules = list(sys.path), set(sys.modules)
    os.chdir(ROOT)
    try:
        result = CliRunner().invoke(diffcompile, shlex.split(arguments))
    finally:
        os.chdir(here)
        sys.path[:] = path
        for name in set(sys.modules) - modules:
            if str(getattr(sys.modules[name], "__file__", "")).startswith(str(ROOT / "docs")):
                del sys.modules[name]
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise RuntimeError(f"diffcompile {arguments}") from result.exception
    return without_rounding((result.stderr if result.exit_code else result.stdout).replace(f"{ROOT}{os.sep}", ""))


def transcript(body: str, folder: Path) -> str:
    """Return a transcript with what its commands print now: ``diffcompile``, ``pytest``, ``python`` and ``sed -i``.

    ``| head -n N`` and ``| tail -n N`` leave the rest out.
    """
    parts = []
    for line in body.splitlines():
        if line.startswith("$ "):
            command, _, pipe = line[2:].partition(" | ")
            lines = _run(shlex.split(command), folder).splitlines()
            if pipe:
                cut, _, count = pipe.split()
                kept = lines[: int(count)] if cut == "head" else lines[-int(count) :]
                lines = [*kept, "..."] if cut == "head" else ["...", *kept]
            parts += [line, *lines]
    return "\n".join(parts)


def _run(words: list[str], folder: Path) -> str:
    """Run a command of a transcript in a folder, and return what it prints, without what changes from run to run."""
    python = [sys.executable, "-W", "ignore"]
    plugin = ["-p", "no:diffcompile", "-p", "diffcompile.pytest_plugin", "-p", "no:cacheprovider"]
    commands = {
        "diffcompile": [*python, "-m", "diffcompile"],
        "pytest": [*python, "-m", "pytest", *plugin, "-c", os.devnull, "--rootdir", str(folder)],
        "python": python,
        "sed": ["sed"],
    }
    command = [*commands[words[0]], *words[1:]]
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{folder}", "PYTHONDONTWRITEBYTECODE": "1"}
    environment |= {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "COLUMNS": "100", "NO_COLOR": "1"}
    done = subprocess.run(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, env=environment
    )
    text = without_rounding(done.stdout).replace(f"{folder}{os.sep}", "")
    if words[0] == "pytest":
        text = re.sub(r" in \d+\.\d+s", "", text)
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


def without_rounding(text: str) -> str:
    """Return a text in which errors of rounding are the same on every machine."""
    return re.sub(r"\b\d(?:\.\d+)?e-1[1-9]\b", "1e-16", text)


def pytest_output(arguments: str) -> str:
    """Run pytest with the plugin at the root of the project, and return its report without what changes."""
    words = shlex.split(arguments)
    plugin = ["-p", "no:diffcompile", "-p", "diffcompile.pytest_plugin", "-p", "no:cacheprovider"]
    options = ["-c", os.devnull, "--rootdir", str(ROOT)]
    command = [sys.executable, "-W", "ignore", "-m", "pytest", *plugin, *options, *words]
    source = str(ROOT / "src")
    environment = {**os.environ, "PYTHONPATH": source, "PYTHONDONTWRITEBYTECODE": "1", "COLUMNS": "100"}
    environment["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, env=environment)
    lines = without_rounding(done.stdout.replace(f"{ROOT}{os.sep}", "")).splitlines()[:-1]  # the last tells the time
    first = next((k for k, line in enumerate(lines) if "FAILURES" in line), 0)
    return "\n".join(line.rstrip() for line in lines[first:])


def api_text(name: str) -> str:
    """Return the signature and the docstring of a name of the package."""
    found = getattr(importlib.import_module("diffcompile"), name)
    signature = "" if isinstance(found, type) else str(inspect.signature(found)).replace("collections.abc.", "")
    text = inspect.getdoc(found) or ""
    return f"{name}{signature}\n\n{textwrap.indent(text, '    ')}"


def main() -> int:
    """Bring all documents up to date, or say which are not."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing")
    check = parser.parse_args().check
    stale = 0
    for document in documents():
        old = document.read_text()
        new = generated(old)
        if new != old:
            stale += 1
            print(f"{document.relative_to(ROOT)}: {'out of date' if check else 'updated'}")
            if not check:
                document.write_text(new)
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
