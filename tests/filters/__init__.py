"""Filters: scores, their thresholds, and what they are held to."""
