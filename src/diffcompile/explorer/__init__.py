"""Pictures of a compilation: a page on which primal and adjoint light each other up, and a stage as a graph."""
