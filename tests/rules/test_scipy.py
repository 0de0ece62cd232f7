"""Every rule of SciPy: against numerical derivatives, and through the compiler."""

from __future__ import annotations

import linecache
import math
import subprocess
import sys
import warnings
from typing import Any

import numpy as np
import pytest

from diffcompile import DiffCompileError, UnsupportedError, grad, jvp, value_and_grad
from diffcompile.rules import registry
from diffcompile.rules.coverage import coverage
from diffcompile.rules.registry import Adjoint, Elementwise, Sample
from rules.checking import check, name_of, slope_at_zero
from rules.test_compiled import is_active, noise, total

special = pytest.importorskip("scipy.special")
stats = pytest.importorskip("scipy.stats")
for _subject in sorted(registry.SUBJECTS["scipy"]):
    registry.load_rules("scipy", _subject)


def _module_of(entry: Elementwise | Adjoint) -> str:
    if isinstance(entry, Adjoint):
        return str(entry.rule.__module__)
    return next(
        str(partial.__module__) for partial in entry.partials if partial not in (None, registry.unknown)
    )


ENTRIES = [
    entry
    for table in (registry.ELEMENTWISE, registry.ADJOINT)
    for entry in table.values()
    if _module_of(entry).startswith("diffcompile.rules.scipy")
]


def identify(entry: Any) -> str:
    owner = getattr(entry.fun, "__self__", None)
    prefix = f"{owner.name}." if hasattr(owner, "name") else ""
    return f"{_module_of(entry).split('.')[3]}.{prefix}{name_of(entry.fun).split('.')[-1]}"


@pytest.mark.parametrize("entry", ENTRIES, ids=identify)
def test_rule(entry: Any) -> None:
    with np.errstate(all="ignore"):
        assert check(entry) > 0


MOST = 4
"""Samples of a rule that are compiled in the run that everybody makes."""


def chosen(entry: Any) -> list[tuple[int, Sample]]:
    """Return some of the numbered samples of a rule: most of those of ufuncs are but other ways to broadcast."""
    numbered = list(enumerate(entry.samples()))
    return numbered if isinstance(entry, Adjoint) else [*numbered[:2], *numbered[-1:]]


def cases() -> list[Any]:
    return [
        pytest.param(
            entry, case, id=f"{identify(entry)}-{number}", marks=[pytest.mark.long] if place >= MOST else []
        )
        for entry in ENTRIES
        for place, (number, case) in enumerate(chosen(entry))
    ]


def has_tangent(entry: Any) -> bool:
    """Tell whether there is a rule for forward mode."""
    return any(entry.fun in table for table in (registry.ELEMENTWISE, registry.TANGENT, registry.ADJOINT))


def program(entry: Any, case: Sample) -> tuple[Any, list[Any]]:
    """Return a function of the active arguments with a float result, and these arguments."""
    fun = entry.fun
    unknown = [p is registry.unknown for p in entry.partials] if isinstance(entry, Elementwise) else []
    scope: dict[str, Any] = {"fun": fun, "total": total, "np": np}
    parts, active = [], []
    for number, value in enumerate(case.args):
        if is_active(value) and not (number < len(unknown) and unknown[number]):
            parts.append(f"x{number}")
            active.append(value)
        else:
            scope[f"c{number}"] = value
            parts.append(repr(value) if value is None or isinstance(value, bool | str) else f"c{number}")
    for key, value in case.kwargs.items():
        scope[f"k_{key}"] = value
        plain = value is None or isinstance(value, int | str | bool | tuple)
        parts.append(f"{key}={value!r}" if plain else f"{key}=k_{key}")
    params = [part for part in parts if part.startswith("x")]
    y = fun(*case.args, **case.kwargs)
    if isinstance(y, tuple):
        names = [f"y{k}" for k in range(len(y))]
        used = [name for name, part in zip(names, y, strict=True) if np.asarray(part).dtype.kind in "fc"]
        body = f"    {', '.join(names)} = fun({', '.join(parts)})\n    return "
        body += " + ".join(f"{k + 1}.0 * total({name})" for k, name in enumerate(used))
    else:
        body = f"    return total(fun({', '.join(parts)}))"
    text = f"def f({', '.join(params)}):\n{body}\n"
    path = f"<rule {identify(entry)} {id(case)}>"
    linecache.cache[path] = (len(text), None, text.splitlines(keepends=True), path)
    exec(compile(text, path, "exec"), scope)
    return scope["f"], active


