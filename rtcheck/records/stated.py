"""What a record says was stated next to the plan's files: to be repeated, and to be listed as options."""

from collections.abc import Iterator, Mapping
from typing import Any

from rtcheck.dicom.overrides import Overrides


def overrides_in(options: Mapping[str, Any]) -> Overrides:
    """What is stated in place of the plan's, from the options of a record."""
    return Overrides(
        dose_rx_gy=options.get("dose_rx_gy"),
        dose_levels_gy=tuple(options.get("dose_levels_gy", {}).items()),
        fractions=options.get("fractions"),
        dose_is=options.get("dose_is"),
    )


def stated_in(provenance: Mapping[str, Any]) -> tuple[str, ...]:
    """The options by which a user would state the same again, such as "--dose-rx PTV_56=56"."""
    return tuple(_stated(provenance))


def _stated(provenance: Mapping[str, Any]) -> Iterator[str]:
    options = provenance["options"]
    if "dose_rx_gy" in options:
        yield f"--dose-rx {options['dose_rx_gy']:g}"
    for name, dose_gy in options.get("dose_levels_gy", {}).items():
        yield f"--dose-rx {name}={dose_gy:g}"
    if "fractions" in options:
        yield f"--fractions {options['fractions']}"
    if "dose_is" in options:
        yield f"--dose-is {options['dose_is']}"
    for each in provenance.get("beside", ()):
        yield f"--{each['role']} {each['path'] or '(created in memory)'}"
    if options.get("require_eligibility"):
        yield "--require-eligibility"
    if options.get("reference_date"):
        yield f"--reference-date {options['reference_date']}"
    for code in options.get("ignore", ()):
        yield f"--ignore {code}"
    for code in options.get("errors", ()):
        yield f"--error {code}"
