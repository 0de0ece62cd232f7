"""Operators, comparisons, boolean values, conditional expressions, walrus, unpacking, slices, f-strings."""

# written as users write it, not as a linter likes it
# ruff: noqa: PLC0415, PLR0124, PLR0133

import math

import numpy as np

from corpus.registry import case, normal, positive, spread


@case(args=lambda: (1.7, -0.6), argnums=(0, 1))
def arithmetic_on_floats(x, y):
    """Every arithmetic operator on two floats."""
    a = x + y - x * y / (1.0 + y * y)
    b = -a + +x
    c = (x**3 - 2**y) * x ** (y + 2)
    d = x % 1.0 + (x * 5.3) // 2.0
    return a * b + c - d


@case(args=lambda: (normal(1, 4), positive(2, 4)), argnums=(0, 1))
def arithmetic_on_arrays(x, y):
    """Every arithmetic operator on two vectors."""
    a = x + y - x * y / (1.0 + y * y)
    b = -a + +x
    c = y**x + x**2 - 2.0**x
    d = (x + 9.3) % y
    return np.sum(a * b + c * d)


@case(args=lambda: (normal(3, 3, 1), normal(4, 4), 1.3), argnums=(0, 1, 2))
def broadcasting_of_three_shapes(x, y, s):
    """A column, a row and a float combine to a matrix."""
    return np.sum((x * y + s) ** 2 / (1.0 + s * x * x))


@case(args=lambda: (normal(5, 2, 3), normal(6, 3, 4), normal(7, 4)), argnums=(0, 1, 2))
def matmul_of_matrix_and_vector(a, b, v):
    """The @ operator with matrices and with vectors on either side."""
    m = a @ b
    u = m @ v
    return u @ u + np.sum(u @ a)


@case(args=lambda: (normal(8, 2, 3, 4), normal(9, 4, 2)), argnums=(0, 1))
def matmul_of_rank_three(a, b):
    """The @ operator broadcasts over the leading axis."""
    c = a @ b
    return np.sum(c * c[::-1])


@case(args=lambda: (2, 1.5), argnums=1)
def int_power_and_division(n, x):
    """Ints take part: powers, floor division, remainder and shifts of an int."""
    k = (7 * n) // 3 + (7 % n) + (1 << n) - (n & 1) + (n ^ 3) + (n | 8)
    return x**n + x**-n + k * x / n + float(~n) * x**0 + x**1


@case(args=lambda: (0.4, 2.0), argnums=(0, 1))
def chained_comparison_selects(x, y):
    """Chained comparisons, one of which is false in the middle."""
    total = 0.0
    if 0.0 < x < y <= 2.5:
        total += x * y
    if x < y < 1.0 < 5.0:
        total += 100.0 * x
    if not (y > x > 0.3):
        total += 200.0 * y
    if x != y == y:
        total += x**2
    return total


@case(args=lambda: (0.8, 1.9), argnums=(0, 1))
def chained_comparison_evaluates_once(x, y):
    """The middle operand of a chained comparison is one walrus."""
    if x < (m := x * y) < y:
        return m**2 + x
    return m + y


@case(args=lambda: (0.8, 0.0), argnums=0)
def or_and_return_values(x, y):
    """``and`` and ``or`` yield one of their operands, not a bool."""
    a = y or x * 3.0
    b = x and x**2
    c = y and x**5
    return a + b * 2.0 + (c or 1.0) * x


@case(args=lambda: (1.2, None), argnums=0)
def default_by_or(x, scale):
    """The idiom ``scale or default`` and a test for None."""
    factor = scale or 2.5
    shift = 1.0 if scale is None else scale
    return factor * x**2 + shift * x


@case(args=lambda: (0.7, 1.1), argnums=(0, 1))
def mixed_boolean_condition(x, y):
    """A condition with and, or, not and a comparison of ints."""
    n = 3
    if (x > 1.0 or y > 1.0) and not (n == 4 or x > y) and n in (1, 2, 3):
        return x * y**2
    return x - y


@case(args=lambda: (-0.7,), argnums=0)
def conditional_expression_nested(x):
    """Conditional expressions inside each other and inside calls."""
    y = x**2 if x > 0 else -x if x > -0.5 else math.exp(x if x < 0 else -x)
    return y * (2.0 if y < 1 else 3.0)


@case(args=lambda: (normal(11, 5),), argnums=0)
def conditional_expression_of_arrays(x):
    """A conditional expression that selects one of two arrays."""
    y = np.sin(x) if x.shape[0] > 3 else np.cos(x)
    z = y if y.ndim == 2 else y * x
    return np.sum(z)


