"""The rules of the extensions, one file an extension, called by the phase that each belongs to (SPEC section 5)."""
