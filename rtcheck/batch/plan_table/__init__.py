"""A table of plans that drives a batch: each plan with its own protocol, prescription, facts, arm and site."""
