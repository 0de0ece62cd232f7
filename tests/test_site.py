"""The documents are built as a web site without a warning, and what is wrong gives one."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("markdown_it")

from test_docs import ROOT, load

BUILD = load(ROOT / "docs" / "build.py")


def test_the_site_is_built_without_warnings(tmp_path: Path) -> None:
    assert BUILD.build(tmp_path) == []
    index = (tmp_path / "index.html").read_text()
    assert 'href="tutorial.html"' in index
    assert '<span class="hl-keyword">def</span>' in index
    assert "docs/" not in index.split("<main>")[0]
    for page in tmp_path.glob("*.html"):
        assert "<table>" not in page.read_text().split("<main>")[0]
        for name in BUILD.re.findall(r'src="pictures/([^"]+)"', page.read_text()):
            assert (tmp_path / "pictures" / name).is_file()


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("# A\n\n[b](nowhere.md)\n", "there is no nowhere.md"),
        ("# A\n\n[b](#nothing)\n", "has no heading #nothing"),
        ("# A\n\n[b](other.md#a-b)\n", ""),
        ("# A\n\n[b](other.md#b-a)\n", "other.md has no heading #b-a"),
        ("# A\n\n![](other.md)\n", "has no text"),
        ("# A\n\n![a](none.png)\n", "there is no picture none.png"),
        ("# A\n\n### B\n", "'B' is of level 3, after one of level 1"),
        ("## A\n", "'A' is of level 2"),
        ("# A\n\n```\nx\n```\n", "the code in line 3 does not say its language"),
        ("# A\n\n[b](other .md)\n", "a link in line 3 is broken off"),
        ("# A\n\n`[b](c)` [https](https://example.org)\n", ""),
    ],
)
def test_faults_are_warnings(tmp_path: Path, text: str, fault: str) -> None:
    (tmp_path / "first.md").write_text(text)
    (tmp_path / "other.md").write_text("# Other\n\n## A b\n\n[back](first.md)\n")
    read = [BUILD.read(tmp_path / name) for name in ("first.md", "other.md")]
    faults = [one for _, faults in read for one in faults]
    faults += BUILD.check([page for page, _ in read])
    orphan = "other.md: no page leads to it"
    assert ("other.md#" in text) == (orphan not in faults)
    found = [one for one in faults if one != orphan]
    assert len(found) == bool(fault)
    assert all(fault in one for one in found)
