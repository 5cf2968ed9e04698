"""The writer that works by rules: it says what the caption and the measured sound support, and nothing else."""
