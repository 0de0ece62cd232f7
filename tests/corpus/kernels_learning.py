"""Machine-learning kernels: layers, losses, convolutions, recurrent cells, optimisers."""

# written as users write it, not as a linter likes it
# ruff: noqa: B905, N803, N806

import numpy as np

from corpus.registry import case, normal, positive, spread


def sigmoid(z):
    """Return the logistic function."""
    return 1.0 / (1.0 + np.exp(-z))


@case(
    args=lambda: ([normal(1, 4, 3), normal(2, 3)], [normal(3, 3, 2), normal(4, 2)], normal(5, 6, 4)),
    argnums=(0, 1),
)
def mlp_softmax_cross_entropy(layer1, layer2, x):
    """Two layers, softmax and cross-entropy with integer labels."""
    labels = np.array([0, 1, 1, 0, 1, 0])
    h = np.tanh(x @ layer1[0] + layer1[1])
    logits = h @ layer2[0] + layer2[1]
    logits -= logits.max(axis=1, keepdims=True)
    logp = logits - np.log(np.sum(np.exp(logits), axis=1, keepdims=True))
    return -np.mean(logp[np.arange(len(labels)), labels])


@case(args=lambda: (normal(6, 3), normal(7, 4, 2), normal(8, 8, 5), normal(9, 8)), argnums=(0, 1, 2, 3))
def lstm_cell(h0, xs, W, b):
    """An LSTM over a sequence; gates are slices of one product."""
    h = h0[:2]
    c = np.full(2, h0[2])
    for x in xs:
        z = W @ np.concatenate([x, h, np.ones(1)]) + b
        i, f, o, g = sigmoid(z[:2]), sigmoid(z[2:4]), sigmoid(z[4:6]), np.tanh(z[6:])
        c = f * c + i * g
        h = o * np.tanh(c)
    return np.sum(h**2) + np.sum(c)


@case(args=lambda: (normal(10, 5, 5), normal(11, 3, 3)), argnums=(0, 1))
def convolution_by_loops(image, kernel):
    """A 2-D correlation by four loops."""
    h, w = image.shape
    kh, kw = kernel.shape
    out = np.zeros((h - kh + 1, w - kw + 1))
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            for a in range(kh):
                for b in range(kw):
                    out[i, j] += image[i + a, j + b] * kernel[a, b]
    return np.sum(np.maximum(out, 0.0) ** 2)


@case(args=lambda: (normal(12, 2, 6, 6), normal(13, 3, 2, 3, 3), normal(14, 3)), argnums=(0, 1, 2))
def convolution_by_windows(x, w, bias):
    """Channels, strides and shifted slices."""
    out = np.zeros((3, 2, 2))
    for i in range(3):
        for j in range(3):
            out += np.einsum("chw,oc->ohw", x[:, i : i + 4 : 2, j : j + 4 : 2], w[:, :, i, j])
    out += bias[:, None, None]
    pooled = out.max(axis=(1, 2))
    return np.sum(pooled**2) + np.sum(np.tanh(out))


@case(
    args=lambda: (normal(15, 4, 3), normal(16, 3, 3), normal(17, 3, 3), normal(18, 3, 3)),
    argnums=(0, 1, 2, 3),
)
def attention(x, wq, wk, wv):
    """Scaled dot-product attention with a causal mask."""
    q, k, v = x @ wq, x @ wk, x @ wv
    scores = q @ k.T / np.sqrt(k.shape[-1])
    scores[np.triu_indices(len(x), 1)] = -1e9
    weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
    weights /= weights.sum(axis=-1, keepdims=True)
    return np.sum((weights @ v) ** 2)


@case(args=lambda: (normal(19, 5, 3), positive(20, 3), normal(21, 3)), argnums=(0, 1, 2))
def batch_norm(x, gamma, beta):
    """Normalisation in place by mean and variance."""
    mean = x.mean(axis=0)
    var = x.var(axis=0)
    x -= mean
    x /= np.sqrt(var + 1e-3)
    y = gamma * x + beta
    return np.sum(y**3)


