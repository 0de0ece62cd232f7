"""Scientific programs: integrators, filters, optimisation, finance, probability."""

# written as users write it, not as a linter likes it
# ruff: noqa: B905, N803, N806

import math

import numpy as np

from corpus.registry import case, normal, positive


@case(args=lambda: (normal(1, 2), 0.3 * normal(2, 4, 1), 0.5, 1.2), argnums=(0, 1, 2, 3))
def kalman_filter(m, zs, q, r):
    """Log-likelihood of a constant-velocity Kalman filter."""
    F = np.array([[1.0, 0.1], [0.0, 1.0]])
    H = np.array([[1.0, 0.0]])
    P = np.eye(2)
    loglik = 0.0
    for z in zs:
        m = F @ m
        P = F @ P @ F.T + q * np.eye(2)
        S = H @ P @ H.T + r
        K = P @ H.T @ np.linalg.inv(S)
        v = z - H @ m
        m = m + K @ v
        P = P - K @ S @ K.T
        loglik -= 0.5 * (np.log(np.linalg.det(2.0 * np.pi * S)) + v @ np.linalg.solve(S, v))
    return loglik


@case(args=lambda: (np.array([1.0, 0.5]), np.array([1.1, 0.4, 0.1, 0.4]), 0.1, 6), argnums=(0, 1, 2))
def lotka_volterra_rk4(state, theta, dt, steps):
    """Classical Runge-Kutta with a nested right-hand side."""
    alpha, beta, delta, gamma = theta

    def rhs(s):
        prey, pred = s
        return np.array([alpha * prey - beta * prey * pred, delta * prey * pred - gamma * pred])

    for _ in range(steps):
        k1 = rhs(state)
        k2 = rhs(state + 0.5 * dt * k1)
        k3 = rhs(state + 0.5 * dt * k2)
        k4 = rhs(state + dt * k3)
        state = state + dt / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4)
    return state @ state


@case(args=lambda: (normal(3, 3, 2), 0.3 * normal(4, 3, 2), positive(5, 3)), argnums=(0, 1, 2))
def n_body_leapfrog(pos, vel, mass):
    """Positions and velocities are updated in place; forces by a double loop."""
    n = len(mass)
    acc = np.zeros_like(pos)
    for _ in range(3):
        acc[:] = 0.0
        for i in range(n):
            for j in range(n):
                if i == j:
                    continue
                d = pos[j] - pos[i]
                r2 = d @ d + 0.1
                acc[i] += mass[j] * d / (r2 * math.sqrt(r2))
        vel += 0.05 * acc
        pos += 0.05 * vel
    kinetic = 0.5 * np.sum(mass[:, None] * vel**2)
    return kinetic + np.sum(pos**2)


@case(args=lambda: (normal(6, 4, 3),), argnums=0)
def n_body_pairwise(pos):
    """Pair energies with symmetric updates of both partners."""
    n = len(pos)
    force = np.zeros((n, 3))
    energy = 0.0
    for i in range(n - 1):
        for j in range(i + 1, n):
            d = pos[i] - pos[j]
            inv = 1.0 / (np.sum(d * d) + 0.2)
            energy += inv**3 - inv
            f = (3.0 * inv**2 - 1.0) * inv * d
            force[i] += f
            force[j] -= f
    return energy + 0.1 * np.sum(force**2)


@case(args=lambda: (normal(7, 5), 0.3, 4), argnums=(0, 1))
def burgers(u, nu, steps):
    """Viscous Burgers' equation, in place with np.roll."""
    dx, dt = 0.2, 0.01
    for _ in range(steps):
        un = u.copy()
        u -= dt * un * (np.roll(un, -1) - np.roll(un, 1)) / (2.0 * dx)
        u += nu * dt / dx**2 * (np.roll(un, -1) - 2.0 * un + np.roll(un, 1))
    return np.sum(u**2)


@case(args=lambda: (positive(8, 6), 3), argnums=0)
def upwind_advection(u, steps):
    """Upwind differences whose direction depends on the sign."""
    for _ in range(steps):
        left = u - np.roll(u, 1)
        right = np.roll(u, -1) - u
        u = u - 0.1 * np.where(u > 1.0, u * left, (u - 1.0) * right)
    return np.sum(u**2)


