"""Build the documents as a web site: ``python docs/build.py [FOLDER]`` (needs markdown-it-py).

Every page is checked on the way: links and anchors lead somewhere, pictures are there and have a text, code says its
language, headings go down one step at a time, and every page is reached from the first one. Each fault is a warning,
and with warnings the exit status is 1.
"""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from markdown_it import MarkdownIt

from diffcompile.highlight import html_of, python_parts

ROOT = Path(__file__).resolve().parents[1]
FIRST = ("first_steps", "tutorial", "gallery", "tools", "bridges", "rules", "limitations", "comparison")
"""What comes first in the list of pages."""
STYLE = """
:root{color-scheme:light dark;--text:#1c2430;--soft:#66707f;--line:#dfe3ea;--back:#fbfbfc;--code:#f3f5f8;--link:#2f6bc4;
--keyword:#a0309a;--builtin:#0f7b8a;--string:#2f7d32;--number:#9a5b00}
@media (prefers-color-scheme:dark){:root{--text:#dfe5ee;--soft:#98a3b3;--line:#2b3340;--back:#12161c;--code:#181d25;
--link:#6ea3f0;--keyword:#e08ad8;--builtin:#62c4d3;--string:#8fce91;--number:#e6b36a}}
body{margin:0;background:var(--back);color:var(--text);font:16px/1.6 system-ui,sans-serif;display:flex}
nav{flex:none;width:200px;padding:20px;border-right:1px solid var(--line);min-height:100vh;font-size:15px}
nav a{display:block;padding:2px 0}nav a[aria-current]{font-weight:bold;color:var(--text)}
main{max-width:860px;padding:8px 32px 60px;min-width:0}a{color:var(--link);text-decoration:none}
pre{background:var(--code);border:1px solid var(--line);border-radius:8px;padding:12px 14px;
overflow:auto;line-height:1.45}
code{font:13.5px/1.45 ui-monospace,Menlo,Consolas,monospace}:not(pre)>code{background:var(--code);padding:1px 4px}
img{max-width:100%}table{border-collapse:collapse;display:block;overflow:auto}
td,th{border:1px solid var(--line);padding:4px 10px;text-align:left}h1,h2,h3{line-height:1.25}
.hl-keyword{color:var(--keyword)}.hl-builtin{color:var(--builtin)}
.hl-string{color:var(--string)}.hl-number{color:var(--number)}.hl-comment{color:var(--soft);font-style:italic}
@media (max-width:760px){body{display:block}nav{width:auto;min-height:0}}
"""


@dataclass(slots=True)
class Page:
    """A document on its way to a web page."""

    path: Path
    tokens: list[Any]
    title: str = ""
    anchors: dict[str, int] = field(default_factory=dict)
    """How many headings there are of each anchor."""
    links: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The file of the page in the site."""
        return "index.html" if self.path.name == "README.md" else f"{self.path.stem}.html"


def anchor_of(text: str) -> str:
    """Return the anchor of a heading, as GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")


def read(path: Path) -> tuple[Page, list[str]]:
    """Return a page and what is wrong with it alone."""
    tokens = MarkdownIt("commonmark", {"html": True}).enable("table").parse(path.read_text(encoding="utf-8"))
    page, faults, level = Page(path, tokens), [], 0
    for number, token in enumerate(tokens):
        if token.type == "heading_open":
            text, now = tokens[number + 1].content, int(token.tag[1])
            if now > level + 1 or (now == 1) != (level == 0):
                faults.append(f"the heading {text!r} is of level {now}, after one of level {level}")
            level = now
            page.title = page.title or text
            anchor = anchor_of(text)
            count = page.anchors[anchor] = page.anchors.get(anchor, 0) + 1
            token.attrSet("id", anchor if count == 1 else f"{anchor}-{count - 1}")
        elif token.type == "fence" and not token.info.strip():
            faults.append(f"the code in line {token.map[0] + 1} does not say its language")
        elif token.type == "inline" and "](" in re.sub(r"`[^`]*`", "", "".join(map(_plain, token.children))):
            faults.append(f"a link in line {token.map[0] + 1} is broken off")
        faults += _pictures(token, path)
    page.links = [str(part.attrs["href"]) for part in _inline(tokens) if part.type == "link_open"]
    return page, faults


