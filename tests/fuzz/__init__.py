"""A differential fuzzer: random programs over language and memory, their gradients against differences."""
