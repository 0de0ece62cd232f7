"""Recursion that changes what it is given: what becomes of the calls, and what is refused."""

import numpy as np
import pytest

from diffcompile import UnsupportedError, grad, hvp, jvp


class Node:
    def __init__(self, value, *children):
        self.value = value
        self.children = list(children)


def doubled(node):
    node.value = 2.0 * node.value**2
    for child in node.children:
        doubled(child)


def doubled_tree(x):
    root = Node(x[0], Node(x[1]), Node(x[0] * x[1], Node(x[1])))
    doubled(root)
    return root.value * root.children[0].value + root.children[1].children[0].value


def test_first_and_second_derivatives():
    x, v = np.array([0.7, 1.3]), np.array([0.5, -0.2])
    gradient = grad(doubled_tree)(x)  # of 4 a^2 b^2 + 2 b^2
    np.testing.assert_allclose(gradient, [8.0 * x[0] * x[1] ** 2, 8.0 * x[0] ** 2 * x[1] + 4.0 * x[1]])
    assert jvp(doubled_tree, (x,), (v,))[1] == pytest.approx(gradient @ v)
    hessian = [[8.0 * x[1] ** 2, 16.0 * x[0] * x[1]], [16.0 * x[0] * x[1], 8.0 * x[0] ** 2 + 4.0]]
    np.testing.assert_allclose(hvp(doubled_tree)(x, v), hessian @ v)


def test_generated_code_has_one_loop_and_no_calls():
    derivative = grad(doubled_tree)
    derivative(np.array([0.7, 1.3]))
    code = [line for line in derivative.source.splitlines() if not line.strip().startswith("#")]
    assert sum("while " in line for line in code) == 1
    assert any("frames.append(" in line for line in code)
    assert not any("doubled(" in line for line in code)


def test_argument_is_left_alone():
    def f(root):
        doubled(root)
        return root.value * root.children[0].value

    root = Node(1.5, Node(2.0))
    found = grad(f)(root)
    assert (found.value, found.children[0].value) == pytest.approx((4.0 * 1.5 * 8.0, 4.5 * 8.0))
    assert (root.value, root.children[0].value) == (1.5, 2.0)


def fresh_sum(node, found=()):
    return node.value + sum(fresh_sum(child) for child in node.children)


def test_recursion_that_only_reads_is_called_as_before():
    derivative = grad(lambda x: fresh_sum(Node(x, Node(x * x))))
    assert derivative(0.7) == pytest.approx(2.4)
    assert "frames" not in derivative.source


def changed(node):
    doubled(node)


def test_helper_that_is_defined_anew(monkeypatch):
    def f(x):
        root = Node(x, Node(x))
        changed(root)
        return root.value + root.children[0].value

    derivative = grad(f)
    assert derivative(1.5) == pytest.approx(12.0)
    monkeypatch.setitem(globals(), "doubled", lambda node: None)
    assert derivative(1.5) == pytest.approx(2.0)


def swallowed(node):
    try:
        for child in node.children:
            swallowed(child)
        node.value = node.value / len(node.children)
    except ZeroDivisionError:
        node.value = 2.0 * node.value


def test_recursion_in_a_try_block_is_refused():
    def f(x):
        root = Node(x, Node(x))
        swallowed(root)
        return root.value

    with pytest.raises(UnsupportedError, match="is called recursively or through a variable"):
        grad(f)(1.5)


class Key:
    def __init__(self, name, value):
        self.name = name
        self.value = value

    def __hash__(self):
        return hash(self.name)

    def __eq__(self, other):
        return self.name == other.name


def objects_as_keys(x):
    found = {Key(k, v): k for k, v in enumerate(x)}
    return sum(key.value * k for key, k in found.items())


def an_object_as_key(x):
    found = {}
    found.setdefault(Key(1, x[0]), 2.0)
    return sum([key.value for key in found])


@pytest.mark.parametrize("fun", [objects_as_keys, an_object_as_key])
def test_objects_that_are_differentiated_are_not_read_off_keys(fun):
    """Their cotangents were lost."""
    with pytest.raises(UnsupportedError, match="the keys of a dict are read"):
        grad(fun)(np.array([0.7, 1.3]))


def test_objects_that_are_differentiated_may_be_keys():
    def f(x):
        found = {Key(k, v): v * v for k, v in enumerate(x)}
        return found[Key(1, 0.0)] * 3.0

    np.testing.assert_allclose(grad(f)(np.array([0.7, 1.3])), [0.0, 7.8])


def shrinking(node, n):
    if n == 0:
        raise ValueError
    node.value = 0.5 * node.value
    shrinking(node, n - 1)


def halving(a, n):
    a[n] = 0.5 * a[n]
    halving(a, n + 1)


def object_in_a_failed_block(x):
    node = Node(x[0])
    try:
        shrinking(node, 3)
    except ValueError:
        node.value += 1.0
    return node.value


def array_in_a_failed_block(x):
    a = x.copy()
    try:
        halving(a, 0)
    except IndexError:
        a[0] += 1.0
    return np.sum(a)


def list_in_a_failed_block(x):
    a = list(x)
    try:
        halving(a, 0)
    except IndexError:
        a[0] += 1.0
    return sum(a)


@pytest.mark.parametrize("fun", [object_in_a_failed_block, array_in_a_failed_block, list_in_a_failed_block])
def test_what_a_recursion_had_changed_when_it_failed_is_not_forgotten(fun):
    with pytest.raises(UnsupportedError, match="changes what it is given"):
        grad(fun)(np.array([0.7, 1.3]))
    with pytest.raises(UnsupportedError, match="changes what it is given"):
        jvp(fun, (np.array([0.7, 1.3]),), (np.ones(2),))