def _plain(token: Any) -> str:
    return token.content if token.type == "text" else ""


def _pictures(token: Any, path: Path) -> Iterator[str]:
    for part in token.children or ():
        if part.type == "image":
            place = path.parent / unquote(str(part.attrs["src"]))
            if not place.is_file():
                yield f"there is no picture {part.attrs['src']}"
            if not part.content:
                yield f"the picture {part.attrs['src']} has no text for those who cannot see it"


def _inline(tokens: list[Any]) -> Iterator[Any]:
    for token in tokens:
        yield from token.children or ()


def check(pages: list[Page]) -> Iterator[str]:
    """Yield what is wrong between pages."""
    known = {page.path: page for page in pages}
    reached, pending = set(), [pages[0]]
    while pending:
        page = pending.pop()
        if page.path in reached:
            continue
        reached.add(page.path)
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (page.path.parent / unquote(parts.path)).resolve() if parts.path else page.path
            other = known.get(target)
            if other is None and not target.exists():
                yield f"{page.path.name}: there is no {link}"
            elif other is not None:
                pending.append(other)
                if parts.fragment and parts.fragment not in other.anchors:
                    yield f"{page.path.name}: {target.name} has no heading #{parts.fragment}"
    yield from (f"{page.path.name}: no page leads to it" for page in pages if page.path not in reached)


def html(page: Page, pages: list[Page]) -> str:
    """Return a page as HTML."""
    names = {one.path: one.name for one in pages}
    for part in _inline(page.tokens):
        if part.type == "link_open":
            path, hash_, fragment = str(part.attrs["href"]).partition("#")
            target = names.get((page.path.parent / path).resolve()) if path else None
            part.attrs["href"] = f"{target}{hash_}{fragment}" if target else part.attrs["href"]
        elif part.type == "image":
            part.attrs["src"] = f"pictures/{Path(str(part.attrs['src'])).name}"
    renderer = MarkdownIt("commonmark", {"html": True, "highlight": _highlight}).enable("table")
    body = renderer.renderer.render(page.tokens, renderer.options, {})
    links = "".join(
        f'<a href="{one.name}"{" aria-current=page" if one is page else ""}>{escape(one.title)}</a>' for one in pages
    )
    head = '<meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    head += f"<title>{escape(page.title)}</title>"
    content = f"<body><nav>{links}</nav><main>{body}</main></body>"
    return f'<!doctype html><html lang="en"><head>{head}<style>{STYLE}</style></head>{content}</html>\n'


def _highlight(code: str, language: str, _attributes: str) -> str:
    return html_of(python_parts(code)) if language == "python" else escape(code)


def _place(path: Path) -> int:
    return FIRST.index(path.stem) if path.stem in FIRST else len(FIRST)


def build(folder: Path) -> list[str]:
    """Write the site into a folder, and return the warnings."""
    others = sorted((ROOT / "docs").glob("*.md"), key=lambda path: (path.stem not in FIRST, _place(path), path.stem))
    paths = [ROOT / "README.md", *others]
    read_pages = [read(path) for path in paths]
    pages = [page for page, _ in read_pages]
    warnings = [f"{page.path.name}: {fault}" for page, faults in read_pages for fault in faults]
    warnings += check(pages)
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copytree(ROOT / "docs" / "pictures", folder / "pictures", dirs_exist_ok=True)
    for page in pages:
        (folder / page.name).write_text(html(page, pages), encoding="utf-8")
    return warnings


def main() -> int:
    """Build, and tell the warnings."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "site"
    warnings = build(folder)
    for warning in warnings:
        print(f"warning: {warning}", file=sys.stderr)
    print(f"{folder / 'index.html'}: {len(warnings)} warnings")
    return 1 if warnings else 0


if __name__ == "__main__":
    sys.exit(main())
