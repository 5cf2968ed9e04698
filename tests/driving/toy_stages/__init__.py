"""Toy stages: imported by name, also in worker processes."""
