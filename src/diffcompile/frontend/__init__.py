"""From the text of a function to untyped SSA."""
