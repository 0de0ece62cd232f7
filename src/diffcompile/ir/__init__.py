"""Structured SSA: data types, printer, verifier and reference evaluator."""
