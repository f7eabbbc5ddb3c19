"""Other renderings of the core rules, to measure the engine against."""
