"""The browser for listening: a local web application over a workspace or a dataset."""
