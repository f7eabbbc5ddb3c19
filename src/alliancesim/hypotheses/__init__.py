"""Hypotheses written down and hashed before they are run, and decided over draws of the parameters (SPEC section 9)."""
