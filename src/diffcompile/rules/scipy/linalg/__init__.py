"""Linear algebra of SciPy. Matrices come one at a time: stacks of them are left to ``numpy.linalg``."""

from diffcompile.rules.scipy.linalg import (
    equations,
    factorisations,
    functions,
    rotations,
    solving,
    structured,
    tangents,
)

__all__ = ["equations", "factorisations", "functions", "rotations", "solving", "structured", "tangents"]
