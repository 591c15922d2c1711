"""Points of one frame of reference -> the same points in another."""
