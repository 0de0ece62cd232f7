"""Lists, tuples, dicts, comprehensions, and the builtins and ``math`` on active values."""

# written as users write it, not as a linter likes it
# ruff: noqa: B905, C416, PLC0206

import math
from math import exp as e
from math import sqrt

import numpy as np

from corpus.registry import case, normal, positive, spread


@case(args=lambda: (0.8,), argnums=0)
def append_and_read_back(x):
    """A list is filled in one loop and read in another, backwards."""
    states = [x]
    for i in range(5):
        states.append(states[-1] * x + 0.1 * i)
    s = 0.0
    for i in range(len(states) - 1, -1, -1):
        s = s * 0.5 + states[i] ** 2
    return s + states[2] * len(states)


@case(args=lambda: (normal(1, 3),), argnums=0)
def append_arrays_and_stack(x):
    """Arrays are appended and stacked."""
    rows = []
    y = x
    for _ in range(3):
        y = np.sin(y) + x
        rows.append(y)
    m = np.stack(rows)
    n = np.array(rows)
    return np.sum(m @ n.T) + np.concatenate(rows) @ np.concatenate(rows[::-1])


@case(args=lambda: (normal(2, 3),), argnums=0)
def append_scalars_and_make_array(x):
    """Scalars are appended; the list becomes an array."""
    out = []
    for v in x:
        out.append(v * v)
        if v > 0:
            out.append(v)
    a = np.array(out)
    b = np.asarray([[x[0], 1.0], [x[1] * x[2], x[2]]])
    return np.sum(a * a) + b[0] @ b[1]


@case(args=lambda: (normal(3, 3),), argnums=0)
def appended_array_is_written_later(x):
    """The list holds the array itself: a store after append is seen through the list."""
    y = x * 1.0
    kept = [y]
    y[0] = y[1] ** 2
    kept.append(y)
    y *= 3.0
    return np.sum(kept[0] * x) + kept[1][0] ** 2


@case(args=lambda: (normal(4, 3),), argnums=0)
def appended_copies_are_not(x):
    """Copies in the list do not see later stores."""
    y = x * 1.0
    kept = []
    for i in range(3):
        kept.append(y.copy())
        y[i] = y[i - 1] * 2.0 + kept[0][i]
    return np.sum(kept[0] * kept[1]) + np.sum(kept[2] * y)


@case(args=lambda: (0.6, 1.2), argnums=(0, 1))
def list_methods(x, y):
    """pop, insert, extend, reverse, slices, concatenation and repetition of lists."""
    a = [x, y]
    a.extend([x * y, 2.0])
    a.insert(1, x**2)
    last = a.pop()
    first = a.pop(0)
    a.reverse()
    b = a + [first] * 2
    c = b[1:4]
    b += [y]
    b[0] = b[0] * last
    return b[0] * c[0] + sum(b) * c[-1] + len(b)


@case(args=lambda: (0.6, 1.2), argnums=(0, 1))
def two_names_for_one_list(x, y):
    """Aliased lists: a store through one name is seen through the other."""
    a = [x, y, 1.0]
    b = a
    c = list(a)
    b[0] = x * y
    b.append(y**2)
    a[2] = a[3] * x
    return a[0] * b[2] + c[0] * len(a) + c[2] * b[3]


@case(args=lambda: (0.7,), argnums=0)
def nested_lists_as_matrix(x):
    """A list of lists is filled by indices."""
    n = 3
    m = [[0.0] * n for _ in range(n)]
    for i in range(n):
        for j in range(n):
            m[i][j] = x ** (i + 1) * (j + 1)
    row = m[1]
    row[2] = row[0] * m[0][0]
    trace = 0.0
    for i in range(n):
        trace += m[i][i] * m[i][2 - i]
    return trace + m[1][2]


@case(args=lambda: (normal(5, 4),), argnums=0)
def comprehensions(x):
    """Comprehensions with conditions, several for, nested and over zip."""
    a = [v * v for v in x]
    b = [v * w for v, w in zip(a, x) if w > -10.0]
    c = [[p * q for p in a[:2]] for q in b]
    d = [p + q for p in a for q in b if p is not q]
    f = np.array([np.sum(np.array(row)) for row in c])
    return sum(a) * sum(b) + np.sum(f**2) + sum(d)


@case(args=lambda: (0.5,), argnums=0)
def comprehension_has_its_own_scope(x):
    """The variable of a comprehension hides an outer name only inside."""
    k = x * 3.0
    a = [k * x for k in range(4)]
    b = [x for x in a]
    g = sum(v * k for v in b)
    return g * k + x * a[3]


@case(args=lambda: (normal(6, 3), normal(7, 3)), argnums=(0, 1))
def generator_expressions(x, y):
    """Generators consumed by sum, max, list and tuple."""
    s = sum(a * b for a, b in zip(x, y))
    t = max(a * a for a in x)
    u, v, w = (a + 1.0 for a in y)
    z = tuple(a * s for a in x)
    return s * t + u * v * w + z[0] * z[2]


