"""The spine, tried with toy stages over numbers."""
