"""The structures of a case by the names of a protocol: matched, derived, and held against the grid and each other."""
