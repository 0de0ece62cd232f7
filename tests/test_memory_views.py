"""Each of NumPy's functions that returns a view, a copy, or one of the two: with stores to both sides of it."""

import linecache

import numpy as np
import pytest

from diffcompile import UnsupportedError, jvp, stop_gradient, value_and_grad

VECTOR = """
np.diag(a) | np.diag(a, 1) | np.require(a) | np.asarray_chkfinite(a) | np.asarray(a, order='F') | np.real_if_close(a)
np.trim_zeros(a) | a.view() | np.real(a) | a.real | np.squeeze(a[None]) | np.atleast_2d(a) | np.flip(a) | np.asarray(a)
np.moveaxis(a[None], 0, 1) | np.rot90(a[None]) | a[[0, 1]] | a[a > 0.5] | a[...] | np.array(a) | a.astype(float)
a.astype(float, copy=False) | a.reshape(-1) | a.ravel('F') | a.flatten() | np.ascontiguousarray(a[::-1])
np.nan_to_num(a, copy=False) | np.take(a, [0, 0]) | np.unstack(a[None])[0] | np.asarray([a, a]) | np.asarray(list(a))
np.array(a.tolist()) | np.einsum('i->i', a) | a[::2] | np.ravel(a[::2]) | np.linalg.diagonal(np.outer(a, a)) | +a
a.conj() | a.conjugate() | np.conj(a) | np.float64(a) | np.double(a) | np.diff(a, 0) | np.diff(a, n=0)
np.polyder(a, 0) | np.polyint(a, m=0) | a.astype('f8', 'K', 'unsafe', True, False) | np.array(a, ndmin=1, copy=None)
np.array(a, ndmin=3, copy=None) | np.einsum('i->i', a, optimize=True) | np.diff(a, int(a[0] > 9.0))
np.polyder(a, int(a[0] > 9.0)) | np.asarray(a, None, 'F')
np.diagflat(a) | np.where(a > 0.5, a, 2.0) | np.concatenate([a]) | np.roll(a, 1) | np.sort(a) | np.array(a, copy=None)
np.array(a, copy=1) | np.array(a, copy=a[0] < 9.0) | np.asarray(a, copy=None if a[0] < 9.0 else True)
np.array(a, copy=np._CopyMode.ALWAYS) | np.array(a, copy=np._CopyMode.IF_NEEDED) | np.array(a, dtype=float, copy=None)
"""
MATRIX = """
np.diag(a) | np.diagonal(a) | np.linalg.diagonal(a) | a.T.ravel() | a.T.reshape(-1) | a.T.reshape(2, 2, order='F')
np.ravel(a, 'F') | np.ravel(a) | np.reshape(a.T, 4, 'F') | np.asfortranarray(a) | np.ascontiguousarray(a.T) | a.mT
np.require(a.T, requirements='C') | np.require(a, requirements=['F']) | np.array(a.T, order='C', copy=None) | a[0]
np.rot90(a) | np.unstack(a)[1] | [r for r in a][1] | list(a)[0] | tuple(a)[1] | np.einsum('ij->ji', a) | a[:, [1, 0]]
np.linalg.matrix_power(a, 1) | np.linalg.matrix_power(a, n=1) | np.linalg.matrix_power(a, 2) | a.conj() | np.float64(a)
np.linalg.matrix_power(a, 1 + int(a[0, 0] > 9.0)) | np.einsum('ii->i', a, optimize='greedy') | a.reshape(4, order='F')
a.astype(float, copy=a[0, 0] < 9.0) | a.astype(float, copy=a[0, 0] > 9.0) | np.nan_to_num(a[0], copy=False)
np.array(a, order='F') | np.asarray(a, order='F') | a.astype(float, order='F', copy=False) | a.flat[1] * np.ones(1)
np.einsum('ij->j', a) | np.einsum('ii', a) * np.ones(1)
"""
READ_LATER = """
def f(x):
    a = x * 1.0
    v = {view}
    a *= 3.0
    return np.sum(v**2) + np.sum(a)
"""
WRITE_BOTH = """
def f(x):
    a = x * 1.0
    v = {view}
    w = {view}
    v += 0.5 * w
    for i in range(2):
        a[i] = a[i - 1] ** 2 + np.sum(v)
        v[...] = np.sin(w)
    return np.sum(w**2) + np.sum(a) + np.sum(v**3)
"""
READ_IN_A_LOOP = """
def f(x):
    a = x * 1.0
    s = 0.0
    for i in range(3):
        v = {view}
        s = s + (i + 1.0) * np.sum(v**2)
        a *= 0.7
        a[1] += np.sin(a[0])
        s = s + np.sum(v**3)
    return s
"""
OF_ZEROS = """
def f(x):
    a = np.zeros(x.shape)
    a[...] = x
    v = {view}
    a *= 0.7
    a[1] += np.sin(a[0])
    return np.sum(v**3) + np.sum(a)
"""
NUMBER_OR_ARRAY = """
def f(x):
    a = [x * 1.0, x * 2.0, 3.0][int(x.flat[0] > 9.0)]
    v = {view}
    v *= 2.0
    return np.sum(a * x) + np.sum(v * v)
"""
ARRAY_OR_NONE = """
def f(x):
    a = {{"here": x * 1.0, "not": None}}["here" if x.flat[0] < 9.0 else "not"]
    v = {view}
    v += np.sin(v)
    return np.sum(a * x) + np.sum(v * v)
"""
FORMS = {
    "read_later": READ_LATER, "write_both": WRITE_BOTH, "read_in_a_loop": READ_IN_A_LOOP, "of_zeros": OF_ZEROS,
    "number_or_array": NUMBER_OR_ARRAY, "array_or_none": ARRAY_OR_NONE,
}  # fmt: skip
POINTS = {1: np.array([0.31, 0.83, 1.27]), 2: np.array([[0.31, 0.83], [1.27, -0.4]])}
VIEWS = [
    (rank, view.strip())
    for rank, table in ((1, VECTOR), (2, MATRIX))
    for line in table.strip().splitlines()
    for view in line.split(" | ")
]


