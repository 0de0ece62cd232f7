"""Kernels in the manner of PolyBench, as NumPy users write them: some with slices, some with scalar loops."""

# written as users write it, not as a linter likes it
# ruff: noqa: N803, N806, PLR1730

import numpy as np

from corpus.registry import case, normal, positive


def spd(seed, n):
    """Return a well-conditioned symmetric positive definite matrix."""
    a = normal(seed, n, n)
    return a @ a.T / n + np.eye(n) * 2.0


@case(args=lambda: (1.5, 1.2, normal(1, 3, 4), normal(2, 4, 5), normal(3, 3, 5)), argnums=(0, 1, 2, 3, 4))
def gemm(alpha, beta, A, B, C):
    """C = alpha A B + beta C by scalar loops, in place."""
    ni, nk = A.shape
    nj = B.shape[1]
    for i in range(ni):
        for j in range(nj):
            C[i, j] *= beta
        for k in range(nk):
            for j in range(nj):
                C[i, j] += alpha * A[i, k] * B[k, j]
    return np.sum(C * C)


@case(
    args=lambda: (1.5, 1.2, normal(4, 3, 4), normal(5, 4, 2), normal(6, 2, 3), normal(7, 3, 3)),
    argnums=(2, 3, 4, 5),
)
def two_mm(alpha, beta, A, B, C, D):
    """D = alpha A B C + beta D with whole-array statements."""
    tmp = alpha * A @ B
    D *= beta
    D += tmp @ C
    return np.sum(D**2)


@case(args=lambda: (normal(8, 3, 4), normal(9, 4, 2), normal(10, 2, 3), normal(11, 3, 4)), argnums=(0, 3))
def three_mm(A, B, C, D):
    """Three products, each into a preallocated array."""
    E = np.empty((3, 2))
    F = np.empty((2, 4))
    G = np.empty((3, 4))
    np.matmul(A, B, out=E)
    np.matmul(C, D, out=F)
    np.matmul(E, F, out=G)
    return np.sum(G * D)


@case(args=lambda: (normal(12, 4, 3), normal(13, 3)), argnums=(0, 1))
def atax(A, x):
    """y = A^T (A x) row by row."""
    y = np.zeros_like(x)
    for i in range(A.shape[0]):
        tmp = A[i] @ x
        y += A[i] * tmp
    return np.sum(y**2)


@case(args=lambda: (normal(14, 4, 3), normal(15, 3), normal(16, 4)), argnums=(0, 1, 2))
def bicg(A, p, r):
    """s = r A and q = A p with loops over both."""
    n, m = A.shape
    s = np.zeros(m)
    q = np.zeros(n)
    for i in range(n):
        s += r[i] * A[i, :]
        for j in range(m):
            q[i] += A[i, j] * p[j]
    return s @ s + q @ r


@case(
    args=lambda: (normal(17, 4), normal(18, 4), normal(19, 4), normal(20, 4), normal(21, 4, 4)),
    argnums=(0, 1, 2, 3, 4),
)
def mvt(x1, x2, y1, y2, A):
    """x1 += A y1 and x2 += A^T y2 in place on the arguments."""
    x1 += A @ y1
    x2 += y2 @ A
    return np.sum(x1 * x2)


@case(args=lambda: (1.5, 1.2, normal(22, 3, 3), normal(23, 3, 3), normal(24, 3)), argnums=(0, 1, 2, 3, 4))
def gesummv(alpha, beta, A, B, x):
    """y = alpha A x + beta B x."""
    n = len(x)
    tmp = np.zeros(n)
    y = np.zeros(n)
    for i in range(n):
        for j in range(n):
            tmp[i] = A[i, j] * x[j] + tmp[i]
            y[i] = B[i, j] * x[j] + y[i]
        y[i] = alpha * tmp[i] + beta * y[i]
    return y @ y


@case(
    args=lambda: (normal(25, 4), normal(26, 4), normal(27, 4), normal(28, 4), normal(29, 4, 4), 1.5),
    argnums=(0, 1, 4, 5),
)
def gemver(u1, v1, u2, v2, A, alpha):
    """Rank-2 update of A, then two matrix-vector products."""
    A += np.outer(u1, v1) + np.outer(u2, v2)
    x = alpha * (u2 @ A)
    w = np.zeros(4)
    w += alpha * A @ x
    return np.sum(w)


@case(args=lambda: (1.5, normal(30, 3, 4), normal(31, 3, 3)), argnums=(0, 1, 2))
def syrk_lower(alpha, A, C):
    """The lower triangle of C += alpha A A^T."""
    for i in range(A.shape[0]):
        C[i, : i + 1] *= 0.5
        for k in range(A.shape[1]):
            C[i, : i + 1] += alpha * A[i, k] * A[: i + 1, k]
    return np.sum(C * C)


