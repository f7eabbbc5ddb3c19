"""Exact probabilities of a small forum, enumerated independently of the kernels."""
