"""Tests of the numerical derivatives and of the gradient checker."""
