"""The writer by rules and the validators."""
