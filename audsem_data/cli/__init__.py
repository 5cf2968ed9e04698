"""The command line: one small file a noun; heavy imports only inside commands."""
