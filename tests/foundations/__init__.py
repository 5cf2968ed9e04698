"""Keys, schemas, recipes, files: what everything else stands on."""
