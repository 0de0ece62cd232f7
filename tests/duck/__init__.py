"""An array that behaves towards NumPy as one of CuPy does, and holds its items in a NumPy array.

What it does and refuses was read off CuPy 14.2, whose dispatch and views can be tried without a GPU:
``test_duck_is_like_cupy`` compares the two where CuPy is installed. With ``DIFFCOMPILE_TESTS_ON=cupy`` in the
environment the arrays are CuPy's own, on the GPU.
"""

from duck.names import LACKING, LACKING_KEYWORDS, LACKING_METHODS
from duck.transfer import Duck, host, on_device

__all__ = ["LACKING", "LACKING_KEYWORDS", "LACKING_METHODS", "Duck", "host", "on_device"]