@case(args=lambda: (1.5, normal(32, 4, 4), normal(33, 4, 3)), argnums=(0, 1, 2))
def trmm(alpha, A, B):
    """B = alpha A^T B for a unit lower triangular A, in place."""
    m, n = B.shape
    for i in range(m):
        for j in range(n):
            B[i, j] += A[i + 1 :, i] @ B[i + 1 :, j]
            B[i, j] = alpha * B[i, j]
    return np.sum(B**2)


@case(args=lambda: (normal(34, 2, 3, 4), normal(35, 4, 4)), argnums=(0, 1))
def doitgen(A, C4):
    """A rank-3 array is multiplied along its last axis, in place."""
    nr, nq, npp = A.shape
    total = np.zeros(npp)
    for r in range(nr):
        for q in range(nq):
            for p in range(npp):
                total[p] = A[r, q, :] @ C4[:, p]
            A[r, q, :] = total
    return np.sum(A * A)


@case(args=lambda: (spd(36, 4),), argnums=0)
def cholesky(A):
    """Cholesky factorisation in place by scalar loops."""
    n = A.shape[0]
    for i in range(n):
        for j in range(i):
            for k in range(j):
                A[i, j] -= A[i, k] * A[j, k]
            A[i, j] /= A[j, j]
        for k in range(i):
            A[i, i] -= A[i, k] * A[i, k]
        A[i, i] = np.sqrt(A[i, i])
    s = 0.0
    for i in range(n):
        for j in range(i + 1):
            s += A[i, j] * (i + 2 * j + 1)
    return s


@case(args=lambda: (spd(37, 4),), argnums=0)
def cholesky_by_columns(A):
    """Cholesky factorisation with slices into a fresh array."""
    n = len(A)
    L = np.zeros_like(A)
    for j in range(n):
        v = A[j:, j] - L[j:, :j] @ L[j, :j]
        L[j:, j] = v / np.sqrt(v[0])
    return np.sum(np.log(np.diag(L))) + np.sum(L**3)


@case(args=lambda: (spd(38, 4),), argnums=0)
def lu(A):
    """LU factorisation in place."""
    n = len(A)
    for i in range(n):
        for j in range(i):
            A[i, j] -= A[i, :j] @ A[:j, j]
            A[i, j] /= A[j, j]
        for j in range(i, n):
            A[i, j] -= A[i, :i] @ A[:i, j]
    return np.sum(np.tril(A) * 2.0 + np.triu(A) ** 2)


@case(args=lambda: (spd(39, 4), normal(40, 4)), argnums=(0, 1))
def ludcmp(A, b):
    """LU factorisation by outer products, then both substitutions."""
    n = len(b)
    A = A.copy()
    for k in range(n - 1):
        A[k + 1 :, k] /= A[k, k]
        A[k + 1 :, k + 1 :] -= np.outer(A[k + 1 :, k], A[k, k + 1 :])
    y = np.empty(n)
    for i in range(n):
        y[i] = b[i] - A[i, :i] @ y[:i]
    x = np.zeros(n)
    for i in reversed(range(n)):
        x[i] = (y[i] - A[i, i + 1 :] @ x[i + 1 :]) / A[i, i]
    return x @ x


@case(args=lambda: (np.tril(normal(41, 5, 5)) + 3.0 * np.eye(5), normal(42, 5)), argnums=(0, 1))
def trisolv(L, b):
    """Forward substitution by scalar loops."""
    n = len(b)
    x = np.empty(n)
    for i in range(n):
        x[i] = b[i]
        for j in range(i):
            x[i] -= L[i, j] * x[j]
        x[i] = x[i] / L[i, i]
    return np.sum(x**2)


@case(args=lambda: (0.2 * normal(43, 5),), argnums=0)
def durbin(r):
    """Levinson-Durbin recursion with reversed slices."""
    n = len(r)
    y = np.zeros(n)
    y[0] = -r[0]
    alpha = -r[0]
    beta = 1.0
    for k in range(1, n):
        beta *= 1.0 - alpha * alpha
        alpha = -(r[k] + r[k - 1 :: -1] @ y[:k]) / beta
        y[:k] += alpha * y[k - 1 :: -1]
        y[k] = alpha
    return np.sum(y**2)


