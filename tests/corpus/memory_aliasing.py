"""Several names for one memory: views, views of views, double buffering, arguments that are overwritten."""

# written as users write it, not as a linter likes it
# ruff: noqa: B905, PLW2901

import numpy as np

from corpus.registry import case, normal, positive


@case(args=lambda: (normal(1, 4),), argnums=0)
def two_names_for_one_array(x):
    """A store through one name is read through the other."""
    a = x * 1.0
    b = a
    b[0] = a[1] * a[2]
    a += b
    b *= a
    return np.sum(a * x) + b[0]


@case(args=lambda: (normal(2, 5),), argnums=0)
def view_then_augmented(y):
    """``r = y[1:3]; r *= 2`` changes y."""
    y = y * y
    r = y[1:3]
    r *= 2
    return np.sum(y**2)


@case(args=lambda: (normal(3, 5),), argnums=0)
def view_of_the_argument_itself(y):
    """The same on the argument: the gradient is for the values passed in."""
    r = y[1:3]
    r *= 2
    r[0] = r[1] * y[0]
    return np.sum(y**2)


@case(args=lambda: (normal(4, 6),), argnums=0)
def views_of_views(x):
    """Views of views with steps, written at every level."""
    a = x.copy()
    b = a[1:]
    c = b[::2]
    d = c[::-1]
    d[0] = a[0] * 2.0
    c[1:] += b[:2]
    b[1] = d[1] * c[0]
    a[3] *= d[2]
    return np.sum(a * a) + c @ d


@case(args=lambda: (normal(5, 3, 4),), argnums=0)
def transpose_views(x):
    """Stores through .T, swapaxes and transpose."""
    a = x * 1.0
    t = a.T
    t[0] = x[:, 1] ** 2
    t[1:3] *= 2.0
    s = np.transpose(a)
    s[3, :2] += a[0, :2]
    np.swapaxes(a, 0, 1)[2][0] = a[1, 1] * t[0, 0]
    return np.sum(a**2) + np.sum(t @ a)


@case(args=lambda: (normal(6, 2, 3),), argnums=0)
def reshape_and_ravel_views(x):
    """Stores through reshape and ravel of contiguous memory."""
    a = x + 1.0
    f = a.reshape(-1)
    f[::2] *= a[0]
    g = a.ravel()
    g[1] = f[4] * f[5]
    h = np.reshape(f, (3, 2))
    h[:, 0] += h[:, 1]
    return np.sum(a * x) + h[2, 0] * g[3]


@case(args=lambda: (normal(7, 2, 3),), argnums=0)
def ravel_of_transpose_is_a_copy(x):
    """ravel, reshape and flatten that must copy do not write through."""
    a = x * 2.0
    f = a.T.ravel()
    f *= 3.0
    g = a.T.reshape(-1)
    g[0] = 5.0
    h = a.flatten()
    h += 1.0
    k = a[:, ::2].reshape(4)
    k[:] = 0.0
    return np.sum(a**2) + f @ h + g[1]


@case(args=lambda: (normal(8, 3, 3),), argnums=0)
def diagonal_views(x):
    """The diagonal as a view: kept while its base changes, and written."""
    a = x * 1.0
    d = np.diagonal(a)
    before = d[0] * d[1]
    a[0, 0] = x[1, 2] ** 2
    a[1] *= 2.0
    w = a.diagonal(1)
    w.flags.writeable = True
    w *= d[:2]
    return before + np.sum(d**2) + np.sum(a * w[0])


@case(args=lambda: (normal(9, 3, 3),), argnums=0)
def diagonal_by_strided_ravel(x):
    """The diagonal is written through a strided view of the flat array."""
    a = x @ x.T
    a.ravel()[::4] += x[0] ** 2
    a.reshape(9)[2:8:2] *= 0.5
    i = np.arange(3)
    a[i, i] -= a[i, 2 - i]
    return np.sum(a * a[::-1])


@case(args=lambda: (normal(10, 4),), argnums=0)
def view_kept_while_base_changes(x):
    """A view is made first and read last; the base changes in between, then the name moves on."""
    a = x * 1.0
    v = a[1:3]
    old = v * v
    a[2] = a[0] * a[3]
    a = a * 10.0
    a[1] = 99.0
    v[0] += 1.0
    return np.sum(old * v) + a[2] * 0.1


