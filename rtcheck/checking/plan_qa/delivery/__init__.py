"""Checks of the plan and its dose: beams, isocentres, control points, dates and approvals."""
