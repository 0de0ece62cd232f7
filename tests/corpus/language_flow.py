"""Flow that other functions take part in: generators, try, with, match, and variables that closures assign."""
# ruff: noqa: SIM113, B905, B904 - the programs are as users write them

import dataclasses
import math
import warnings

import numpy as np

from corpus.registry import case, normal


def ramp(x, n):
    s = x
    for i in range(n):
        if i == 1:
            continue
        s = s * 1.1 + i
        yield s
    yield s * s


@case(args=lambda: (0.7,), argnums=0)
def generator_in_a_loop(x):
    """A loop with break over a generator with continue."""
    t = 0.0
    for v in ramp(x, 4):
        t += v * x
        if t > 20:
            break
    return t


@case(args=lambda: (0.7,), argnums=0)
def generator_in_sum_max_list(x):
    """Generators as arguments."""
    return sum(ramp(x, 3)) + max(ramp(x, 2)) + list(ramp(x * x, 3))[1]


def forever(x):
    while True:
        x = math.sin(x) + 1.0
        yield x


@case(args=lambda: (0.7,), argnums=0)
def endless_generator(x):
    """The consumer stops."""
    n = 0
    p = 1.0
    for v in forever(x):
        p *= v
        n += 1
        if n == 5:
            break
    else:
        p = 0.0
    return p


def chain(*its):
    for it in its:
        yield from it


@case(args=lambda: (0.7,), argnums=0)
def chained_generators(x):
    """yield from over a generator and a list; enumerate and zip."""
    r = 0.0
    for i, v in enumerate(chain(ramp(x, 2), [x, x * x], ramp(x * 2, 1))):
        r += (i + 1) * v
    for a, b in zip(ramp(x, 3), ramp(x * x, 3)):
        r += a * b
    return r


class Tree:
    def __init__(self, vs):
        self.vs = vs

    def __iter__(self):
        for v in self.vs:
            yield v * 2


@case(args=lambda: (0.7,), argnums=0)
def generators_as_methods(x):
    """__iter__ as a generator, nested generators, generator expressions."""

    def gen():
        for k in range(3):
            r = yield_helper(k)
            yield r * x

    def yield_helper(k):
        return k + x

    t = Tree([x, x * x])
    return sum(v for v in gen()) + sum(t) + sum(w * w for w in t)


def pairs(a):
    for i in range(len(a)):
        for j in range(i):
            yield i, j, a[i] * a[j]


@case(args=lambda: (np.array([0.3, 0.9, 1.2]),), argnums=0)
def generator_of_tuples(x):
    """Several values at once, continue, stores."""
    out = np.zeros((3, 3))
    s = 0.0
    for i, j, p in pairs(x):
        out[i, j] = p
        if p > 0.5:
            continue
        s += p
    return np.sum(out**2) + s


@case(args=lambda: (0.7,), argnums=0)
def return_from_a_loop_over_a_generator(x):
    """The loop ends early by return."""

    def search(lim):
        for v in ramp(x, 5):
            if v > lim:
                return v
        return -x

    return search(1.0) * search(3.0) + search(100.0)


@case(args=lambda: (0.7,), argnums=0)
def nested_generators(x):
    """A generator that goes over generators, and a loop in the loop."""

    def outer():
        for v in ramp(x, 2):
            for w in ramp(v, 1):
                yield w * v

    acc = []
    for z in outer():
        acc.append(z)
        for y in ramp(z, 1):
            acc[-1] += y
    return sum(acc)


@case(args=lambda: (np.array([0.7, 1.2]),), argnums=0)
def numpy_error_state(x):
    """A context without meaning for the values."""
    with np.errstate(all="ignore"):
        y = np.log(x)
    return np.sum(y)


def root(x):
    try:
        return math.sqrt(x)
    except ValueError:
        return -math.sqrt(-x)


@case(args=lambda: (0.7,), argnums=0)
def return_in_try_and_handler(x):
    """The handler is taken for some arguments."""
    return root(x) * root(-x) + root(x - 1)


class Lazy:
    def __init__(self, x):
        self.x = x

    def y(self):
        try:
            return self._y
        except AttributeError:
            self._y = math.sin(self.x)
            return self._y


@case(args=lambda: (0.7,), argnums=0)
def lazily_cached_attribute(x):
    """try: return self._y"""
    a = Lazy(x)
    return a.y() * a.y()


@case(args=lambda: (1.0,), argnums=0)
def every_clause_of_try(x):
    """else, finally, continue in a handler, in a loop."""
    total = 0.0
    for i in range(5):
        try:
            v = math.log(x - i * 0.3)
            w = v * v
        except ValueError:
            w = x * i
            continue
        else:
            total += v
        finally:
            total += 0.1 * x
        total += w
    return total


