"""A measurement -> the same with its numerical uncertainty, and with the convention band where a limit is near."""

from rtcheck.checking.evidence import Evidence
from rtcheck.checking.matching import Found
from rtcheck.checking.measuring import Asked
from rtcheck.dosimetry.metrics import Measurement
from rtcheck.protocol.model import Goal

# Within this part of the limit a value is close enough that another convention may decide.
NEAR_LIMIT = 0.05


def with_uncertainty(
    measurement: Measurement, asked: Asked, found: Found, goal: Goal, evidence: Evidence
) -> Measurement:
    """The measurement as it stands until the engine offers uncertainties."""
    return measurement


def with_every_uncertainty(
    measurement: Measurement, asked: Asked, found: Found, evidence: Evidence, *, band: bool
) -> Measurement:
    """The measurement as it stands until the engine offers uncertainties."""
    return measurement
