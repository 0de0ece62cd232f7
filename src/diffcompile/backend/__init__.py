"""From SSA back to source text that people read, and its loading."""
