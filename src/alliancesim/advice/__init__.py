"""Advice: which mix and calendar of levers for a territory and a budget, under what is not known."""