@case(args=lambda: (normal(44, 4, 3),), argnums=0)
def gramschmidt(A):
    """Modified Gram-Schmidt, A is overwritten."""
    n = A.shape[1]
    Q = np.zeros_like(A)
    R = np.zeros((n, n))
    for k in range(n):
        R[k, k] = np.sqrt(A[:, k] @ A[:, k])
        Q[:, k] = A[:, k] / R[k, k]
        for j in range(k + 1, n):
            R[k, j] = Q[:, k] @ A[:, j]
            A[:, j] -= Q[:, k] * R[k, j]
    return np.sum(R**2 * np.arange(1.0, 10.0).reshape(3, 3)) + Q[0] @ Q[1]


@case(args=lambda: (normal(45, 5, 5), 2), argnums=0)
def seidel_2d(A, steps):
    """Gauss-Seidel sweeps by scalar loops: linear and in place."""
    n = A.shape[0]
    for _ in range(steps):
        for i in range(1, n - 1):
            for j in range(1, n - 1):
                A[i, j] = (
                    A[i - 1, j - 1] + A[i - 1, j] + A[i - 1, j + 1]
                    + A[i, j - 1] + A[i, j] + A[i, j + 1]
                    + A[i + 1, j - 1] + A[i + 1, j] + A[i + 1, j + 1]
                ) / 9.0  # fmt: skip
    return np.sum(A * A)


@case(args=lambda: (normal(46, 7), normal(47, 7), 3), argnums=(0, 1))
def jacobi_1d(A, B, steps):
    """Two buffers that feed each other."""
    for _ in range(1, steps):
        B[1:-1] = 0.33333 * (A[:-2] + A[1:-1] + A[2:])
        A[1:-1] = 0.33333 * (B[:-2] + B[1:-1] + B[2:])
    return np.sum(A**2)


@case(args=lambda: (normal(48, 5, 5), normal(49, 5, 5), 3), argnums=(0, 1))
def jacobi_2d(A, B, steps):
    """The five-point stencil, buffers swapped by name."""
    for _ in range(steps):
        B[1:-1, 1:-1] = 0.2 * (A[1:-1, 1:-1] + A[1:-1, :-2] + A[1:-1, 2:] + A[2:, 1:-1] + A[:-2, 1:-1])
        A, B = B, A
    return np.sum(A**2) + np.sum(np.sin(B))


@case(
    args=lambda: (normal(50, 4, 5), normal(51, 4, 5), normal(52, 4, 5), normal(53, 3)), argnums=(0, 1, 2, 3)
)
def fdtd_2d(ex, ey, hz, fict):
    """Three coupled fields updated in place, driven at the border."""
    for t in range(len(fict)):
        ey[0, :] = fict[t]
        ey[1:, :] -= 0.5 * (hz[1:, :] - hz[:-1, :])
        ex[:, 1:] -= 0.5 * (hz[:, 1:] - hz[:, :-1])
        hz[:-1, :-1] -= 0.7 * (ex[:-1, 1:] - ex[:-1, :-1] + ey[1:, :-1] - ey[:-1, :-1])
    return np.sum(hz**2) + np.sum(ex * ey)


@case(args=lambda: (normal(54, 4, 4, 4), 2), argnums=0)
def heat_3d(A, steps):
    """A rank-3 stencil with two buffers."""
    B = A.copy()
    for _ in range(steps):
        B[1:-1, 1:-1, 1:-1] = (
            0.125 * (A[2:, 1:-1, 1:-1] - 2.0 * A[1:-1, 1:-1, 1:-1] + A[:-2, 1:-1, 1:-1])
            + 0.125 * (A[1:-1, 2:, 1:-1] - 2.0 * A[1:-1, 1:-1, 1:-1] + A[1:-1, :-2, 1:-1])
            + 0.125 * (A[1:-1, 1:-1, 2:] - 2.0 * A[1:-1, 1:-1, 1:-1] + A[1:-1, 1:-1, :-2])
            + A[1:-1, 1:-1, 1:-1]
        )
        A[1:-1] += 0.1 * B[1:-1] ** 2
        A, B = B, A
    return np.sum(A * B)