@case(args=lambda: (2.3, 0.7), argnums=(0, 1))
def newton_with_while(a, b):
    """Newton's iteration for x^3 + b x = a with a stop condition and a cap."""
    x = 1.0
    it = 0
    while True:
        f = x**3 + b * x - a
        if abs(f) < 1e-15 or it > 50:
            break
        x = x - f / (3.0 * x**2 + b)
        it += 1
    return x * x


@case(args=lambda: (0.2, 2.7), argnums=(0, 1))
def bisection_width(a, b):
    """A fixed bisection: the bracket ends keep their dependence on the arguments."""
    n = 0
    while b - a > 0.1:
        mid = 0.5 * (a + b)
        if mid * mid - 2.0 > 0:
            b = mid
        else:
            a = mid
        n += 1
        if n > 60:
            return 0.0
    return a * b * n


@case(args=lambda: (1.9, 0.3, 2.5), argnums=0)
def bisection_then_newton_step(c, lo, hi):
    """Bisection to a constant bracket, then one Newton step carries the derivative."""
    for _ in range(60):
        mid = 0.5 * (lo + hi)
        if mid * mid > c:
            hi = mid
        else:
            lo = mid
        if hi - lo < 1e-13:
            break
    x = 0.5 * (lo + hi)
    return x - (x * x - c) / (2.0 * x)


@case(args=lambda: (normal(9, 5), 0.7), argnums=(0, 1))
def horner(coefficients, x):
    """A polynomial and its derivative in one loop."""
    p = coefficients[-1]
    dp = 0.0
    for c in coefficients[-2::-1]:
        dp = dp * x + p
        p = p * x + c
    return p * dp


@case(args=lambda: (0.2, 1.9, 1.3), argnums=(0, 1, 2))
def simpson(a, b, k):
    """Simpson's rule over a lambda with an active closure."""
    f = lambda t: math.exp(-k * t) * math.sin(t * t)  # noqa: E731
    n = 8
    h = (b - a) / n
    s = f(a) + f(b)
    for i in range(1, n):
        s += (4.0 if i % 2 else 2.0) * f(a + i * h)
    return s * h / 3.0


def adaptive(f, a, b, fa, fb, depth):
    """Return an integral by recursive trapezoids."""
    m = 0.5 * (a + b)
    fm = f(m)
    coarse = 0.5 * (b - a) * (fa + fb)
    fine = 0.25 * (b - a) * (fa + 2.0 * fm + fb)
    if depth == 0 or abs(fine - coarse) < 1e-4:
        return fine
    return adaptive(f, a, m, fa, fm, depth - 1) + adaptive(f, m, b, fm, fb, depth - 1)


@case(args=lambda: (1.4, 0.8), argnums=(0, 1))
def adaptive_quadrature(b, k):
    """Recursion whose depth depends on the values."""
    f = lambda t: 1.0 / (1.0 + k * t * t)  # noqa: E731
    return adaptive(f, 0.0, b, f(0.0), f(b), 6)


def normal_cdf(x):
    """Return the standard normal distribution function."""
    return 0.5 * (1.0 + math.erf(x / math.sqrt(2.0)))


@case(args=lambda: (100.0, 95.0, 0.03, 0.25, 1.5), argnums=(0, 1, 2, 3, 4))
def black_scholes(spot, strike, rate, sigma, tau, kind="call"):
    """The price of a European option: five greeks at once."""
    d1 = (math.log(spot / strike) + (rate + 0.5 * sigma**2) * tau) / (sigma * math.sqrt(tau))
    d2 = d1 - sigma * math.sqrt(tau)
    if kind == "call":
        return spot * normal_cdf(d1) - strike * math.exp(-rate * tau) * normal_cdf(d2)
    return strike * math.exp(-rate * tau) * normal_cdf(-d2) - spot * normal_cdf(-d1)


