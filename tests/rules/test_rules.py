"""Every rule in the tables against numerical derivatives, and the check itself against wrong rules."""

from __future__ import annotations

import ast
import cmath
import inspect
import math
import operator
import warnings
from pathlib import Path

import numpy as np
import pytest

import diffcompile.rules
from diffcompile import runtime
from diffcompile.rules import registry
from diffcompile.rules.registry import Adjoint, Elementwise, sample
from rules.checking import check, is_of_a_test, name_of

RULES = [
    entry
    for entry in (*registry.ELEMENTWISE.values(), *registry.ADJOINT.values())
    if registry.package_of(entry.fun) != "scipy" and not is_of_a_test(entry.fun)
]
X = np.array([[0.5, -1.5, 2.5], [1.0, 2.0, -3.0]])


@pytest.mark.parametrize("entry", RULES, ids=lambda entry: name_of(entry.fun))
def test_rule(entry):
    assert check(entry) > 0


# --- the check itself ---


def _samples():
    return [sample(X)]


def _writes_into_ct(ct, y, a):
    ct *= 2.0
    return (ct / y,)


WRONG = {
    "sign": Elementwise(np.cos, (lambda y, x: np.sin(x),), _samples),
    "factor": Elementwise(np.square, (lambda y, x: x,), _samples),
    "off by 1e-5": Elementwise(np.exp, (lambda y, x: y * (1.0 + 1e-5),), _samples),
    "operands swapped": Elementwise(
        np.divide, (lambda z, x, y: 1.0 / x, lambda z, x, y: -z / y), lambda: [sample(X, X + 7.0)]
    ),
    "dtype of a partial": Elementwise(
        np.sin, (lambda y, x: np.cos(x) * np.float64(1.0),), lambda: [sample(X.astype(np.float32))]
    ),
    "a mask as partial": Elementwise(np.fabs, (lambda y, x: x > 0,), lambda: [sample(np.abs(X))]),
    "too few partials": Elementwise(np.add, (lambda z, x, y: 1.0,), lambda: [sample(X, X)]),
    "shape": Adjoint(np.sum, lambda ct, y, a: (ct,), _samples),
    "axis": Adjoint(
        np.cumsum,
        lambda ct, y, a, axis=None: (np.cumsum(ct[::-1], axis=axis)[::-1],),
        lambda: [sample(X, axis=1)],
    ),
    "dtype": Adjoint(
        np.negative, lambda ct, y, a: (-ct.astype(np.float64),), lambda: [sample(X.astype(np.float32))]
    ),
    "missing cotangent": Adjoint(np.arctan, lambda ct, y, a: (None,), _samples),
    "bare cotangent": Adjoint(np.negative, lambda ct, y, a: -ct, _samples),
    "structure": Adjoint(np.concatenate, lambda ct, y, arrays: (ct,), lambda: [sample([X[0], X[1]])]),
    "conjugated": Adjoint(np.exp, lambda ct, y, a: (ct * np.conj(y),), lambda: [sample(X * 1j)]),
    "writes into its cotangent": Adjoint(np.exp, _writes_into_ct, _samples),
    "no samples": Elementwise(np.sin, (lambda y, x: np.cos(x),)),
    "empty samples": Elementwise(np.sin, (lambda y, x: np.cos(x),), list),
}


@pytest.mark.parametrize("entry", WRONG.values(), ids=WRONG.keys())
def test_wrong_rule_is_caught(entry):
    with pytest.raises(AssertionError):
        check(entry)


# --- conventions where a derivative is not unique, which differences cannot tell ---


def _elementwise_slopes(fun, *operands):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        y = fun(*operands)
    return [partial(y, *operands) for partial in registry.ELEMENTWISE[fun].partials]


def _cotangents(fun, *args, **kwargs):
    y = fun(*args, **kwargs)
    return registry.ADJOINT[fun].rule(np.ones_like(y), y, *args, **kwargs)


@pytest.mark.parametrize("fun", [np.maximum, np.minimum, np.fmax, np.fmin])
def test_ties_of_two_operands_share_equally(fun):
    x, y = np.array([1.0, -math.inf, 2.0]), np.array([1.0, -math.inf, math.inf])
    x_slope, y_slope = _elementwise_slopes(fun, x, y)
    np.testing.assert_array_equal(x_slope[:2], [0.5, 0.5])
    np.testing.assert_array_equal(x_slope + y_slope, [1.0, 1.0, 1.0])


