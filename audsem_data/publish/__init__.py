"""The dataset as the world sees it: features, files, splits, letters, card."""
