"""Arguments that are, or hold, the same object, list or array: seen, keyed, or refused."""

import dataclasses

import numpy as np
import pytest

from diffcompile import UnsupportedError, grad, value_and_grad


class Node:
    def __init__(self, v, w=1.0):
        self.v = v
        self.w = w


def two(p, q, x):
    p.v = p.v * x
    q.v = q.v + p.v
    return p.v * q.v


def through_children(p, x):
    p.v.v = p.v.v * x
    p.w.v = p.w.v + p.v.v
    return p.v.v * p.w.v


def same():
    node = Node(0.7)
    return node, node


def unlike():
    return Node(0.7), Node(0.7)


def expected(make, x):
    step = 1e-6
    ahead, behind = (two(*make(), x + sign * step) for sign in (1, -1))
    return two(*make(), x), (ahead - behind) / (2 * step)


@pytest.mark.parametrize("order", [(same, unlike), (unlike, same)], ids=["same first", "same second"])
def test_an_object_passed_twice_is_one_object(order):
    gradient = value_and_grad(two, argnums=2)
    for make in (*order, *order):
        assert gradient(*make(), 0.6) == pytest.approx(expected(make, 0.6), rel=1e-8)


@pytest.mark.parametrize("order", [(True, False), (False, True)])
def test_a_shared_child_is_one_object(order):
    gradient = value_and_grad(through_children, argnums=1)
    for shared in order:
        child = Node(0.7)
        parent = Node(child, child if shared else Node(0.7))
        twin = Node(0.7)
        want = through_children(Node(twin, twin if shared else Node(0.7)), 0.6)
        assert gradient(parent, 0.6)[0] == pytest.approx(want)


SHARED = Node(1.0)


def writes_and_reads_global(m, x):
    m.v = x
    return SHARED.v * x


def test_an_argument_may_be_a_global_object():
    gradient = value_and_grad(writes_and_reads_global, argnums=1)
    assert gradient(Node(1.0), 0.5) == pytest.approx((0.5, 1.0))
    assert gradient(SHARED, 0.5) == pytest.approx((0.25, 1.0))
    assert gradient(Node(1.0), 0.5) == pytest.approx((0.5, 1.0))
    assert SHARED.v == 1.0


def test_a_differentiated_object_must_not_be_passed_twice():
    node = Node(0.7)
    with pytest.raises(ValueError, match="p and q share an object"):
        grad(two)(node, node, 0.5)


def store_item(p, q, x):
    p.v[0] = x
    return np.sum(p.v * q.v)


def append(p, q, x):
    p.v.append(x)
    return sum(q.v) * x


def store_own(p, x):
    p.v[0] = x
    return np.sum(p.v * p.w)


@pytest.mark.parametrize(
    ("fun", "shared"), [(store_item, np.ones(3)), (append, [1.0])], ids=["array", "list"]
)
def test_memory_of_two_objects_that_is_written_is_refused(fun, shared):
    gradient = grad(fun, argnums=2)
    gradient(Node(shared.copy()), Node(shared.copy()), 0.5)
    with pytest.raises(ValueError, match="share memory"):
        gradient(Node(shared), Node(shared), 0.5)


def test_two_attributes_with_one_array_that_is_written_are_refused():
    shared = np.ones(3)
    assert grad(store_own, argnums=1)(Node(shared, shared.copy()), 0.5) == 1.0
    with pytest.raises(ValueError, match="share memory"):
        grad(store_own, argnums=1)(Node(shared, shared), 0.5)


def test_a_list_passed_twice_may_be_read():
    values = [1.0, 2.0]
    assert grad(lambda a, b, x: sum(a) * sum(b) * x, argnums=2)(values, values, 0.5) == 9.0


@dataclasses.dataclass
class Settings:
    gain: float
    doubled: float = dataclasses.field(init=False)

    def __post_init__(self):
        self.doubled = self.gain * 2


def test_gradient_of_a_data_class_with_fields_of_its_own():
    found = grad(lambda p, x: p.gain * p.doubled * x)(Settings(0.5), 3.0)
    assert (found.gain, found.doubled) == (3.0, 1.5)


class Bag:
    def __init__(self, v):
        self.values = [v]

    def put(self, v):
        self.values.append(v)


def bag(v, n):
    if n == 0:
        return Bag(v)
    return bag(v * v, n - 1)


def changed_bag(s):
    found = bag(s, 2)
    found.put(s)
    return sum(found.values)


def test_a_new_object_of_a_recursion_may_be_changed():
    assert grad(changed_bag)(0.7) == pytest.approx(4 * 0.7**3 + 1.0)


def stored_in_recursion(node, n):
    if n > 0:
        node.v = node.v * node.w
        stored_in_recursion(node, n - 1)


def test_an_object_changed_in_a_recursion():
    def loss(s, n):
        node = Node(s, 0.5)
        stored_in_recursion(node, n)
        return node.v

    assert grad(loss)(0.7, 2) == pytest.approx(0.25)


def test_an_object_of_a_list_that_is_changed_in_a_recursion():
    def loss(s, n):
        nodes = [Node(s, 0.5)]
        stored_in_recursion(nodes[0], n)
        return nodes[0].v

    assert grad(loss)(0.7, 2) == pytest.approx(0.25)


def test_identity_that_a_branch_decides():
    def loss(s):
        a, b = Node(s), Node(s)
        c = a if s > 0 else b
        return s if c is a else 2.0 * s

    assert (grad(loss)(0.7), grad(loss)(-0.7)) == (1.0, 2.0)