@pytest.mark.parametrize("fun", [np.max, np.amax, np.nanmax])
def test_ties_of_a_reduction_share_equally(fun):
    x = np.array([[1.0, 3.0, 3.0], [2.0, 2.0, 2.0]])
    np.testing.assert_allclose(_cotangents(fun, x, axis=1)[0], [[0, 0.5, 0.5], [1 / 3, 1 / 3, 1 / 3]])
    np.testing.assert_allclose(_cotangents(fun, x)[0], [[0, 0.5, 0.5], [0, 0, 0]])


@pytest.mark.parametrize("fun", [abs, operator.abs, np.absolute, math.fabs])
def test_absolute_value_is_flat_at_zero(fun):
    (slope,) = _elementwise_slopes(fun, 0.0)
    assert slope == 0.0
    assert type(slope) is float


def test_clip_passes_its_bounds():
    np.testing.assert_array_equal(
        _cotangents(np.clip, np.array([-2.0, -1.0, 0.0, 1.0, 2.0]), -1.0, 1.0)[0], [0, 1, 1, 1, 0]
    )
    np.testing.assert_array_equal(
        _cotangents(np.clip, 0.0, 1.0, -1.0)[2], 1.0
    )  # bounds that cross give the upper


@pytest.mark.parametrize("fun", [np.power, np.float_power, operator.pow])
def test_power_at_zero(fun):
    x = np.zeros(4)
    x_slope, n_slope = _elementwise_slopes(fun, x, np.array([0.0, 1.0, 2.0, 3.0]))
    np.testing.assert_array_equal(x_slope, [0.0, 1.0, 0.0, 0.0])
    np.testing.assert_array_equal(n_slope, np.zeros(4))
    assert _elementwise_slopes(fun, 0.0, 0.0)[0] == 0.0
    assert _elementwise_slopes(fun, x, 0)[0] == 0.0
    np.testing.assert_array_equal(_elementwise_slopes(fun, np.array([-2.0]), 3.0)[0], [12.0])


def test_power_of_python_floats_stays_a_python_float():
    assert [type(slope) for slope in _elementwise_slopes(operator.pow, 2.0, 3.0)] == [float, float]
    assert [type(slope) for slope in _elementwise_slopes(math.pow, 0.0, 2.0)] == [float, float]
    assert math.isnan(_elementwise_slopes(operator.pow, -2.0, 2.0)[1])


@pytest.mark.parametrize("ord", [None, 1, 2, 3, 0.5])
def test_norm_at_the_origin_is_flat(ord):
    np.testing.assert_array_equal(_cotangents(np.linalg.norm, np.zeros(3), ord)[0], np.zeros(3))


def test_standard_deviation_of_equal_numbers_is_flat():
    np.testing.assert_array_equal(_cotangents(np.std, np.full((2, 3), 0.5), axis=1)[0], np.zeros((2, 3)))


@pytest.mark.parametrize("fun", [np.hypot, math.hypot])
def test_hypot_at_the_origin_is_flat(fun):
    if fun is math.hypot:
        assert registry.ADJOINT[fun].rule(1.0, 0.0, 0.0, 0.0) == (0.0, 0.0)
    else:
        assert _elementwise_slopes(fun, 0.0, 0.0) == [0.0, 0.0]


@pytest.mark.parametrize("fun", [np.logaddexp, np.logaddexp2])
def test_logaddexp_of_impossible_states(fun):
    x, y = np.array([-math.inf, -math.inf, 0.0]), np.array([-math.inf, 0.0, -math.inf])
    x_slope, y_slope = _elementwise_slopes(fun, x, y)
    np.testing.assert_array_equal(x_slope, [0.0, 0.0, 1.0])
    np.testing.assert_array_equal(y_slope, [0.0, 1.0, 0.0])


def test_product_with_zeros():
    np.testing.assert_array_equal(_cotangents(np.prod, np.array([2.0, 0.0, 3.0]))[0], [0.0, 6.0, 0.0])
    np.testing.assert_array_equal(_cotangents(np.prod, np.array([0.0, 0.0, 3.0]))[0], [0.0, 0.0, 0.0])
    np.testing.assert_array_equal(
        _cotangents(np.cumprod, np.array([2.0, 0.0, 3.0]))[0], [1.0, 2.0 + 6.0, 0.0]
    )