@case(args=lambda: (100.0, 100.5, 0.03, 0.25), argnums=(0, 1, 3))
def binomial_tree_american(spot, strike, rate, sigma):
    """An American put on a binomial tree, backwards in place."""
    n = 6
    dt = 1.0 / n
    u = math.exp(sigma * math.sqrt(dt))
    d = 1.0 / u
    p = (math.exp(rate * dt) - d) / (u - d)
    disc = math.exp(-rate * dt)
    price = spot * u ** np.arange(n, -n - 1, -2)
    value = np.maximum(strike - price, 0.0)
    for i in range(n - 1, -1, -1):
        value[: i + 1] = disc * (p * value[: i + 1] + (1.0 - p) * value[1 : i + 2])
        price = price[: i + 1] * d
        value[: i + 1] = np.maximum(value[: i + 1], strike - price)
    return value[0]


@case(args=lambda: (100.0, 0.2, normal(10, 8, 3)), argnums=(0, 1))
def monte_carlo_barrier(s0, sigma, z):
    """Paths with a knock-out: continue and break in the loop over steps."""
    total = 0.0
    for path in z:
        s = s0
        alive = True
        for shock in path:
            s = s * math.exp(-0.5 * sigma**2 * 0.1 + sigma * math.sqrt(0.1) * shock)
            if s < 92.0:
                alive = False
                break
        if not alive:
            continue
        total += max(s - 95.0, 0.0)
    return total / len(z)


@case(args=lambda: (52.2, 13.3, 48.8, 2.3), argnums=(0, 1, 2, 3))
def geodesic_haversine(lat1, lon1, lat2, lon2):
    """The great-circle distance in kilometres."""
    p1, l1, p2, l2 = map(math.radians, (lat1, lon1, lat2, lon2))
    h = math.sin((p2 - p1) / 2) ** 2 + math.cos(p1) * math.cos(p2) * math.sin((l2 - l1) / 2) ** 2
    return 2.0 * 6371.0 * math.asin(math.sqrt(h))


@case(args=lambda: (normal(11, 4), positive(12, 4), 0.1), argnums=(0, 1))
def gradient_descent_unrolled(w, curvature, rate):
    """A gradient descent with momentum, in place on its velocity."""
    v = np.zeros_like(w)
    for _ in range(5):
        g = curvature * w + w**3
        v *= 0.8
        v -= rate * g
        w = w + v
    return np.sum(w**2)


@case(args=lambda: (positive(13, 3, 3), normal(14, 3)), argnums=(0, 1))
def conjugate_gradient(M, b):
    """Conjugate gradients with in-place vectors and a stop condition."""
    A = M @ M.T + np.eye(3)
    x = np.zeros(3)
    r = b.copy()
    p = r.copy()
    rs = r @ r
    for _ in range(10):
        Ap = A @ p
        alpha = rs / (p @ Ap)
        x += alpha * p
        r -= alpha * Ap
        new = r @ r
        if math.sqrt(new) < 1e-4:
            break
        p *= new / rs
        p += r
        rs = new
    return x @ x


@case(args=lambda: (positive(15, 4), normal(16, 4), positive(17, 4), normal(18, 4)), argnums=(0, 1, 2, 3))
def thomas_tridiagonal(a, b, c, d):
    """The Thomas algorithm overwrites its right-hand side."""
    n = len(d)
    b = b + 5.0
    cp = np.zeros(n)
    cp[0] = c[0] / b[0]
    d[0] /= b[0]
    for i in range(1, n):
        m = b[i] - a[i] * cp[i - 1]
        cp[i] = c[i] / m
        d[i] = (d[i] - a[i] * d[i - 1]) / m
    for i in range(n - 2, -1, -1):
        d[i] -= cp[i] * d[i + 1]
    return np.sum(d**2)


@case(args=lambda: (positive(19, 6), normal(20, 4)), argnums=(0, 1))
def csr_matrix_vector(data, x):
    """A sparse product by row pointers."""
    indptr = [0, 2, 2, 5, 6]
    indices = np.array([0, 2, 1, 2, 3, 0])
    y = np.zeros(4)
    for row in range(4):
        for k in range(indptr[row], indptr[row + 1]):
            y[row] += data[k] * x[indices[k]]
    np.add.at(y, indices[:3], data[:3] * y[indices[3:]])
    return y @ x + y @ y


