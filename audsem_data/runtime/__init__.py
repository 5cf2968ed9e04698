"""Running a recipe: what is pending, who does it, and the commit of what comes out. Knows no stage by name."""
