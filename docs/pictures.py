"""Take the pictures of the documents: ``python docs/pictures.py`` (needs Chromium).

What a terminal shows becomes a page, and the page a picture; the explorer is a page already.
"""

from __future__ import annotations

import html
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PICTURES = ROOT / "docs" / "pictures"
TARGET = "docs/code/pendulum.py:misfit"
NET = ("docs/code/examples.py:settle", "--arg", "w=float64[m,m]", "--arg", "x=float64[m]", "--arg", "n=int")
STYLES = {
    "1": "font-weight:bold",
    "3": "font-style:italic",
    "31": "color:#ff7b72",
    "32": "color:#7ee787",
    "33": "color:#e3b341",
    "34": "color:#79c0ff",
    "35": "color:#d2a8ff",
    "36": "color:#76e3ea",
    "90": "color:#8b949e",
}
TERMINAL = (
    "body{margin:0;background:#0d1117;color:#e6edf3;font:14px/1.4 ui-monospace,Menlo,DejaVu Sans Mono,monospace}"
    "pre{margin:0;padding:16px 20px}.p{color:#7ee787}"
)


def browser() -> str:
    """Return the path of a browser."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        found = shutil.which(name)
        if found:
            return found
    raise SystemExit("pictures need Chromium")


def photograph(url: str, name: str, width: int, height: int) -> None:
    """Write a picture of a page."""
    path = PICTURES / name
    options = ["--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
    size = f"--window-size={width},{height}"
    subprocess.run([browser(), *options, size, f"--screenshot={path}", url], check=True, capture_output=True)
    print(path.relative_to(ROOT))


def coloured(text: str) -> str:
    """Return text with the colours of a terminal as HTML."""
    parts = []
    styles: list[str] = []
    for piece in re.split(r"(\x1b\[[\d;]*m)", text):
        if piece.startswith("\x1b"):
            codes = piece[2:-1].split(";")
            styles = [] if codes[0] in ("", "0") else styles
            styles += [STYLES[code] for code in codes if code in STYLES]
        else:
            shown = html.escape(piece)
            parts.append(f'<span style="{";".join(styles)}">{shown}</span>' if styles else shown)
    return "".join(parts)


def run(*command: str) -> str:
    """Run a command at the root of the project, in colour, and return what it prints."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "FORCE_COLOR": "1", "COLUMNS": "168"}
    environment["PYTHONDONTWRITEBYTECODE"] = "1"
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, env=environment)
    text = done.stdout.replace(f"{ROOT}{os.sep}", "")
    failures = re.search(r"^.*FAILURES.*$", text, re.MULTILINE)
    return text[failures.start() :] if failures else text


def main() -> None:
    """Take all pictures."""
    PICTURES.mkdir(exist_ok=True)
    python = [sys.executable, "-W", "ignore", "-m"]
    diffcompile = [*python, "diffcompile"]
    plugin = ["-p", "no:diffcompile", "-p", "diffcompile.pytest_plugin"]  # whether or not it is installed
    pytest = [*python, "pytest", "-c", os.devnull, "--rootdir", str(ROOT), "-p", "no:cacheprovider", *plugin]
    pytest.append("--color=yes")
    with tempfile.TemporaryDirectory() as folder:
        for name, words, height in (
            ("show.png", ["diffcompile", "show", TARGET, "--side-by-side"], 790),
            ("explain.png", ["diffcompile", "explain", TARGET], 640),
            ("gradcheck.png", ["pytest", "docs/code/wrong_rule.py", "--gradcheck"], 390),
        ):
            page = Path(folder) / f"{name}.html"
            command = [*(diffcompile if words[0] == "diffcompile" else pytest), *words[1:]]
            text = f'<span class="p">$</span> {html.escape(" ".join(words))}\n{coloured(run(*command))}'
            page.write_text(f"<meta charset=utf-8><style>{TERMINAL}</style><pre>{text}</pre>", encoding="utf-8")
            photograph(page.as_uri(), name, 1480, height)
    page = ROOT / "page.html"
    try:
        run(*diffcompile, "explore", TARGET, "-o", page.name)
        photograph(f"{page.as_uri()}#theme=light&line=0:21", "explorer-light.png", 1400, 880)
        run(*diffcompile, "explore", *NET, "-o", page.name)
        photograph(f"{page.as_uri()}#theme=dark&stage=optimised&graph&line=0:10", "explorer-dark.png", 1400, 880)
    finally:
        page.unlink()


if __name__ == "__main__":
    main()
