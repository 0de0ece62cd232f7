"""Compare gradients with numerical derivatives, and name what is wrong.

The derivative along a few random directions decides; it costs the same whatever the number of entries. Only
when one of them is off, the entries that are wrong are searched for, so that the failure can name them.
"""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from diffcompile.testing.numerical import Derivative, directional_derivative
from diffcompile.testing.structures import difference_in_structure, leaves, parts_like

__tracebackhide__ = True  # pytest shows the code of its user

TOLERANCES = {8: (1e-6, 1e-9), 4: (1e-3, 1e-5), 2: (5e-2, 1e-2)}
"""``(rtol, atol)`` by the size in bytes of the narrowest floats that take part."""
DIRECTIONS = 3
ROUGH = 10.0
"""Where a function is noisy or has a kink, the estimate of the error is itself one."""
ENTRIES = 64
"""Up to so many entries of an array are looked at one by one; more are halved first."""
REPORTED = 5


class GradientMismatch(AssertionError):  # noqa: N818 - an assertion that failed, not a malfunction
    """A gradient is wrong.

    ``argument`` names the argument, ``index`` the entry in it (None for a float), ``expected`` and ``found``
    are the two numbers, ``lines`` the generated statements that assign the argument's adjoint.
    """

    def __init__(
        self,
        message: str,
        *,
        argument: str = "",
        index: tuple[int, ...] | None = None,
        expected: Any = None,
        found: Any = None,
        lines: tuple[str, ...] = (),
    ) -> None:
        """Keep the parts of the message beside it."""
        super().__init__(message)
        self.argument = argument
        self.index = index
        self.expected = expected
        self.found = found
        self.lines = lines


class InconclusiveCheck(AssertionError):  # noqa: N818 - as above
    """The function has no numerical derivative here that is accurate enough to compare with."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of an argument with both derivatives with respect to it."""

    path: str
    index: tuple[int, ...] | None
    expected: Derivative
    found: float

    @property
    def name(self) -> str:
        """The entry as one would write it."""
        return self.path if self.index is None else f"{self.path}[{', '.join(map(str, self.index))}]"

    @property
    def error(self) -> float:
        """How far the two are apart; infinite where one is not a number."""
        error = abs(self.found - self.expected.value)
        return error if math.isfinite(error) else math.inf


def check_against_differences(
    fun: Callable[..., Any],
    args: tuple[Any, ...],
    gradients: dict[int, Any],
    *,
    names: Sequence[str],
    title: str = "the function",
    source: str = "",
    rtol: float | None = None,
    atol: float | None = None,
    seed: int = 0,
    coordinates: int = 0,
) -> None:
    """Compare gradients, one for each differentiated position in ``args``, with numerical ones of ``fun``.

    Beside the random directions, some ``coordinates`` are looked at one by one: an entry that is small beside
    the others does not show in a random direction.
    """
    for k, gradient in gradients.items():
        problem = difference_in_structure(args[k], gradient)
        if problem:
            raise GradientMismatch(
                f"the gradient of {title} with respect to {names[k]} has the wrong form: {problem}",
                argument=names[k],
                lines=assignments_of_adjoint(source, names[k]),
            )
    comparison = Comparison.of(fun, args, gradients, names, rtol, atol)
    rng = np.random.default_rng(seed)
    directions = [comparison.random_direction(rng) for _ in range(DIRECTIONS)]
    directions += comparison.some_coordinates(rng, coordinates)
    for direction in directions:
        verdict = comparison.judge(direction)
        if verdict == "wrong":
            raise mismatch(comparison.wrong_entries(rng), comparison, title, source)
        if verdict != "right":
            raise inconclusive(title, verdict)


NOT_FINITE = "the function is not finite around it"


def inconclusive(title: str, verdict: str) -> InconclusiveCheck:
    """Return the error for a function that cannot be checked at a point."""
    why = "the function may have a kink, a jump or the border of its domain here, or be noisy"
    advice = "another point, or larger rtol and atol"
    if verdict == NOT_FINITE:
        why = "its value or its derivative is infinite or NaN: a root or a quotient at 0, the border of a domain?"
        advice = "another point; `diffcompile explain` names such lines, and gradient_norms the one where a NaN begins"
    if verdict.startswith("a kink"):
        why = "derivatives from the two sides differ, so there is no derivative at this very point"
    elif "noise" in verdict:
        why = "the values are rougher than rounding explains: rounding to float32 inside, an iteration, a table?"
    return InconclusiveCheck(
        f"the gradient of {title} cannot be checked at this point: {verdict}\n"
        f"  why: {why}\n  try: {advice}"
    )