@case(args=lambda: (normal(22, 4, 3), normal(23, 3), 0.1), argnums=(0, 1, 2))
def adam_on_least_squares(A, w, rate):
    """Adam, unrolled, with its two moments updated in place."""
    target = np.arange(4.0)
    m = np.zeros_like(w)
    v = np.zeros_like(w)
    for t in range(1, 4):
        g = 2.0 * A.T @ (A @ w - target)
        m *= 0.9
        m += 0.1 * g
        v *= 0.99
        v += 0.01 * g**2
        w = w - rate * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.99**t)) + 1e-8)
    return np.sum((A @ w - target) ** 2)


@case(args=lambda: (normal(24, 5, 2), normal(25, 3, 2)), argnums=(0, 1))
def soft_k_means(points, centers):
    """Assignments by softmax of distances, centres by weighted means."""
    for _ in range(2):
        d2 = np.sum((points[:, None, :] - centers[None]) ** 2, axis=-1)
        w = np.exp(-d2)
        w = w / w.sum(1, keepdims=True)
        centers = (w.T @ points) / w.sum(0)[:, None]
    return np.sum(centers**2)


@case(args=lambda: (normal(26, 6, 2), 0.8, 0.3), argnums=(0, 1, 2))
def gaussian_process_log_marginal(x, length, noise):
    """Kernel matrix by loops, Cholesky and a triangular solve from NumPy."""
    n = len(x)
    K = np.empty((n, n))
    for i in range(n):
        for j in range(i, n):
            K[i, j] = K[j, i] = np.exp(-0.5 * np.sum((x[i] - x[j]) ** 2) / length**2)
    K[np.arange(n), np.arange(n)] += noise
    y = np.sin(np.arange(n))
    L = np.linalg.cholesky(K)
    alpha = np.linalg.solve(L, y)
    return -0.5 * alpha @ alpha - np.sum(np.log(np.diag(L)))


@case(args=lambda: (normal(27, 4, 3), np.array([2, 0, 2, 1, 2])), argnums=0)
def embedding_bag(table, tokens):
    """Rows are looked up with repeats, summed and normalised."""
    rows = table[tokens]
    pooled = rows.mean(axis=0)
    pooled = pooled / np.linalg.norm(pooled)
    scores = table @ pooled
    return np.sum(np.exp(scores)) + rows[0] @ rows[2]


@case(
    args=lambda: (positive(28, 4, 3).astype(np.float32), spread(29, 3, 2).astype(np.float32)),
    argnums=(0, 1),
    rtol=1e-4,
)
def float32_network(x, w):
    """A float32 layer with in-place bias and relu."""
    z = x @ w
    z += np.float32(0.1)
    h = np.maximum(z, 0)
    h *= h
    return np.mean(h)


@case(args=lambda: (normal(30, 5, 3), normal(31, 3), 0.05), argnums=(0, 1))
def perceptron_updates(X, w, rate):
    """Weights are written row by row under a condition on the margin."""
    signs = [1, -1, 1, 1, -1]
    for x, s in zip(X, signs):
        margin = s * (w @ x)
        if margin < 1.0:
            w += rate * s * x
        else:
            w *= 1.0 - rate * margin
    return w @ w


@case(args=lambda: (normal(32, 3, 4), normal(33, 4, 2)), argnums=(0, 1))
def matrix_factorisation_als(U, V):
    """Alternating solves of regularised normal equations."""
    R = np.arange(6.0).reshape(3, 2)
    W = U @ V
    for _ in range(2):
        G = V @ V.T + 0.5 * np.eye(4)
        U = np.linalg.solve(G, V @ R.T).T
        G = U.T @ U + 0.5 * np.eye(4)
        V = np.linalg.solve(G, U.T @ R)
    return np.sum((U @ V - R) ** 2) + np.sum(W**2)


@case(args=lambda: (positive(34, 4), positive(35, 4), 0.5), argnums=(0, 1, 2))
def sinkhorn(a, b, eps):
    """Sinkhorn's iteration for optimal transport."""
    x = np.linspace(0.0, 1.0, 4)
    C = (x[:, None] - x[None, :]) ** 2
    a = a / a.sum()
    b = b / b.sum()
    K = np.exp(-C / eps)
    u = np.ones(4)
    for _ in range(6):
        v = b / (K.T @ u)
        u = a / (K @ v)
    return np.sum(u[:, None] * K * v * C)
