"""Programs of machine learning: networks, layers as loops, a mixture model."""

import numpy as np

from benchmarks.programs.program import Program


def mlp(params, x, labels):
    h = x
    for w, b in params[:-1]:
        h = np.tanh(h @ w + b)
    w, b = params[-1]
    z = h @ w + b
    z = z - np.max(z, axis=1, keepdims=True)
    log_sum = np.log(np.sum(np.exp(z), axis=1))
    return np.mean(log_sum - z[np.arange(len(labels)), labels])


def mlp_adjoint(params, x, labels):
    layers = [x]
    for w, b in params[:-1]:
        layers.append(np.tanh(layers[-1] @ w + b))
    w, b = params[-1]
    z = layers[-1] @ w + b
    z -= np.max(z, axis=1, keepdims=True)
    z_bar = np.exp(z)
    z_bar /= np.sum(z_bar, axis=1, keepdims=True)
    z_bar[np.arange(len(labels)), labels] -= 1.0
    z_bar /= len(labels)
    h = layers[-1]
    found = [(h.T @ z_bar, np.sum(z_bar, axis=0))]
    h_bar = z_bar @ w.T
    for number in range(len(params) - 2, -1, -1):
        z_bar = h_bar * (1.0 - h * h)
        h = layers[number]
        found.append((h.T @ z_bar, np.sum(z_bar, axis=0)))
        if number:
            h_bar = z_bar @ params[number][0].T
    return tuple(found[::-1])


def mlp_arguments(size, rng):
    widths = [12 * size + 16, 4 * size, 4 * size, 4 * size, 10]
    params = tuple(
        (rng.normal(size=(a, b)) / np.sqrt(a), rng.normal(size=b))
        for a, b in zip(widths[:-1], widths[1:], strict=True)
    )
    return params, rng.normal(size=(size, widths[0])), rng.integers(0, 10, size)


def lstm(w, u, b, xs):
    n = len(b) // 4
    h = np.zeros(n)
    c = np.zeros(n)
    loss = 0.0
    for t in range(len(xs)):
        z = w @ xs[t] + u @ h + b
        forget = 1.0 / (1.0 + np.exp(-z[:n]))
        keep = 1.0 / (1.0 + np.exp(-z[n : 2 * n]))
        out = 1.0 / (1.0 + np.exp(-z[2 * n : 3 * n]))
        new = np.tanh(z[3 * n :])
        c = forget * c + keep * new
        h = out * np.tanh(c)
        loss += np.sum(h * h)
    return loss


def lstm_adjoint(w, u, b, xs):
    n = len(b) // 4
    h = np.zeros(n)
    c = np.zeros(n)
    saved = []
    for t in range(len(xs)):
        z = w @ xs[t] + u @ h + b
        forget = 1.0 / (1.0 + np.exp(-z[:n]))
        keep = 1.0 / (1.0 + np.exp(-z[n : 2 * n]))
        out = 1.0 / (1.0 + np.exp(-z[2 * n : 3 * n]))
        new = np.tanh(z[3 * n :])
        before = (h, c)
        c = forget * c + keep * new
        squashed = np.tanh(c)
        h = out * squashed
        saved.append((*before, forget, keep, out, new, squashed, h))
    u_bar = np.zeros_like(u)
    z_bars = np.empty((len(xs), 4 * n))
    h_bar = np.zeros(n)
    c_bar = np.zeros(n)
    for t in range(len(xs) - 1, -1, -1):
        h, c, forget, keep, out, new, squashed, after = saved[t]
        h_bar += 2.0 * after
        c_bar += h_bar * out * (1.0 - squashed * squashed)
        z_bar = z_bars[t]
        z_bar[:n] = c_bar * c * forget * (1.0 - forget)
        z_bar[n : 2 * n] = c_bar * new * keep * (1.0 - keep)
        z_bar[2 * n : 3 * n] = h_bar * squashed * out * (1.0 - out)
        z_bar[3 * n :] = c_bar * keep * (1.0 - new * new)
        c_bar *= forget
        u_bar += np.outer(z_bar, h)
        h_bar = u.T @ z_bar
    return z_bars.T @ xs, u_bar, np.sum(z_bars, axis=0)


def lstm_arguments(size, rng):
    n = size
    w, u = rng.normal(size=(4 * n, n)) / n, rng.normal(size=(4 * n, n)) / n
    return w, u, rng.normal(size=4 * n), rng.normal(size=(50, n))


def batch_norm(x, gamma, beta, weight):
    centred = x - np.mean(x, axis=0)
    variance = np.mean(centred * centred, axis=0)
    y = gamma * centred / np.sqrt(variance + 1e-5) + beta
    return np.sum(y * y * weight)


def batch_norm_adjoint(x, gamma, beta, weight):
    centred = x - np.mean(x, axis=0)
    inverse = 1.0 / np.sqrt(np.mean(centred * centred, axis=0) + 1e-5)
    normal = centred * inverse
    y_bar = gamma * normal
    y_bar += beta
    y_bar *= weight
    y_bar *= 2.0
    beta_bar = np.sum(y_bar, axis=0)
    gamma_bar = np.sum(y_bar * normal, axis=0)
    y_bar -= beta_bar / len(x)
    y_bar -= normal * (gamma_bar / len(x))
    y_bar *= gamma * inverse
    return y_bar, gamma_bar, beta_bar


