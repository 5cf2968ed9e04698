"""The dataset: its files, its card, its way to the Hub."""
