"""Packaged tables of real places; see PROVENANCE.md beside this file."""