@case(args=lambda: (np.array([[2.0, 0.3], [0.3, 1.0]]),), argnums=0)
def handler_of_a_failing_factorisation(x):
    """LinAlgError."""
    try:
        a = np.linalg.cholesky(x)
    except np.linalg.LinAlgError:
        a = np.linalg.cholesky(x + 5 * np.eye(len(x)))
    return np.sum(a)


class Box:
    def __init__(self):
        self.n = 0
        self.v = 0.0

    def __enter__(self):
        self.n += 1
        return self

    def __exit__(self, *a):
        self.v *= 2


@case(args=lambda: (0.7,), argnums=0)
def context_manager_with_state(x):
    """__enter__ and __exit__ change the object."""
    b = Box()
    with b as c:
        c.v = x * x
        if x > 0.5:
            c.v += 1
    return b.v * b.n


@case(args=lambda: (0.7,), argnums=0)
def conversion_that_cannot_fail(x):
    """float() in a try block."""
    try:
        y = float(x)
    except (TypeError, ValueError):
        raise RuntimeError("bad")
    return y * y


@case(args=lambda: (0.7,), argnums=0)
def missing_key(x):
    """KeyError of a dict."""
    d = {"a": x}
    try:
        v = d["b"]
    except KeyError:
        v = x * x
    return v * d["a"]


@case(args=lambda: (0.7,), argnums=0)
def exits_out_of_with(x):
    """continue and return in a with block."""
    r = 0.0
    for k in range(3):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if k == 1:
                continue
            r += x**k
            if r > 100:
                return r
    return r


@case(args=lambda: (0.7,), argnums=0)
def stores_in_try_and_handler(x):
    """An array item is stored where the block succeeds."""

    def solve(a, n):
        if n > 2:
            raise ValueError("deep")
        return a * n

    out = np.zeros(4)
    for n in range(5):
        try:
            out[n % 4] = solve(x, n)
        except ValueError:
            out[n % 4] -= x * x
    return np.sum(out**2)


@case(args=lambda: (0.7,), argnums=0)
def nested_try_blocks(x):
    """The outer handler takes what the inner one does not."""
    try:
        try:
            y = math.log(-x)
        except TypeError:
            y = 1.0
    except ValueError as err:
        y = x * len(str(err))
    return y


@case(args=lambda: (0.7,), argnums=0)
def raise_in_the_block(x):
    """The block raises itself, break leaves it."""
    for k in range(4):
        try:
            if k < 2:
                raise KeyError(k)
            y = x**k
            break
        except KeyError:
            x = x * 1.5
    return y * x


@case(args=lambda: (0.7,), argnums=0)
def nonlocal_in_a_loop(x):
    """Two counters."""
    total = 0.0
    count = 0

    def add(v):
        nonlocal total, count
        total += v * x
        count += 1
        return total

    for i in range(3):
        if add(x * i) > 1.0:
            total *= 0.5
    add(2.0)
    return total * count


@case(args=lambda: (0.7, 0.3), argnums=0)
def nonlocal_of_a_parameter(x, k):
    """Through three levels."""

    def outer():
        nonlocal k
        k = k * x

        def inner():
            nonlocal k
            k += x
            y = 1.0

            def deep():
                nonlocal y
                y = y * k

            deep()
            deep()
            return y

        return inner()

    r = outer()
    return r + k


@case(args=lambda: (0.7,), argnums=0)
def nonlocal_array(x):
    """Stored into and rebound."""
    a = np.zeros(3)

    def setit(i, v):
        nonlocal a
        a[i] = v
        if i == 1:
            a = a * x

    for i in range(3):
        setit(i, x ** (i + 1))
    return np.sum(a)


def make_counter(x):
    s = x

    def step(d):
        nonlocal s
        s = s * d
        return s

    return step


@case(args=lambda: (0.7,), argnums=0)
def counters_from_a_factory(x):
    """Each has its own variable."""
    c = make_counter(x)
    d = make_counter(x * 2)
    return c(2.0) + c(x) + d(3.0)


@case(args=lambda: (0.7,), argnums=0)
def nonlocal_none(x):
    """None until it is assigned."""
    best = None

    def visit(v):
        nonlocal best
        if best is None or v > best:
            best = v

    for i in range(4):
        visit(math.sin(x * i))
    return best


@dataclasses.dataclass
class Pt:
    x: float
    y: float


