"""Programs of ``compared.py`` as they have to be written for a system that does not take them as they stand."""

import contextlib

import numpy as np

with contextlib.suppress(ImportError):  # each system runs its own
    import autograd.numpy as anp
with contextlib.suppress(ImportError):
    import jax.numpy as jnp
    from jax import lax
with contextlib.suppress(ImportError):
    import torch

BINS = np.array([0, 2, 2, 1, 0])


# --- diffcompile ---


def appended(x, found):
    """Append the items of an array, recursively."""
    if len(x) == 1:
        found.append(x[0])
    else:
        appended(x[: len(x) // 2], found)
        appended(x[len(x) // 2 :], found)


def recursive_diffcompile(x):
    """The recursion fills a list."""
    total = 1.0
    found = []
    appended(x, found)
    for value in found:
        total = total * value + value
    return total


# --- autograd ---


def diffuse_autograd(u, k):
    """A new array every step."""
    for _ in range(5):
        inner = u[1:-1] + k * (u[2:] - 2.0 * u[1:-1] + u[:-2])
        u = anp.concatenate([u[:1], inner, u[-1:]])
    return anp.sum(u**2)


def overlapping_autograd(x):
    """The overlap is taken apart by hand."""
    low, middle = x[:2], x[2:]
    right = anp.concatenate([middle * anp.sin(low), anp.zeros(2)])
    tail = anp.concatenate([low[1:], right[:1]])  # left[1:3] when it is read
    total = [low[0], tail[0] - right[0] ** 2]
    first = tail[1] - right[1] ** 2
    second = right[1] - right[2] ** 2
    return total[0] ** 2 + total[1] ** 2 + first**2 + second**2 + anp.sum(right[2:] ** 2)


def filled_autograd(x):
    """A list instead of an array."""
    y = [x[0]]
    for i in range(1, len(x)):
        y.append(0.5 * y[-1] + x[i] ** 2)
    return y[-1] * y[1]


def helped_autograd(x):
    """The helper returns its result."""
    total = 0.0 * x
    for _ in range(3):
        total = (anp.tanh(x) + total) * x
    return anp.sum(total)


def binned_autograd(w):
    """A product with a matrix of zeros and ones."""
    return anp.sum((anp.eye(3)[:, BINS] @ w**2) ** 3)


def checked_autograd(x):
    """No checks, no conversions."""
    return anp.exp(-anp.sum(x)) * anp.sum(anp.sqrt(x))


def guarded_autograd(x):
    """A condition instead of an error."""
    return sum(anp.log(value) if value > 0.0 else value**2 for value in x)


# --- JAX ---


def diffuse_jax(u, k):
    """`at[...].add` returns a new array, and a loop is a call."""

    def step(_, u):
        return u.at[1:-1].add(k * (u[2:] - 2.0 * u[1:-1] + u[:-2]))

    return jnp.sum(lax.fori_loop(0, 5, step, u) ** 2)


def overlapping_jax(x):
    """Indices instead of views."""
    memory = jnp.zeros(6).at[:4].add(x)
    memory = memory.at[2:].multiply(jnp.sin(memory[:4]))
    memory = memory.at[1:4].add(-(memory[2:5] ** 2))
    return jnp.sum(memory**2)


def filled_jax(x):
    """A scan carries the last item."""

    def step(last, value):
        now = 0.5 * last + value**2
        return now, now

    last, y = lax.scan(step, x[0], x[1:])
    return last * y[0]


def helped_jax(x):
    """The helper returns its result."""
    total = jnp.zeros_like(x)
    for _ in range(3):
        total = (jnp.tanh(x) + total) * x
    return jnp.sum(total)


def binned_jax(w):
    """`at[...].add` accumulates."""
    return jnp.sum(jnp.zeros(3).at[BINS].add(w**2) ** 3)


def checked_jax(x):
    """No checks, no conversions."""
    return jnp.exp(-jnp.sum(x)) * jnp.sum(jnp.sqrt(x))


def guarded_jax(x):
    """A condition on every item, which must not be wrong where it is not taken."""
    return jnp.sum(jnp.where(x > 0.0, jnp.log(jnp.where(x > 0.0, x, 1.0)), x**2))


# --- PyTorch ---


def overlapping_torch(x):
    """The memory depends on the argument before views of it are made."""
    memory = torch.zeros(6) + 0.0 * x[0]
    left, right = memory[:4], memory[2:]
    left += x
    right *= torch.sin(left.clone())
    left[1:] -= right[:3].clone() ** 2
    return torch.sum(memory**2)


def helped_torch(x):
    """No `out=`."""
    total = torch.zeros_like(x)
    for _ in range(3):
        total = (torch.tanh(x) + total) * x
    return torch.sum(total)


def binned_torch(w):
    """Another function accumulates."""
    return torch.sum(torch.zeros(3).index_add(0, torch.tensor(BINS), w**2) ** 3)


def checked_torch(x):
    """No checks, no conversions."""
    return torch.exp(-torch.sum(x)) * torch.sum(torch.sqrt(x))


def guarded_torch(x):
    """A condition instead of an error."""
    return sum(torch.log(value) if value > 0.0 else value**2 for value in x)
