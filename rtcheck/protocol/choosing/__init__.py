"""Choosing a protocol: which ones limit an organ, which one a plan calls for, and how two of them differ."""
