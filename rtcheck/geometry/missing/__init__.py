"""What is not drawn of a structure that goes on there, and what it may be at most and at least."""
