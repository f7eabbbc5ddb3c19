"""The tables of a run: what exists on a territory in one month."""