@case(args=lambda: (0.7, 1.9), argnums=(0, 1))
def dict_of_numbers(x, y):
    """A dict is built, updated, read by get, and looped over."""
    d = {"a": x, "b": y}
    d["c"] = d["a"] * d["b"]
    d.update(a=d["c"] ** 2)
    s = d.get("a") + d.get("missing", 3.0) * y
    for key in d:
        s = s * 0.9 + d[key]
    for key, value in d.items():
        s += value * len(key)
    for value in d.values():
        s *= 1.0 + 0.1 * value
    if "c" in d and "z" not in d:
        s += d.pop("c")
    return s * len(d)


@case(args=lambda: (normal(8, 3),), argnums=0)
def dict_of_arrays_with_stores(x):
    """A dict holds arrays that are written through it."""
    state = {"p": x * 1.0, "v": np.zeros(3)}
    for _ in range(3):
        state["v"] -= 0.1 * np.sin(state["p"])
        state["p"] += state["v"]
    alias = state["p"]
    alias[0] = state["v"][1] * 2.0
    return np.sum(state["p"] ** 2)


@case(args=lambda: (0.7,), argnums=0)
def dict_comprehension_with_tuple_keys(x):
    """Memoised states in a dict with tuples as keys."""
    memo = {(0, k): x * (k + 1) for k in range(3)}
    for t in range(1, 3):
        for k in range(3):
            memo[t, k] = memo[t - 1, k] * x + memo[t - 1, (k + 1) % 3]
    return memo[2, 0] * memo[1, 2]


@case(args=lambda: (0.4, 1.3), argnums=(0, 1))
def tuples_are_values(x, y):
    """Tuples are indexed, concatenated, repeated, nested and compared."""
    t = (x, (y, x * y))
    u = t + (2.0,) + (x,) * 2
    a, (b, c), *rest = u
    if (1, 2) < (1, 3):
        a = a * u[1][1]
    s = 0.0
    for v in rest:
        s += v * b
    return s * c + a + u[-1] * t[1][0]


@case(args=lambda: (spread(9, 5), 0.3), argnums=(0, 1))
def builtin_min_max_abs_sum(x, y):
    """sum, min, max and abs with several spellings."""
    a = max(x[0], y, -5.0) + min(x) * max(x)
    b = abs(x[1]) + abs(-y) * sum(x)
    c = sum([y, x[2], 1.0], y) + min([x[3], x[4]])
    d = max(y, 0) * min(1, y) + max((y, 2), (0.0, 9))[0]
    return a * b + c * d


@case(args=lambda: (1.7, np.array([2.2, 0.6])), argnums=(0, 1))
def int_float_round_divmod(x, a):
    """int, float, round, divmod, pow and len on active values."""
    n = int(x * 2.0)
    y = float(x) * n + float(a[0]) + float(3)
    q, r = divmod(x * 3.0, 2.0)
    z = pow(x, 3) + q * r + round(x) * x
    b = [a[int(a[0]) - 1], a[len(a) - 1]]
    return y * z + b[0] * b[1] + bool(x) * x


@case(args=lambda: (0.6, 1.4), argnums=(0, 1))
def math_functions(x, y):
    """The math module on floats."""
    a = math.sin(x) + math.cos(y) * math.tan(x) - math.asin(x) + math.acos(x) * math.atan(y)
    b = math.sinh(x) + math.cosh(y) - math.tanh(x) + math.asinh(x) + math.acosh(y) + math.atanh(x)
    c = math.exp(x) * math.expm1(x) + math.log(y) + math.log1p(x) + math.log2(y) + math.log10(x)
    d = math.sqrt(x) + math.pow(x, y) + math.hypot(x, y) + math.atan2(x, y) + math.fabs(-x)
    f = math.log(y, 3.0) + math.floor(y) * x + math.ceil(x) * y + math.copysign(x, -2.0)
    g = math.degrees(x) * 0.01 + math.radians(y) + math.fmod(y, 1.0) + math.pi * math.e
    return a * b + c * d + f * g


@case(args=lambda: (0.6, 1.4), argnums=(0, 1))
def math_special_functions(x, y):
    """erf, erfc, gamma, lgamma, cbrt, exp2, prod, dist and fsum."""
    a = math.erf(x) + math.erfc(y) * math.cbrt(x) + math.exp2(x)
    b = math.fsum([x, y, x * y]) + math.prod([x, y, 2.0])
    return a * b + math.isclose(x, y) * x


@case(args=lambda: (0.6,), argnums=0)
def imported_math_names(x):
    """Names imported with ``from math import exp as e``."""
    return e(x) * sqrt(x + 1.0) + e(-sqrt(x))


