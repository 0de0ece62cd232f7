"""The page and the graph: what they hold, and in a headless browser what they do."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from click.testing import CliRunner

from cli.helping import refused
from corpus import CASES
from corpus.compiling import gradient_of
from diffcompile import grad
from diffcompile.cli import main
from diffcompile.explorer.graph import Box, Graph, TooLarge, layout
from diffcompile.explorer.svg import svg_of

MODULE = """\
import numpy as np


def helper(a, b):
    c = np.exp(a)
    return c * b


def net(w, x):
    dead = np.cos(w)
    mask = np.floor(w)
    h = helper(w @ x, 2.0)
    for i in range(3):
        h = np.tanh(h + mask @ x) * np.sqrt(h)
        if np.sum(h) > 3.0:
            h = h * 2.0
    return np.sum(h)
"""
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
BROWSER = next((path for name in BROWSERS if (path := shutil.which(name))), None)
ARGS = ("--arg", "w=float64[n,m]", "--arg", "x=float64[m]", "--size", "n=30", "--size", "m=10")


@pytest.fixture
def module(tmp_path: Path) -> Path:
    path = tmp_path / "nets.py"
    path.write_text(MODULE)
    return path


@pytest.fixture
def written(module: Path) -> Path:
    """Return the page for the module's function."""
    path = module.parent / "page.html"
    result = CliRunner().invoke(main, ["explore", f"{module}:net", *ARGS, "-o", str(path)])
    assert result.exit_code == 0, result.output
    return path


def data_of(page: Path) -> dict[str, Any]:
    found = re.search(r'<script id="data" type="application/json">(.*?)</script>', page.read_text(), re.DOTALL)
    assert found is not None
    data: dict[str, Any] = json.loads(found[1].replace("<\\/", "</"))
    return data


def test_the_page_needs_nothing_else(written: Path) -> None:
    text = written.read_text()
    assert not re.findall(r'(?:src|href)="', text)
    assert not re.findall(r"https?://(?!www\.w3\.org/2000/svg)", text)
    assert not re.findall(r"@[A-Z]+@", text)


def test_lines_have_their_counterparts(written: Path) -> None:
    """Every active line of the primal has lines in the code and in each stage of SSA."""
    data = data_of(written)
    names = [stage["name"] for stage in data["stages"]]
    assert names == ["source", "ast", "ssa", "typed", "primal", "adjoint", "optimised", "code"]
    active = {line["k"] for line in data["primal"] if line["state"] == "active"}
    assert len(active) == 6
    called = {"0:5", "0:6"}  # inlined after `ssa`; and a `return` is no operation where the value is not returned
    for stage in data["stages"][2:]:
        assert active - called - {"0:17"} <= {key for _, key, _ in stage["lines"]}, stage["name"]
    assert active <= {key for _, key, _ in data["stages"][-1]["lines"]}
    states = {line["html"]: line["state"] for line in data["primal"]}
    assert states['    dead = np.cos(w)'] == "unused"
    kept = [mark for _, _, mark in data["stages"][-1]["lines"] if mark]
    assert kept[0].count("8*n*3 bytes = 720 bytes") == 2
    assert [row[0] for row in data["stored"]][:2] == ["tanh in saved", "sqrt in saved"]