def assignments_of_adjoint(source: str, argument: str) -> tuple[str, ...]:
    """Return the numbered lines of generated code that assign the adjoint of ``argument``.

    A comment right above a statement, which quotes the primal line, goes with it.

    >>> assignments_of_adjoint("def g(w):\\n    # y = w * w\\n    w_bar = 2.0 * w\\n    return w_bar", "w")
    ('   2      # y = w * w', '   3      w_bar = 2.0 * w')
    """
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return ()
    root = re.match(r"\w*", argument)
    adjoint = re.compile(rf"{root.group() if root else argument}_bar(_?\d+)?")
    text = source.splitlines()
    numbers: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt) and any(adjoint.fullmatch(name) for name in _stored_names(node)):
            numbers.update(range(node.lineno - 1, node.end_lineno or node.lineno))
            if node.lineno > 1 and text[node.lineno - 2].lstrip().startswith("#"):
                numbers.add(node.lineno - 2)
    return tuple(f"{n + 1:4d}  {text[n]}" for n in sorted(numbers))


def _stored_names(statement: ast.stmt) -> list[str]:
    """Return the names into which a simple statement stores, be it by ``np.add.at`` or ``out=``."""
    targets: list[ast.expr] = []
    match statement:
        case ast.Assign():
            targets = list(statement.targets)
        case ast.AugAssign() | ast.AnnAssign():
            targets = [statement.target]
        case ast.Expr(value=ast.Call() as call):
            targets = call.args[:1] + [keyword.value for keyword in call.keywords if keyword.arg == "out"]
    names = []
    while targets:
        target = targets.pop()
        if isinstance(target, ast.Tuple | ast.List):
            targets.extend(target.elts)
        elif isinstance(target, ast.Subscript | ast.Attribute | ast.Starred):
            targets.append(target.value)
        elif isinstance(target, ast.Name):
            names.append(target.id)
    return names


class Comparison:
    """Gradients beside the function from which their numerical counterparts come."""

    def __init__(
        self,
        fun: Callable[..., Any],
        args: tuple[Any, ...],
        gradients: dict[int, Any],
        names: Sequence[str],
        rtol: float,
        atol: float,
    ) -> None:
        self.fun = fun
        self.args = args
        self.rtol = rtol
        self.atol = atol
        self.spots = [leaf for name, arg in zip(names, args, strict=True) for leaf in leaves(arg, name)]
        # one for each spot; None where it is not differentiated
        self.found: list[Any] = []
        for k, arg in enumerate(args):
            self.found += parts_like(gradients[k], arg) if k in gradients else [None] * len(leaves(arg))
        self.scales = [_scale(spot.value) for spot in self.spots]

    @classmethod
    def of(
        cls,
        fun: Callable[..., Any],
        args: tuple[Any, ...],
        gradients: dict[int, Any],
        names: Sequence[str],
        rtol: float | None,
        atol: float | None,
    ) -> Comparison:
        """Return a comparison with the tolerances of the narrowest dtype where none are given."""
        return cls(fun, args, gradients, names, *_tolerances(args, gradients, rtol, atol))

    def random_direction(self, rng: np.random.Generator) -> list[Any]:
        """Return a direction that moves every differentiated entry in proportion to the size of its array."""
        return [
            None if found is None else scale * rng.normal(size=np.shape(found))
            for found, scale in zip(self.found, self.scales, strict=True)
        ]

    def some_coordinates(self, rng: np.random.Generator, count: int) -> list[list[Any]]:
        """Return directions that move one random entry each."""
        entries = [(k, flat) for k, found in enumerate(self.found) for flat in range(np.size(found))]
        entries = [(k, flat) for k, flat in entries if self.found[k] is not None]
        chosen = rng.permutation(len(entries))[:count]
        return [self._coordinate(*entries[c]) for c in chosen]

    def along(self, direction: list[Any]) -> tuple[Derivative, float, float]:
        """Return the numerical derivative, that of the gradient, and the tolerated difference."""
        expected = directional_derivative(self.fun, self.args, direction)
        products = [
            np.where(d == 0.0, 0.0, found) * d  # an infinite entry that does not move says nothing
            for found, d in zip(self.found, direction, strict=True)
            if d is not None
        ]
        total = float(sum(np.sum(product) for product in products))
        # terms that cancel leave the rounding of the terms behind, not that of the sum
        size = math.hypot(*(float(part) for product in products for part in np.ravel(product)))
        return expected, total, self.rtol * max(abs(expected.value), size) + self.atol

    def judge(self, direction: list[Any]) -> str:
        """Return "right", "wrong", or why neither can be said."""
        expected, found, tolerance = self.along(direction)
        if not math.isfinite(expected.value):
            return NOT_FINITE
        off = abs(found - expected.value)
        trust = ROUGH if expected.trouble else 2.0
        if not off <= tolerance + trust * expected.error:  # nan is wrong, too
            return "wrong"
        if expected.error > tolerance and expected.trouble:
            return expected.trouble
        if expected.error > tolerance:
            return f"the numerical derivative {expected.value:.6g} is only good to {expected.error:.1e}"
        return "right"

    def wrong_entries(self, rng: np.random.Generator) -> list[Entry]:
        """Return the worst entries, the worst first."""
        entries: list[Entry] = []
        for k, found in enumerate(self.found):
            if found is None or np.size(found) == 0:
                continue
            entries += [self._entry(k, flat) for flat in self._suspects(k, rng)]
        entries.sort(key=lambda entry: entry.error, reverse=True)
        wrong = [
            entry for entry in entries if entry.error > self.rtol * abs(entry.expected.value) + self.atol
        ]
        return (wrong or entries)[:REPORTED]

    def checked_entries(self, rng: np.random.Generator, count: int = ENTRIES) -> list[Entry]:
        """Return entries, all or a random choice of so many, the one with the largest difference first."""
        places = [
            (k, flat) for k, found in enumerate(self.found) if found is not None for flat in range(np.size(found))
        ]
        if len(places) > count:
            places = [places[k] for k in sorted(rng.permutation(len(places))[:count])]
        entries = [self._entry(k, flat) for k, flat in places]
        return sorted(entries, key=lambda entry: entry.error, reverse=True)

    def _suspects(self, k: int, rng: np.random.Generator) -> Any:
        """Return flat indices in leaf ``k``: all of a small one, else those of the worse half, repeatedly."""
        suspects = np.arange(np.size(self.found[k]))
        broken = suspects[~np.isfinite(np.ravel(self.found[k]))]
        if broken.size:
            return broken[:ENTRIES]
        while suspects.size > ENTRIES:
            halves = np.array_split(suspects, 2)
            offs = []
            for half in halves:
                direction = np.zeros(np.size(self.found[k]))
                direction[half] = rng.normal(size=half.size)
                expected, found, _ = self.along(self._only(k, direction))
                offs.append(abs(found - expected.value) / math.sqrt(half.size))
            suspects = halves[int(offs[1] > offs[0])]
        return suspects

    def _entry(self, k: int, flat: int) -> Entry:
        spot, found = self.spots[k], np.asarray(self.found[k])
        expected = directional_derivative(self.fun, self.args, self._coordinate(k, flat))
        partial = Derivative(
            expected.value / self.scales[k], expected.error / self.scales[k], expected.method
        )
        index = tuple(int(i) for i in np.unravel_index(flat, found.shape)) if found.ndim else None
        return Entry(spot.path, index, partial, float(found.flat[flat]))

    def _coordinate(self, k: int, flat: int) -> list[Any]:
        direction = np.zeros(np.size(self.found[k]))
        direction[flat] = self.scales[k]
        return self._only(k, direction)

    def _only(self, k: int, flat_direction: Any) -> list[Any]:
        direction: list[Any] = [None] * len(self.found)
        direction[k] = flat_direction.reshape(np.shape(self.found[k]))
        return direction


