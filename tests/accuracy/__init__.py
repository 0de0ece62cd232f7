"""NumPy expressions as users write them, each through `grad` against numerical derivatives."""