def test_files_have_names_of_their_own(module: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(module.parent)
    for command, name in (("explore", "net.html"), ("graph", "net.svg")):
        result = CliRunner().invoke(main, [command, f"{module}:net", *ARGS])
        assert result.exit_code == 0, result.output
        assert result.stderr.startswith(f"{name}: ")
        assert (module.parent / name).stat().st_size > 1000


def boxes_of(boxes: list[Box]) -> list[Box]:
    return [one for box in boxes for one in (box, *boxes_of(box.inner))]


def overlaps(boxes: list[Box]) -> list[tuple[str, str]]:
    """Return neighbours that lie on each other."""
    found = []
    for number, one in enumerate(boxes):
        for other in boxes[number + 1 :]:
            apart = (
                one.x + one.width <= other.x or other.x + other.width <= one.x
                or one.y + one.height <= other.y or other.y + other.height <= one.y
            )  # fmt: skip
            if not apart:
                found.append((one.label[0], other.label[0]))
    return found + [pair for box in boxes for pair in overlaps(box.inner)]


def test_graphs_of_the_corpus_are_drawn_without_overlaps() -> None:
    for case in CASES[::12]:
        compiled = gradient_of(case)._latest
        for stage in ("ssa", "optimised"):
            try:
                graph: Graph = layout(compiled.stages[stage], compiled.types)
            except TooLarge:
                continue
            assert not overlaps(graph.boxes), (case.name, stage)
            for box in boxes_of(graph.boxes):
                assert 0 <= box.x <= box.x + box.width <= graph.width
                assert 0 <= box.y <= box.y + box.height <= graph.height
                for inner in box.inner:
                    assert box.x <= inner.x <= inner.x + inner.width <= box.x + box.width
                    assert box.y <= inner.y <= inner.y + inner.height <= box.y + box.height
            ElementTree.fromstring(svg_of(graph, alone=True))


def test_what_reads_memory_stands_below_what_writes_to_it() -> None:
    """Also where the writes are inside a loop: the sum of the products that it collected."""

    def settle(w, x, n):
        y = x
        for _ in range(n):
            y = np.tanh(w @ y)
        return np.sum(y * y)

    gradient = grad(settle)
    gradient(np.eye(3), np.ones(3), 4)
    compiled = gradient._latest
    boxes = layout(compiled.stages["optimised"], compiled.types).boxes
    (gathered,) = (box for box in boxes if box.label[0] == "sum_of_outers")
    assert len([box for box in boxes if box.kind == "region" and box.y + box.height <= gathered.y]) == 2


def test_the_graph_command(module: Path) -> None:
    path = module.parent / "net.svg"
    result = CliRunner().invoke(main, ["graph", f"{module}:net", *ARGS, "--stage", "optimised", "-o", str(path)])
    assert result.exit_code == 0, result.output
    texts = [node.text for node in ElementTree.fromstring(path.read_text()).iter() if node.tag.endswith("text")]
    assert {"tanh", "append", "saved_tanh list[float64[:]]", "for", "then", "else"} <= set(texts)
    module.write_text("def f(x: float):\n" + "    x = x * x + 1.0\n" * 900 + "    return x\n")
    assert "operations are too many for a picture" in refused("graph", f"{module}:f", "-o", str(path))


def in_browser(page: Path, script: str, fragment: str = "") -> Any:
    """Load the page, run a script in it, and return what it computed."""
    text = page.read_text().replace(
        "</body>", f"<script>document.body.dataset.found = JSON.stringify((() => {{{script}}})());</script></body>"
    )
    trial = page.with_name("trial.html")
    trial.write_text(text)
    command = [BROWSER or "", "--headless=new", "--no-sandbox", "--disable-gpu", "--dump-dom"]
    done = subprocess.run(
        [*command, f"{trial.as_uri()}{fragment}"], capture_output=True, text=True, check=True, timeout=60
    )
    found = re.search(r'data-found="([^"]*)"', done.stdout)
    assert found is not None, done.stderr[-500:]
    return json.loads(found[1].replace("&quot;", '"').replace("&amp;", "&").replace("&gt;", ">").replace("&lt;", "<"))


SCRIPT = """
const texts = (selector) => [...document.querySelectorAll(selector)].map((one) => one.textContent);
const press = (target, key) => target.dispatchEvent(new KeyboardEvent("keydown", {key, bubbles: true}));
const found = {stage: at("stagename").textContent, theme: root.dataset.theme, errors: 0};
const row = [...panes.primal.querySelectorAll(".row")].find((one) => one.textContent.includes("np.sqrt"));
row.dispatchEvent(new MouseEvent("mouseover", {bubbles: true}));
found.lit = texts("#adjoint .lit .t");
found.about = at("about").textContent;
panes.primal.dispatchEvent(new MouseEvent("mouseleave"));
found.unlit = texts(".lit").length;
[...panes.adjoint.querySelectorAll(".row")].find((one) => one.textContent.includes("saved.pop"))
  .dispatchEvent(new MouseEvent("mouseover", {bubbles: true}));
found.back = texts("#primal .lit .t");
panes.primal.focus();
for (let k = 0; k < 4; k++) press(panes.primal, "ArrowDown");
found.walked = texts("#primal .now .t");
found.walkedTo = texts("#adjoint .lit .t").length;
press(panes.primal, "Enter");
press(panes.primal, "ArrowLeft");
found.left = at("stagename").textContent;
found.held = texts("#adjoint .lit").length;
press(panes.primal, "g");
found.nodes = document.querySelectorAll("#adjoint svg .g-node").length;
found.litNodes = document.querySelectorAll("#adjoint svg .g-node.lit").length;
press(panes.primal, "t");
found.dark = root.dataset.theme;
found.background = getComputedStyle(document.body).backgroundColor;
at("stage").value = 0;
at("stage").dispatchEvent(new Event("input"));
found.first = at("stagename").textContent;
return found;
"""


@pytest.mark.skipif(BROWSER is None, reason="no headless browser")
def test_the_page_in_a_browser(written: Path) -> None:
    """Hovering lights counterparts both ways; keys walk, hold, change stage, graph and theme."""
    found = in_browser(written, SCRIPT, "#theme=light")
    assert found["stage"] == "adjoint: the generated code"
    assert found["theme"] == "light"
    assert any(" = np.sqrt(h)" in line for line in found["lit"])
    assert any("saved.append((" in line for line in found["lit"])
    assert any(line.strip().startswith("h_bar = ") for line in found["lit"])
    assert "line 14" in found["about"]
    assert "active" in found["about"]
    assert "kept: tanh in saved" in found["about"]
    assert found["unlit"] == 0
    assert found["back"] == ["        h = np.tanh(h + mask @ x) * np.sqrt(h)"]
    assert found["walked"] == ["    h = helper(w @ x, 2.0)"]
    assert found["walkedTo"] > 0
    assert found["left"] == "optimised"
    assert found["held"] > 0
    assert found["nodes"] > 20
    assert found["litNodes"] > 0
    assert found["dark"] == "dark"
    assert found["background"] == "rgb(18, 22, 28)"
    assert found["first"] == "source"


WALK = """
const found = {stages: [], errors: [], kept: 0};
addEventListener("error", (event) => found.errors.push(event.message));
const slider = at("stage");
for (let k = 0; k <= Number(slider.max); k++) {
  slider.value = k;
  slider.dispatchEvent(new Event("input"));
  const now = {name: at("stagename").textContent, rows: document.querySelectorAll("#adjoint .row").length};
  const row = [...panes.primal.querySelectorAll(".row")].find((one) => one.textContent.includes("np.tanh"));
  row.dispatchEvent(new MouseEvent("mouseover", {bubbles: true}));
  now.lit = document.querySelectorAll("#adjoint .lit").length;
  panes.primal.dispatchEvent(new MouseEvent("mouseleave"));
  now.current = document.querySelectorAll("#names [aria-current=true]").length;
  now.graph = !at("view").hidden;
  if (now.graph) {
    at("view").click();
    const nodes = [...document.querySelectorAll("#adjoint svg .g-node[data-k]")];
    now.nodes = nodes.length;
    const other = nodes.find((node) => node.dataset.k === row.dataset.k);
    other.dispatchEvent(new MouseEvent("mouseover", {bubbles: true}));
    now.back = row.classList.contains("lit");
    at("view").click();
  }
  found.stages.push(now);
}
found.focusable = [...document.querySelectorAll("[tabindex='0'],button,input")].filter((one) => !one.hidden).length;
const stored = document.querySelector("#stored tr[data-k]");
stored.dispatchEvent(new MouseEvent("mouseover", {bubbles: true}));
found.kept = document.querySelectorAll("#primal .lit").length;
found.wide = document.documentElement.scrollWidth <= innerWidth;
return found;
"""


@pytest.mark.skipif(BROWSER is None, reason="no headless browser")
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_slider_goes_through_all_stages(written: Path, theme: str) -> None:
    """Each stage shows lines that a line of the primal lights; those in SSA are graphs as well; nothing fails."""
    found = in_browser(written, WALK, f"#theme={theme}")
    assert found["errors"] == []
    names = [stage["name"].split(":")[0] for stage in found["stages"]]
    assert names == ["source", "ast", "ssa", "typed", "primal", "adjoint", "optimised", "adjoint"]
    for stage in found["stages"]:
        assert stage["rows"] > 5
        assert stage["current"] == 1
        assert stage["lit"] > 0 or stage["name"] == "ast"
        assert stage["graph"] == (stage["name"] in ("ssa", "typed", "primal", "adjoint", "optimised"))
        if stage["graph"]:
            assert stage["nodes"] > 10
            assert stage["back"]
    assert found["focusable"] >= 12
    assert found["kept"] > 0
    assert found["wide"], "nothing sticks out to the side"
