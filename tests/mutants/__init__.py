"""Faults planted on purpose, one at a time: each must turn a named test of `make test` red."""
