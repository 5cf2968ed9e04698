"""Reference training recipes over published shards: none yet; they come with the dataset releases."""