@pytest.mark.parametrize(("entry", "case"), cases())
def test_gradient_through_the_compiler(entry: Any, case: Sample) -> None:
    if any(getattr(arg, "dtype", None) in (np.float32, np.complex64) for arg in case.args):
        pytest.skip("single precision, which hides the difference")
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fun, args = program(entry, case)
        if not args:
            pytest.skip("no argument is active")
        y = fun(*args)
        if np.iscomplexobj(y) or not math.isfinite(y):
            pytest.skip("the result is not a real number")
        value, gradients = value_and_grad(fun, argnums=tuple(range(len(args))))(*args)
        assert value == pytest.approx(float(y), rel=1e-12, abs=1e-12)
        rng = np.random.default_rng(5)
        directions = [noise(rng, arg) for arg in args]
        found = sum(float(np.real(np.sum(g * d))) for g, d in zip(gradients, directions, strict=True))

        def along(t: float) -> float:
            moved = []
            for arg, d in zip(args, directions, strict=True):
                if isinstance(arg, np.ndarray):
                    moved.append(np.empty_like(arg))
                    moved[-1][...] = arg + t * d
                else:
                    moved.append(type(arg)(arg + t * d))
            return float(fun(*moved))

        expected = slope_at_zero(along)
        if has_tangent(entry):
            _, slope = jvp(fun, tuple(args), tuple(directions))
            assert slope == pytest.approx(found, rel=1e-9, abs=1e-9)
    for gradient, arg in zip(gradients, args, strict=True):
        assert np.shape(gradient) == np.shape(arg)
    assert found == pytest.approx(expected, rel=1e-6, abs=1e-6)


# --- loading ---


def test_the_package_needs_no_scipy() -> None:
    """SciPy is neither imported with the package, nor by the gradient of a program that does without it."""
    code = """
import sys
sys.modules["scipy"] = None  # an import of it fails
import numpy as np
import diffcompile, diffcompile.rules
from diffcompile.rules import registry
assert registry.has_rule(np.sin) and not registry.has_rule(np.frompyfunc(abs, 1, 1))
assert not [name for name in sys.modules if name.startswith("diffcompile.rules.scipy")]
"""
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True, timeout=60)


def test_rules_come_with_the_first_callee() -> None:
    code = """
import sys
import diffcompile
from diffcompile.rules import registry
from scipy import special
assert "diffcompile.rules.scipy.special" not in sys.modules
before = registry.version()
assert registry.has_rule(special.gamma)
assert "diffcompile.rules.scipy.special" in sys.modules
assert registry.version() == before
assert not registry.has_rule(special.mathieu_a)
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_a_rule_registered_first_is_kept() -> None:
    code = """
import numpy as np
import diffcompile
from scipy import special
diffcompile.elementwise(special.gamma, lambda y, x: 42.0)
from diffcompile.rules import registry
assert registry.has_rule(special.gamma)
assert registry.ELEMENTWISE[special.gamma].partials[0](None, 1.5) == 42.0
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_an_operand_without_formula_is_refused() -> None:

    def order(v: Any) -> Any:
        return special.jv(v, 2.0)

    with pytest.raises(UnsupportedError, match="jv has no derivative rule for its argument number 1"):
        grad(order)(1.5)


def test_a_function_without_rule_is_refused() -> None:

    with pytest.raises(DiffCompileError, match="mathieu_a"):
        grad(lambda q: special.mathieu_a(2, q))(0.5)


# --- distributions ---


def test_parameters_of_a_distribution_by_name() -> None:
    def evidence(x: Any, a: Any, s: Any) -> Any:
        return np.sum(stats.gamma.logpdf(x, scale=s, a=a) + stats.norm.logpdf(x, scale=s))

    x = np.array([0.5, 1.5, 2.5])
    found = grad(evidence, argnums=(0, 1, 2))(x, 2.0, 1.5)
    np.testing.assert_allclose(found[0], (2.0 - 1.0) / x - 1.0 / 1.5 - x / 1.5**2)
    assert found[1] == pytest.approx(np.sum(np.log(x / 1.5) - special.digamma(2.0)))
    assert found[2] == pytest.approx(np.sum((x / 1.5 - 2.0) / 1.5 + (x * x / 1.5**2 - 1.0) / 1.5))


def test_outside_the_support_nothing_moves() -> None:
    x = np.array([-1.0, 0.5, 2.0])
    for distribution, shapes in (
        (stats.expon, ()),
        (stats.gamma, (2.5,)),
        (stats.beta, (2.0, 3.0)),
        (stats.uniform, ()),
    ):
        for name in ("pdf", "cdf", "sf"):
            method = getattr(distribution, name)

            def density(x: Any, method: Any = method, shapes: Any = shapes) -> Any:
                return np.sum(method(x, *shapes))

            slope = grad(density)(x)
            assert slope[0] == 0.0
            assert np.all(np.isfinite(slope)), (distribution.name, name)
            if distribution.name in ("beta", "uniform"):
                assert slope[2] == 0.0


def test_the_text_names_the_distribution() -> None:
    def evidence(x: Any) -> Any:
        return np.exp(stats.norm.logcdf(x))

    g = grad(evidence)
    assert g(0.5) == pytest.approx(stats.norm.pdf(0.5))
    assert "from scipy.stats import norm" in g.source
    assert "norm.logcdf(x" in g.source


def test_a_count_is_refused() -> None:
    with pytest.raises(UnsupportedError, match="argument number 1"):
        grad(lambda k: stats.poisson.logpmf(k, 2.0))(3.0)


# --- counts ---


def test_coverage_counts_names_and_methods() -> None:
    of_special = coverage(special)
    assert {"gamma", "jv", "logsumexp", "psi"} <= set(of_special.reverse)
    assert "mathieu_a" not in of_special.reverse
    assert of_special.forward == of_special.reverse
    assert {"norm.logpdf", "gamma.ppf", "poisson.pmf"} <= set(coverage(stats).forward)
    assert "multivariate_normal.logpdf" in coverage(stats).forward
