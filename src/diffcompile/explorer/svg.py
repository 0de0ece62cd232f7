"""A laid-out graph as SVG, for a page or as a file of its own; light and dark by the reader's preference."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

from diffcompile.explorer.graph import LINE, PAD, Box, Edge, Graph
from diffcompile.ir.core import Op

STYLE = """
.g-box{fill:#fff;stroke:#8a94a6;stroke-width:1}.g-param{fill:#e8f1ff;stroke:#3b78d8}.g-result{fill:#e9f7ec;stroke:#2e8b57}
.g-region{fill:#f4f5f7;stroke:#aab2c0}.g-write{fill:#fff1e6;stroke:#d9822b}.g-storage{fill:#f6ecfb;stroke:#8e44ad}
.g-text{font:12px ui-monospace,Menlo,Consolas,monospace;fill:#1c2430}.g-type{fill:#66707f}
.g-title{font:11px ui-monospace,Menlo,Consolas,monospace;fill:#66707f}
.g-edge{fill:none;stroke:#9aa4b5;stroke-width:1.2}.g-head{fill:#9aa4b5}
"""
DARK = """
.g-box{fill:#1d232d;stroke:#5b6677}.g-param{fill:#17263d;stroke:#5b93e8}.g-result{fill:#16291d;stroke:#4cae78}
.g-region{fill:#171c24;stroke:#4a5464}.g-write{fill:#33241a;stroke:#e09a55}.g-storage{fill:#2a1d33;stroke:#b57bd0}
.g-text{fill:#dfe5ee}.g-type{fill:#98a3b3}.g-title{fill:#98a3b3}.g-edge{stroke:#5f6b7c}.g-head{fill:#5f6b7c}
"""
SMALLEST = 0.7
"""How far a picture in a page is made smaller to fit into its place; a wider one is moved sideways."""
Key = Callable[[Op], str]
"""What an operation is called for whatever highlights it."""


def svg_of(graph: Graph, key: Key | None = None, *, alone: bool = False) -> str:
    """Return the picture; ``alone`` gives it styles of its own and a background that a file needs."""
    width, height = round(graph.width), round(graph.height)
    least = "" if alone else f' style="min-width:{round(SMALLEST * graph.width)}px"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="graph" role="img" aria-label="graph of operations" '
        f'width="{width}" height="{height}"{least} viewBox="0 0 {width} {height}">'
    ]
    if alone:
        dark = f"@media (prefers-color-scheme: dark){{svg{{background:#12161c}}{DARK}}}"
        parts.append(f"<style>svg{{background:#fff}}{STYLE}{dark}</style>")
    parts.append(
        '<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        '<path class="g-head" d="M0 0L8 4L0 8z"/></marker></defs>'
    )
    parts += [_box(box, key, around=True) for box in graph.boxes]
    parts += [_edge(edge) for edge in graph.edges]
    parts += [_box(box, key, around=False) for box in graph.boxes]
    return "".join(parts) + "</svg>"


def _box(box: Box, key: Key | None, *, around: bool) -> str:
    """Return a box: first, below the arrows, those that hold others; then, above them, the rest."""
    inside = "".join(_box(inner, key, around=around) for inner in box.inner)
    return (_drawn(box, key) if around == (box.kind == "region") else "") + inside


def _drawn(box: Box, key: Key | None) -> str:
    name = key(box.op) if key is not None and box.op is not None else ""
    data = f' data-k="{escape(name)}"' if name else ""
    corner = 10 if box.kind in ("param", "result") else 4
    parts = [
        f'<g class="g-node"{data}><rect class="g-box g-{box.kind}" x="{box.x:.1f}" y="{box.y:.1f}" '
        f'width="{box.width:.1f}" height="{box.height:.1f}" rx="{corner}"/>'
    ]
    for number, line in enumerate(box.label):
        style = "g-text" if number == 0 else "g-text g-type"
        if box.kind == "region":
            x, anchor = box.x + PAD, "start"
        else:
            x, anchor = box.x + box.width / 2.0, "middle"
        y = box.y + PAD / 2.0 + LINE * (number + 0.75)
        if box.kind == "region" and number:
            x, y = box.x + PAD + 7.2 * (len(box.label[0]) + 2), box.y + PAD / 2.0 + LINE * 0.75
        parts.append(f'<text class="{style}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(line)}</text>')
    parts.append("</g>")
    parts += [f'<text class="g-title" x="{x:.1f}" y="{y:.1f}">{escape(text)}</text>' for text, x, y in box.titles]
    return "".join(parts)


def _edge(edge: Edge) -> str:
    x1, y1 = edge.source.x + edge.source.width / 2.0, edge.source.y + edge.source.height
    x2, y2 = edge.target.x + edge.target.width / 2.0, edge.target.y
    if edge.target.kind == "region":  # it may be much wider than what flows into it
        x2 = min(max(x1, edge.target.x + PAD), edge.target.x + edge.target.width - PAD)
    bend = max(abs(y2 - y1) / 2.0, 12.0)
    return (
        f'<path class="g-edge" marker-end="url(#head)" '
        f'd="M{x1:.1f} {y1:.1f}C{x1:.1f} {y1 + bend:.1f} {x2:.1f} {y2 - bend:.1f} {x2:.1f} {y2:.1f}"/>'
    )
