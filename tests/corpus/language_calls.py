"""Helpers: module level, elsewhere, nested, closures, lambdas, methods, recursion, mutating ones."""

# written as users write it, not as a linter likes it
# ruff: noqa: B023, PLC3002, PLW0108

import functools
import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from corpus import elsewhere
from corpus.elsewhere import Oscillator, fill_squares, scale_in_place
from corpus.registry import case, normal, positive

GAIN = 1.7
TABLE = np.array([0.5, -1.0, 2.0])


def square(x):
    """Return the square."""
    return x * x


def polar(x, y):
    """Return radius and angle."""
    return math.sqrt(x * x + y * y), math.atan2(y, x)


def smooth_step(x, low=0.0, high=1.0, *, power=2):
    """Return a value with an early return in it."""
    if x < low:
        return 0.0
    if x > high:
        return 1.0
    t = (x - low) / (high - low)
    return t**power * (3.0 - 2.0 * t)


def bump_first(a, amount):
    """Add to the first item in place."""
    a[0] += amount


def axpy_into(out, a, x):
    """Compute ``out += a * x`` in place, item by item; returns nothing."""
    for i in range(len(out)):
        out[i] += a * x[i]


def mix(a, b):
    """Write into both arguments, which may be the same array."""
    a[0] = b[1] * 2.0
    b[1] = a[0] * a[2]
    a[2] += b[0]


@case(args=lambda: (1.3,), argnums=0)
def helper_at_module_level(x):
    """A helper called twice, once on its own result."""
    return square(square(x) + 1.0) * GAIN


@case(args=lambda: (normal(1, 3),), argnums=0)
def helper_called_with_scalar_and_array(x):
    """One helper, two signatures."""
    return np.sum(square(x)) + square(x[0]) + square(2)


@case(args=lambda: (0.8, 1.1), argnums=(0, 1))
def helper_returns_tuple(x, y):
    """The results of a helper are unpacked, indexed and handed on."""
    r, t = polar(x, y)
    pair = polar(r, t)
    return r * t + pair[0] * pair[1] + polar(*pair)[0]


@case(args=lambda: (0.4,), argnums=0)
def defaults_and_keywords(x):
    """Calls with defaults, keywords in another order and keyword-only parameters."""
    a = smooth_step(x)
    b = smooth_step(x, high=2.0 + x)
    c = smooth_step(high=x + 1.0, x=x, power=3, low=-x)
    d = smooth_step(x, 0.5)
    return a + 2.0 * b + 3.0 * c + d


@case(args=lambda: (0.4,), argnums=0)
def keyword_dict_and_star(x):
    """Arguments come from a dict and a tuple."""
    options = {"high": 2.0, "power": 3}
    bounds = (0.1, 3.0)
    return smooth_step(x, **options) + smooth_step(x, *bounds) * x


@case(args=lambda: (0.7,), argnums=0)
def variadic_helper(x):
    """A helper with *args and **kwargs."""

    def collect(first, *rest, scale=1.0, **named):
        s = first
        for v in rest:
            s = s * scale + v
        return s + named["shift"] * len(rest)

    return collect(x) if x > 5 else collect(x, x * x, 2.0, x**3, scale=x, shift=x + 1.0)


@case(args=lambda: (normal(2, 3),), argnums=0)
def helpers_in_another_module(x):
    """Helpers whose globals are those of another module."""
    offset = 100.0
    return elsewhere.energy(x) + np.sum(elsewhere.decay(x)) + elsewhere.energy(x, weight=0.5) + offset


@case(args=lambda: (normal(3, 4),), argnums=0)
def helper_fills_its_argument(x):
    """Helpers that write into their argument and return nothing."""
    out = np.zeros(4)
    fill_squares(out, x)
    scale_in_place(out)
    scale_in_place(out[1:3], s=x[0])
    bump_first(out, out[1])
    return np.sum(out * x)


@case(args=lambda: (normal(4, 4), 0.6), argnums=(0, 1))
def helper_fills_in_a_loop(x, a):
    """A mutating helper in a loop, on views that overlap."""
    out = np.ones(4)
    for k in range(3):
        axpy_into(out, a, x)
        axpy_into(out[k:], a * 0.5, out[: 4 - k])
    return np.sum(out**2)


