"""Moments, bundle adjustment, long chains of elementwise operations, small functions."""

import numpy as np

from benchmarks.programs.program import Program


def covariance(data, weight):
    centred = data - np.mean(data, axis=0)
    moments = centred.T @ centred / (len(data) - 1)
    return np.sum(moments * weight)


def covariance_adjoint(data, weight):
    centred = data - np.mean(data, axis=0)
    data_bar = centred @ ((weight + weight.T) / (len(data) - 1))
    data_bar -= np.mean(data_bar, axis=0)
    return data_bar


def matrices(size, rng):
    return rng.normal(size=(4 * size, size)), rng.normal(size=(size, size))


def correlation(data, weight):
    mean = np.mean(data, axis=0)
    deviation = np.std(data, axis=0)
    normal = (data - mean) / (np.sqrt(len(data)) * deviation)
    m = data.shape[1]
    total = 0.0
    for i in range(m - 1):
        row = normal[:, i + 1 :].T @ normal[:, i]
        total += np.sum(row * weight[i, i + 1 :])
    return total


def correlation_adjoint(data, weight):
    mean = np.mean(data, axis=0)
    scale = np.sqrt(len(data)) * np.std(data, axis=0)
    normal = (data - mean) / scale
    m = data.shape[1]
    normal_bar = np.zeros_like(normal)
    for i in range(m - 1):
        normal_bar[:, i + 1 :] += np.outer(normal[:, i], weight[i, i + 1 :])
        normal_bar[:, i] += normal[:, i + 1 :] @ weight[i, i + 1 :]
    normal_bar -= np.mean(normal_bar, axis=0)
    normal_bar -= normal * np.sum(normal_bar * normal, axis=0)
    normal_bar /= scale
    return normal_bar


def bundle(cameras, points, observed, camera, point):
    """Reprojection error: cameras are a rotation vector, a translation, a focal length and a distortion."""
    c = cameras[camera]
    x = points[point]
    rotation = c[:, :3]
    squared = np.sum(rotation * rotation, axis=1)
    angle = np.sqrt(squared)
    cosine = np.cos(angle)[:, None]
    sine = (np.sin(angle) / angle)[:, None]
    along = (np.sum(rotation * x, axis=1) * (1.0 - np.cos(angle)) / squared)[:, None]
    turned = cosine * x + sine * np.cross(rotation, x) + along * rotation + c[:, 3:6]
    projected = turned[:, :2] / turned[:, 2:]
    radius = np.sum(projected * projected, axis=1)
    scale = c[:, 6] * (1.0 + c[:, 7] * radius)
    error = scale[:, None] * projected - observed
    return np.sum(error * error)


def bundle_adjoint(cameras, points, observed, camera, point):
    c = cameras[camera]
    x = points[point]
    rotation = c[:, :3]
    squared = np.sum(rotation * rotation, axis=1)
    angle = np.sqrt(squared)
    cos = np.cos(angle)
    sin = np.sin(angle)
    sine = (sin / angle)[:, None]
    crossed = np.cross(rotation, x)
    inner = np.sum(rotation * x, axis=1)
    ratio = (1.0 - cos) / squared
    along = (inner * ratio)[:, None]
    turned = cos[:, None] * x + sine * crossed + along * rotation + c[:, 3:6]
    depth = turned[:, 2:]
    projected = turned[:, :2] / depth
    radius = np.sum(projected * projected, axis=1)
    stretch = 1.0 + c[:, 7] * radius
    scale = c[:, 6] * stretch
    error_bar = 2.0 * (scale[:, None] * projected - observed)

    scale_bar = np.sum(error_bar * projected, axis=1)
    c_bar = np.empty_like(c)
    c_bar[:, 6] = scale_bar * stretch
    scale_bar *= c[:, 6]
    c_bar[:, 7] = scale_bar * radius
    error_bar *= scale[:, None]
    error_bar += (2.0 * scale_bar * c[:, 7])[:, None] * projected
    turned_bar = c_bar[:, 3:6]
    turned_bar[:, :2] = error_bar / depth
    turned_bar[:, 2] = -np.sum(turned_bar[:, :2] * projected, axis=1)
    turned_bar = turned_bar.copy()
    along_bar = np.sum(turned_bar * rotation, axis=1)
    sine_bar = np.sum(turned_bar * crossed, axis=1)
    cos_bar = np.sum(turned_bar * x, axis=1)
    crossed_bar = sine * turned_bar
    inner_bar = (along_bar * ratio)[:, None]
    ratio_bar = along_bar * inner / squared
    cos_bar -= ratio_bar
    angle_bar = (sine_bar * (cos - sin / angle) / angle - cos_bar * sin) / angle - 2.0 * ratio_bar * ratio
    rotation_bar = c_bar[:, :3]
    rotation_bar[...] = np.cross(x, crossed_bar)
    rotation_bar += angle_bar[:, None] * rotation
    rotation_bar += along * turned_bar
    rotation_bar += inner_bar * x
    x_bar = cos[:, None] * turned_bar
    x_bar += np.cross(crossed_bar, rotation)
    x_bar += inner_bar * rotation
    cameras_bar = np.zeros_like(cameras)
    np.add.at(cameras_bar, camera, c_bar)
    points_bar = np.zeros_like(points)
    np.add.at(points_bar, point, x_bar)
    return cameras_bar, points_bar