@case(args=lambda: (normal(11, 5), normal(12, 5)), argnums=(0, 1))
def double_buffering(x, c):
    """``a, b = b, a`` with stores in between."""
    a = x.copy()
    b = np.zeros(5)
    for _ in range(4):
        b[1:-1] = c[1:-1] * (a[:-2] - 2.0 * a[1:-1] + a[2:]) + a[1:-1]
        b[0] = b[1]
        b[-1] = a[-1] * 0.9
        a, b = b, a
    return np.sum(a**2) + np.sum(b)


@case(args=lambda: (normal(13, 4), 3), argnums=0)
def double_buffering_by_parity(x, n):
    """Two buffers, chosen by the parity of the turn."""
    bufs = [x.copy(), np.empty(4)]
    for t in range(n):
        src, dst = bufs[t % 2], bufs[(t + 1) % 2]
        dst[:] = np.sin(src) + src[::-1]
        src[0] = dst[1] * dst[2]
    return np.sum(bufs[0] * bufs[1])


@case(args=lambda: (normal(14, 3), normal(15, 3), normal(16, 3)), argnums=(0, 1, 2))
def rotation_of_three_buffers(a, b, c):
    """Leapfrog: three buffers rotate, all of them arguments."""
    for k in range(5):
        c *= 0.1
        c += b - 0.5 * a + 0.1 * k * np.sin(b)
        c[0] *= a[1]
        a, b, c = b, c, a
    return np.sum(a * b) + c @ c


@case(args=lambda: (normal(17, 4),), argnums=0)
def swap_under_condition(x):
    """Names are swapped in some turns only, according to active values."""
    a = x * 1.0
    b = x**2
    for i in range(4):
        a[i] += b[i - 1]
        b *= 0.9
        if a[i] > 0.2:
            a, b = b, a
    return np.sum(a) * b[0] + np.sum(b**2)


@case(args=lambda: (normal(18, 4), normal(19, 4)), argnums=(0, 1))
def alias_chosen_by_branch(x, y):
    """Which array a name sees is decided at run time."""
    a = x * 1.0
    b = y * 1.0
    c = a if x[0] < y[0] else b
    c[1:] *= 2.0
    d = c
    if d is a:
        d[0] = b[3] * b[2]
    else:
        d[0] = a[3] * a[2]
    return np.sum(a * b) + c[0] ** 2


@case(args=lambda: (normal(20, 4),), argnums=0)
def alias_appears_in_second_turn(x):
    """From the second turn on, two names see one array."""
    a = x * 1.0
    b = x * 3.0
    for i in range(3):
        a[i] = b[i + 1] * a[i]
        b = a
        b[i + 1] += 1.0
    return np.sum(a * b)


@case(args=lambda: (normal(21, 4),), argnums=0)
def alias_is_broken_in_second_turn(x):
    """A name leaves its alias by rebinding in the middle of a loop."""
    a = x * 1.0
    b = a
    s = 0.0
    for i in range(4):
        b[i] *= 2.0
        s += a[i] * b[i]
        if i == 1:
            b = b.copy()
        if i == 2:
            a = b
    return s + np.sum(a * b)


@case(args=lambda: (normal(22, 4),), argnums=0)
def argument_overwritten(x):
    """The function overwrites its argument after use, completely."""
    s = np.sum(x**3)
    x[0] = s
    x[1:] *= x[:-1]
    x[:] = x[::-1] * 2.0
    x += s
    return np.sum(x * np.arange(4.0)) + x[0] ** 2


@case(args=lambda: (normal(52, 3), normal(53, 3)), argnums=(0, 1))
def argument_overwritten_before_it_is_read(out, x):
    """The first argument is only a place for results: its gradient is zero."""
    out[:] = x**2
    out[1:] += out[:-1]
    return np.sum(out**2)


@case(args=lambda: (normal(23, 3, 3), normal(24, 3)), argnums=(0, 1))
def arguments_overwritten_in_loop(a, b):
    """Gaussian elimination in place on both arguments."""
    a += 4.0 * np.eye(3)
    for k in range(3):
        for i in range(k + 1, 3):
            f = a[i, k] / a[k, k]
            a[i, k:] -= f * a[k, k:]
            b[i] -= f * b[k]
    for k in range(2, -1, -1):
        b[k] = (b[k] - a[k, k + 1 :] @ b[k + 1 :]) / a[k, k]
    return np.sum(b**2)


