"""Toy stages over numbers, to try the spine without media: imported by workers by name."""
