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


def test_an_object_of_a_list_that_is_changed_in_a_recursion_is_refused():
    def loss(s, n):
        nodes = [Node(s, 0.5)]
        stored_in_recursion(nodes[0], n)
        return nodes[0].v

    with pytest.raises(UnsupportedError, match="called recursively or through a variable"):
        grad(loss)(0.7, 2)


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
