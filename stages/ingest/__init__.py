"""From subtitle files, dumps and tables to cues."""
