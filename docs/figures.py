"""Draw the figures of the documents: ``python docs/figures.py``."""

from __future__ import annotations

import subprocess
import sys
from html import escape
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PICTURES = ROOT / "docs" / "pictures"
SETTLE = ("docs/code/examples.py:settle", "--arg", "w=float64[m,m]", "--arg", "x=float64[m]", "--arg", "n=int")
PRIMAL, ADJOINT, KEPT, LINE, SOFT = "#2a5db0", "#b0432a", "#8e44ad", "#1c2430", "#66707f"


class Drawing:
    """Boxes, arrows and words on a sheet of paper."""

    def __init__(self, width: int, height: int, what: str) -> None:
        self.parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
            f'role="img" aria-label="{escape(what)}" font-family="ui-monospace,Menlo,monospace" font-size="14">',
            *(
                f'<marker id="to{colour[1:]}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" '
                f'orient="auto"><path d="M0 0 8 4 0 8z" fill="{colour}"/></marker>'
                for colour in (PRIMAL, ADJOINT, KEPT, SOFT)
            ),
            f'<rect width="{width}" height="{height}" rx="10" fill="#fbfbfc"/>',
        ]

    def box(self, x: float, y: float, width: float, text: str, colour: str, height: float = 34) -> None:
        """Draw a box with a text in it."""
        self.parts.append(
            f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="5" fill="#fff" stroke="{colour}"/>'
        )
        self.text(x + width / 2, y + height / 2 + 5, text, colour)

    def text(self, x: float, y: float, text: str, colour: str = LINE, anchor: str = "middle", size: int = 14) -> None:
        """Write a line."""
        self.parts.append(
            f'<text x="{x}" y="{y}" fill="{colour}" text-anchor="{anchor}" font-size="{size}">{escape(text)}</text>'
        )

    def arrow(self, x: float, y: float, to_x: float, to_y: float, colour: str, dashed: bool = False) -> None:
        """Draw an arrow."""
        dash = ' stroke-dasharray="4 4"' if dashed else ""
        self.parts.append(
            f'<path d="M{x} {y}L{to_x} {to_y}" stroke="{colour}" fill="none" marker-end="url(#to{colour[1:]})"{dash}/>'
        )

    def save(self, name: str) -> None:
        """Write the file."""
        (PICTURES / name).write_text("\n".join([*self.parts, "</svg>\n"]), encoding="utf-8")
        print(f"docs/pictures/{name}")


def sweeps() -> None:
    """One sweep forward, one back, and between them what is kept: ``settle`` with three steps."""
    drawing = Drawing(860, 300, "The forward sweep from left to right, the reverse sweep back, and the saved values")
    columns = (40, 200, 360, 520, 700)
    primal = ("y = x", "tanh(w @ y)", "tanh(w @ y)", "tanh(w @ y)", "sum(y * y)")
    adjoint = ("x_bar", "y_bar, w_bar", "y_bar, w_bar", "y_bar, w_bar", "2.0 * y")
    drawing.text(40, 32, "forward sweep: the program", PRIMAL, "start", 15)
    drawing.text(40, 286, "reverse sweep: how much the result changes with each value", ADJOINT, "start", 15)
    for number, (x, above, below) in enumerate(zip(columns, primal, adjoint, strict=True)):
        drawing.box(x, 50, 120, above, PRIMAL)
        drawing.box(x, 226, 120, below, ADJOINT)
        if number:
            drawing.arrow(columns[number - 1] + 120, 67, x - 2, 67, PRIMAL)
            drawing.arrow(x, 243, columns[number - 1] + 122, 243, ADJOINT)
    for x in columns[1:4]:
        drawing.arrow(x + 60, 84, x + 60, 134, KEPT)
        drawing.box(x + 10, 138, 100, "y", KEPT)
        drawing.arrow(x + 60, 172, x + 60, 222, KEPT)
    drawing.arrow(columns[4] + 60, 84, columns[4] + 60, 222, SOFT, dashed=True)
    drawing.text(190, 160, "saved_y", KEPT, "end")
    drawing.text(660, 160, "still there", SOFT, "start")
    drawing.save("sweeps.svg")


def shadows() -> None:
    """An array, a view of it, and their shadows, before and after a store is reversed."""
    drawing = Drawing(860, 250, "An array with a view, and its shadow with the same view; what a store means backwards")
    rows = (
        ("a", PRIMAL, ("0", "2 x0", "2 x1", "x2", "0"), "forward", ("a[1:4] = x", "inner = a[1:3]", "inner *= 2.0")),
        ("a_bar", ADJOINT, ("", "c1", "c2", "c3", ""), "backward", (
            "inner_bar = a_bar[1:3]", "inner_bar *= 2.0", "x_bar = a_bar[1:4].copy()", "a_bar[1:4] = 0.0",
        )),
    )  # fmt: skip
    for row, (name, colour, values, title, lines) in enumerate(rows):
        y = 50 + 115 * row
        drawing.text(74, y + 22, name, colour, "end")
        for column, value in enumerate(values):
            drawing.box(90 + 70 * column, y, 70, value, colour)
        drawing.parts.append(f'<path d="M162 {y + 37}v6h136v-6" fill="none" stroke="{colour}"/>')
        drawing.text(230, y + 59, "inner" + "_bar" * row, colour)
        drawing.text(500, y - 12, title, SOFT, "start")
        for number, line in enumerate(lines):
            drawing.text(500, y + 12 + 21 * number, line, colour, "start")
    drawing.save("shadows.svg")


def graphs() -> None:
    """Two stages of the compilation of ``settle`` as graphs."""
    for stage in ("primal", "optimised"):
        name = f"settle_{stage}.svg"
        command = [sys.executable, "-m", "diffcompile", "graph", *SETTLE, "--stage", stage, "-o", str(PICTURES / name)]
        subprocess.run(command, cwd=ROOT, check=True)


if __name__ == "__main__":
    sweeps()
    shadows()
    graphs()
