"""Training recipes: rewards, texts, trainers with tiny models, and scores."""