@case(args=lambda: (normal(25, 4), normal(26, 4)), argnums=1)
def inactive_argument_overwritten_by_active_values(buf, x):
    """A buffer that is not differentiated receives active contents."""
    buf[:2] = x[:2] ** 2
    buf[2:] += x[2:] * buf[:2]
    return np.sum(buf * buf)


@case(args=lambda: (normal(27, 3),), argnums=0)
def argument_rebound_then_written(x):
    """``x = x + 0`` first: the argument itself is not written."""
    y = x
    x = x + 0.0
    x *= 2.0
    y = y[:2]
    return np.sum(x**2) * y[0] + y[1]


@case(args=lambda: (normal(28, 4),), argnums=0)
def asarray_and_friends_alias_or_copy(x):
    """asarray, atleast_1d, squeeze and expand_dims alias; array, copy and astype copy."""
    a = x * 1.0
    b = np.asarray(a)
    c = np.array(a)
    d = a.astype(float)
    e = np.expand_dims(a, 0)
    f = np.squeeze(e)
    b[0] = 2.0 * a[1]
    e[0, 1] = c[2] * d[3]
    f[2] += b[0]
    g = a.astype(float, copy=False)
    g[3] *= f[1]
    h = np.atleast_1d(a)
    h[0] *= 1.5
    k = a[None, :, None]
    k[0, 1:3] -= 0.5
    return a @ a + c @ d


@case(args=lambda: (normal(29, 2, 3),), argnums=0)
def integer_index_is_view_fancy_is_copy(x):
    """``a[0]`` and ``a[0:1]`` are views; ``a[[0]]`` and ``a[mask]`` are copies."""
    a = x * 1.0
    row = a[0]
    part = a[0:1]
    fancy = a[[0]]
    masked = a[np.array([True, False])]
    row[0] = x[1, 0] * x[1, 1]
    part[0, 1] *= row[0]
    fancy *= 5.0
    masked[0, 0] += 1.0
    return np.sum(a**2) + np.sum(fancy * masked)


@case(args=lambda: (normal(30, 2, 3),), argnums=0)
def rows_of_a_loop_are_views(x):
    """The rows that a for loop hands out are views; so are enumerate and zip of them."""
    a = x * 1.0
    for row in a:
        row[0] += row[1] * row[2]
    for i, row in enumerate(a):
        row *= i + 1.0
    for p, q in zip(a, a[::-1]):
        p[2] = q[0] * 0.5
    top, bottom = a
    top -= bottom
    return np.sum(a * a)


@case(args=lambda: (normal(31, 3),), argnums=0)
def list_of_views(x):
    """Views are kept in a list and written from there."""
    a = np.outer(x, x)
    views = [a[0], a[:, 1], a.T[2]]
    for k, v in enumerate(views):
        v *= 1.5
        v[k] += x[k]
    views[0][:] = views[1] * views[2]
    return np.sum(a**2)


@case(args=lambda: (normal(32, 5),), argnums=0)
def overlapping_views_with_names(x):
    """Two named views overlap; each is written and the other read."""
    a = x * 1.0
    left = a[:-1]
    right = a[1:]
    left += right
    right *= left
    left[1:] = right[:-1] ** 2
    m = a[1:4]
    m[0], m[2] = m[2], m[0]
    return np.sum(left * right) + m[1]


@case(args=lambda: (normal(33, 4, 4),), argnums=0)
def views_in_a_loop_shift(x):
    """A view is made anew in every turn, sliding over its base."""
    a = x * 0.5
    for i in range(1, 4):
        block = a[i - 1 : i + 1, : i + 1]
        block[1] += block[0] * a[i, i]
        col = block[:, 0]
        col *= block[:, -1]
    return np.sum(a**2)


@case(args=lambda: (normal(34, 4),), argnums=0)
def carried_view_shrinks(x):
    """A name is a view of its former self: it shrinks in every turn."""
    a = x + 1.0
    v = a
    s = 0.0
    while len(v) > 1:
        v[0] *= v[-1]
        s += v[0]
        v = v[1:]
    return s * v[0] + np.sum(a**2)


@case(args=lambda: (normal(35, 3),), argnums=0)
def same_array_on_both_sides_of_out(x):
    """out= aliases an operand through a view."""
    a = np.concatenate([x, x**2])
    np.add(a[:3], a[3:], out=a[3:])
    np.multiply(a[::-1], a, out=a)
    np.exp(a[:2] * 0.1, out=a[1:3])
    return np.sum(a)


