"""Lists of what benchmarks hold, and what a dataset shares with them."""
