"""Recursion that changes what it is given: trees, linked lists, caches, lists that are filled and emptied."""

# written as users write it, not as a linter likes it

import numpy as np

from corpus.registry import case, normal


class Node:
    """A value and what hangs below it."""

    def __init__(self, value, *children):
        self.value = value
        self.children = list(children)
        self.weight = 0.0
        self.known = {}

    def total(self):
        total = self.value * (1.0 + self.weight)
        for child in self.children:
            total = total * 1.1 + child.total()
        return total

    def scale(self, factor):
        self.value *= factor
        for child in self.children:
            child.scale(factor * self.value)

    @property
    def mass(self):
        if "mass" not in self.known:
            self.known["mass"] = self.value**2 + sum(child.mass for child in self.children)
        return self.known["mass"]

    def __call__(self, factor):
        self.value *= factor
        return self.value + sum([child(factor * 1.1) for child in self.children])


def tree(x):
    return Node(x[0], Node(x[1], Node(x[2]), Node(x[0] * x[1])), Node(2.0 * x[2]))


@case(args=lambda: (normal(1, 3),), argnums=0)
def tree_scaled_by_a_method(x):
    """Each node is stored to on the way down."""
    root = tree(x)
    root.scale(x[1])
    return root.total()


@case(args=lambda: (normal(2, 3),), argnums=0)
def node_that_hangs_twice(x):
    """One object is reached on two ways, and changed on both."""
    leaf = Node(x[2])
    root = Node(x[0], Node(x[1], leaf), leaf)
    root.scale(x[0])
    return root.total() ** 2 + leaf.value


@case(args=lambda: (normal(3, 3),), argnums=0)
def property_with_a_cache(x):
    """A recursive property keeps what it found in a dict of its object."""
    root = tree(x)
    first = root.mass
    root.value = 2.0 * root.value
    return first * root.mass + root.children[0].mass


@case(args=lambda: (normal(4, 3),), argnums=0)
def objects_that_call_each_other(x):
    """The recursion goes through ``__call__``."""
    root = tree(x)
    return root(x[1]) * root.children[0].children[0].value


def double_where_positive(node, found):
    for child in node.children:
        if child.value < -5.0:
            continue
        found.append(child.value * node.value)
        if len(found) > 2:
            break
        double_where_positive(child, found)
        node.weight += child.weight + 1.0
    else:
        node.weight = node.weight + 0.5


@case(args=lambda: (normal(5, 3),), argnums=0)
def loop_left_in_a_recursion(x):
    """``continue``, ``break`` and ``else`` of a loop around the call."""
    root, found = tree(x), []
    double_where_positive(root, found)
    return root.total() * sum(found)


def emptied(node, queue):
    while node.children:
        child = node.children.pop()
        emptied(child, queue)
        queue.append(child.value * len(queue) + node.value)


@case(args=lambda: (normal(6, 3),), argnums=0)
def children_taken_away(x):
    """The loop around the call takes its list apart."""
    root, queue = tree(x), [1.0]
    emptied(root, queue)
    return sum(v * (k + 1) for k, v in enumerate(queue))


def weighed(node):
    node.weight = sum(
        weighed(child) * w for child, w in zip(node.children, [1.0, 2.0, 3.0], strict=False) if child.weight > -9.0
    )
    return node.value + node.weight


@case(args=lambda: (normal(7, 3),), argnums=0)
def call_in_a_generator_expression(x):
    """A generator expression with a condition, over two lists."""
    root = tree(x)
    return weighed(root) * root.total()


class Walk:
    def __init__(self):
        self.total = 1.0
        self.log = []

    def walk(self, node, *, scale=2.0):
        self.total += self.inner(node, scale)  # what the total was before
        self.log.append(self.total)
        return self.total * 0.1

    def inner(self, node, scale):
        found = node.value * scale
        for child in node.children:
            self.total *= 1.1
            found = found + self.walk(child, scale=scale * 0.5)
        node.weight = found
        return found