@case(args=lambda: (normal(5, 3),), argnums=0)
def one_array_passed_twice(x):
    """One array is passed twice to a helper that writes both."""
    a = x * 1.5
    mix(a, a)
    b = x * 1.0
    mix(a, b)
    mix(b[::-1], b)
    return a @ a + np.sum(b)


@case(args=lambda: (normal(6, 3),), argnums=0)
def helper_writes_the_argument_of_the_function(x):
    """A helper overwrites the caller's own argument; the gradient is for the values passed in."""
    y = np.sum(x**2)
    scale_in_place(x, 3.0)
    bump_first(x, y)
    return np.sum(x**2) * y


@case(args=lambda: (1.2, 0.5), argnums=(0, 1))
def nested_helper_reads_outer_names(x, y):
    """A nested helper sees the value that an outer name has at the time of the call."""

    def f(t):
        return t * y + k

    k = x * 2.0
    a = f(x)
    k = k * k
    y = y + 1.0
    return a * f(1.5)


@case(args=lambda: (1.2,), argnums=0)
def nested_helper_in_nested_helper(x):
    """Two levels of nesting, with equal parameter names."""

    def outer(x):
        def inner(x):
            return x * scale

        scale = x + 1.0
        return inner(x) * inner(2.0)

    scale = 5.0
    return outer(x * x) * scale


@case(args=lambda: (0.9,), argnums=0)
def nonlocal_counter(x):
    """A nested helper rebinds a name of the enclosing function."""
    total = 0.0

    def add(v):
        nonlocal total
        total = total + v * x

    add(x)
    add(x * 2.0)
    for i in range(3):
        add(i)
    return total * total


@case(args=lambda: (0.7,), argnums=0)
def lambdas_several_on_a_line(x):
    """Several lambdas on one line are told apart."""
    f, g, h = lambda t: t * t, lambda t: t + x, lambda t, s=x: t * s
    pair = (lambda t: 2.0 * t, lambda t: t**3)
    return f(x) * g(1.0) + h(2.0) + pair[0](x) * pair[1](x) + (lambda: x)()


poly, cosine = (lambda x: 3.0 * x**2 + x), (lambda x: math.cos(x))
case(args=lambda: (0.4,), name="lambda_first_of_line")(poly)
case(args=lambda: (0.4,), name="lambda_second_of_line")(cosine)


def make_affine(slope, shift):
    """Return a closure over a float and an array."""

    def affine(x):
        """Slope and shift come from the enclosing call."""
        return np.sum((slope * x + shift) ** 2)

    return affine


case(args=lambda: (normal(7, 3),), name="closure_over_values")(make_affine(1.5, np.array([1.0, 2.0, -1.0])))


@case(args=lambda: (1.1,), argnums=0)
def closures_made_and_called_here(x):
    """A factory of closures over active values."""

    def make(n, y):
        def power(t):
            return t**n + y

        return power

    quad = make(2, x)
    cube = make(3, x * x)
    return quad(x) * cube(2.0 * x) + quad(cube(0.5))


@case(args=lambda: (0.3,), argnums=0)
def late_binding_closures(x):
    """Lambdas of a loop see the last value of its variable."""
    fs = []
    for k in range(3):
        fs.append(lambda t: t * k + x)
    return fs[0](x) + fs[1](2.0) * fs[2](x)


def apply_n(f, n, x):
    """Apply ``f`` n times."""
    for _ in range(n):
        x = f(x)
    return x


def integrate(f, a, b, n=4):
    """Return the trapezoidal rule."""
    h = (b - a) / n
    s = 0.5 * (f(a) + f(b))
    for i in range(1, n):
        s += f(a + i * h)
    return s * h


@case(args=lambda: (0.5, 1.4), argnums=(0, 1))
def functions_as_arguments(x, k):
    """Helpers, lambdas, math functions and bound methods as arguments."""
    a = apply_n(square, 2, x)
    b = apply_n(lambda t: math.sin(t) + k, 3, x)
    c = integrate(math.exp, 0.0, k)
    d = integrate(lambda t: square(t) * x, x, k, n=3)
    e = apply_n(f=Oscillator(2.0, 0.3).force, n=0, x=k)
    return a + b * c + d * e


@case(args=lambda: (0.9,), argnums=0)
def function_chosen_by_branch_and_dict(x):
    """The callee is chosen at run time."""
    f = math.sin if x > 0.5 else math.cos
    table = {"square": square, "exp": math.exp}
    y = f(x)
    for name in ("square", "exp", "square"):
        y = table[name](y) * 0.5
    return y


