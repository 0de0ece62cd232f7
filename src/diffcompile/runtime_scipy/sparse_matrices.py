"""Products with the transpose of a sparse matrix."""

from __future__ import annotations

from typing import Any

import numpy as np

from diffcompile.errors import UnsupportedError


def sparse_product(ct: Any, matrix: Any, x: Any = ()) -> Any:
    """Return ``matrix.T @ ct``: the cotangent of ``x`` in ``matrix @ x``.

    Raises:
        UnsupportedError: ``x`` is a number, so that the product is sparse.
    """
    if np.ndim(x) == 0:
        raise UnsupportedError(
            "a sparse matrix times a number has no derivative rule: multiply what it is applied to"
        )
    return matrix.T @ np.asarray(ct)
