"""Saying what is in a clip: one annotator a file, and their combination."""
