"""The whole pipeline, driven as a user drives it: by its command line, on real and on made media."""
