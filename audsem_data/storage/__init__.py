"""How a workspace is kept: locations, atomic commits, Parquet and tar shards, spools and locks."""