def program(text):
    name = f"<views {text}>"
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    names = {"np": np}
    exec(compile(text, name, "exec"), names)
    return names["f"]


def slope(fun, x, way):
    coarse, fine = ((fun(x + h * way) - fun(x - h * way)) / (2 * h) for h in (2e-3, 1e-3))
    return (4 * fine - coarse) / 3


def in_reverse(fun, x, way):
    value, gradient = value_and_grad(fun)(x)
    return value, np.sum(gradient * way)


def forward(fun, x, way):
    return jvp(fun, (x,), (way,))


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize(("rank", "view"), VIEWS, ids=[view for _, view in VIEWS])
def test_view_or_copy(rank, view, form):
    fun = program(form.format(view=view))
    x = POINTS[rank]
    way = np.random.default_rng(3).normal(size=x.shape)
    try:
        expected, value = slope(fun, x, way), fun(x.copy())
    except ValueError:
        pytest.skip("NumPy protects this memory")
    for derivative in (in_reverse, forward):
        try:
            found_value, found = derivative(fun, x, way)
        except UnsupportedError:  # which are allowed is told below
            continue
        assert found_value == pytest.approx(value, rel=1e-12)
        assert found == pytest.approx(expected, rel=1e-6)


def test_a_view_by_every_function_is_differentiated_or_refused_with_advice():
    refused = set()
    for rank, view in VIEWS:
        try:
            value_and_grad(program(READ_LATER.format(view=view)))(POINTS[rank])
        except UnsupportedError as error:
            assert error.advice
            refused.add(view)
    uncertain = {"np.unstack(a)[1]", "tuple(a)[1]"}
    uncertain |= {view for _, view in VIEWS if "einsum" in view or "int(a[0" in view or "copy=None if" in view}
    uncertain -= {"np.einsum('ij->j', a)", "np.einsum('ii', a) * np.ones(1)"}  # which sum, and so make an array
    assert refused <= uncertain | {"np.real_if_close(a)", "np.trim_zeros(a)"}, refused


def stopped(x):
    kept = [stop_gradient(x)]
    x *= 3.0
    return np.sum(kept[0] * x)


def windows(x):
    kept = [np.lib.stride_tricks.sliding_window_view(x, 2)]
    x *= 2.0
    return np.sum(kept[0] ** 2)


@pytest.mark.parametrize("fun", [stopped, windows])
def test_what_has_no_shadow_is_refused(fun):
    with pytest.raises(UnsupportedError, match="an array that is written to"):
        value_and_grad(fun)(POINTS[1])
    with pytest.raises(UnsupportedError, match="stop_gradient"):
        jvp(stopped, (POINTS[1],), (POINTS[1],))


def in_single(x):
    a = x * 1.0
    v, w = np.float32(a), np.asarray(a, np.float32)
    a *= 3.0
    return np.sum(v**2) + np.sum(w**3) + np.sum(a)


def test_another_dtype_makes_a_copy():
    x = POINTS[1]
    expected = 2.0 * x + 3.0 * x**2 + 3.0
    np.testing.assert_allclose(in_reverse(in_single, x, np.eye(3)[1])[1], expected[1], rtol=1e-6)
    np.testing.assert_allclose(forward(in_single, x, np.eye(3)[1])[1], expected[1], rtol=1e-6)


def test_a_list_that_may_hold_itself():
    """NumPy's code says ``if not iterable(k): k = [k]``."""
    integral = np.polynomial.polynomial.polyint
    _, gradient = value_and_grad(lambda c: np.sum(integral(c, 1) ** 2))(np.array([1.0, 2.0, 3.0]))
    np.testing.assert_allclose(gradient, [2.0, 1.0, 2.0 / 3.0])


def flattened_in_a_list(x):
    y = np.outer(x, x)
    kept = [y]
    y.shape = -1
    return kept[0].ndim * np.sum(y)


def flattened_argument(x):
    x.shape = (3, 1)
    return np.sum(x * x.T)


def flattened_under_another_name(x, name):
    y = np.outer(x, x)
    z = name(y)
    z.shape = 9
    return y.ndim * np.sum(y)


def test_a_shape_is_set_where_all_names_are_known():
    for fun, *more in (flattened_in_a_list,), (flattened_argument,):
        with pytest.raises(UnsupportedError, match="the shape of an array is set"):
            value_and_grad(fun)(POINTS[1], *more)
    for same in np.asarray, np.squeeze, np.atleast_2d, np.real, np.float64, np.ravel:
        value, _ = value_and_grad(flattened_under_another_name)(POINTS[1], same)
        assert value == flattened_under_another_name(POINTS[1], same)
