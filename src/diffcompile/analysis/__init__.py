"""Facts about a program, in side tables: types, effects, aliases, activity."""
