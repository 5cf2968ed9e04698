"""Writing examples from evidence: one task a file."""
