"""The core rules in plain Mesa 3: agents that do things one by one, in Python.

Written as a modeller would write it who knows Mesa and the rules and has no kernels: readable, with the tables that pay (partners by
distance, ties in dictionaries, lists of active alliances), and without NumPy where organisations behave. Extensions, animators,
histories, buffers and samples are left out; everything else of a month is there, forums included.
"""

from .model import PlainModel

__all__ = ["PlainModel"]
