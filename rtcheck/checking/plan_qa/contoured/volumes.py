"""Volumes against what is usual for the organ in adults, or against the protocol's own range."""

from collections.abc import Iterator

from rtcheck.checking.measurement import volume_cc
from rtcheck.checking.plan_qa.answers import Answer, Unknown, answer, in_range, listed, unknown
from rtcheck.checking.plan_qa.contoured.shapes import most_cc
from rtcheck.checking.plan_qa.subject import Subject
from rtcheck.checking.range_text import range_words
from rtcheck.protocol.file.model import CheckRule, Range
from rtcheck.units import amount_text

REFERENCE_SOURCE = "ICRP Publication 89, adults"

REFERENCE_CC: dict[str, tuple[float, float]] = {
    "Brain": (1250, 1394), "Eye_L": (7.5, 7.5), "Eye_R": (7.5, 7.5), "Heart": (585, 792), "Liver": (1333, 1714),
    "Lung_L": (1700, 2146), "Lung_R": (1954, 2469), "Spleen": (124, 143), "Kidney_L": (131, 148),
    "Kidney_R": (131, 148), "Pancreas": (114, 133), "Stomach": (352, 381), "GlndAdren_L": (6.2, 6.7),
    "GlndAdren_R": (6.2, 6.7), "Glnd_Thyroid": (16, 19), "Gallbladder": (53, 65),
}  # fmt: skip
"""Reference masses of woman and man by 1.05 g/cc (lungs with blood 0.26, the heart with blood 1.06, eyes 1.0). [cc]

ICRP Publication 89 as tabulated at <https://jnm.snmjournals.org/highwire/markup/63060/expansion>, whose heart, lungs
and stomach are with blood or content. CT volumes of living adults have means near these (Geraghty et al., Abdom Imaging
2004; 29: 482-490: liver 1411 and 1710 mL, kidney 157 and 193, spleen 180 and 238, pancreas 64 and 87).
"""

SPREAD = {"Spleen": 6.0, "Stomach": 6.0, "Gallbladder": 6.0, "Pancreas": 4.0}
USUAL_SPREAD = 3.0
"""A volume is unusual below the woman's reference over this and above the man's times this. Organs that fill or swell
vary more. What is left of a resected organ, or of one cut by the scan, is unusual as well.
"""


def usual(subject: Subject, rule: CheckRule) -> Iterator[Answer]:
    """`typical`: every organ of REFERENCE_CC that is contoured; or each structure in the range that is given for it."""
    if rule.value == "typical":
        yield _typical(subject)
        return
    for name, allowed in rule.value:
        item = f"Volume of {name}"
        try:
            solid = subject.solid_of(name)
            if not solid.is_certain:
                raise Unknown("slices are missing")
            value_cc = volume_cc(solid)
        except Unknown as why:
            yield unknown(why.reason, item=item, expected=range_words(allowed, "cc"))
        else:
            yield in_range(allowed, value_cc, "cc", item=item)


def _typical(subject: Subject) -> Answer:
    seen, off, unsure = [], [], []
    for name in REFERENCE_CC:
        if not subject.anatomy.names.roi_numbers(name)[0]:
            continue
        found = subject.anatomy.find(name)
        if found.solid is None or found.match.is_surrogate:
            continue
        seen.append(name)
        value_cc, allowed = volume_cc(found.solid), typical_range(name)
        least_cc, largest_cc = volume_cc(found.solid.at_least), most_cc(found.solid)
        is_beside = largest_cc < (allowed.low or 0.0) or least_cc > (allowed.high or 0.0)
        if not is_beside and not (allowed.contains(least_cc) and allowed.contains(largest_cc)):
            unsure.append(name)
        elif not allowed.contains(value_cc):
            span = f"{allowed.low:.3g} to {allowed.high:.3g} cc"
            off.append(f"{name} {amount_text(value_cc, 'cc')}, usually {span}")
    expected = f"near the reference volumes ({REFERENCE_SOURCE})"
    if not seen:
        return Answer(found="no organ with a reference volume", outcome="not_applicable", expected=expected)
    if unsure and not off:
        return unknown(f"slices are missing: {listed(unsure)}", expected=expected)
    return answer(not off, listed(off) or f"usual: {listed(seen)}", value=float(len(off)), expected=expected)


def typical_range(name: str) -> Range:
    """The volumes that are not unusual. [cc]"""
    low_cc, high_cc = REFERENCE_CC[name]
    spread = SPREAD.get(name, USUAL_SPREAD)
    return Range(low=low_cc / spread, high=high_cc * spread)