@case(args=lambda: (1.3, 5), argnums=0)
def recursion_power(x, n):
    """Recursion with a branch."""
    if n == 0:
        return 1.0
    if n % 2:
        return x * recursion_power(x, n - 1)
    half = recursion_power(x, n // 2)
    return half * half


def fib(x, y, n):
    """Return a generalised Fibonacci number: two recursive calls."""
    if n < 2:
        return x if n == 0 else y
    return fib(x, y, n - 1) + 0.5 * fib(x, y, n - 2) * x


@case(args=lambda: (0.6, 0.7), argnums=(0, 1))
def recursion_with_two_calls(x, y):
    """Tree recursion in a helper."""
    return fib(x, y, 6) ** 2


def is_even_sum(x, n):
    """Mutually recursive with :func:`is_odd_sum`."""
    return x if n == 0 else is_odd_sum(x * 1.1, n - 1)


def is_odd_sum(x, n):
    """Mutually recursive with :func:`is_even_sum`."""
    return x * x if n == 0 else is_even_sum(x + 0.3, n - 1)


@case(args=lambda: (0.8,), argnums=0)
def mutual_recursion(x):
    """Two helpers that call each other."""
    return is_even_sum(x, 5) * is_odd_sum(x, 2)


def sum_halves(a):
    """Return a sum by divide and conquer on views, writing on the way."""
    n = len(a)
    if n == 1:
        return a[0] * a[0]
    left = sum_halves(a[: n // 2])
    a[n // 2 :] *= left + 1.0
    return left + sum_halves(a[n // 2 :])


@case(args=lambda: (normal(8, 5),), argnums=0)
def recursion_on_written_views(x):
    """Recursion over halves of an array that is written on the way."""
    a = x.copy()
    return sum_halves(a) + np.sum(a)


class Model:
    """A model whose methods read ``self``."""

    def __init__(self, weights, rate):
        self.weights = weights
        self.rate = rate

    def predict(self, x):
        """Return a prediction."""
        return np.tanh(self.weights @ x) * self.rate

    def loss(self, x):
        """Methods call each other."""
        y = self.predict(x)
        return np.sum(y * y) + self.penalty(x)

    @staticmethod
    def penalty(x):
        """Return a penalty that needs no self."""
        return 0.1 * np.sum(x**4)

    def __call__(self, x):
        """Return the sum of the prediction: the object itself is called."""
        return np.sum(self.predict(x))


case(args=lambda: (normal(9, 3),), name="bound_method")(Model(normal(10, 2, 3), 0.7).loss)


@case(args=lambda: (normal(11, 3), normal(12, 2, 3)), argnums=(0, 1))
def methods_of_a_local_object(x, w):
    """An object is built around active values and its methods are called."""
    model = Model(w, 1.3)
    y = model.loss(x)
    model.rate = y * 0.1
    return model(x) + model.penalty(x * 0.5)


@case(args=lambda: (1.0, 0.2), argnums=(0, 1))
def method_of_imported_class(x, m):
    """A class of another module, with a class attribute and a loop in a method."""
    o = Oscillator(mass=m + 1.0, damping=0.1)
    return o.run(x, 0.0, 0.1, 8) * o.force(x, 1.0)


class Point(NamedTuple):
    """A named tuple of floats."""

    x: float
    y: float


@dataclass
class Net:
    """A dataclass of arrays."""

    w: np.ndarray
    b: np.ndarray


@case(args=lambda: (Point(0.4, 1.2),), argnums=0)
def named_tuple_argument(p):
    """Fields by name, by index and by unpacking."""
    a, b = p
    q = Point(a * b, y=p[1] ** 2)
    return q.x * p.x + q.y * a


@case(args=lambda: (Net(normal(13, 2, 3), normal(14, 2)), normal(15, 3)), argnums=(0, 1))
def dataclass_argument(net, x):
    """A dataclass argument; another one is built inside."""
    y = np.tanh(net.w @ x + net.b)
    other = Net(net.w * 2.0, b=y)
    return np.sum(other.b * net.b) + np.sum(other.w**2)


@case(args=lambda: (0.5, 1.5), argnums=(0, 1))
def partial_application(x, y):
    """functools.partial of a helper."""
    f = functools.partial(smooth_step, high=y)
    return f(x) + f(x * 2.0, low=0.1)


@case(args=lambda: (0.5,), argnums=0)
def default_argument_is_active(x):
    """A default of a nested helper is an active value, frozen when it was defined."""

    def f(t, base=x * x):
        return t * base

    x = x + 1.0
    return f(x) + f(2.0, base=x)


@case(args=lambda: (1.1,), argnums=0)
def helper_result_not_used(x):
    """A helper is called for nothing, another has several returns of different sizes of work."""
    square(x)
    polar(x, x)

    def choose(v, k):
        if k == 0:
            return v
        for i in range(5):
            v = v * 1.1
            if i == k:
                return v * v
        return v**3

    return choose(x, 0) + choose(x, 2) * choose(x, 9)


@case(args=lambda: (normal(16, 3),), argnums=0)
def helper_returns_its_argument(x):
    """A helper returns its argument, so that a later store is seen through it."""

    def touch(a):
        a[0] = a[1] * a[2]
        return a

    y = x * 2.0
    z = touch(y)
    z[1] = 5.0 * x[0]
    return np.sum(y * z)


@case(args=lambda: (normal(17, 4),), argnums=0)
def helper_returns_a_view(x):
    """A helper returns a view of its argument, and another writes through it."""

    def middle(a):
        return a[1:-1]

    y = x + 0.0
    m = middle(y)
    m *= y[0]
    scale_in_place(middle(m + 0.0))
    bump_first(middle(y), 3.0)
    return np.sum(y**2)


@case(args=lambda: (normal(18, 3),), argnums=0)
def helper_rebinds_its_parameter(x):
    """A helper rebinds its parameter first: the caller's array must stay as it was."""

    def careful(a):
        a = a * 1.0
        a *= 2.0
        a[0] = 7.0
        return a

    def careless(a):
        a = a[:2]
        a *= 2.0
        return a

    y = x * x
    p = careful(y)
    q = careless(y)
    return np.sum(y) * p[1] + q[0] * x[0]


@case(args=lambda: (normal(19, 3),), argnums=0)
def global_table_is_read(x):
    """A module-level array and a float are read as globals."""
    return GAIN * np.sum(TABLE * x**2) + TABLE[1] * x[0]


@case(args=lambda: (positive(20, 3), positive(21, 3)), argnums=1)
def inactive_helper_without_derivative(labels, x):
    """A helper that sees no active value may do what it likes."""

    def prepare(values):
        names = {f"k{i}": sorted(set(map(int, values * 10)))[0] for i in range(2)}
        return float(names["k0"] + len(names))

    return prepare(labels) * np.sum(x**2)


@case(args=lambda: (0.5,), argnums=0)
def decorated_helper(x):
    """A helper behind a decorator that wraps it."""

    def twice(f):
        @functools.wraps(f)
        def wrapper(t):
            return f(f(t))

        return wrapper

    @twice
    def g(t):
        return t * t + x

    return g(x)


@case(args=lambda: (0.6, 0.8), argnums=(0, 1))
def same_names_in_caller_and_helpers(x, y):
    """Caller and helpers use the same local names for different things."""

    def f(y, x):
        t = x * y * y
        for i in range(2):
            x = x + t * i
        return x - y

    t = x + y
    i = f(t, x)
    x = f(y, t) * i
    return x * t


@case(args=lambda: (normal(22, 3),), argnums=0)
def helper_with_out_keyword(x):
    """A helper in the manner of a ufunc: it makes its result unless it is given a place for it."""

    def cube(a, out=None):
        if out is None:
            out = np.empty_like(a)
        np.multiply(a, a, out=out)
        out *= a
        return out

    fresh = cube(x)
    place = np.ones(4)
    returned = cube(fresh, out=place[1:])
    returned[0] += x[1]
    return np.sum(place) * fresh[0] + np.sum(returned**2)


@case(args=lambda: (0.7, 4), argnums=0)
def compose_functions(x, n):
    """Functions are built from functions in a loop."""

    def compose(f, g):
        return lambda t: f(g(t))

    f = lambda t: t + x  # noqa: E731
    for k in range(n):
        f = compose(f, math.sin if k % 2 else square)
    return f(x) * f(1.3)


@case(args=lambda: (0.9,), argnums=0)
def helper_shadows_its_own_name(x):
    """A local function has the name of a global helper, and then a number has it."""

    def square(v):
        return v**3

    y = square(x)
    square = y * 2.0
    return square * x + y
