"""Where a field is positive: the lines around it, and simpler ones."""