@case(args=lambda: (normal(8, 3),), argnums=0)
def augmented_around_the_call(x):
    """Two methods call each other; what ``+=`` adds to is read before the call that changes it."""
    walk, root = Walk(), tree(x)
    return walk.walk(root) * sum(walk.log) + root.total()


class Leaf:
    def __init__(self, value):
        self.value = value

    def visit(self, context):
        context["scale"] = context["scale"] * 1.1
        return self.value * context["scale"]


class Plus:
    def __init__(self, left, right):
        self.left = left
        self.right = right
        self.seen = 0.0

    def visit(self, context):
        self.seen = self.left.visit(context) + self.right.visit(context)
        return self.seen


class Times(Plus):
    def visit(self, context):
        self.seen = self.left.visit(context) * self.right.visit(context)
        return self.seen


@case(args=lambda: (normal(9, 3),), argnums=0)
def nodes_of_several_classes(x):
    """Which method is called, the class decides; a dict is handed along."""
    tree = Leaf(x[0])
    for k in range(3):
        tree = Plus(tree, Leaf(x[1] * k)) if k % 2 else Times(tree, Leaf(x[2]))
    context = {"scale": x[0]}
    return tree.visit(context) * context["scale"]


@case(args=lambda: (normal(10, 3),), argnums=0)
def backtracking(x):
    """A nested function pushes and pops, and keeps the best."""
    found, state = [], {"best": 0.0}

    def search(path, k):
        if k == len(x):
            total = sum(p * p for p in path)
            state["best"] = max(state["best"], total)
            found.append(total)
            return
        path.append(x[k])
        search(path, k + 1)
        path[-1] = path[-1] * 2.0
        search(path, k + 1)
        path.pop()

    search([], 0)
    return state["best"] * sum(found)


@case(args=lambda: (normal(11, 3),), argnums=0)
def nonlocal_in_a_recursion(x):
    """A nested function adds to a variable of the function around."""
    total = 0.0

    def add(node):
        nonlocal total
        total += node.value
        for child in node.children:
            add(child)
        node.weight = total

    root = tree(x)
    add(root)
    return total * root.total()


class Link:
    def __init__(self, value, rest=None):
        self.value = value
        self.rest = rest


def turned(link, before):
    if link is None:
        return before
    rest = link.rest
    link.rest = before
    return turned(rest, link)


def merged(a, b):
    if a is None:
        return b
    if b is None:
        return a
    if a.value < b.value:
        a.rest = merged(a.rest, b)
        return a
    b.rest = merged(a, b.rest)
    return b


def weighted(link):
    total, weight = 0.0, 1.0
    while link is not None:
        total += weight * link.value**2
        weight *= 2.0
        link = link.rest
    return total


@case(args=lambda: (normal(12, 3),), argnums=0)
def linked_list_turned(x):
    """The links of a list are turned, one call after the other."""
    link = None
    for v in x:
        link = Link(v, link)
    return weighted(turned(link, None))


@case(args=lambda: (normal(13, 3),), argnums=0)
def linked_lists_merged(x):
    """Which of two lists goes on, their values decide."""
    return weighted(merged(Link(x[2], Link(x[0])), Link(0.5 * x[0], Link(x[1]))))


class Branch:
    def __init__(self, key, value):
        self.key = key
        self.value = value
        self.left = None
        self.right = None
        self.height = 1

    def insert(self, key, value):
        if key < self.key:
            if self.left is None:
                self.left = Branch(key, value)
            else:
                self.left.insert(key, value)
        elif self.right is None:
            self.right = Branch(key, value)
        else:
            self.right.insert(key, value)


def folded(branch):
    if branch is None:
        return 0.0
    return folded(branch.left) * 1.1 + branch.value * branch.height + folded(branch.right) * 0.9


def height(branch):
    return branch.height if branch else 0


def rotated(branch):
    top = branch.left
    branch.left, top.right = top.right, branch
    branch.height = 1 + max(height(branch.left), height(branch.right))
    top.height = 1 + max(height(top.left), height(top.right))
    return top


