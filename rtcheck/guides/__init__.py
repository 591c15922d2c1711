"""The guides: one Markdown file per subject, installed with the package and printed by `rtcheck guide NAME`."""

from importlib import resources

from rtcheck.errors import UsageError
from rtcheck.values import dataclass

SUMMARIES = {
    "first-steps": "Install rtcheck, check a sample plan, read the result.",
    "commands": "All commands, exit statuses, warnings and errors.",
    "protocols": "Write a protocol: goals, structures, readings, eligibility.",
    "library": "All included protocols with their sources, and where these disagree.",
    "plan-checks": "Check beams, isocentres, dose grid and contours before the dose limits.",
    "names": "How structure names are matched, and how to write an alias file.",
    "dicom": "Which DICOM files are read, and how unusual ones are handled.",
    "reports": "The output formats, and what to pass on to whom.",
    "what-if": "Isotoxic prescription, robustness, cross-checks.",
    "sums": "Boosts and re-irradiation: the doses of several plans together.",
    "workbench": "Check plans by hand in the browser: `rtcheck serve`.",
    "batch": "Check many plans, summarise a cohort, plan a very large run.",
    "outcomes": "Toxicity, the 3 + 3 rule, response and survival of a trial.",
    "python": "rtcheck as a Python library, in notebooks and in pytest.",
    "plug-ins": "Add metrics, checks, report formats and importers of your own.",
    "integration": "DICOM node, Orthanc, DICOMweb, CI systems, cron, containers.",
    "records": "Repeat a recorded check, and sign off deviations with waivers.",
    "accuracy": "How DVHs are computed, how exact they are, and how fast.",
    "terms": "The words that reports use, and what each of them means.",
}
"""One line about each guide, in the order in which they are best read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guide:
    """One guide: its name, one line about it, and its text in Markdown."""

    name: str
    summary: str
    text: str


def guide_named(name: str) -> Guide:
    """The guide with that name, in any case and with or without ".md".

    Raises:
        UsageError: there is no such guide; the message lists the guides.
    """
    wanted = name.strip().casefold().removesuffix(".md").replace("_", "-").replace(" ", "-")
    if wanted not in SUMMARIES:
        raise UsageError(f'There is no guide "{name}". The guides are: {", ".join(SUMMARIES)}.')
    text = resources.files(__name__).joinpath(f"{wanted}.md").read_text("utf-8")
    return Guide(name=wanted, summary=SUMMARIES[wanted], text=text)
