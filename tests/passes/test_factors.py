"""Products arranged so that they cost least. The numbers are powers of two, so that nothing is rounded."""

from __future__ import annotations

import importlib.util
from typing import Any

import numpy as np
import pytest

from diffcompile import grad
from diffcompile.ir.core import Function, Value
from diffcompile.ir.evaluator import evaluate
from diffcompile.passes.factors import factor
from diffcompile.testing.compare import check_against_differences
from passes.rewriting import assert_becomes, assert_stays, in_reverse, plain, program_of, rewritten, text

X = np.array([[1.0, -2.0, 4.0], [0.5, 8.0, -1.0]])


def _factor(function: Function, types: dict[Value, Any]) -> Function:
    return factor(function, types, {})


reverse = in_reverse(_factor)


def test_small_factors_first() -> None:
    def before(x: Any) -> Any:
        row = x[0]
        return 2.0 * (row * x)

    def after(x: Any) -> Any:
        row = x[0]
        return x * (2.0 * row)

    assert_becomes(before, after, reverse, X)


def test_quotient_of_small_factors() -> None:
    def before(x: Any) -> Any:
        row, other = x[0], x[1]
        return x / row * other

    def after(x: Any) -> Any:
        row, other = x[0], x[1]
        return x * (other / row)

    assert_becomes(before, after, reverse, X)


def test_divided_twice() -> None:
    def before(x: Any) -> Any:
        row, other = x[0], x[1]
        return x / row / other

    def after(x: Any) -> Any:
        row, other = x[0], x[1]
        return x / (row * other)

    assert_becomes(before, after, reverse, X)


def test_divided_twice_by_a_number_and_a_row() -> None:
    def before(x: Any) -> Any:
        row = x[0]
        return x / row / -4.0

    def after(x: Any) -> Any:
        row = x[0]
        return x * -(0.25 / row)

    assert_becomes(before, after, reverse, X)


def test_number_under_new_axes() -> None:
    def before(x: Any) -> Any:
        column = x[:, 0]
        return 2.0 * (column[:, None] * x)

    assert "mul(2.0, %column)" in text(rewritten(before, reverse, X))
    assert text(rewritten(before, reverse, X)).count("mul(") == text(rewritten(before, plain, X)).count("mul(")


def test_factors_out_of_a_sum() -> None:
    def before(x: Any) -> Any:
        row, y = x[0], np.abs(x)
        return np.sum(y * (x / row), axis=0)

    def after(x: Any) -> Any:
        row, y = x[0], np.abs(x)
        return np.sum(x * y, axis=0) / row

    assert_becomes(before, after, reverse, X)


def test_factor_with_a_new_axis_out_of_a_sum() -> None:
    def before(x: Any) -> Any:
        column, y = x[:, 0], np.abs(x)
        return np.sum(x * y * column[:, None], axis=1)

    def after(x: Any) -> Any:
        column, y = x[:, 0], np.abs(x)
        return np.sum(x * y, axis=1) * column

    assert_becomes(before, after, reverse, X)


def test_sign_out_of_a_product() -> None:
    def before(x: Any) -> Any:
        a, y = x.copy(), x[:, 0]
        a[0] += y @ -x
        return a

    def after(x: Any) -> Any:
        a, y = x.copy(), x[:, 0]
        a[0] -= y @ x
        return a

    assert_becomes(before, after, reverse, X)


def test_sign_of_memory_that_changes_in_between() -> None:
    def fun(x: Any) -> Any:
        a, y = x.copy(), np.abs(x[0])
        t = -a[0]
        a[0] += y
        a[1] += y * t
        return a

    assert_stays(fun, reverse, X)


def test_reciprocal_of_a_number() -> None:
    def before(x: Any) -> Any:
        return x[0, 0] * (1.0 / x[0, 1])

    def after(x: Any) -> Any:
        return x[0, 0] / x[0, 1]

    assert_becomes(before, after, reverse, X)


def test_kept() -> None:
    def same_size(x: Any) -> Any:
        return 2.0 * (x * np.abs(x))

    def used_twice(x: Any) -> Any:
        t = x * x[0]
        return 2.0 * t + t

    def varies(x: Any) -> Any:
        return np.sum(x * np.abs(x) * x[0], axis=1)

    def only_factor(x: Any) -> Any:
        return np.sum(x[:, :1] * x[0, :1], axis=1)

    def whole_numbers(n: Any) -> Any:
        return 2 * (n[0] * n)

    for fun in (same_size, used_twice, varies, only_factor):
        assert_stays(fun, reverse, X)
    assert_stays(whole_numbers, reverse, np.arange(6).reshape(2, 3))