def area(s, k):
    match s:
        case Pt(x=0.0):
            return k
        case Pt(a, b) if a > b:
            return a * b * k
        case Pt(x, y):
            return x - y * k
        case [a, b]:
            return a * b
        case (a, *rest, c):
            return a * c + len(rest) + sum(rest)
        case {"r": r, "kind": "circle"}:
            return 3.0 * r * r
        case float(v):
            return v * k
        case "none" | None:
            return k * k
        case 1 | 2 as n:
            return n * k
        case _:
            return -k


@case(args=lambda: (0.7,), argnums=0)
def patterns_of_all_kinds(x):
    """Values, classes, sequences, mappings, guards."""
    return (
        area(Pt(x, 0.1), x)
        + area(Pt(x, 2.0), x) * 2
        + area((x, x), 1.0)
        + area([x, 1.0, x, 2.0], x)
        + area({"r": x, "kind": "circle"}, x)
        + area(x, 3.0)
        + area("none", x)
        + area(None, x) * x
        + area(2, x)
        + area("zz", x)
    )


@case(args=lambda: (0.7, "a"), argnums=0)
def match_in_a_loop(x, mode):
    """break and return out of a case."""
    r = 0.0
    for i in range(4):
        match (i % 2, mode):
            case (0, "a"):
                r += x
            case (1, m) if m == "a":
                if i == 3:
                    break
                r *= x
            case _:
                return r
    return r


@case(args=lambda: (0.7, np.array([0.3, -0.5, 0.8, 1.1])), argnums=(0, 1))
def return_from_a_try_block_in_a_loop(s, x):
    """Neither the `else` part nor what follows the loop runs after the `return`."""
    total = 0.0
    for v in x:
        try:
            if v > 1:
                return total * s
            total += v * s
        except ValueError:
            total = 0.0
        else:
            total *= 2.0
    return total


class Remembering:
    """Keeps what it has computed under a name that is missing at first."""

    def __init__(self, v):
        self.v = v

    @property
    def double(self):
        try:
            return self._double
        except AttributeError:
            self._double = self.v * 2.0
            return self._double


@case(args=lambda: (0.7, np.array([0.3, -0.5, 0.8, 1.1])), argnums=(0, 1))
def attribute_missing_until_some_trip(s, x):
    """The handler runs in the trip that first asks, and in no other."""
    k = Remembering(s)
    total = 0.0
    for v in x:
        if v < 0:
            total += k.double * v
        k.v = v * s
    return total + k.double


@case(args=lambda: (0.7, np.array([0.3, -0.5, 0.8, 1.1])), argnums=(0, 1))
def attribute_read_or_handled_in_a_loop(s, x):
    """The first trip takes the handler; the others read what the trip before stored."""
    k = Remembering(s)
    total = 0.0
    for v in x:
        try:
            total += k.last
        except AttributeError:
            total += v * s
            k.last = v
    return total * k.v


@case(args=lambda: (np.array([1.0, 2.0, 0.5]),))
def attribute_that_arrays_have_not(x):
    """Storing an attribute of an array fails, and the handler runs."""
    y = x * x
    scale = 3.0
    try:
        y.name = "squares"
    except AttributeError:
        scale = 2.0
    return np.sum(scale * y)


_WHEN = {"begin": 1.0, "end": 0.0}


def _converted(when):
    try:
        return _WHEN[when]
    except (KeyError, TypeError):
        return [_WHEN[one] for one in when]


@case(args=lambda: (0.3, 2.0), argnums=(0, 1))
def constants_looked_up_in_a_try_block(rate, payment):
    """What sees no active value is called as it stands, be there a ``try`` in it."""
    rate, payment, when = map(np.asarray, [rate, payment, _converted("begin")])
    return payment * (1.0 + rate * when) / rate


@case(args=lambda: (np.array([1.0, 2.0]), 0.5), argnums=(0, 1))
def reads_one_list_and_fills_another_in_a_try_block(x, y):
    """Only what is written to matters: the list from outside is read."""
    parts = [x[0] * y, x[1]]
    try:
        filled = []
        for part in parts:
            filled.append(part / y)
        total = filled[0] + filled[1]
    except ZeroDivisionError:
        total = 0.0
    return total * y


def _inverse(x):
    if x <= 0.0:
        raise ZeroDivisionError
    return 1.0 / x


@case(args=lambda: ([2.0, -1.0, 3.0],))
def containers_changed_between_what_may_fail(xs):
    """Each block is cut at the stores to lists and dicts, so it is known how far it came."""
    out = []
    sums = {"n": 0.0}
    for x in xs:
        try:
            y = _inverse(x) * x * x
            out.append(y)
            sums["n"] = sums["n"] + y * x
            out.append(_inverse(y) * 2.0)
        except ZeroDivisionError:
            out.append(3.0 * x + 1.0)
            sums["n"] *= 2.0
    total = sums["n"]
    for value in out:
        total += value * value
    return total