@case(args=lambda: (normal(21, 5), normal(22, 5), 0.7), argnums=(0, 1, 2))
def soft_dtw(a, b, gamma):
    """Dynamic time warping with a soft minimum."""
    n, m = len(a), len(b)
    D = np.full((n + 1, m + 1), 1e3)
    D[0, 0] = 0.0
    for i in range(1, n + 1):
        for j in range(1, m + 1):
            prev = np.array([D[i - 1, j], D[i, j - 1], D[i - 1, j - 1]]) / -gamma
            top = prev.max()
            soft = -gamma * (top + np.log(np.sum(np.exp(prev - top))))
            D[i, j] = (a[i - 1] - b[j - 1]) ** 2 + soft
    return D[n, m]


@case(args=lambda: (normal(23, 5, 2), normal(24, 3), normal(25, 3, 2), normal(26, 3)), argnums=(1, 2, 3))
def gmm_log_likelihood(x, alphas, means, log_sigma):
    """Gaussian mixture with a log-sum-exp over components."""
    k, d = means.shape
    total = 0.0
    for i in range(len(x)):
        terms = np.empty(k)
        for j in range(k):
            z = (x[i] - means[j]) * np.exp(-log_sigma[j])
            terms[j] = alphas[j] - 0.5 * np.sum(z**2) - d * log_sigma[j]
        top = np.max(terms)
        total += top + np.log(np.sum(np.exp(terms - top)))
    norm = np.log(np.sum(np.exp(alphas)))
    return total - len(x) * norm


@case(args=lambda: (positive(27, 3, 3), positive(28, 3, 2), 4), argnums=(0, 1))
def hidden_markov_forward(A, B, steps):
    """The forward algorithm with scaling."""
    A = A / A.sum(axis=1, keepdims=True)
    B = B / np.sum(B, axis=1)[:, None]
    obs = [0, 1, 1, 0]
    alpha = np.full(3, 1.0 / 3.0) * B[:, obs[0]]
    loglik = 0.0
    for t in range(1, steps):
        c = alpha.sum()
        loglik += np.log(c)
        alpha = (alpha / c) @ A * B[:, obs[t]]
    return loglik + np.log(np.sum(alpha))


@case(args=lambda: (0.3, 0.6, 5), argnums=(0, 1))
def logistic_map_with_events(x, r, n):
    """Scalar state machine with resets."""
    events = 0
    y = 0.0
    for t in range(n):
        x = 4.0 * r * x * (1.0 - x)
        if x > 0.58:
            events += 1
            x = x - 0.3 * y
            continue
        y = y * 0.5 + x / (t + 1)
    return x + y * events


@case(args=lambda: (1.0, 0.0, 5.0, 9.0), argnums=(0, 1, 2, 3))
def bouncing_ball(height, velocity, bounce, gravity):
    """An ODE with events found in the loop; the state jumps."""
    t = 0.0
    e = bounce / 6.0
    while t < 1.35:
        velocity -= 0.1 * gravity
        height += 0.1 * velocity
        if height < 0.0:
            height = -height * e
            velocity = -e * velocity
        t += 0.1
    return height + velocity**2


@case(args=lambda: (normal(29, 4, 4), 0.8), argnums=(0, 1))
def ising_mean_field(J, beta):
    """Asynchronous updates: each spin sees those already updated."""
    m = np.full(4, 0.1)
    J = 0.5 * (J + J.T)
    for _ in range(3):
        for i in range(4):
            field = J[i] @ m - J[i, i] * m[i]
            m[i] = np.tanh(beta * field + 0.2)
    return m @ J @ m


@case(args=lambda: (positive(30, 3), 0.4, 30), argnums=(0, 1))
def fixed_point_equilibrium(k, c, cap):
    """A chemical equilibrium by damped iteration, state in a list."""
    conc = [0.5, 0.5, 0.5]
    for _ in range(cap):
        total = sum(conc)
        new = []
        for i, value in enumerate(conc):
            new.append(0.5 * value + 0.5 * k[i] / (c + total))
        conc = new
    return conc[0] * conc[1] + conc[2]