@case(args=lambda: (normal(36, 4),), argnums=0)
def ravel_may_alias_depending_on_layout(x):
    """Whether ravel copies depends on the layout that a branch chose."""
    total = 0.0
    for k in range(2):
        m = np.outer(x, x + 1.0)
        if k == 1:
            m = m.T
        f = m.ravel()
        f[1] = 3.0 * x[0]
        f *= 2.0
        total += np.sum(m**2) + f[2]
    return total


@case(args=lambda: (normal(37, 2, 3), normal(38, 2, 3)), argnums=(0, 1))
def same_array_as_value_and_target(x, y):
    """``a[:] = a.T``-like stores of an array into itself."""
    a = x @ y.T
    a[:] = a.T
    a += a
    a += a.T
    a[0] = a[:, 1].copy()
    a *= a[0, 0]
    a -= a[:, ::-1]
    return np.sum(np.sin(a) * np.array([[1.0, 2.0], [3.0, 4.0]]))


@case(args=lambda: (normal(39, 4),), argnums=0)
def list_multiplication_repeats_one_row(x):
    """``[row] * 3`` holds one array three times."""
    row = x * 2.0
    rows = [row] * 3
    rows[1][0] = x[1] * x[2]
    rows[2] *= 0.5
    s = 0.0
    for r in rows:
        s += np.sum(r * x)
        r[3] += 1.0
    return s


@case(args=lambda: (normal(40, 4),), argnums=0)
def tuple_holds_the_array(x):
    """A tuple of arrays: items are written, and ``t[0] += v`` would be refused by Python."""
    a = x * 1.0
    t = (a, a[1:], x)
    p, q, _ = t
    t[0][1] = 4.0 * x[3]
    q *= p[0]
    a = t[1]
    a[-1] = 0.5
    return np.sum(t[0] * t[0])


class Grid:
    """Owns an array and a view of its inside."""

    def __init__(self, u):
        self.u = u
        self.inside = u[1:-1]

    def step(self, dt):
        """Advance in place."""
        self.inside += dt * (self.u[2:] - 2.0 * self.inside + self.u[:-2])

    def reset_ends(self):
        """Set the ends through the whole array."""
        self.u[0] = self.u[-1] = self.inside.mean()


@case(args=lambda: (normal(41, 6), 0.2), argnums=(0, 1))
def object_owns_array_and_view(x, dt):
    """Methods write through an attribute that is a view of another attribute."""
    grid = Grid(x.copy())
    for _ in range(3):
        grid.step(dt)
        grid.reset_ends()
    return np.sum(grid.u**2)


@case(args=lambda: (normal(42, 6),), argnums=0)
def object_owns_the_argument(x):
    """The object writes into the argument itself."""
    grid = Grid(x)
    grid.step(0.1)
    grid.inside[0] = x[-1] * 2.0
    return np.sum(x**2) + np.sum(grid.inside)


@case(args=lambda: (normal(43, 3),), argnums=0)
def augmented_rebinding_against_store(x):
    """``a = a + b`` leaves the alias, ``a += b`` does not."""
    a = x * 1.0
    b = a
    a = a + x
    a += 1.0
    b += 10.0
    c = b
    b = b * 2.0
    b[0] = 0.0
    return np.sum(a * b) + np.sum(c**2)


@case(args=lambda: (normal(44, 3), normal(45, 3)), argnums=(0, 1))
def passing_one_array_for_both_arguments(x, y):
    """The same helper on distinct and on aliased arrays."""

    def relax(u, v):
        for i in range(len(u)):
            u[i] = 0.5 * (u[i] + v[i - 1])
        v *= u

    a, b = x * 1.0, y * 1.0
    relax(a, b)
    relax(a, a)
    relax(b, b[::-1])
    relax(a[:2], a[1:])
    return np.sum(a**2) + np.sum(b)


@case(args=lambda: (positive(46, 4),), argnums=0)
def nan_of_empty_must_not_leak(x):
    """np.empty contents are never read; an overwritten value has an infinite slope."""
    a = np.empty(4)
    a[::2] = x[::2]
    a[1::2] = np.sqrt(x[1::2] - x[1::2])
    a[1::2] = x[1::2] ** 2
    out = np.empty((2, 4))
    out[0] = a
    out[1] = a[::-1]
    return np.sum(out[0] * out[1])


