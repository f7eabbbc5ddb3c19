"""Numba kernels: arrays in, arrays out. No Mesa, no configuration, no input or output."""
