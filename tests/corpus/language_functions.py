"""Functions as data: in lists and dicts, returned, composed, carried round loops; recursion that writes."""

import functools
import math

import numpy as np

from corpus.registry import case, normal


def compose(f, g):
    """Return f after g."""
    return lambda t: f(g(t))


def line(a):
    """Return a straight line with a default that captures."""

    def inner(t, b=a * 2):
        return a * t + b

    return inner


def nested(f, n, x):
    """Recursion that wraps its argument."""
    if n == 0:
        return f(x)
    return nested(lambda t: f(t) * x, n - 1, x)


def fft_like(a, n):
    """Butterflies, in place, on copies of the halves."""
    if n > 1:
        even, odd = a[0::2].copy(), a[1::2].copy()
        fft_like(even, n // 2)
        fft_like(odd, n // 2)
        for k in range(n // 2):
            a[k] = even[k] + 0.7 * odd[k] * math.cos(k)
            a[k + n // 2] = even[k] ** 2 - odd[k]


def quicksort(a, lo, hi):
    """Sort in place, and return the array too."""
    if lo < hi:
        pivot, i = a[hi], lo
        for j in range(lo, hi):
            if a[j] < pivot:
                t = a[i]
                a[i] = a[j]
                a[j] = t
                i += 1
        t = a[i]
        a[i] = a[hi]
        a[hi] = t
        quicksort(a, lo, i - 1)
        quicksort(a, i + 1, hi)
    return a


def towers(a, b, n):
    """Exchange the arguments from level to level."""
    if n == 0:
        return 0.0
    a[n - 1] *= b[n - 1]
    return towers(b, a, n - 1) + a[n - 1]


def is_even(n, x):
    """Half of a mutual recursion."""
    return x if n == 0 else is_odd(n - 1, x * 1.1)


def is_odd(n, x):
    """The other half."""
    return -x if n == 0 else is_even(n - 1, math.sin(x))


def laplace(m):
    """A determinant by minors."""
    n = m.shape[0]
    if n == 1:
        return m[0, 0]
    total = 0.0
    for j in range(n):
        total += (-1) ** j * m[0, j] * laplace(np.delete(m[1:], j, axis=1))
    return total


def call_all(fs, *args, **kw):
    """Call each function."""
    return [f(*args, **kw) for f in fs]


@case(args=lambda: (0.7,), argnums=0)
def functions_in_a_list(x):
    """Closures and a builtin side by side."""
    fs = [lambda t: t * x, lambda t: t + x * x, math.sin]
    y = x
    for f in fs:
        y = f(y)
    return y


@case(args=lambda: (0.7,), argnums=0)
def composition_in_a_loop(x):
    """A function that grows from trip to trip."""
    h = lambda t: t * x  # noqa: E731
    for _ in range(3):
        h = compose(h, lambda t: t + 0.1 * x)
    return h(x)


@case(args=lambda: (0.7,), argnums=0)
def function_by_branch(x):
    """Different closures by a branch, called after it."""
    if x > 0.5:
        k = x * x
        f = lambda t: t * k  # noqa: E731
    else:
        f = lambda t: math.cos(t * x)  # noqa: E731
    return f(x) + f(2.0)


@case(args=lambda: (0.7,), argnums=0)
def factories_in_a_list(x):
    """Functions with captured values and defaults, called with and without the default."""
    fs = []
    for i in range(4):
        fs.append(line(x * i))
    return sum(f(x) for f in fs) + fs[2](1.0, b=x)


@case(args=lambda: (0.7,), argnums=0)
def functions_in_a_dict(x):
    """A closure and a partial application."""
    table = {"a": lambda t: t * x, "b": functools.partial(pow, x)}
    return table["a"](2.0) + table["b"](3)


@case(args=lambda: (0.7,), argnums=0)
def recursion_with_closures(x):
    """Each level wraps the function that it was given."""
    return nested(lambda t: t + x, 3, x)


@case(args=lambda: (normal(3, 3),), argnums=0)
def layers_chosen_in_a_loop(x):
    """A tuple of a ufunc and closures, indexed at run time."""
    w = x * x
    layers = (np.tanh, lambda z: np.maximum(z, 0.1 * z), lambda z: z * np.sum(w))
    h = x
    for i in range(5):
        h = layers[i % 3](h * 1.1)
    return np.sum(h)


@case(args=lambda: (0.7,), argnums=0)
def functions_called_with_keywords(x):
    """Functions of a list called with *args and **kwargs."""
    return sum(call_all([lambda a, b=1.0: a * b * x, lambda a, b=2.0: a - b * x], x, b=x))


@case(args=lambda: (normal(0, 8),), argnums=0)
def recursive_butterflies(x):
    """Recursion that writes to arrays, and returns nothing."""
    a = x * 1.0
    fft_like(a, len(a))
    return np.sum(a**2)


@case(args=lambda: (normal(0, 7),), argnums=0)
def recursive_quicksort(x):
    """Recursion that writes and returns its argument."""
    a = x.copy()
    b = quicksort(a, 0, len(a) - 1)
    return sum((i + 1) * b[i] * a[i] for i in range(len(a)))


@case(args=lambda: (normal(0, 4),), argnums=0)
def recursion_that_swaps_arrays(x):
    """Two arrays exchange their roles."""
    return towers(x.copy(), x * x, 4) * x[0]


@case(args=lambda: (0.9,), argnums=0)
def mutual_recursion(x):
    """Two functions call each other."""
    return is_even(5, x)


@case(args=lambda: (normal(0, 4, 4),), argnums=0)
def determinant_by_minors(m):
    """Recursion on smaller and smaller matrices."""
    return laplace(m)


@case(args=lambda: (0.7,), argnums=0)
def loop_variable_bound_by_default(x):
    """The usual cure for late binding."""
    fs = [lambda t, k=k: t * k * x for k in range(3)]
    return fs[0](x) + fs[2](x)


@case(args=lambda: (0.7, np.array([0.3, -0.5, 0.8])), argnums=(0, 1))
def comprehension_variable_named_like_a_shared_one(s, x):
    """A comprehension has variables of its own, whatever nested functions assign."""
    n = s

    def double():
        nonlocal n
        n = n * 2.0

    double()
    total = sum([n * 2.0 for n in x]) + sum(n * v for v in x)
    if (n := n + x[0]) > 0:
        double()
    return total * n


def collect(n, x, out):
    """Append on the way down and change on the way up."""
    out.append(x * n)
    if n > 1:
        collect(n - 1, x * 1.5, out)
        out[-1] *= x
        collect(n - 2, x + 1.0, out)
    return len(out)


def permutations(a, k, found):
    """Swap, go deeper, swap back."""
    if k == len(a):
        total = 1.0
        for i, v in enumerate(a):
            total += (i + 1) * v * v
        found.append(total)
        return
    for i in range(k, len(a)):
        a[k], a[i] = a[i], a[k]
        permutations(a, k + 1, found)
        a[k], a[i] = a[i], a[k]


@case(args=lambda: (0.7,), argnums=0)
def recursion_that_fills_a_list(x):
    """A list is handed down."""
    out = [1.0, x]
    return collect(3, x, out) * sum(v * v for v in out)


@case(args=lambda: (0.7,), argnums=0)
def recursive_permutations(x):
    """One list is permuted, another one is filled."""
    found = []
    permutations([x, x * x, 2.0], 0, found)
    return sum(math.log(v) for v in found)


@case(args=lambda: (0.7,), argnums=0)
def nested_recursion_that_fills_a_list(x):
    """The list is captured."""
    seen = []

    def visit(v, d):
        seen.append(v)
        if d > 0:
            visit(v * x, d - 1)
            visit(v + x, d - 1)

    visit(1.0, 3)
    return sum(s * s for s in seen)


@case(lambda: ([0.5, 2.0, 3.0],))
def first_of_an_iterator(x):
    """``next`` of a generator expression, of a generator, of an iterator, with and without a default."""

    def doubled():
        for v in x:
            yield 2.0 * v
        yield 1.0

    found = next((v * v for v in x if v > 1.0), 0.0)
    found += next((v for v in x if v > 100.0), 3.0 * x[0])
    found *= next(doubled()) + next(iter({"a": x[1]}.values()))
    try:
        found += next(v for v in x if v < 0.0)
    except StopIteration:
        found += next(zip(x, x[1:], strict=False))[1] ** 2  # noqa: RUF007
    for limit in range(2):
        found += next((v for v in x if v > limit), 1.0) ** 2
    return found


@case(lambda: (0.3, 1.2), argnums=(0, 1))
def nested_recursion_with_defaults(a, b):
    def f(t):
        return math.exp(-a * t) * math.sin(b * t)

    def integral(low, high, tolerance, depth=0, *, most=6, scale=-1.0):
        middle = (low + high) / 2
        coarse = (high - low) / 2 * (f(low) + f(high))
        fine = (high - low) / 4 * (f(low) + 2 * f(middle) + f(high))
        if abs(fine - coarse) < tolerance or depth > most:
            return scale * fine
        left = integral(low, middle, tolerance / 2, depth + 1)
        return left + integral(middle, high, tolerance / 2, depth + 1, most=most)

    return integral(0.0, 2.0, 1e-3)