@case(args=lambda: (normal(47, 4),), argnums=0)
def history_matrix(x):
    """Every state goes into a row; the row is the next state's view."""
    h = np.empty((5, 4))
    h[0] = x
    for t in range(4):
        prev = h[t]
        h[t + 1] = np.tanh(prev) + 0.1 * h[: t + 1].sum(axis=0)
        prev[t] *= 1.1
    return np.sum(h[::2] ** 2) + h[3] @ h[1]


@case(args=lambda: (normal(48, 2, 2, 3),), argnums=0)
def rank_three_views(x):
    """moveaxis, swapaxes and reshape views of a rank-3 array."""
    a = x * 1.0
    m = np.moveaxis(a, 0, -1)
    m[..., 0] *= m[..., 1]
    s = a.swapaxes(1, 2)
    s[1, 2] += s[0, 0]
    f = a.reshape(4, 3)
    f[1:3, ::2] -= f[0, 1]
    return np.sum(a * x[::-1])


@case(args=lambda: (normal(49, 3),), argnums=0)
def broadcast_view_is_read_while_base_changes(x):
    """broadcast_to gives a view: it sees later stores."""
    a = x * 1.0
    wide = np.broadcast_to(a, (2, 3))
    s = np.sum(wide * x)
    a[1] = 5.0 * x[0]
    return s + np.sum(wide**2)


@case(args=lambda: (normal(50, 4),), argnums=0)
def split_gives_views(x):
    """np.split hands out views."""
    a = x * 1.0
    left, right = np.split(a, 2)
    left *= right
    right[0] = left[1] * 3.0
    return np.sum(a**2)


@case(args=lambda: (normal(51, 3, 3),), argnums=0)
def real_names_of_generated_memory(x):
    """User names that look like shadows and saved values, on written memory."""
    a = x * 1.0
    a_bar = a.T
    saved_a = a[0]
    a_bar[1] *= 2.0
    saved_a += a_bar[2]
    old = a.copy()
    a[:, 0] = saved_a * a_bar[0]
    old_1 = old * a
    return np.sum(old_1)


@case(args=lambda: (normal(54, 4),), argnums=0)
def nested_helper_writes_captured_array(x):
    """A closure stores into an array of its maker, which reads it before and after."""
    a = x * 1.0

    def put(i, v):
        a[i] = v
        a[i - 1] *= v

    s = a[1] * a[2]
    put(1, a[0] * a[3])
    s += a[1] * a[0]
    put(2, s)
    scale = lambda r: np.multiply(r, a[1], out=r)  # noqa: E731
    scale(a[2:])
    return s * np.sum(a)


class Accumulator:
    """Keeps a total, a history and a buffer."""

    def __init__(self, n):
        self.total = 0.0
        self.history = []
        self.buffer = np.zeros(n)

    def add(self, v, at):
        """Rebind one attribute, append to another, store into the third."""
        self.total += v
        self.history.append(self.total)
        self.buffer[at] += v * self.total
        return self


@case(args=lambda: (normal(55, 3),), argnums=0)
def object_with_all_kinds_of_state(x):
    """A method changes its object in three ways; a second name sees the same object."""
    acc = Accumulator(2)
    same = acc
    for i, v in enumerate(x):
        acc.add(v * v, i % 2).add(v, 0)
    same.total *= 2.0
    return acc.total * np.sum(acc.buffer) + sum(acc.history) * same.history[2]


@case(args=lambda: (normal(56, 3, 4),), argnums=0)
def index_objects_in_variables(x):
    """Slices and tuples of indices are kept in variables and used for loads and stores."""
    inner = (slice(None), slice(1, -1))
    last = (..., -1)
    rows = slice(None, None, -2)
    a = x * 1.0
    a[inner] *= a[rows][:1, inner[1]]
    a[last] = a[0, 0] * a[rows, 1].sum()
    block = a[inner]
    block[rows] += a[last][0]
    corner = 0, -1
    a[corner] **= 2
    return np.sum(a * x)


@case(args=lambda: (normal(57, 3, 3),), argnums=0)
def mask_of_a_matrix_through_a_view(x):
    """A two-dimensional mask stores through a transposed view, np.where with one argument finds indices."""
    a = x * 2.0
    t = a.T
    t[t > 0.5] **= 2
    rows, cols = np.where(x < -0.3)
    a[rows, cols] = t[rows, cols] * x[0, 0]
    a[np.eye(3, dtype=bool)] += t[0]
    return np.sum(a * t)


