"""What a rule asks of its operands at run time."""

from __future__ import annotations

from typing import Any

import numpy as np

from diffcompile.errors import UnsupportedError


def real_number(z: Any) -> Any:
    """Return ``z`` if it is real.

    Raises:
        UnsupportedError: the function is not analytic in a complex argument, so that the rule does not hold.
    """
    if np.iscomplexobj(z):
        raise UnsupportedError("there is no derivative rule for a complex argument of this function")
    return z
