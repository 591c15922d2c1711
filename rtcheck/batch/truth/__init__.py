"""Benchmark cases of a trial: what a table accepts for each case, and the grade of every plan submitted for it."""
