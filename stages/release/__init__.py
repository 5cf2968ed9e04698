"""The stages that make the dataset: assembling, and later publishing, hydrating and takedown."""
