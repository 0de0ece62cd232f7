"""Where people work: PyTorch, JAX, SciPy's optimisers, and executors that spread a gradient over many processes."""
