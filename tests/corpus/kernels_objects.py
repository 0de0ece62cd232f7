"""Programs as people write them with classes: filters, chains of operations, grids, matrices, particles."""

# written as users write it, not as a linter likes it
# ruff: noqa: B905

import abc
import typing

import numpy as np

from corpus.registry import case, normal


class Kalman:
    """A Kalman filter for position and speed that keeps its state and a log."""

    def __init__(self, noise, r):
        self.x = np.zeros(2)
        self.p = np.eye(2)
        self.q = np.eye(2) * noise
        self.r = r
        self.log = []

    def predict(self, dt):
        f = np.array([[1.0, dt], [0.0, 1.0]])
        self.x = f @ self.x
        self.p = f @ self.p @ f.T + self.q

    def update(self, z):
        h = np.array([[1.0, 0.0]])
        y = z - (h @ self.x)[0]
        s = (h @ self.p @ h.T)[0, 0] + self.r
        gain = (self.p @ h.T)[:, 0] / s
        self.x = self.x + gain * y
        self.p = self.p - np.outer(gain, h @ self.p)
        self.log.append(y * y / s + np.log(s))


@case(args=lambda: (np.array([0.3, -0.7, 1.2]),), argnums=0)
def bank_of_filters(x):
    """Two filters run over the same measurements; the better one is changed afterwards."""
    filters = [Kalman(x[0] ** 2 + 0.1, 1.0), Kalman(0.1, x[1] ** 2 + 0.5)]
    for z in [0.3, 1.0, 1.7]:
        for f in filters:
            f.predict(0.5)
            f.update(z * x[2])
    best = min(filters, key=lambda f: f.log[-1])
    best.x[0] += 1.0
    return sum(sum(f.log) for f in filters) + filters[0].x @ filters[1].x


class Operation(abc.ABC):
    """Something to apply to a number."""

    @abc.abstractmethod
    def __call__(self, x): ...


class Scale(Operation):
    """Multiplies, and counts."""

    def __init__(self, k):
        self.k = k
        self.calls = 0

    def __call__(self, x):
        self.calls += 1
        return self.k * x


class Shift(Operation):
    """Adds, and remembers."""

    def __init__(self, b):
        self.b = b
        self.last = None

    def __call__(self, x):
        self.last = x
        return x + self.b


class Chain(Operation):
    """Several operations in turn."""

    def __init__(self, *operations):
        self.operations = list(operations)

    def __call__(self, x):
        for operation in self.operations:
            x = operation(x)
        return x

    def append(self, operation):
        self.operations.append(operation)
        return self


@case(args=lambda: (normal(2, 3),), argnums=0)
def chain_of_operations(x):
    """Operations of two classes in a list, called by the object that holds them."""
    chain = Chain(Scale(x[0]), Shift(x[1])).append(Scale(x[2])).append(Shift(2.0))
    y = chain(chain(1.0))
    return y * chain.operations[1].last * chain.operations[0].calls


class Grid:
    """A piece of a rod that exchanges its ends with its neighbours."""

    def __init__(self, n):
        self.u = np.zeros(n)
        self.neighbours = []
        self.flux = 0.0

    def exchange(self):
        for grid, side in self.neighbours:
            self.u[0 if side else -1] = grid.u[-2 if side else 1]

    def step(self, k):
        self.u[1:-1] += k * (self.u[2:] - 2 * self.u[1:-1] + self.u[:-2])
        self.flux += self.u[-1] - self.u[0]


@case(args=lambda: (normal(3, 3),), argnums=0)
def grids_with_neighbours(x):
    """Objects that refer to each other and write to their arrays."""
    grids = [Grid(5) for _ in range(3)]
    for i, grid in enumerate(grids):
        grid.u[:] = np.sin(np.arange(5) * x[i])
    for a, b in zip(grids, grids[1:]):  # noqa: RUF007
        a.neighbours.append((b, 0))
        b.neighbours.append((a, 1))
    for _ in range(3):
        for grid in grids:
            grid.exchange()
        for grid in grids:
            grid.step(0.1)
    return sum(grid.flux**2 for grid in grids) + np.sum(grids[1].u ** 2)


class Matrix:
    """A matrix of numbers in lists, with items by two indices."""

    def __init__(self, rows):
        self.rows = [list(row) for row in rows]
        self.n = len(rows)

    def __getitem__(self, place):
        i, j = place
        return self.rows[i][j]

    def __setitem__(self, place, value):
        i, j = place
        self.rows[i][j] = value

    def __matmul__(self, other):
        n = self.n
        return Matrix([[sum(self[i, k] * other[k, j] for k in range(n)) for j in range(n)] for i in range(n)])

    def eliminate(self):
        for k in range(self.n):
            for i in range(k + 1, self.n):
                self[i, k] /= self[k, k]
                for j in range(k + 1, self.n):
                    self[i, j] -= self[i, k] * self[k, j]
        return self

    def determinant(self):
        d = 1.0
        for i in range(self.n):
            d *= self[i, i]
        return d


@case(args=lambda: (normal(4, 3),), argnums=0)
def matrices_in_a_list(x):
    """Elimination in place, in matrices that a list holds."""
    rows = [[x[0] + 3, x[1], 0.1], [x[1], x[2] + 4, 0.2], [0.3, x[0], 5.0]]
    matrices = [Matrix(rows) for _ in range(2)]
    matrices.append(matrices[0] @ matrices[1])
    return sum(matrix.eliminate().determinant() for matrix in matrices)


class Vec(typing.NamedTuple):
    """Two numbers."""

    x: float
    y: float


class Ball:
    """A ball with slots for records."""

    __slots__ = ("pos", "vel")

    def __init__(self, pos, vel):
        self.pos = pos
        self.vel = vel

    def move(self, dt):
        self.pos = Vec(self.pos.x + dt * self.vel.x, self.pos.y + dt * self.vel.y)

    def bounce(self):
        if self.pos.y < 0:
            self.pos = self.pos._replace(y=-self.pos.y)
            self.vel = Vec(self.vel.x, -0.9 * self.vel.y)


@case(args=lambda: (np.array([0.3, -0.7, 1.2]),), argnums=0)
def bouncing_balls(x):
    """Named tuples in the slots of objects in a list."""
    balls = [Ball(Vec(v, 0.2), Vec(1.0, -v)) for v in x]
    for _ in range(5):
        for ball in balls:
            ball.move(0.2)
            ball.bounce()
    return sum(ball.pos.x * ball.pos.y + ball.vel.y for ball in balls)
