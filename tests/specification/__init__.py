"""The month in plain Python: slow, readable, and equal to the kernels bit for bit (see test_specification.py).

No NumPy arithmetic, no Numba, nothing imported from the package but its tables of definitions: who wants to know what a rule
says reads it here, and who changes a kernel changes it here too.
"""