def test_casts_to_whole_numbers_have_no_derivative():
    np.testing.assert_array_equal(
        runtime.cast_adjoint(np.ones(2), np.array([1, 2]), np.array([1.5, 2.5])), [0.0, 0.0]
    )


def test_bessel_function_and_digamma_against_known_values():
    # Abramowitz and Stegun, tables 9.8 and 6.1
    np.testing.assert_allclose(
        runtime.i1(np.array([0.0, 1.0, 10.0, -1.0])),
        [0.0, 0.565159103992485, 2670.98830370125, -0.565159103992485],
        rtol=1e-14,
    )
    assert runtime.digamma(1.0) == pytest.approx(-0.5772156649015329, rel=1e-14)
    assert runtime.digamma(0.5) == pytest.approx(-1.9635100260214235, rel=1e-14)
    assert math.isnan(runtime.digamma(-2.0))


# --- the tables as a whole ---


def test_every_ufunc_has_a_rule():
    ufuncs = {name: fun for name in dir(np) if isinstance(fun := getattr(np, name), np.ufunc)}
    assert {name for name, fun in ufuncs.items() if not registry.has_rule(fun)} == set()


def test_every_real_function_of_the_math_module_has_a_rule():
    functions = [fun for fun in vars(math).values() if callable(fun) and not isinstance(fun, type)]
    assert [fun.__name__ for fun in functions if not registry.has_rule(fun)] == []


def test_no_callee_is_in_two_tables():
    tables = [registry.ELEMENTWISE, registry.ADJOINT, registry.NONDIFFERENTIABLE]
    everything = [fun for table in tables for fun in table]
    assert len(everything) == len(set(everything))


@pytest.mark.parametrize("name", sorted(registry.METHODS))
def test_method_is_its_function(name):
    fun = registry.METHODS[name]
    assert registry.has_rule(fun)
    arguments = {
        "astype": (int,), "choose": ([X, X],), "clip": (-1.0, 1.0), "compress": ([True, False],),
        "argpartition": (1,), "dot": (X.T,), "item": (4,), "repeat": (2,), "reshape": (3, 2),
        "searchsorted": (0.7,), "swapaxes": (0, 1), "take": ([0, 3],),
    }.get(name, ())  # fmt: skip
    x = np.array([0, 1, 1]) if name == "choose" else np.sort(X[0]) if name == "searchsorted" else X
    expected = getattr(x.copy(), name)(*arguments)
    np.testing.assert_equal(fun(x.copy(), *arguments), expected)


def _bodies():
    """Yield the parsed rules: functions under @adjoint, and lambdas given to elementwise."""
    for path in sorted(Path(diffcompile.rules.__file__).parent.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef):
                marks = [mark.func.id for mark in node.decorator_list if isinstance(mark, ast.Call)]
                if "adjoint" in marks:
                    yield pytest.param(node, id=f"{path.stem}:{node.name}")
            elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "elementwise":
                for partial in node.args[1:]:
                    if isinstance(partial, ast.Lambda):
                        yield pytest.param(partial, id=f"{path.stem}:{partial.lineno}:{partial.col_offset}")


REFUSED = (
    ast.For,
    ast.While,
    ast.Try,
    ast.With,
    ast.ListComp,
    ast.GeneratorExp,
    ast.DictComp,
    ast.SetComp,
    ast.Yield,
)


@pytest.mark.parametrize("rule", list(_bodies()))
def test_body_of_a_rule_is_plain(rule):
    """The compiler inlines rules: no loops, no handlers, nothing of an operand that a Python float lacks."""
    body = rule.body if isinstance(rule.body, list) else [rule.body]
    modules = {"np", "math", "cmath", "runtime"}
    for node in (node for statement in body for node in ast.walk(statement)):
        assert not isinstance(node, REFUSED), f"line {node.lineno}: {ast.unparse(node)}"
        if isinstance(node, ast.Name):
            assert node.id not in {"isinstance", "hasattr", "getattr", "type"}, (
                f"line {node.lineno}: {node.id}"
            )
        if isinstance(rule, ast.Lambda) and isinstance(node, ast.Attribute):
            root = node
            while isinstance(root, ast.Attribute):
                root = root.value
            assert isinstance(root, ast.Name)
            assert root.id in modules, f"line {node.lineno}: {ast.unparse(node)}"
            assert inspect.ismodule({"np": np, "math": math, "cmath": cmath, "runtime": runtime}[root.id])