@case(args=lambda: (1.3,), argnums=0)
def walrus_in_expression(x):
    """A walrus whose name is read later and rebound."""
    a = (t := x * x) + t * 2.0
    b = [(t := t + 1.0), t * x]
    return a * b[0] + b[1] * t


@case(args=lambda: (3.0,), argnums=0)
def walrus_in_while(x):
    """A walrus in the condition of a while loop."""
    total = 0.0
    while (h := x * 0.5) > 0.3:
        total += h**2
        x = h
    return total + h * x


@case(args=lambda: (spread(12, 6),), argnums=0)
def elementwise_comparisons_as_masks(x):
    """Comparisons of arrays, combined with & | ~ and used as numbers."""
    inside = (x > -0.5) & (x < 0.6)
    outside = ~inside | (x > 0.9)
    return np.sum(x**2 * inside) + np.sum(x[outside] ** 3) + (x > 0).sum() * x[0]


@case(args=lambda: (normal(13, 3), normal(14, 2)), argnums=(0, 1))
def nested_unpacking(x, y):
    """Nested and starred targets."""
    (a, b, c), (d, (e, f)) = x, (y[0], (y[1], x[1]))
    first, *middle, last = a, b, c, d, e
    *head, tail = middle
    return first * last + head[0] * head[1] ** 2 - tail * f + len(middle) * c


@case(args=lambda: (normal(15, 4, 3),), argnums=0)
def unpacking_rows_of_a_matrix(x):
    """A matrix is unpacked into rows; the starred rest is a list of rows."""
    p, *rest = x
    q, r, s = rest
    (u, v, w) = s
    return p @ q + np.sum(r * p) * u + v * w


@case(args=lambda: (normal(16, 5),), argnums=0)
def starred_in_displays_and_calls(x):
    """Stars in tuple and list displays and in calls."""

    def weigh(a, b, c, *more):
        return a + 2.0 * b + 3.0 * c * more[-1] + len(more)

    parts = (x[0], *(x[1], x[2] ** 2))
    everything = [*parts, 1.5, *[x[3], x[4]]]
    return weigh(*everything) + weigh(*parts, x[4])


@case(args=lambda: (normal(17, 7),), argnums=0)
def slices_of_every_kind(x):
    """Negative steps, negative bounds, bounds past the end and empty slices."""
    a = x[::-1] * x
    b = x[-2::-2]
    c = x[5:1:-1]
    d = x[10:20]
    e = x[-3:100]
    f = x[slice(1, None, 3)]
    return np.sum(a) + b @ b + c[0] * c[-1] + np.sum(d) + e[1] * f[0] + np.sum(f**2)


@case(args=lambda: (normal(18, 2, 3, 4),), argnums=0)
def ellipsis_and_newaxis(x):
    """Ellipsis, None and ints mixed in one index."""
    a = x[..., 0]
    b = x[0, ..., ::-2]
    c = x[:, None, 1, :, None]
    d = x[..., None, -1]
    return np.sum(a * x[..., 1]) + np.sum(b**2) + np.sum(c * c[::-1]) + np.sum(d[1, :, 0] * a[0])


@case(args=lambda: (normal(19, 4, 5),), argnums=0)
def integer_and_mixed_indices(x):
    """Integer arrays, lists and slices as indices, with repeats."""
    i = np.array([0, 2, 2, -1])
    a = x[i]
    b = x[:, [1, 1, 4]]
    c = x[i, [0, 1, 1, 3]]
    d = x[np.ix_([0, 3], [2, 4])]
    return np.sum(a**2) + np.sum(b * b[:, ::-1]) + c @ c + np.sum(d) ** 2 + x[(1, 2)] * x[-1, -1]


@case(args=lambda: (1.2, "square"), argnums=0)
def static_strings_choose(x, kind):
    """A string parameter selects a branch; an f-string is compared."""
    label = f"{kind}!{2:03d}"
    if kind == "cube":
        y = x**3
    elif kind in ("square", "quad") and label == "square!002":
        y = x**2
    else:
        y = x
    return y * len(label)


@case(args=lambda: (2.5,), argnums=0)
def fstring_of_active_value(x):
    """An f-string that formats an active value is kept and has no derivative."""
    text = f"x = {x:.1f} and {x!r} or {x * 2:{6}.{2}f}"
    if text.startswith("x = 2.5"):
        return x**3
    return 0.0 * x


@case(args=lambda: (normal(20, 3), 2), argnums=0)
def numpy_bool_and_identity(x, k):
    """``is``, ``is not``, ``in``, ``not in`` and a numpy bool as a condition."""
    y = x
    total = 0.0
    if y is x and k is not None:
        total = total + np.sum(y**2)
    if k not in [1, 3] and np.all(x < 100.0):
        total = total + np.prod(x)
    return total


