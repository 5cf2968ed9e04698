"""The pipeline: one file per stage, grouped by verb."""
