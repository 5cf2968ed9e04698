"""What the project is about, without input or output: keys, columns, outcomes, stages, recipes, fingerprints.

Imports only the standard library, pydantic and pyarrow.
"""
