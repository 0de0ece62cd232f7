"""An array that behaves towards NumPy as one of CuPy does, and holds its items in a NumPy array.

What it does and refuses was read off CuPy 14.2, whose dispatch and views can be tried without a GPU:
``test_duck_is_like_cupy`` compares the two where CuPy is installed.
"""

from duck.array import Duck, host, on_device
from duck.names import LACKING, LACKING_KEYWORDS, LACKING_METHODS

__all__ = ["LACKING", "LACKING_KEYWORDS", "LACKING_METHODS", "Duck", "host", "on_device"]