def bundle_arguments(size, rng):
    cameras = np.column_stack([0.2 * rng.normal(size=(size, 6)), 1.0 + rng.uniform(size=(size, 2))])
    points = rng.normal(size=(10 * size, 3)) + np.array([0.0, 0.0, 6.0])
    count = 40 * size
    where = rng.integers(0, size, count), rng.integers(0, 10 * size, count)
    return cameras, points, rng.normal(size=(count, 2)), *where


def chain(x):
    y = x
    for _ in range(250):
        y = np.sin(y) * 0.9
        y = y + x * 0.1
    return np.sum(y)


def chain_adjoint(x):
    y = x
    saved = []
    for _ in range(250):
        saved.append(y)
        y = np.sin(y)
        y *= 0.9
        y += x * 0.1
    x_bar = np.zeros_like(x)
    y_bar = np.ones_like(x)
    for y in reversed(saved):
        x_bar += y_bar
        y_bar *= 0.9
        y_bar *= np.cos(y)
    x_bar *= 0.1
    x_bar += y_bar
    return x_bar


def small(x, y):
    t = x * y
    s = np.sin(t) + x / (1.0 + y * y)
    return np.sum(s * s)


def small_adjoint(x, y):
    t = x * y
    q = 1.0 + y * y
    s_bar = np.sin(t) + x / q
    s_bar *= 2.0
    return s_bar * (y * np.cos(t) + 1.0 / q)


def rosenbrock(x):
    a, b = x[1:] - x[:-1] * x[:-1], 1.0 - x[:-1]
    return np.sum(100.0 * a * a + b * b)


def rosenbrock_adjoint(x):
    head = x[:-1]
    a = 200.0 * (x[1:] - head * head)
    x_bar = np.zeros_like(x)
    x_bar[1:] = a
    x_bar[:-1] -= 2.0 * (a * head + (1.0 - head))
    return x_bar


def weighted(x, w):
    """Return a linear function of ``x``."""
    return np.sum(w @ (x + 0.5 * x[::-1]))


def weighted_adjoint(x, w):
    t = np.sum(w, axis=0)
    return t + 0.5 * t[::-1]


def ten(size, rng):
    return rng.normal(size=size), rng.normal(size=size)


PROGRAMS = [
    Program(covariance, covariance_adjoint, matrices, 100, 4),
    Program(correlation, correlation_adjoint, matrices, 60, 4, kind="slices"),
    Program(bundle, bundle_adjoint, bundle_arguments, 50, 3, (0, 1)),
    Program(chain, chain_adjoint, lambda size, rng: (rng.normal(size=size),), 10_000, 5),
    Program(small, small_adjoint, ten, 10, 3, kind="tiny"),
    Program(rosenbrock, rosenbrock_adjoint, lambda size, rng: (rng.normal(size=size),), 10, 4, kind="tiny"),
    Program(
        weighted, weighted_adjoint, lambda size, rng: (rng.normal(size=size), rng.normal(size=(size, size))), 1000, 4,
        linear=True,
    ),
]  # fmt: skip
