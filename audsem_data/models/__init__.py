"""The neural models, one file each: the network, how its published weights load, and what it says of clips.

Nothing here is imported before a stage that needs it opens: torch and transformers are heavy. Every model takes
clips as float32 mono arrays at its own rate and gives one result a clip, the same whatever else is in the batch.
"""