def normalised(x: Any, gain: Any, weight: Any) -> Any:
    centred = x - np.mean(x, axis=0)
    scaled = gain * centred / np.sqrt(np.mean(centred * centred, axis=0) + 0.1)
    return np.sum(np.sin(scaled) * weight)


def scaled_rows(x: Any, s: Any, w: Any) -> Any:
    y = x * s[:, None] / w
    return np.sum(np.exp(y) * y) / np.sum(s)


def in_place(x: Any, s: Any, w: Any) -> Any:
    a = x * 1.0
    for k in range(1, a.shape[1]):
        a[:, k] -= s * a[:, k - 1] / w[k]
        a[:, 0] *= -w[k]
    return np.sum(a**3)


@pytest.mark.parametrize("fun", [normalised, scaled_rows, in_place])
def test_gradients(fun: Any) -> None:
    rng = np.random.default_rng(3)
    x, w = rng.normal(size=(3, 4)), 1.0 + rng.random(4)
    args = (x, w, rng.normal(size=(3, 4))) if fun is normalised else (x, 1.0 + rng.random(3), w)
    found = grad(fun, argnums=(0, 1, 2))(*args)
    check_against_differences(fun, args, dict(enumerate(found)), names=("x", "s", "w"), title=fun.__name__, source="")


def test_products_that_two_sums_have_in_common() -> None:
    gradient = grad(normalised, argnums=(0, 1))
    gradient(np.ones((3, 4)), np.ones(4), np.ones((3, 4)))
    assert gradient.source.count("np.einsum(") == 1


LEAVES = ("x", "y", "row", "other", "column[:, None]", "wide[:, None]", "2.0", "-0.5", "s", "4", "row[None]", "u[0, 0]")
SUMS = (
    "np.sum({}, axis=0)", "np.sum({}, axis=1)", "np.sum({})", "np.sum({}, axis=0, keepdims=True)",
    "np.sum({}, axis=(1,), keepdims=True)", "{}",
)  # fmt: skip


def random_product(rng: np.random.Generator, depth: int) -> str:
    """Return the text of a product of arrays, rows, columns and numbers."""
    if depth == 0 or rng.random() < 0.15:
        return str(rng.choice(LEAVES))
    left, right = (random_product(rng, depth - 1) for _ in range(2))
    match rng.integers(8):
        case 0:
            return f"(-{left})"
        case 1 | 2 | 3:
            return f"({left} / {right})"
        case _:
            return f"({left} * {right})"


@pytest.fixture(scope="module")
def products(tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    """Random functions that compute sums of products, some of which have parts in common."""
    rng = np.random.default_rng(11)
    texts = ["import numpy as np\n"]
    for number in range(150):
        parts = [random_product(rng, int(rng.integers(2, 5))) for _ in range(2)]
        shared = "p" if number % 2 else "q"
        texts.append(
            f"\ndef f{number}(u):\n"
            "    x, y, row, other, column, wide, s = np.sin(u), np.cos(u), u[0], u[1], u[:, 0], u[:, 1], u[1, 1]\n"
            f"    p = x * {parts[0]}\n"
            f"    q = y * {parts[1]} / {shared.replace('q', 'x')}\n"
            f"    a = np.zeros_like(u)\n    a[1:] += (x / row * -p)[1:]\n    a[0] -= q[0] @ -y.T @ x\n"
            f"    return {rng.choice(SUMS).format('p')}, {rng.choice(SUMS).format('q * p')}, q * row, a\n"
        )
    path = tmp_path_factory.mktemp("products") / "random_products.py"
    path.write_text("".join(texts))
    spec = importlib.util.spec_from_file_location("random_products", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return [getattr(module, f"f{number}") for number in range(150)]


def test_random_products(products: list[Any]) -> None:
    u = np.random.default_rng(5).uniform(0.5, 2.0, (3, 4))
    changed = 0
    for fun in products:
        program = program_of(fun, u)
        expected = evaluate(plain(program), [u])
        better = reverse(program)
        changed += text(better) != text(plain(program_of(fun, u)))
        for ours, theirs in zip(evaluate(better, [u]), expected, strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-11, atol=1e-12, err_msg=fun.__name__)
            assert np.shape(ours) == np.shape(theirs)
    assert changed > len(products) // 2