@case(args=lambda: (normal(58, 5),), argnums=0)
def early_exit_leaves_a_half_written_array(x):
    """A loop over views is left by break; what it did not reach keeps its old contents."""
    a = x * 1.0
    pieces = [a[:2], a[1:4], a[3:]]
    for k, piece in enumerate(pieces):
        piece *= x[k]
        if k == 1:
            piece[-1] = piece[0] ** 2
            break
        a = a.copy() if k > 5 else a
    return np.sum(a**2) + np.sum(pieces[2] * pieces[1][1:])


@case(args=lambda: (positive(59, 4),), argnums=0)
def while_any_of_an_array(x):
    """A loop halves what is still large, in place, as long as there is something."""
    a = x * 4.0
    turns = 0
    while np.any(a > 1.0):
        big = a > 1.0
        a[big] = a[big] * 0.4 + 0.05 * np.sum(a)
        turns += 1
        if turns == 4:
            break
    return np.sum(a * x) * turns


@case(args=lambda: (normal(60, 4),), argnums=0)
def buffer_reused_for_different_things(x):
    """One work array holds three results after each other; each is read before the next comes."""
    work = np.empty_like(x)
    total = 0.0
    np.sin(x, out=work)
    total += work @ x
    work[:] = x**2
    work[1:] += work[:-1]
    total *= work[-1]
    work *= work
    np.exp(-work, out=work)
    return total + np.sum(work)


@case(args=lambda: (normal(61, 3), normal(62, 3)), argnums=(0, 1))
def containers_swap_their_arrays(x, y):
    """Arrays change places between a list and a dict while they are written."""
    box = [x * 1.0, y * 1.0]
    named = {"first": box[0], "second": box[1]}
    for k in range(3):
        box[0][k] *= named["second"][k - 1]
        box[0], box[1] = box[1], box[0]
        named["first"], named["second"] = box
        named["first"] += 0.5 * k
    return np.sum(box[0] * box[1]) + named["second"][0] ** 2


@case(args=lambda: (normal(63, 6), 0.7), argnums=(0, 1))
def product_and_its_factor_swap_names(x, s):
    """After a swap of names an item is written in what was a factor."""
    e = np.array([s for step in range(6)])
    c = e * x
    c, e = (e, c)
    e[0] /= x[1]
    return (e * c).sum()


@case(args=lambda: (normal(64, 4),), argnums=0)
def number_in_an_array_without_axes(y):
    """A 0-d array keeps an item of an array that changes afterwards."""
    b = np.zeros(())
    b[()] = y[2]
    q = b
    y += y
    return float(q)


@case(args=lambda: (normal(65, 3),), argnums=0)
def promoted_arrays_are_views(x):
    """``np.atleast_1d`` of two arrays returns a view of each."""
    a = x * 2
    b = x * x
    p, q = np.atleast_1d(a, b)
    p[0] = b[1] * 5
    q *= 3.0
    b[2] = q[0]
    return np.sum(a * b * b)


@case(args=lambda: (normal(66, 3),), argnums=0)
def promoted_zeros_are_filled_later(x):
    """Views of arrays without derivative, which come to depend on the argument through either name."""
    a = np.zeros(3)
    b = np.ones(3)
    v = np.atleast_2d(a, b)
    v[0][0, 1] = x[1] ** 2
    b[:] = x
    v[1][0, :] *= a[1]
    return np.sum(a * b * v[0] * v[1]) + a.sum()


@case(args=lambda: (normal(67, 3),), argnums=0)
def open_mesh_shares_memory(x):
    """``np.meshgrid(copy=False, sparse=True)`` sees what is written later; the other kind copies."""
    a = x * 2
    b = np.sin(x)
    p, q = np.meshgrid(a, b, copy=False, sparse=True)
    r, s = np.meshgrid(a, b)
    b[0] = 4.0 * x[1]
    q[1] *= a[0]
    a *= 2
    r[0] += a
    return np.sum(p * q) + np.sum(r * s * b)


@case(args=lambda: (normal(68, 3), normal(69, 2)), argnums=(0, 1))
def broadcast_together(x, y):
    """``np.broadcast_arrays`` of arrays, of a matrix and a number."""
    a, b = np.broadcast_arrays(x[:, None], y)
    total = np.sum(a * b**2)
    for row in np.broadcast_arrays(x, x[:, None], 2.0):
        total = total + np.sum(row**2) * row[0, 0]
    return total