@case(args=lambda: (2.0, -1.0))
def variables_assigned_before_what_fails(x, y):
    """What was assigned before anything could fail is there in the handler."""
    low = x
    try:
        low, high = 3.0 * x, 4.0 * x
        z = _inverse(y)
    except ZeroDivisionError:
        z = high * low
    return low * z


@case(args=lambda: (3.0, np.array([1.0, 2.0])), argnums=(0, 1))
def result_stored_at_the_end_of_a_try_block(x, ys):
    out = {}
    for name, y in zip(("a", "b"), ys):
        v = np.array(x)
        try:
            out[name] = v.astype(np.float64) * y
        except TypeError:
            out[name] = v
    return np.sum(out["a"] * out["b"])


@case(args=lambda: (0.7, "SIN"))
def options_in_lower_case(x, mode):
    kind = mode.lower()
    if kind not in ["sin", "cos"]:
        raise ValueError
    return np.sin(x) if kind == "sin" else np.cos(x)


@case(args=lambda: (0.7, 3))
def numbers_told_from_objects(x, n):
    """What may be an int or a float, but nothing else, is no instance of other classes."""
    sign = 1.0
    for _ in range(n):
        sign = -1
    value = x * sign
    if isinstance(value, str | list):
        return 0.0 * x
    if isinstance(value, int | float | np.floating):
        return value * value
    raise TypeError


@case(args=lambda: (normal(3, 3), normal(4, 3)), argnums=(0, 1))
def shape_of_two_arrays_broadcast(a, b):
    out = np.empty(np.broadcast(a, b).shape)
    out[..., 0] = a[..., 0] * b[..., 1]
    out[..., 1:] = a[..., 1:, np.newaxis][..., 0] * b[..., 1:] * np.broadcast(a, b).ndim
    return np.sum(out * out)


@case(args=lambda: (normal(3, 3),))
def matrix_from_lists_of_numbers(v):
    cross = np.array([[0.0, -v[2], v[1]], [v[2], 0.0, -v[0]], [-v[1], v[0], 0.0]])
    total = np.eye(3)
    total += cross / 2.0
    for _ in range(3):
        total += np.dot(cross, total)
    return np.sum(total * total)


@case(args=lambda: (normal(1, 4), 0.7), argnums=(0, 1))
def generator_run_for_its_writes(x, s):
    """Nothing is done with the items, but the generator writes to what it captures."""

    def steps():
        for k in range(3):
            x[k] += 0.1 * s * np.sum(x)
            yield x[k]

    for _ in steps():
        pass
    return np.sum(x * x)


class Sweep:
    """An iterator that writes to what it goes over."""

    def __init__(self, x):
        self.x = x
        self.place = 0

    def __iter__(self):
        return self

    def __next__(self):
        if self.place == 3:
            raise StopIteration
        self.x[self.place] *= self.x[self.place + 1]
        self.place += 1
        return self.place


@case(args=lambda: (normal(2, 4),), argnums=0)
def iterator_run_for_its_writes(x):
    """The same with an object."""
    for _ in Sweep(x):
        pass
    return np.sum(x * x)


def _scaled(v, w):
    try:
        if v - w:
            c = np.zeros(())
            c[()] = 2.0
            return 1.2 * float(c)
    except ValueError:
        w += 0.3
    return 1.2 + w


@case(args=lambda: (normal(3, 3, 3), 0.5), argnums=(0, 1))
def array_that_only_one_path_of_a_try_makes(x, s):
    """In a loop, a block makes an array on a path that is not taken."""
    for i in range(3):
        x[i, i] *= _scaled(s, s)
    return np.sum(x * x)


@case(args=lambda: (normal(4, 3, 3),), argnums=0)
def diagonal_in_a_try(x):
    """A view that cannot be written to is used where its array is overwritten, in a block that may fail."""
    try:
        x[1, 1] = x[1] @ np.diagonal(x)[...]
    except ValueError:
        x = x * 2
    return np.mean(x * x)


@case(args=lambda: (normal(5, 3, 3), 0.7), argnums=(0, 1))
def negative_that_is_overwritten(x, s):
    """An array made by a sign is changed in part, and multiplied with what it was made of."""
    h = s if s > 0 else x[0, 1]
    d = -x
    d[1:2] -= 0.5
    return h + 0.4 * (d * x).sum()
