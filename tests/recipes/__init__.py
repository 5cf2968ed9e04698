"""Recipes: files of the user, what they need, and the whole paper."""
