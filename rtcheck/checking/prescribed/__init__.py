"""The prescribed doses that a check is judged by, and what speaks against them."""
