"""Tests of captions: subtitle readers, ingest, extraction, the lexicon and the selection."""