@case(args=lambda: (1.4,), argnums=0)
def shadowed_builtins(x):
    """Local names hide builtins and names that a generator might use."""
    sum = x * 2.0
    len = sum**2
    x_bar = len + sum
    saved_x = x_bar * x
    t_bar = saved_x - x
    return t_bar * x_bar + saved_x


@case(args=lambda: (normal(21, 3),), argnums=0)
def locals_named_like_generated_ones(x):
    """Names with _bar, saved_, result, residual and loop-like suffixes are the user's."""
    x_bar = np.sin(x)
    saved_x_bar = []
    for i_bar in range(3):
        saved_x_bar.append(x_bar)
        x_bar = x_bar * x + i_bar
    result = saved_x_bar[1] * x_bar
    out_bar = np.sum(result)
    ct = out_bar * out_bar
    runtime = ct + x_bar[0]
    return runtime


@case(args=lambda: (normal(22, 3),), argnums=0)
def numpy_imported_locally(x):
    """``np`` is a local array and NumPy has another name."""
    import numpy as xp

    np = xp.exp(x)
    math = np * x
    return xp.sum(np * math)


@case(args=lambda: (0.9,), argnums=0)
def long_expression_of_mixed_precedence(x):
    """Parentheses matter: unary minus, powers, division and nesting."""
    a = -(x**2) / -x - (x - (x - 2.0 * (x - 3.0)))
    b = (-x) ** 2**2 / (x / (x / 3.0)) * (1.0 - -x)
    return a * b - (a - (b - x)) / (a / b / x)


@case(args=lambda: (np.array(0.8), np.array(1.7)), argnums=(0, 1))
def zero_dimensional_arrays(x, y):
    """0-d arrays in, float out."""
    z = x * y + np.sin(x)
    w = z ** np.array(2.0)
    return w[()] + x.item() * float(y)


@case(args=lambda: (positive(23, 4).astype(np.float32), np.float32(1.5)), argnums=0, rtol=2e-5)
def float32_stays_float32(x, s):
    """A float32 vector with Python constants."""
    y = np.tanh(x * 0.5) * s + x**2 / 3.0
    return np.sum(y * y)


@case(args=lambda: (positive(24, 3).astype(np.float32), positive(25, 3)), argnums=(0, 1), rtol=2e-5)
def float32_meets_float64(x, y):
    """Mixed precision: each gradient has the dtype of its argument."""
    return np.sum(np.exp(x) * y + x * y**2)


@case(args=lambda: (np.arange(1, 5), normal(26, 4)), argnums=1)
def integer_array_beside_active_one(n, x):
    """An int array is multiplied, divided and used as a power and an index."""
    y = n * x + x / n + x**n
    return np.sum(y[n - 1] * n[::-1])


@case(args=lambda: (normal(27, 2, 2), True), argnums=0)
def python_bool_as_number(x, flag):
    """A bool takes part in arithmetic."""
    return np.sum(x * flag + x**2 * (not flag)) + flag * x[0, 0] ** 3


@case(args=lambda: (0.6, 1.1), argnums="y")
def argument_by_name(x, y):
    """The differentiated argument is named by its name; the other one is inactive."""
    return math.sin(x * y) + x**2 * y**2


@case(args=lambda: (1.6,), argnums=0, zero=True)
def constant_result(x):
    """The result does not depend on the argument in a differentiable way."""
    return float(math.floor(x)) + np.sign(x) + round(x)


@case(args=lambda: (normal(28, 0), 2.0), argnums=(0, 1))
def empty_array_argument(x, s):
    """An empty array takes part; its gradient is empty."""
    return np.sum(x * s) + s**2


@case(args=lambda: ((normal(29, 2), {"w": normal(30, 2, 2), "b": [0.5, normal(31, 2)]}),), argnums=0)
def nested_structure_argument(params):
    """The argument is a tuple of an array and a dict that holds a list."""
    x, rest = params
    scale, bias = rest["b"]
    y = np.tanh(rest["w"] @ x + bias)
    return scale * np.sum(y**2)


@case(lambda: (np.array([0.5, 0.6, 0.7]), 2), name="sums_of_numbers")
@case(lambda: (np.array([0.5, 0.6, 0.7]), 0), name="sums_of_numbers_no_trip")
def sums_of_numbers(x, n):
    """The sum of a number is the number: what it gets in a loop is added to a number as well."""
    u = x[0]
    y = x[1].T
    for _ in range(n):
        y = y + np.sum(u) * u.T * y
    return np.sum(u) * 0.9 + y + np.max(u) * np.sum(y)
