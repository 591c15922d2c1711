"""Checks of the structure set: what is there, what lies in what, sides, slices, strays, names."""
