"""A branch that cannot be differentiated is refused when the program takes it, and not before."""

from __future__ import annotations

import contextlib
import json

import numpy as np
import pytest

from diffcompile import DiffCompileError, UnsupportedError, grad, hessian, jvp, value_and_grad, vjp

NO_RULE = np.frompyfunc(lambda v: v * v, 1, 1)
X = np.array([1.0, 2.0, 0.5])


def without_rule(x):
    return np.sum(NO_RULE(x))


def without_syntax(x):
    async def later():
        return x

    return later


def of_windows(x):
    x = x.copy()
    kept = [np.lib.stride_tricks.sliding_window_view(x, 2)]
    x[0] = 3.0
    return np.sum(kept[0])


def unknown_view(x):
    a = x * 1.0
    a.strides = (0,)
    return np.sum(a)


UNSUPPORTED = [without_rule, without_syntax, of_windows, unknown_view]


@pytest.fixture(params=UNSUPPORTED, ids=lambda fun: fun.__name__)
def unsupported(request):
    return request.param


def test_what_is_reached_surely_is_refused_when_it_is_compiled(unsupported):
    with pytest.raises(DiffCompileError) as caught:
        grad(lambda x: unsupported(x) * 2)(X)
    assert "left out" not in str(caught.value)


def test_branch(unsupported):
    def f(x, n):
        y = np.sin(x)
        if n > 3:
            y = y * unsupported(x)
        elif n == 3:
            return unsupported(x) * 1.0
        return np.sum(y * x)

    expected = np.cos(X) * X + np.sin(X)
    assert np.allclose(grad(f)(X, 1), expected)
    assert np.allclose(jvp(f, (X, 1), (X, None))[1], expected @ X)
    _, pullback = vjp(f, X, 1)
    assert np.allclose(pullback(2.0)[0], 2 * expected)
    for n in (5, 3):
        with pytest.raises(UnsupportedError, match=r"test_late_refusals\.py:\d+:\d+"):
            grad(f)(X, n)
        if unsupported is not of_windows:  # forward mode has a rule
            with pytest.raises(UnsupportedError, match="left out"):
                jvp(f, (X, n), (X, None))
    assert np.allclose(grad(f)(X, 1), expected)


def test_second_derivatives(unsupported):
    def f(x, n):
        return unsupported(x) if n > 3 else np.sum(x**3)

    assert np.allclose(hessian(f)(X, 1), np.diag(6 * X))
    with pytest.raises(UnsupportedError):
        hessian(f)(X, 5)


def test_loop_and_early_exit(unsupported):
    def f(x, n):
        total = 0.0
        for i in range(n):
            if i > 2:
                total += unsupported(x)
                break
            total += x[i] ** 2
        return total

    assert np.allclose(grad(f)(X, 3), 2 * X)
    with pytest.raises(UnsupportedError):
        grad(f)(X, 4)


def test_nested_branches_and_code_after_them(unsupported):
    def f(x, n):
        z = x[1] ** 2
        if n > 0:
            z = unsupported(x) if n > 1 else x[0] * 3
        return z * x[2]

    assert np.allclose(grad(f)(X, 1), [1.5, 0, 3.0])
    assert np.allclose(grad(f)(X, 0), [0, 2.0, 4.0])
    with pytest.raises(UnsupportedError):
        grad(f)(X, 2)


def test_a_refusal_is_nothing_that_the_program_catches(unsupported):
    def f(x, n):
        try:
            y = unsupported(x) if n > 0 else np.sum(x * x)
        except Exception:
            y = 7.0
        return y * x[0]

    with pytest.raises(DiffCompileError):
        grad(f)(X, 1)


def test_both_sides(unsupported):
    def f(x, n):
        return unsupported(x) if n > 0 else unsupported(x) + 1.0

    with pytest.raises(DiffCompileError) as caught:
        grad(f)(X, 1)
    assert "left out" not in str(caught.value)

    def g(x, n):
        if n > 0:
            y = unsupported(x)
        else:
            raise ValueError
        return y

    with pytest.raises(DiffCompileError) as caught:
        grad(g)(X, 1)
    assert "left out" not in str(caught.value)


def test_what_was_done_before_is_done_and_the_value_is_refused_as_well(unsupported, capsys):
    def f(x, n):
        if n > 0:
            print("here")
            unused = unsupported(x)
            return unused * 0.0
        return np.sum(x)

    gradient = value_and_grad(f)
    gradient(X, 0)
    with pytest.raises(UnsupportedError):
        gradient(X, 1)
    assert "refuse(" in gradient.source


def climbs(x, n):
    if n > 5:
        return without_rule(x)
    if n == 0:
        return x[0]
    return climbs(x, n - 1) * x[1]


def test_recursion():
    assert np.allclose(grad(climbs)(X, 2), [4.0, 4.0, 0])
    with pytest.raises(UnsupportedError):
        grad(climbs)(X, 9)


def writes_when_told(values, x, n):
    if n > 5:
        values[0] = NO_RULE(x)
    elif n > 0:
        writes_when_told(values, x, n - 1)


def test_what_an_unsupported_branch_writes_to_is_not_forgotten():
    def f(x, n):
        values = np.zeros(1)
        writes_when_told(values, x[0], n)
        return values[0] * x[1]

    with pytest.raises(DiffCompileError):
        grad(f)(X, 8)


class Plain:
    def value(self, x):
        return np.sum(x * x)