@case(args=lambda: (normal(70, 3),), argnums=0)
def broadcast_array_written_afterwards(x):
    """Both arrays that were broadcast change: one cell is seen in many places."""
    a = x * 2
    b = np.sin(x)
    p, q = np.broadcast_arrays(a, b[:, None])
    b[0] = 4.0 * x[1]
    return np.sum(p * q)


@case(args=lambda: ([normal(71, 2), normal(72, 2)], 0.3), argnums=(0, 1))
def items_of_an_argument_change_places(items, s):
    """The arrays of a list that is an argument are exchanged: their gradients belong where they came from."""
    for item in items:
        item *= s
    items[0], items[1] = items[1], items[0]
    items[0][0] = items[1][1] ** 2
    return np.sum(items[0] ** 2) + np.sum(np.sin(items[1]))


@case(args=lambda: ({"a": normal(73, 2), "b": normal(74, 2)}, 0.3), argnums=(0, 1))
def arrays_of_a_dict_change_places(named, s):
    """The same with a dict."""
    named["a"] *= s
    named["a"], named["b"] = named["b"], named["a"]
    named["a"][0] = named["b"][1] ** 2
    return np.sum(named["a"] ** 2) + np.sum(np.sin(named["b"]))


@case(args=lambda: ([normal(75, 2), normal(76, 2)], 0.3), argnums=(0, 1))
def items_of_an_argument_come_and_go(items, s):
    """Arrays are taken out of a list that is an argument, put elsewhere, replaced and written."""
    items.append(items[0])
    items[0] = items[1] * 1.0
    items[0][1] = s
    items[2][0] *= 3
    del items[1]
    first = items.pop(0)
    first *= s
    items.insert(1, first)
    items.reverse()
    return np.sum(items[0] ** 2) + np.sum(np.sin(items[1]))


@case(lambda: (np.array([0.3, 0.5, 0.7]), 3, True))
def integers_come_first(x, n, flag):
    """An array of integers flows where arrays of floats flow that are written to."""
    a = np.arange(3)
    b = x * 1.0
    for _ in range(n):
        b[0] += a[1] * b[1]
        a, b = b, a * 2.0
    d = np.array([1, 2, 3]) if flag else x * x
    c = np.arange(3) if not flag else b
    if x[0] > 0.0:
        d = x * 2.0
        d[1] = x[0] * x[1]
    return np.sum(b * b) + np.sum(a * x) + np.sum(c * x) + np.sum(d * d)


@case(lambda: (np.array([0.3, 0.5, 0.7, -0.2]),))
def numbers_and_truth_values_indexed_as_arrays(q):
    norm = np.linalg.norm(q)
    there = norm > 0.1
    out = np.zeros(4)
    out[there, 1:] = q[there, 1:] * norm[there]
    out[there, 0] = np.log(norm[there])
    total = np.sum(q)
    row = total[..., np.newaxis]
    row *= 3.0
    row[0] += total * q[1]
    return np.sum(out * q) + np.sum(row * row) + total[()] * np.sum(q / norm[..., None])


@case(lambda: (np.array([0.3, 0.5, 0.7, -0.2]),))
def truth_value_takes_a_copy(q):
    y = q * 1.0
    keep = y[1] > -10.0
    v = y[keep, 1:3]
    v *= 3.0
    w = y[True]
    w += 1.0
    y[1] = y[2] * y[0]
    return np.sum(v * v) + np.sum(y * y * y) + np.sum(w * w)


@case(lambda: (0.7, False))
def array_or_number_after_a_branch(x, number):
    a = np.asarray(np.where(x > 0.0, x, 0.0))
    z = np.arctan(x)
    a[...] = 2.0 * x
    if number:
        a = z
    return np.sum(np.stack((a, x)) ** 2)


def _weighted(a, w, e):
    """Return a sum that needs the first argument only once."""
    return np.sum(np.tanh(a) * w) + e


@case(args=lambda: (normal(77, 2, 2),), argnums=0)
def argument_is_computed_before_the_next_one_writes(x):
    """A copy of views of an array is made before a later argument of the same call writes to that array."""
    data = np.tanh(x)

    def norm():
        data[-1, 0] = 7.0 * data[0, 1]
        return 2.0 * data[-2, -1]

    return _weighted(np.stack([x[..., -2], np.reshape(data[:, ::2], -1)]), x.T, norm()) + np.sum(data)
