"""Looking at what was made: a report of one page, its figures, and what both read."""