@case(args=lambda: (normal(55, 4, 4), 2), argnums=0)
def adi(u, steps):
    """Alternating directions: tridiagonal sweeps by columns, then by rows."""
    n = u.shape[0]
    v = np.zeros((n, n))
    p = np.zeros((n, n))
    q = np.zeros((n, n))
    a, b, c = -0.3, 1.6, -0.3
    d, e, f = -0.2, 1.4, -0.2
    for _ in range(steps):
        v[0, 1:-1] = 1.0
        p[1:-1, 0] = 0.0
        q[1:-1, 0] = v[0, 1:-1]
        for j in range(1, n - 1):
            p[1:-1, j] = -c / (a * p[1:-1, j - 1] + b)
            q[1:-1, j] = (
                -d * u[j, :-2] + (1.0 + 2.0 * d) * u[j, 1:-1] - f * u[j, 2:] - a * q[1:-1, j - 1]
            ) / (a * p[1:-1, j - 1] + b)
        v[-1, 1:-1] = 1.0
        for j in range(n - 2, -1, -1):
            v[j, 1:-1] = p[1:-1, j] * v[j + 1, 1:-1] + q[1:-1, j]
        u[1:-1, 0] = 1.0
        p[1:-1, 0] = 0.0
        q[1:-1, 0] = u[1:-1, 0]
        for j in range(1, n - 1):
            p[1:-1, j] = -f / (d * p[1:-1, j - 1] + e)
            q[1:-1, j] = (
                -a * v[:-2, j] + (1.0 + 2.0 * a) * v[1:-1, j] - c * v[2:, j] - d * q[1:-1, j - 1]
            ) / (d * p[1:-1, j - 1] + e)
        u[1:-1, -1] = 1.0
        for j in range(n - 2, -1, -1):
            u[1:-1, j] = p[1:-1, j] * u[1:-1, j + 1] + q[1:-1, j]
    return np.sum(u**2)


@case(args=lambda: (normal(56, 5, 3),), argnums=0)
def covariance(data):
    """Columns are centred in place, then multiplied."""
    n, m = data.shape
    data -= data.mean(axis=0)
    cov = np.empty((m, m))
    for i in range(m):
        cov[i, i:] = data[:, i] @ data[:, i:] / (n - 1.0)
        cov[i:, i] = cov[i, i:]
    return np.sum(cov**2 * np.arange(1.0, 10.0).reshape(3, 3))


@case(args=lambda: (normal(57, 6, 3),), argnums=0)
def correlation(data):
    """Columns are centred and scaled, small deviations replaced by one."""
    n = data.shape[0]
    mean = np.mean(data, axis=0)
    stddev = np.std(data, axis=0)
    stddev[stddev <= 0.1] = 1.0
    data = (data - mean) / (np.sqrt(n) * stddev)
    corr = np.eye(3)
    for i in range(2):
        corr[i + 1 :, i] = corr[i, i + 1 :] = data[:, i] @ data[:, i + 1 :]
    return np.sum(corr**3)


@case(args=lambda: (positive(58, 4, 4),), argnums=0)
def floyd_warshall(path):
    """Shortest paths by minimum, in place."""
    n = path.shape[0]
    for k in range(n):
        path[:] = np.minimum(path[:], path[:, k][:, None] + path[k, :][None, :])
    return np.sum(path**2)


@case(args=lambda: (positive(59, 4, 4),), argnums=0)
def floyd_warshall_by_branches(path):
    """Shortest paths by comparison of scalars."""
    n = path.shape[0]
    for k in range(n):
        for i in range(n):
            for j in range(n):
                if path[i, k] + path[k, j] < path[i, j]:
                    path[i, j] = path[i, k] + path[k, j]
    return np.sum(path * path.T)


@case(args=lambda: (positive(60, 5), 3), argnums=0)
def nussinov_like(seq, gap):
    """A triangular table of maxima over splits, filled from the bottom up."""
    n = len(seq)
    table = np.zeros((n, n))
    for i in range(n - 1, -1, -1):
        for j in range(i + 1, n):
            best = table[i, j - 1]
            if j - i < gap:
                best = max(best, table[i + 1, j] + seq[i] * seq[j])
            for k in range(i + 1, j):
                best = max(best, table[i, k] + table[k + 1, j])
            table[i, j] = best
    return table[0, n - 1] ** 2


@case(args=lambda: (positive(61, 4, 5),), argnums=0)
def deriche_like(img):
    """A recursive filter, forwards and backwards along rows."""
    w, h = img.shape
    y1 = np.empty_like(img)
    y2 = np.empty_like(img)
    for i in range(w):
        ym1 = ym2 = xm1 = 0.0
        for j in range(h):
            y1[i, j] = 0.4 * img[i, j] + 0.1 * xm1 + 0.5 * ym1 - 0.1 * ym2
            xm1 = img[i, j]
            ym2 = ym1
            ym1 = y1[i, j]
        yp1 = yp2 = xp1 = xp2 = 0.0
        for j in range(h - 1, -1, -1):
            y2[i, j] = 0.2 * xp1 - 0.1 * xp2 + 0.5 * yp1 - 0.1 * yp2
            xp2, xp1 = xp1, img[i, j]
            yp2, yp1 = yp1, y2[i, j]
    return np.sum((y1 + y2) ** 2)