@case(args=lambda: (normal(31, 8),), argnums=0)
def haar_wavelet_in_place(x):
    """A multi-level transform through ever smaller views."""
    n = len(x)
    a = x.copy()
    while n > 1:
        half = n // 2
        avg = 0.5 * (a[:n:2] + a[1:n:2])
        diff = 0.5 * (a[:n:2] - a[1:n:2])
        a[:half] = avg
        a[half:n] = diff**2
        n = half
    return np.sum(a**2)


@case(args=lambda: (normal(32, 8), normal(33, 8)), argnums=(0, 1))
def radix_two_fft_in_place(re, im):
    """A fast Fourier transform on real and imaginary parts, swaps included."""
    n = len(re)
    j = 0
    for i in range(1, n):
        bit = n >> 1
        while j & bit:
            j ^= bit
            bit >>= 1
        j |= bit
        if i < j:
            re[i], re[j] = re[j], re[i]
            im[i], im[j] = im[j], im[i]
    size = 2
    while size <= n:
        half = size // 2
        for k in range(half):
            angle = -2.0 * math.pi * k / size
            wr, wi = math.cos(angle), math.sin(angle)
            for i in range(k, n, size):
                tr = wr * re[i + half] - wi * im[i + half]
                ti = wr * im[i + half] + wi * re[i + half]
                re[i + half], im[i + half] = re[i] - tr, im[i] - ti
                re[i] += tr
                im[i] += ti
        size *= 2
    power = re**2 + im**2
    return np.sum(power * np.arange(8.0)) + re[1] * im[2]


@case(args=lambda: (positive(34, 5), normal(35, 5)), argnums=(0, 1))
def cubic_interpolation(y, q):
    """Table look-up with clamped indices and Catmull-Rom weights."""
    n = len(y)
    s = 0.0
    for t in q:
        u = (math.tanh(t) + 1.0) * 0.5 * (n - 1)
        i = min(int(u), n - 2)
        f = u - i
        p0, p1, p2, p3 = y[max(i - 1, 0)], y[i], y[i + 1], y[min(i + 2, n - 1)]
        s += p1 + 0.5 * f * (p2 - p0 + f * (2 * p0 - 5 * p1 + 4 * p2 - p3 + f * (3 * (p1 - p2) + p3 - p0)))
    return s * s


@case(args=lambda: (normal(36, 3), normal(37, 3), normal(38, 3)), argnums=(0, 1, 2))
def ray_sphere_shading(origin, direction, center):
    """A ray tracer's inner function with early outs."""
    d = direction / np.sqrt(np.sum(direction**2))
    oc = origin - center
    b = oc @ d
    c = oc @ oc - 9.0
    disc = b * b - c
    if disc < 0:
        return 0.0
    root = np.sqrt(disc)
    t = -b - root
    if t < 0:
        t = -b + root
    hit = origin + t * d
    n = (hit - center) / 3.0
    light = np.array([0.6, 0.8, 0.0])
    return 0.2 + n @ light * 0.7 + t * 0.1


@case(args=lambda: (0.5, 1.2, 0.8), argnums=(0, 1, 2))
def robot_arm_with_matrices(a, b, c):
    """Rotation matrices from scalars, multiplied by a helper."""

    def rot(t):
        return np.array([[math.cos(t), -math.sin(t)], [math.sin(t), math.cos(t)]])

    p = np.zeros(2)
    R = np.eye(2)
    for t, length in zip((a, b, c), (1.0, 0.8, 0.5)):
        R = R @ rot(t)
        p = p + R @ np.array([length, 0.0])
    return np.sum((p - np.array([0.3, 0.9])) ** 2)


@case(args=lambda: (positive(39, 4, 4), 3), argnums=0)
def reaction_diffusion(u, steps):
    """Gray-Scott with two fields, padded by slices."""
    v = 0.5 * u.T.copy()
    for _ in range(steps):
        lap = np.zeros_like(u)
        lap[1:] += u[:-1] - u[1:]
        lap[:-1] += u[1:] - u[:-1]
        lap[:, 1:] += u[:, :-1] - u[:, 1:]
        lap[:, :-1] += u[:, 1:] - u[:, :-1]
        uvv = u * v * v
        u += 0.1 * (0.2 * lap - uvv + 0.04 * (1.0 - u))
        v += 0.1 * (uvv - 0.1 * v)
    return np.sum(u * v)