class Odd:
    def value(self, x):
        return without_rule(x)


def test_one_of_two_classes():
    def f(x, n):
        model = Plain() if n > 0 else Odd()
        return model.value(x) * x[0]

    assert np.allclose(grad(f)(X, 1), 2 * X * X[0] + np.array([X @ X, 0, 0]))
    with pytest.raises(UnsupportedError):
        grad(f)(X, 0)


def test_an_error_that_is_suppressed():
    def f(x, n):
        y = x * 2
        with contextlib.suppress(KeyError):
            if n > 0:
                raise KeyError(n)
            y = x * x
        return np.sum(y)

    assert np.allclose(grad(f)(X, 0), 2 * X)
    assert np.allclose(grad(f)(X, 1), 2.0)


@contextlib.contextmanager
def held(store, y):
    store["y"] = y
    try:
        yield
    finally:
        store["y"] = y * y


def kept(x, log):
    for v in x:
        try:
            yield v
        finally:
            log.append(v * v)


def test_an_error_in_the_block_of_a_generator():
    """What a generator does about an error, or where a loop leaves it, is not known when the program is read."""

    def fails(x, n):
        store = {}
        try:
            with held(store, x[0]):
                if n > 0:
                    raise KeyError(n)
        except KeyError:
            pass
        return store["y"] * x[1]

    def leaves(x, n):
        log = []
        for v in kept(x, log):
            if n > 0:
                break
            log.append(v)
        return sum(log)

    assert np.allclose(grad(fails)(X, 0), [2 * X[0] * X[1], X[0] ** 2, 0])
    assert np.allclose(grad(leaves)(X, 0), 1 + 2 * X)
    with pytest.raises(UnsupportedError, match="a `try` block that yields swallows"):
        grad(fails)(X, 1)
    with pytest.raises(UnsupportedError, match="leaves a generator in the middle"):
        grad(leaves)(X, 1)


def test_no_way_to_a_result_is_left():
    def f(x, n):
        for k in range(2):
            if n != 1:
                return without_rule(x) * k
        if n > 3:
            return without_rule(x)
        return without_rule(x) * 2.0

    for n in (1, 2):
        with pytest.raises(DiffCompileError) as caught:
            grad(f)(X, n)
        assert "without_rule" in str(caught.value) or "NO_RULE" in str(caught.value) or caught.value.span is not None


RATES: dict[str, object] = {"rate": 2.0}
RATES["all"] = [RATES]


def test_a_container_that_holds_itself_is_refused():
    def f(x, table):
        return x * table["rate"]

    def g(x, table):
        return x * RATES["rate"] * table["rate"]

    table = {"rate": 2.0}
    assert grad(f)(1.5, table) == 2.0
    with pytest.raises(UnsupportedError, match="holds itself"):
        grad(g)(1.5, table)
    table["all"] = [table]
    with pytest.raises(UnsupportedError, match="holds itself"):
        grad(f)(1.5, table)


class Squares(tuple):
    """A tuple that makes its items when it is asked for them."""

    def __getitem__(self, place):
        return super().__getitem__(place) ** 2


class Pairs(dict):
    def __iter__(self):
        return iter([(key, self[key]) for key in self.keys()])


@pytest.mark.parametrize("own", [Squares((1.5, 2.0)), [1.0, Squares((1.5,))], Pairs(a=1.5), {"a": Squares((2.0,))}])
def test_a_container_with_items_of_its_own_is_refused_as_an_argument(own):
    with pytest.raises(TypeError, match="in a way of its own; pass a plain tuple"):
        grad(lambda v: 2.0)(own)


def test_the_call_in_the_own_file_is_named(tmp_path, monkeypatch):
    """Where a refusal stands in another file, the line that led there is shown: that of the function itself."""
    text = "def reread(x):\n    return float('%.3f' % x)\n\n\ndef twice(x):\n    return 2.0 * reread(x)\n"
    (tmp_path / "far_away.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    import far_away  # noqa: PLC0415

    def own(x):
        y = x * 3.0
        return far_away.twice(y) + 1.0

    with pytest.raises(UnsupportedError) as caught:
        grad(own)(1.5)
    lines = str(caught.value).splitlines()
    assert lines[1].endswith("far_away.py:2")
    place = lines.index("  called from")
    assert lines[place + 1].endswith(f"test_late_refusals.py:{own.__code__.co_firstlineno + 2}")
    assert lines[place + 2 : place + 4] == ["    return far_away.twice(y) + 1.0", "           " + "^" * 17]


def test_the_call_is_named_where_differentiating_is_what_fails():
    """The same, where the text is read and its adjoint cannot be made; of two ways there neither is named."""

    def own(x):
        y = x * 3.0
        return float(json.dumps(y))

    def two_ways(x):
        return float(json.dumps(x)) + float(json.dumps(x * 3.0))

    with pytest.raises(UnsupportedError) as caught:
        grad(own)(1.5)
    lines = str(caught.value).splitlines()
    place = lines.index("  called from")
    assert "encoder.py:" in lines[1]
    assert lines[place + 1].endswith(f"test_late_refusals.py:{own.__code__.co_firstlineno + 2}")
    assert lines[place + 2].strip() == "return float(json.dumps(y))"
    with pytest.raises(UnsupportedError, match=r"encoder\.py") as caught:
        grad(two_ways)(1.5)
    assert "called from" not in str(caught.value)
