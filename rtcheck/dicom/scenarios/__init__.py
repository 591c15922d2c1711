"""Doses of one plan under its uncertainties, as the planning system computed them."""
