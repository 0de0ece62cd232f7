"""diffcompile: a source-to-source differentiating compiler for Python and NumPy.

    from diffcompile import grad

    def loss(w, x):
        return np.sum(np.tanh(x @ w))

    loss_grad = grad(loss)
    loss_grad(w, x)          # the gradient with respect to w
    print(loss_grad.source)  # the code that computed it
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from diffcompile.api import grad, stop_gradient, value_and_grad, vjp
    from diffcompile.bridges.jax import to_jax
    from diffcompile.bridges.parallel import map_gradients
    from diffcompile.bridges.scipy import hessp
    from diffcompile.bridges.torch import to_torch
    from diffcompile.checkpointing import checkpoint
    from diffcompile.errors import DiffCompileError, MissingRuleError, NoSourceError, UnsupportedError
    from diffcompile.hooks import insert_grad_of
    from diffcompile.jacobians import hessian, hvp, jacfwd, jacobian, jacrev
    from diffcompile.norms import gradient_norms
    from diffcompile.operators import jvp
    from diffcompile.rules.numerical import numerical_rule
    from diffcompile.rules.registry import adjoint, elementwise, linear, nondifferentiable, tangent
    from diffcompile.testing.checks import check_grads
    from diffcompile.testing.marks import gradcheckable

__version__ = "0.1.0"
_HOMES = {
    "grad": "api", "value_and_grad": "api", "vjp": "api", "stop_gradient": "api", "jvp": "operators",
    "hessian": "jacobians", "hvp": "jacobians", "jacfwd": "jacobians", "jacobian": "jacobians", "jacrev": "jacobians",
    "adjoint": "rules.registry", "elementwise": "rules.registry", "nondifferentiable": "rules.registry",
    "to_torch": "bridges.torch", "to_jax": "bridges.jax", "map_gradients": "bridges.parallel",
    "hessp": "bridges.scipy", "numerical_rule": "rules.numerical", "checkpoint": "checkpointing",
    "insert_grad_of": "hooks", "gradient_norms": "norms",
    "check_grads": "testing.checks", "gradcheckable": "testing.marks", "linear": "rules.registry",
    "tangent": "rules.registry", "DiffCompileError": "errors", "UnsupportedError": "errors",
    "MissingRuleError": "errors", "NoSourceError": "errors",
}  # fmt: skip


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(importlib.import_module(f"diffcompile.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'diffcompile' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])


__all__ = [
    "DiffCompileError", "MissingRuleError", "NoSourceError", "UnsupportedError", "adjoint", "check_grads",
    "checkpoint",
    "elementwise", "grad", "gradcheckable", "gradient_norms", "hessian", "hessp", "hvp", "insert_grad_of", "jacfwd",
    "jacobian", "jacrev", "jvp", "linear", "map_gradients", "nondifferentiable", "numerical_rule", "stop_gradient",
    "tangent", "to_jax", "to_torch", "value_and_grad", "vjp",
]  # fmt: skip
