"""Generated code on disk, where ``DIFFCOMPILE_CACHE`` names a folder: correct, or not used at all.

A compilation leaves behind the generated text and a list of everything that it relied on: the text of each function
that was read, each value of the surroundings (a global, a default, a member of a class), and the versions of Python,
NumPy and this package. The next process that asks for the same function with the same types looks whether each of them
is what it was, and loads the text only then. Where something cannot be told from outside of its process, such as a
closure in a list, or a rule of the user's, nothing is kept, and the function is compiled.

    entries      a file: what is written, and what is made of it again
    described    how objects and values are named, so that another process finds or compares them
"""

from diffcompile.cache.entries import CACHE, Kept, find, keep

__all__ = ["CACHE", "Kept", "find", "keep"]
