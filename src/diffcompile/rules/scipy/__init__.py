"""Rules of SciPy, one module a subpackage; see :func:`diffcompile.rules.registry.load_rules_of`."""