@case(args=lambda: (normal(10, 4),), argnums=0)
def python_scalars_of_array_items(x):
    """float() of items, item() and tolist()."""
    s = 0.0
    for i in range(len(x)):
        s += float(x[i]) ** 2
    values = x.tolist()
    return s * values[0] + x[1].item() * values[-1] + x.item(2)


@case(args=lambda: (0.9, 3), argnums=0)
def polynomial_by_lists(x, n):
    """Coefficients are built by convolution of lists."""
    p = [1.0]
    for k in range(n):
        q = [0.0] * (len(p) + 1)
        for i, c in enumerate(p):
            q[i] += c * x
            q[i + 1] -= c * (k + 1)
        p = q
    value = 0.0
    for c in reversed(p):
        value = value * 0.5 + c
    return value * p[1]


@case(args=lambda: (normal(11, 6),), argnums=0)
def sorting_with_lists(x):
    """Bubble sort of a list by swaps."""
    a = [v for v in x]
    for i in range(len(a)):
        for j in range(len(a) - 1 - i):
            if a[j] > a[j + 1]:
                a[j], a[j + 1] = a[j + 1], a[j]
    s = 0.0
    for k, v in enumerate(a):
        s += v * v * k
    return s


@case(args=lambda: (positive(12, 3),), argnums=0)
def list_of_layers(x):
    """A list of tuples of weights is looped over, its results kept in a list of tuples."""
    layers = [(x[0], 1.0), (x[1], x[2]), (0.5, x[0])]
    trace = []
    h = 1.0
    for w, b in layers:
        z = w * h + b
        h = math.tanh(z)
        trace.append((z, h))
    (z0, h0), (z1, _), *_ = trace
    return z0 * h0 + z1 * trace[-1][1]


@case(args=lambda: (normal(13, 4),), argnums=0)
def list_shared_by_closure_and_loop(x):
    """A nested helper appends to a list of its maker."""
    log = []

    def record(v):
        log.append(v * v)
        return v

    y = 0.0
    for v in x:
        y += record(v * (1.0 + y))
    return sum(log) * y


@case(args=lambda: ([0.5, 1.5, -0.4],), argnums=0)
def list_argument(values):
    """The argument is a list of floats, which the function changes."""
    s = 0.0
    for v in values:
        s += v * v
    values[0] = s
    values.append(s * values[1])
    return values[0] * values[3] + values[2]


@case(args=lambda: ({"w": normal(14, 3), "b": 0.3, "deep": {"t": (1.2, normal(15, 2))}},), argnums=0)
def dict_argument(params):
    """The argument is a nested dict; one of its arrays is written."""
    t, v = params["deep"]["t"]
    v *= t
    params["b"] = params["b"] + v[0]
    return np.sum(params["w"] ** 2) * params["b"] + t * params["deep"]["t"][1][1]


@case(args=lambda: (normal(16, 3),), argnums=0)
def stack_machine(x):
    """A little interpreter: strings choose operations on a list."""
    stack = []
    for op in ["x0", "x1", "*", "x2", "+", "dup", "*"]:
        if op == "*":
            b, a = stack.pop(), stack.pop()
            stack.append(a * b)
        elif op == "+":
            stack.append(stack.pop() + stack.pop())
        elif op == "dup":
            stack.append(stack[-1])
        else:
            stack.append(x[int(op[1:])])
    return stack[0]


def _squares(parts):
    """Return the sum of the squares of whatever there is in a list."""
    total = 0.0
    for part in parts:
        if isinstance(part, list | tuple):
            total = total + _squares(part)
        elif part is not None:
            total = total + np.sum(part * part)
    return total


@case(args=lambda: (normal(17, 3), 0.7, normal(18, 2, 3)), argnums=(0, 1, 2))
def list_of_unlike_items(a, b, c):
    """A list that is written out holds numbers, arrays that are written to, lists and None."""
    a[0] = b * a[1]
    a += c[0]
    return _squares([a, b, None, [c, b], (a, b)])


@case(args=lambda: (normal(19, 3), 0.7, normal(20, 2, 3)), argnums=(0, 1, 2))
def list_of_unlike_items_beside_weights(a, b, c):
    """Two lists are gone over together; an item of one is read by its number."""
    parts = [a, b, c]
    a[1] *= b
    weighted = sum(w * np.sum(v**2) for w, v in zip([1.0, 2.0, 3.0], parts, strict=True))
    return weighted * parts[1] + np.sum(parts[2] @ parts[0])


@case(args=lambda: (normal(21, 3), 0.7), argnums=(0, 1))
def list_of_unlike_items_that_changes(a, b):
    """The list is changed before it is gone over, so what was written out does not hold any more."""
    parts = [a, b]
    other = parts
    other[0] = a[0] * b
    other.append(a)
    return sum(np.sum(part * part) for part in parts) * parts[0]
