"""Tests of the IR: printer, verifier, reference evaluator."""