def _scale(value: Any) -> float:
    """Return the typical size of the entries of a leaf: steps are taken relative to it."""
    size = float(np.sqrt(np.mean(np.square(value, dtype=np.float64)))) if np.size(value) else 1.0
    return size if size > 1e-3 and math.isfinite(size) else 1.0  # noqa: PLR2004


def _tolerances(
    args: tuple[Any, ...], gradients: dict[int, Any], rtol: float | None, atol: float | None
) -> tuple[float, float]:
    widths = [np.asarray(leaf.value).dtype.itemsize for k in gradients for leaf in leaves(args[k])]
    default_rtol, default_atol = TOLERANCES[min([8, *widths])]
    return default_rtol if rtol is None else rtol, default_atol if atol is None else atol


def mismatch(entries: list[Entry], comparison: Comparison, title: str, source: str) -> GradientMismatch:
    """Return the error that names wrong entries, the worst first, and the generated lines responsible."""
    worst = entries[0]
    argument = re.split(r"[.\[]", worst.path)[0]
    lines = assignments_of_adjoint(source, argument)
    message = [f"the gradient of {title} with respect to {worst.path} is wrong", *table(entries)]
    message.append(f"  tolerance: rtol={comparison.rtol:g}, atol={comparison.atol:g}")
    if lines:
        message += [f"generated lines that assign the adjoint of {argument}:", *lines]
    return GradientMismatch(
        "\n".join(message),
        argument=worst.path,
        index=worst.index,
        expected=worst.expected.value,
        found=worst.found,
        lines=lines,
    )


def table(entries: Sequence[Entry]) -> list[str]:
    """Return the lines of a table of entries.

    >>> exact = Derivative(4.0, 1e-15, "complex step")
    >>> print("\\n".join(table([Entry("w", (1,), exact, 12.0)])))
      entry  expected  found  difference  by
      w[1]          4     12           8  complex step, good to 1e-15
    """
    rows = [("entry", "expected", "found", "difference", "by")]
    for entry in entries:
        numbers = (entry.expected.value, entry.found, entry.error)
        method = f"{entry.expected.method}, good to {entry.expected.error:.0e}"
        rows.append((entry.name, f"{numbers[0]:.10g}", f"{numbers[1]:.10g}", f"{numbers[2]:.3g}", method))
    widths = [max(len(row[k]) for row in rows) for k in range(4)]
    return [
        f"  {row[0]:{widths[0]}}  " + "  ".join(f"{row[k]:>{widths[k]}}" for k in (1, 2, 3)) + f"  {row[4]}"
        for row in rows
    ]
