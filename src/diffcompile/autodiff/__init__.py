"""From the primal to its gradient: a forward sweep that records, and a reverse sweep."""
