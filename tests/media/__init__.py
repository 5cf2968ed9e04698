"""Tests of media: cutting from files of every kind, and measuring signals of known truth."""
