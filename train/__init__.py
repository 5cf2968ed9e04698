"""Reference recipes: fine-tuning, reinforcement and evaluation of audio-language models on a published dataset."""