def inserted(branch, key, value):
    if branch is None:
        return Branch(key, value)
    if key < branch.key:
        branch.left = inserted(branch.left, key, value)
    elif key > branch.key:
        branch.right = inserted(branch.right, key, value)
    else:
        branch.value = branch.value + value
    branch.height = 1 + max(height(branch.left), height(branch.right))
    if height(branch.left) - height(branch.right) > 1:
        return rotated(branch)
    return branch


@case(args=lambda: (normal(14, 3),), argnums=0)
def search_tree_of_methods(x):
    """Nodes are inserted by a method that calls that of a child."""
    root = Branch(5, x[0])
    for key, value in [(3, x[1]), (4, x[2]), (8, x[0] * x[1]), (6, x[2])]:
        root.insert(key, value)
    return folded(root) ** 2


@case(args=lambda: (normal(15, 3),), argnums=0)
def balanced_search_tree(x):
    """The recursion returns the node that takes the place of the one that it was given."""
    root = None
    for key, value in [(5, x[0]), (4, x[1]), (3, x[2]), (2, x[0] * x[1]), (4, x[2])]:
        root = inserted(root, key, value)
    return folded(root) ** 2


class Fibonacci:
    def __init__(self, x):
        self.x = x
        self.known = {}

    def __call__(self, n):
        if n in self.known:
            return self.known[n]
        found = self.x * (n + 1) if n < 2 else np.sin(self(n - 1)) + self(n - 2) * self.x
        self.known[n] = found
        return found


@case(args=lambda: (1.3,), argnums=0)
def cache_of_an_object(x):
    """What was computed before is kept in a dict of the object."""
    numbers = Fibonacci(x)
    return numbers(6) + numbers.known[3]


def filled(node, a, k):
    a[k] += node.value
    for child in node.children:
        k = filled(child, a, k + 1)
    a[k] *= 2.0
    return k


@case(args=lambda: (normal(16, 3),), argnums=0)
def array_filled_from_a_tree(x):
    """An array is written to beside objects that are read."""
    a = np.zeros(8)
    k = filled(tree(x), a, 0)
    return np.sum(a**2) * k


def simplified(expression):
    if isinstance(expression, list):
        for k, part in enumerate(expression):
            expression[k] = simplified(part)
        return expression if len(expression) > 1 else expression[0]
    return expression * 2.0


@case(args=lambda: (normal(17, 3),), argnums=0)
def lists_in_lists_that_shrink(x):
    """A list in a list becomes a number where it holds one alone."""
    found = simplified([x[0], [x[1]], [x[2], x[0]]])
    return found[0] * found[1] + found[2][0] * found[2][1]


def stepped(state, n):
    q, log = state
    if n == 0:
        return q * sum(log)
    log.append(q)
    return stepped((q * q, log), n - 1)


@case(args=lambda: (0.9,), argnums=0)
def list_in_a_tuple(x):
    """A list is handed on in a tuple, and filled."""
    return stepped((x, []), 3)


def evaluated(node, names):
    match node:
        case ("number", value):
            return value
        case ("sum", left, right):
            return evaluated(left, names) + evaluated(right, names)
        case ("let", name, value, body):
            names[name] = evaluated(value, names)
            return evaluated(body, names) * names[name]
        case ("name", name):
            return names[name]
    return 0.0


@case(args=lambda: (normal(18, 3),), argnums=0)
def interpreter_by_patterns(x):
    """Patterns bind what the call behind them needs."""
    inner = ("let", "b", ("sum", ("name", "a"), ("number", x[1])), ("sum", ("name", "b"), ("name", "a")))
    return evaluated(("let", "a", ("number", x[0]), inner), {})


def merge_sorted(items):
    if len(items) < 2:
        return items
    middle = len(items) // 2
    left, right, found = merge_sorted(items[:middle]), merge_sorted(items[middle:]), []
    while left and right:
        found.append(left.pop(0) if left[0] < right[0] else right.pop(0))
    return found + left + right


@case(args=lambda: (normal(19, 4),), argnums=0)
def merge_sort(x):
    """What the recursion returns is taken apart."""
    found = merge_sorted(list(x))
    return found[0] + found[1] ** 2 * 2.0 + found[2] ** 3