def batch_norm_arguments(size, rng):
    shape = (4 * size, size)
    return rng.normal(size=shape), rng.normal(size=size), rng.normal(size=size), rng.normal(size=shape)


def convolution(image, weights, bias):
    k = weights.shape[0]
    n, height, width, _ = image.shape
    out = np.empty((n, height - k + 1, width - k + 1, weights.shape[3]))
    for i in range(height - k + 1):
        for j in range(width - k + 1):
            out[:, i, j] = np.tensordot(image[:, i : i + k, j : j + k], weights, 3)
    out += bias
    return np.sum(out * out)


def convolution_adjoint(image, weights, bias):
    k = weights.shape[0]
    n, height, width, _ = image.shape
    out = np.empty((n, height - k + 1, width - k + 1, weights.shape[3]))
    for i in range(height - k + 1):
        for j in range(width - k + 1):
            out[:, i, j] = np.tensordot(image[:, i : i + k, j : j + k], weights, 3)
    out += bias
    out *= 2.0
    image_bar = np.zeros_like(image)
    weights_bar = np.zeros_like(weights)
    for i in range(height - k + 1):
        for j in range(width - k + 1):
            t = out[:, i, j]
            weights_bar += np.tensordot(image[:, i : i + k, j : j + k], t, ((0,), (0,)))
            image_bar[:, i : i + k, j : j + k] += np.tensordot(t, weights, ((1,), (3,)))
    return image_bar, weights_bar, np.sum(out, axis=(0, 1, 2))


def convolution_arguments(size, rng):
    return rng.normal(size=(8, size, size, 3)), rng.normal(size=(3, 3, 3, 8)), rng.normal(size=8)


def pooling(image, weight):
    n, height, width, channels = image.shape
    out = np.empty((n, height // 2, width // 2, channels))
    for i in range(height // 2):
        for j in range(width // 2):
            out[:, i, j] = np.max(image[:, 2 * i : 2 * i + 2, 2 * j : 2 * j + 2], axis=(1, 2))
    return np.sum(out * weight)


def pooling_adjoint(image, weight):
    _, height, width, _ = image.shape
    image_bar = np.empty_like(image)
    for i in range(height // 2):
        for j in range(width // 2):
            window = image[:, 2 * i : 2 * i + 2, 2 * j : 2 * j + 2]
            largest = window == np.max(window, axis=(1, 2), keepdims=True)
            share = weight[:, i, j] / np.sum(largest, axis=(1, 2))
            image_bar[:, 2 * i : 2 * i + 2, 2 * j : 2 * j + 2] = largest * share[:, None, None]
    return image_bar


def pooling_arguments(size, rng):
    return rng.normal(size=(8, 2 * size, 2 * size, 8)), rng.normal(size=(8, size, size, 8))


def mixture(weights, means, scales, x):
    distance = (x[:, None, :] - means[None, :, :]) * np.exp(scales)[None, :, :]
    inner = weights + np.sum(scales, axis=1) - 0.5 * np.sum(distance * distance, axis=2)
    largest = np.max(inner, axis=1)
    log_sum = largest + np.log(np.sum(np.exp(inner - largest[:, None]), axis=1))
    return np.sum(log_sum) - len(x) * np.log(np.sum(np.exp(weights)))


def mixture_adjoint(weights, means, scales, x):
    precision = np.exp(scales)
    distance = x[:, None, :] - means
    distance *= precision
    squares = distance * distance
    inner = weights + np.sum(scales, axis=1) - 0.5 * np.sum(squares, axis=2)
    inner -= np.max(inner, axis=1, keepdims=True)
    share = np.exp(inner, out=inner)
    share /= np.sum(share, axis=1, keepdims=True)
    total = np.sum(share, axis=0)
    shares = np.exp(weights)
    weights_bar = total - shares * (len(x) / np.sum(shares))
    squares *= share[:, :, None]
    scales_bar = total[:, None] - np.sum(squares, axis=0)
    distance *= share[:, :, None]
    means_bar = np.sum(distance, axis=0)
    means_bar *= precision
    return weights_bar, means_bar, scales_bar


def mixture_arguments(size, rng):
    k, d = 10, 8
    return (
        rng.normal(size=k), rng.normal(size=(k, d)), 0.1 * rng.normal(size=(k, d)), rng.normal(size=(size, d)),
    )  # fmt: skip


PROGRAMS = [
    Program(mlp, mlp_adjoint, mlp_arguments, 64, 2),
    Program(lstm, lstm_adjoint, lstm_arguments, 64, 3, (0, 1, 2), "slices"),
    Program(batch_norm, batch_norm_adjoint, batch_norm_arguments, 128, 3, (0, 1, 2)),
    Program(
        convolution, convolution_adjoint, convolution_arguments, 14, 5, (0, 1, 2), "slices",
    ),
    Program(
        pooling, pooling_adjoint, pooling_arguments, 12, 2, 0, "slices",
    ),
    Program(mixture, mixture_adjoint, mixture_arguments, 1000, 7, (0, 1, 2)),
]  # fmt: skip