@pytest.mark.parametrize("whole", [True, False])
def test_an_array_that_a_try_block_knows_by_two_names_is_refused(whole):
    def loss(s, x):
        y = x * 1.0
        other = y if whole else y[1:]
        try:
            if x[0] > 5:
                raise ValueError
            y[1] = s * 2
            total = other[0] * 1.0
        except ValueError:
            total = 0.0
        return total * np.sum(y)

    x = np.array([0.3, -0.5, 0.8])
    try:
        value = value_and_grad(loss)(0.7, x)[0]
    except UnsupportedError as refused:
        assert "two names" in str(refused)
    else:
        assert value == pytest.approx(loss(0.7, x))


def test_a_variable_that_a_finally_changed_in_a_failed_block_is_not_lost_silently():
    def loss(s, x):
        total = s
        for v in x:
            try:
                try:
                    if v > 1:
                        raise ValueError
                    total = total * v
                finally:
                    total = total * 1.1
            except ValueError:
                total = total - v * s
        return total

    x = np.array([0.3, 0.5, 1.1])
    try:
        value = value_and_grad(loss)(0.7, x)[0]
    except UnsupportedError as refused:
        assert "failed `try` block" in str(refused)
    else:
        assert value == pytest.approx(loss(0.7, x))


def test_an_object_that_refers_to_itself_is_data():
    def loss(s):
        node = Node(s)
        node.w = lambda v: v * node.v
        kept = [node]
        return kept[0].v * s

    assert grad(loss)(0.7) == pytest.approx(1.4)


class Extended(Settings):
    def __init__(self, gain, extra):
        super().__init__(gain)
        self.extra = extra


def test_further_attributes_of_a_subclass_of_a_data_class():
    found = grad(lambda p, x: p.gain * p.extra * x)(Extended(0.5, 2.0), 3.0)
    assert (found.gain, found.doubled, found.extra) == (6.0, 0.0, 1.5)

    def kept(s):
        parts = [Extended(s, s * s), Extended(2.0, s)]
        return parts[0].extra * parts[1].extra * parts[0].gain

    assert grad(kept)(0.7) == pytest.approx(4 * 0.7**3)


def test_an_argument_that_a_try_block_updates_is_the_one_outside():
    def loss(s, x):
        def scale(out):
            try:
                out *= s
                if s > 5:
                    raise ValueError
            except ValueError:
                pass

        y = x * 1.0
        scale(y)
        return np.sum(y)

    x = np.array([0.3, -0.5, 0.8])
    try:
        found = value_and_grad(loss)(0.7, x)
    except UnsupportedError:
        return
    assert found == pytest.approx((0.7 * np.sum(x), np.sum(x)))


def test_an_update_in_a_try_block_is_of_the_array_outside() -> None:
    def halved(x):
        y = x
        try:  # noqa: SIM105
            y *= 0.5
        except ValueError:
            pass
        return np.sum(x * x)

    try:
        found = grad(halved)(np.array([1.0, 2.0]))
    except UnsupportedError:
        return
    np.testing.assert_allclose(found, [0.5, 1.0])


def fill_both(n, d, e, x):
    if n == 0:
        return x
    d[n] = x * n
    return e.get(n, 5.0) * fill_both(n - 1, d, e, x)


def test_recursion_with_one_dict_twice():
    """Each call works on a copy of the dict that it writes to."""

    def f(x, n, once):
        d = {7: x}
        other = {7: 2.0} if once else d
        return fill_both(n, d, other, x) * sum(d.values())

    x = 1.3  # 125 x times (7 x), as d is x, 3 x, 2 x, x
    assert grad(f)(x, 3, True) == pytest.approx(125.0 * 14.0 * x)
    with pytest.raises(UnsupportedError, match="two arguments that share memory"):
        grad(f)(x, 3, False)


def append_to_rows(n, rows, x):
    if n == 0:
        return
    rows[n % 2].append(n * x)
    append_to_rows(n - 1, rows, x)


def a_row(x, n):
    rows = [[x], [2.0]]
    first = rows[0]
    append_to_rows(n, rows, x)
    return sum(first)


def rows_in_another_list(x, n):
    rows = [[x], [2.0]]
    others = [rows[1]]
    append_to_rows(n, rows, x)
    return sum(others[0])


def a_row_in_a_loop(x, n):
    rows = [[x], [2.0]]
    first, total = rows[0], 0.0
    for _ in range(2):
        total += sum(first)
        append_to_rows(n, rows, x)
    return total


@pytest.mark.parametrize("fun", [a_row, rows_in_another_list, a_row_in_a_loop], ids=lambda fun: fun.__name__)
def test_recursion_that_changes_what_has_another_name(fun):
    """A call of a pair works on copies of the lists in its argument, so that the recursion is written as a loop."""
    step = 1e-4
    expected = (fun(1.3 + step, 3) - fun(1.3 - step, 3)) / (2.0 * step)
    assert grad(fun)(1.3, 3) == pytest.approx(expected)


def shorter_rows(rows, n):
    first = rows[0]
    if n > 0:
        rows[0].append(n * rows[0][-1])
        again = lambda: shorter_rows(rows, n - 1)  # noqa: E731 - the call stands in one
        again()
    return sum(first)


def test_recursion_through_a_lambda_that_changes_what_has_another_name():
    """It is not written as a loop."""
    with pytest.raises(UnsupportedError, match="one of which has another name") as raised:
        grad(lambda x: shorter_rows([[x], [2.0]], 2))(1.3)
    assert raised.value.span is not None


def test_recursion_that_changes_rows_which_are_looked_up_again():
    def f(x, n):
        rows = [[x], [2.0]]
        first = sum(rows[0])
        append_to_rows(n, rows, x)
        return first * sum(rows[0]) * sum(rows[1])

    x = 1.3  # x (x + 2 x) (2 + 4 x)
    assert grad(f)(x, 3) == pytest.approx(12.0 * x + 36.0 * x * x)
