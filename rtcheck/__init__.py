"""rtcheck: checks radiotherapy plans against protocol constraints, from DICOM RT, with exact DVHs.

    import rtcheck

    case = rtcheck.read_case("plans/0001")
    report = rtcheck.check(case, rtcheck.load_protocol("apatinib"))
    print(report.verdict, report.reason)

What is named here stays; each name is imported when it is first used, so that `import rtcheck` itself costs nothing.
"""

from typing import TYPE_CHECKING

from rtcheck.on_demand import from_homes

__version__ = "0.1.0"

_HOMES = {
    "read_case": "rtcheck.dicom",
    "load_protocol": "rtcheck.protocol.file.load",
    "parse_protocol": "rtcheck.protocol.file.load",
    "available_protocols": "rtcheck.protocol.file.load",
    "import_protocol": "rtcheck.protocol.importers",
    "export_protocol": "rtcheck.protocol.exporters",
    "parse_goal": "rtcheck.protocol.language.goal",
    "parse_metric": "rtcheck.protocol.language.goal",
    "read_facts": "rtcheck.protocol.clinical.facts",
    "read_aliases": "rtcheck.protocol.names.match",
    "read_waivers": "rtcheck.records.waivers",
    "check": "rtcheck.checking.check",
    "summed": "rtcheck.checking.courses.sums",
    "values_added": "rtcheck.checking.courses.by_values",
    "write_rtdose": "rtcheck.checking.courses.written_sum",
    "compute_dvh": "rtcheck.checking.dvhs",
    "measure_structures": "rtcheck.checking.dvhs",
    "measure": "rtcheck.checking.arguments",
    "Case": "rtcheck.case",
    "Plan": "rtcheck.case",
    "Prescription": "rtcheck.case",
    "StructureSet": "rtcheck.case",
    "Structure": "rtcheck.geometry.contours",
    "Contour": "rtcheck.geometry.contours",
    "DoseGrid": "rtcheck.dosimetry.dose_grid",
    "Dvh": "rtcheck.dosimetry.dvh",
    "Sampling": "rtcheck.checking.what_if.sampling",
    "EngineSettings": "rtcheck.dosimetry.settings",
    "Metric": "rtcheck.dosimetry.metrics",
    "Measurement": "rtcheck.dosimetry.metrics",
    "Goal": "rtcheck.protocol.file.model",
    "Constraint": "rtcheck.protocol.file.model",
    "Protocol": "rtcheck.protocol.file.model",
    "Facts": "rtcheck.protocol.clinical.facts",
    "Aliases": "rtcheck.protocol.names.match",
    "Waivers": "rtcheck.records.waivers",
    "Notice": "rtcheck.notices",
    "Report": "rtcheck.results",
    "Result": "rtcheck.results",
    "RtcheckError": "rtcheck.errors",
    "UsageError": "rtcheck.errors",
    "ProtocolError": "rtcheck.errors",
    "DicomError": "rtcheck.errors",
    "GoalSyntaxError": "rtcheck.errors",
    "MissingExtraError": "rtcheck.errors",
}

__all__ = [  # noqa: RUF022 - in the order of use
    "__version__",
    "read_case",
    "load_protocol",
    "parse_protocol",
    "check",
    "summed",
    "values_added",
    "write_rtdose",
    "compute_dvh",
    "measure",
    "measure_structures",
    "available_protocols",
    "import_protocol",
    "export_protocol",
    "parse_goal",
    "parse_metric",
    "read_facts",
    "read_aliases",
    "read_waivers",
    "Aliases",
    "Case",
    "Constraint",
    "Contour",
    "DicomError",
    "DoseGrid",
    "Dvh",
    "EngineSettings",
    "Facts",
    "Goal",
    "GoalSyntaxError",
    "Measurement",
    "Metric",
    "MissingExtraError",
    "Notice",
    "Plan",
    "Prescription",
    "Protocol",
    "ProtocolError",
    "Report",
    "Result",
    "RtcheckError",
    "Sampling",
    "Structure",
    "StructureSet",
    "UsageError",
    "Waivers",
]

if TYPE_CHECKING:
    from rtcheck.case import Case, Plan, Prescription, StructureSet
    from rtcheck.checking.arguments import measure
    from rtcheck.checking.check import check
    from rtcheck.checking.courses.by_values import values_added
    from rtcheck.checking.courses.sums import summed
    from rtcheck.checking.courses.written_sum import write_rtdose
    from rtcheck.checking.dvhs import compute_dvh, measure_structures
    from rtcheck.checking.what_if.sampling import Sampling
    from rtcheck.dicom import read_case
    from rtcheck.dosimetry.dose_grid import DoseGrid
    from rtcheck.dosimetry.dvh import Dvh
    from rtcheck.dosimetry.metric_terms import Measurement, Metric
    from rtcheck.dosimetry.settings import EngineSettings
    from rtcheck.errors import (
        DicomError,
        GoalSyntaxError,
        MissingExtraError,
        ProtocolError,
        RtcheckError,
        UsageError,
    )
    from rtcheck.geometry.contours import Contour, Structure
    from rtcheck.notices import Notice
    from rtcheck.protocol.clinical.facts import Facts, read_facts
    from rtcheck.protocol.exporters import export_protocol
    from rtcheck.protocol.file.load import available_protocols, load_protocol, parse_protocol
    from rtcheck.protocol.file.model import Constraint, Goal, Protocol
    from rtcheck.protocol.importers import import_protocol
    from rtcheck.protocol.language.goal import parse_goal, parse_metric
    from rtcheck.protocol.names.match import Aliases, read_aliases
    from rtcheck.records.waivers import Waivers, read_waivers
    from rtcheck.results import Report, Result


__getattr__ = from_homes(__name__, _HOMES)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
