"""Measured facts of a clip's sound, one idea a file: each file declares its columns and how it measures them."""
