"""The public functions: gradients, pullbacks, and what a gradient function knows about itself."""

from __future__ import annotations

from diffcompile.api.differentiated import ArgNums, Differentiated
from diffcompile.api.gradients import GradientFunction, grad, value_and_grad
from diffcompile.api.pullbacks import Pullback, vjp
from diffcompile.dynamic import stop_gradient

__all__ = [
    "ArgNums",
    "Differentiated",
    "GradientFunction",
    "Pullback",
    "grad",
    "stop_gradient",
    "value_and_grad",
    "vjp",
]
