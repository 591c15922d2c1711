"""Small pieces of sentences: signs as print has them, counts, lists."""

from collections.abc import Sequence

from rtcheck.dosimetry.metric_terms import Measurement
from rtcheck.protocol.file.model import Goal
from rtcheck.report.telling.amounts import metric_text
from rtcheck.results import Peers, Score
from rtcheck.units import amount_text

ADVISORY = "Advisory: the verdict does not depend on it."
_SIGNS = (("<=", "≤"), (">=", "≥"), ("10^9", "10⁹"), ("10^6", "10⁶"), (" x ", " × "))


def typeset(text: str) -> str:
    """Signs as print has them: `>=` becomes "≥", `10^9` "10⁹", `1.5 x ULN` "1.5 × ULN"."""
    for written, printed in _SIGNS:
        text = text.replace(written, printed)
    return text


def goal_text(goal: Goal, measurement: Measurement | None = None) -> str:
    """ "D95% ≥ 95 %": the goal in canonical form, typeset; with a measurement "V95% of 60 Gy ≥ 98 %"."""
    if measurement is None:
        return typeset(goal.text)
    return typeset(goal.text.replace(goal.metric.text, metric_text(goal.metric, measurement), 1))


def limit_text(goal: Goal) -> str:
    """ "≤ 24 Gy": the limit as the protocol writes it, typeset."""
    return typeset(goal.limit_text)


def sentence(text: str) -> str:
    """ "no contours" -> "No contours."; what ends like a sentence stays as it is."""
    text = text.strip()
    return text if text.endswith((".", "!", "?")) else f"{text[:1].upper()}{text[1:]}."


def counted(number: int, singular: str, plural: str = "") -> str:
    """ "1 constraint", "3 constraints"."""
    return f"{number} {singular if number == 1 else plural or singular + 's'}"


def listed(words: Sequence[str], *, most: int = 4, of: int = 0) -> str:
    """ "Stomach, Duodenum and 3 more". `of`: how many there are, where not all are given."""
    if (number := max(of, len(words))) > most:
        return ", ".join(words[: most - 1]) + f" and {number - most + 1} more"
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else list(words))


def peers_text(peers: Peers, unit: str) -> str:
    """ "Among 41 plans: percentile 63, median 18.20 Gy, 9.93 Gy to 23.41 Gy; among 14 with a similar target: ..."."""
    low, median, high = (amount_text(each, unit) for each in (peers.minimum, peers.median, peers.maximum))
    place = "too few for a percentile" if peers.percentile is None else f"percentile {peers.percentile:.0f}"
    said = f"Among {counted(peers.plans, 'other plan')}: {place}; median {median}, range {low} to {high}"
    if peers.similar_percentile is not None and peers.similar < peers.plans:
        said += f"; among {peers.similar} with a target of similar volume: percentile {peers.similar_percentile:.0f}"
    return f"{said}."


def score_text(score: Score) -> str:
    """ "Score 7.5 of 10 points (75 %)", with what is missing from it."""
    share = f" ({score.percent:.0f} %)" if score.percent is not None else ""
    said = f"Score {score.points:.4g} of {score.maximum:.4g} points{share}"
    missing = f"; no value, therefore 0 points: {', '.join(score.unscored)}" if score.unscored else ""
    return f"{said}{missing}" + (f"; {score.reason}" if score.reason else "")
