"""A hand-made Report, with no file and no engine behind it: every outcome, flag and extra that a page has to show.

Anatomy and dose are those of report_anatomy; the measured values are typed, so that a test can say what a page must
show.
"""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from rtcheck.case import Beam, Case, Patient, Plan, Prescription, SourceFile
from rtcheck.dosimetry.metric_terms import Measurement, Metric, MetricKind, Quantity, Unit
from rtcheck.dosimetry.settings import DEFAULT_SETTINGS
from rtcheck.notices import Notice
from rtcheck.protocol.file.model import Constraint, Goal, Operator, Protocol, Source
from rtcheck.results import (
    CheckItem,
    CrossCheck,
    Headroom,
    Isotoxic,
    Match,
    Place,
    PrescriptionLimit,
    ReadingResult,
    Report,
    Result,
)
from support.report_anatomy import phantom_dose, phantom_drawings


def metric(text: str, kind: MetricKind, unit: Unit = "Gy", at: tuple[float, Unit] | None = None) -> Metric:
    return Metric(text=text, kind=kind, unit=unit, at=Quantity(amount=at[0], unit=at[1]) if at else None)


def goal(asked: Metric, operator: Operator, limit: float) -> Goal:
    return Goal(
        text=f"{asked.text} {operator} {limit:g} {asked.unit}".strip(), metric=asked, operator=operator, limit=limit
    )


MEAN, MAX = metric("Dmean", "Dmean"), metric("Dmax", "Dmax")
D003 = metric("D0.03cc", "D", at=(0.03, "cc"))
D95 = metric("D95%", "D", "%", at=(95, "%"))
EQD2_MAX = Metric(text="EQD2[3] Dmax", kind="Dmax", unit="Gy", biology="EQD2", alpha_beta_gy=3.0)
V20 = metric("V20Gy", "V", "%", at=(20, "Gy"))
CITATION = "Wang et al., BMC Cancer 2022; 22:771"


def result(
    structure: str,
    asked: Goal,
    value: float | None,
    outcome: str,
    *,
    band: tuple[float, float] | None = None,
    **more: Any,
) -> Result:
    """One result with typed numbers; `more` goes to the Result, but for the parts of its Measurement and Constraint."""
    sentence = more.pop(
        "sentence", f"{asked.metric.text} of {structure.lower()} {asked.operator} {asked.limit:g} {asked.unit}"
    )
    measurement = Measurement(
        value=value,
        unit=asked.unit,
        uncertainty=None if value is None else 0.1,
        low=band[0] if band else None,
        high=band[1] if band else None,
        bounds=more.pop("bounds", None),
        undefined=more.pop("undefined", None),
        reference_gy=54.0 if asked.metric.is_of_prescription else None,
        is_share_of_reference=asked.metric.is_dose_in_percent,
    )
    constraint = Constraint(
        structures=(structure,),
        goal=asked,
        variation=more.pop("variation", None),
        priority=more.pop("priority", "required"),
        source="wang2022",
        sentence=sentence,
        note=more.pop("note", ""),
    )
    margin = None
    if value is not None:
        margin = (asked.limit - value) * (1 if asked.is_upper_limit else -1)
    matched = more.pop("matched", (Match(asked=structure, rois=(structure,), numbers=(1,), how="exact"),))
    return Result(
        structure=structure,
        goal=asked,
        constraint=constraint,
        measurement=measurement,
        outcome=outcome,  # type: ignore[arg-type]
        margin=margin,
        matched=matched,
        **more,
    )


def phantom_results() -> tuple[Result, ...]:
    """One of every outcome, of upper and of lower limits."""
    below_54 = goal(MAX, "<", 54)
    reading = ReadingResult(
        label="D0.03cc, the usual surrogate of a maximum",
        structure="Stomach",
        goal=goal(D003, "<", 54),
        measurement=Measurement(value=53.9, unit="Gy", uncertainty=0.1, low=53.6, high=54.1),
        outcome="met",
        changes_outcome=True,
    )
    together = ReadingResult(
        label="both kidneys together",
        structure="Kidney_L | Kidney_R",
        goal=goal(MEAN, "<", 15),
        measurement=Measurement(value=9.4, unit="Gy", uncertainty=0.1),
        outcome="met",
        changes_outcome=False,
    )
    derived = Match(asked="Liver-GTV", rois=("Liver", "GTV"), numbers=(3, 2), how="derived: Liver - all GTV")
    return (
        result(
            "Liver-GTV",
            goal(MEAN, "<", 24),
            22.2,
            "met",
            band=(22.0, 22.5),
            matched=(derived,),
            headroom=Headroom(scale=1.081),
        ),
        result(
            "Kidney_L",
            goal(MEAN, "<", 15),
            10.5,
            "met",
            band=(10.4, 10.6),
            readings=(together,),
            headroom=Headroom(scale=1.43),
        ),
        result("Kidney_R", goal(MEAN, "<", 15), 8.3, "met", readings=(together,)),
        result(
            "Stomach",
            below_54,
            55.2,
            "violated",
            band=(54.7, 55.6),
            readings=(reading,),
            headroom=Headroom(scale=0.978),
            place=Place(
                position_mm=(2.0, -32.0, 6.0),
                dose_gy=55.2,
                over_limit_cc=0.13,
                inside_targets_cc=17.2,
                inside_targets=("PTV",),
                beams=(("Beam 1", 0.4), ("Beam 3", 0.3)),
                sentences=("17.2 cc of Stomach lie inside PTV: no plan that covers it can spare them.",),
            ),
        ),
        result(
            "Bowel_Small",
            below_54,
            None,
            "not_evaluated",
            undefined="ROI “Bowel_Small” has no contours",
            matched=(Match(asked="Bowel_Small", reason="has no contours", suggestions=("Bag_Bowel",)),),
            notes=("The surrogate Bag_Bowel has Dmax 54.6 Gy, over the limit: inconclusive.",),
        ),
        result(
            "Duodenum",
            below_54,
            53.6,
            "met",
            band=(53.2, 54.2),
            is_borderline=True,
            band_flips=("full end caps", "cubic dose interpolation"),
            place=Place(position_mm=(2.0, -18.0, -14.0), dose_gy=53.6),
        ),
        result(
            "SpinalCord",
            goal(MAX, "<", 45),
            26.2,
            "met",
            bounds=(26.2, 26.2),
            matched=(Match(asked="SpinalCord", rois=("cord",), numbers=(8,), how="TG-263 synonym"),),
        ),
        result(
            "PTV",
            goal(D95, ">=", 98),
            96.1,
            "variation",
            band=(95.8, 96.4),
            variation=goal(D95, ">=", 95),
            priority="2",
        ),
        result("GTV", goal(D95, ">=", 95), 99.2, "met", priority="advisory"),
        result(
            "Heart",
            goal(V20, "<=", 10),
            11.3,
            "waived",
            waiver="accepted by the tumour board until 2026-12-31",
            priority="advisory",
        ),
        result(
            "Stomach",
            goal(EQD2_MAX, "<", 50),
            None,
            "not_applicable",
            undefined="applies at 54 Gy and above",
        ),
    )


def phantom_items() -> tuple[tuple[CheckItem, ...], tuple[CheckItem, ...]]:
    """Prescription items and eligibility items."""
    prescription = (
        CheckItem(item="Prescribed dose", expected="50 to 60 Gy", found="54.0 Gy", outcome="met", value=54.0),
        CheckItem(item="Fractions", expected="25 to 30", found="27", outcome="met", value=27),
        CheckItem(item="Dose per fraction", expected="1.8 to 2.2 Gy", found="2.00 Gy", outcome="met", warns_only=True),
        CheckItem(item="Energy", expected="6 to 10 MV", found="15 MV", outcome="violated", warns_only=True),
    )
    eligibility = (
        CheckItem(item="Uninvolved liver", expected="above 700 cc", found="1,662 cc", outcome="met", value=1662.0),
        CheckItem(
            item="Age",
            expected="18 to 75 years",
            found="58",
            outcome="met",
            value=58,
            counts=False,
            note="on 2026-11-12, the plan's date",
        ),
        CheckItem(
            item="Platelets", expected="at least 75 × 10⁹/L", found="68", outcome="violated", value=68.0, counts=False
        ),
        CheckItem(
            item="HBV DNA",
            expected="below 500 IU/mL, if infected",
            found="not given",
            outcome="not_evaluated",
            given=False,
            counts=False,
        ),
        CheckItem(
            item="Ulcer or bleeding",
            expected="none within 3 months",
            found="not given",
            outcome="not_evaluated",
            given=False,
            counts=False,
        ),
    )
    return prescription, eligibility


def phantom_checks() -> tuple[CheckItem, ...]:
    """Plan checks of every outcome, with places and notes."""
    return (
        CheckItem(
            item="Dose grid spacing", expected="at most 2.5 mm", found="3 mm", outcome="violated", value=3.0,
            code="plan.dose_grid", note="2.5 x 2.5 x 3 mm along x, y, z",
        ),
        CheckItem(
            item="Isocentre", expected="one isocentre", found="2 isocentres, up to 300 mm apart", outcome="violated",
            warns_only=True, code="plan.isocentre.one", place="x -60, y -6, z 1 mm (beam 2 (G180))",
        ),
        CheckItem(
            item="Dose algorithm", expected="AAA or AcurosXB", found="unknown", outcome="not_evaluated",
            code="plan.calculation.algorithm", note="the dose file names no algorithm of the list",
        ),
        CheckItem(item="Left and right", expected="on their sides", found="4 structures on their sides", outcome="met",
                  code="structures.laterality"),
        CheckItem(item="The HU curve is that of the scanner", expected="attested by a person", outcome="waived",
                  found="no: the scanner was replaced (A. Physicist, 2026-11-20)", code="attest.hu_curve"),
    )  # fmt: skip


def _limit(structure: str, goal_text: str, scale: float | None, reason: str = "") -> PrescriptionLimit:
    return PrescriptionLimit(
        structure=structure,
        metric=goal_text.split()[0],
        goal=goal_text,
        scale=scale,
        prescription_gy=None if scale is None else 54 * scale,
        is_attained=False,
        is_upper="<" in goal_text,
        reason=reason,
    )


LIMITS = (
    _limit("Liver-GTV", "Dmean < 24 Gy", 24 / 22.2),
    _limit("Kidney_L", "Dmean < 15 Gy", 15 / 10.5),
    _limit("Stomach", "Dmax < 54 Gy", 54 / 55.2),
    _limit("Bowel_Small", "Dmax < 54 Gy", None, "has no contours"),
    _limit("Duodenum", "Dmax < 54 Gy", 54 / 53.6),
    _limit("Kidney_R", "Dmean < 15 Gy", 15 / 0.1),
    _limit("GTV", "D95% >= 50 Gy", 50 / 53.0),
)
ISOTOXIC = Isotoxic(
    planned_gy=54.0,
    fractions=27,
    low_gy=50.0,
    high_gy=60.0,
    step_gy=2.7,
    limits=LIMITS,
    binding=LIMITS[2],
    unrounded_gy=52.826,
    allowed_gy=51.3,
    lowest_gy=50.94,
    is_complete=True,
    is_out_of_reach=False,
    is_variation=False,
    advice=("Isotoxic prescription 51.3 Gy (1.9 Gy per fraction), limited by Stomach Dmax < 54 Gy.",),
)


def phantom_protocol() -> Protocol:
    return Protocol(
        name="apatinib",
        title="IMRT with apatinib for unresectable hepatocellular carcinoma",
        version="2022.1",
        sources=(Source(id="wang2022", citation=CITATION, url="https://example.org/wang2022", read="primary"),),
        constraints=tuple(item.constraint for item in phantom_results()),
        path=Path("/clinic/protocols/apatinib.yaml"),
        sha256="5f" * 32,
    )


def phantom_case(*, patient_name: str = "Doe^Jane", patient_id: str = "APA-017") -> Case:
    def source(role: Any, name: str) -> SourceFile:
        return SourceFile(
            role=role,
            path=Path("/clinic/Doe_Jane") / name,
            sop_instance_uid=f"1.2.826.0.1.3680043.8.498.{len(name)}",
            load_sha256=lambda: f"{len(name):02x}" * 32,
            size_bytes=123456,
            why="references the plan by UID",
        )

    beams = tuple(
        Beam(number=n, name=f"Beam {n}", radiation_type="PHOTON", energy_mv=(6.0,), dose_gy=0.4) for n in range(1, 6)
    )
    return Case(
        plan=Plan(
            label="HCC_54Gy_v3",
            name="Jane Doe liver",
            sop_instance_uid="1.2.826.0.1.3680043.8.498.7",
            approval_status="UNAPPROVED",
            planned_on=date(2026, 11, 12),
            patient_position="HFS",
            fractions=27,
            beams=beams,
            prescriptions=(Prescription(dose_gy=54.0, target="PTV", source="TargetPrescriptionDose"),),
        ),
        dose=phantom_dose(),
        patient=Patient(id=patient_id, name=patient_name, sex="F", birth_date=date(1968, 4, 2)),
        sources=(source("plan", "RP.dcm"), source("dose", "RD.1.dcm"), source("structures", "RS.set.dcm")),
    )


def phantom_report(**changes: Any) -> Report:
    """The whole report; `changes` replace fields of it."""
    case = changes.pop("case", None) or phantom_case()
    prescription, eligibility = phantom_items()
    dose = case.dose or phantom_dose()
    made = Report(
        verdict="fail",
        eligibility_verdict="fail",
        exit_status=1,
        case=case,
        protocol=phantom_protocol(),
        results=phantom_results(),
        prescription=prescription,
        eligibility=eligibility,
        notices=(
            Notice(code="structure.empty", text="ROI 14 has no contours.", structures=("Bowel_Small",)),
            Notice(code="dose.two-candidates", text="Two doses refer to this plan; the PLAN one was taken."),
            Notice(
                code="reading.changes-verdict",
                text="Stomach: D0.03cc instead of Dmax would meet the limit.",
                structures=("Stomach",),
            ),
            Notice(code="plan.unapproved", text="The plan is not approved.", severity="info"),
        ),
        settings=DEFAULT_SETTINGS,
        provenance={
            "command": ["rtcheck", "check", "/clinic/Doe_Jane", "--protocol", "apatinib"],
            "program": "rtcheck 0.1.0",
            "made": "2026-11-20T16:42:00Z",
        },
        drawings=lambda: phantom_drawings(dose),
        cross_checks=(
            CrossCheck(
                structure="Liver-GTV",
                metric="Dmean",
                unit="Gy",
                value=22.2,
                others=(("dicompyler-core", 22.19, -0.0005), ("planning system", 22.3, 0.0045)),
            ),
            CrossCheck(
                structure="SpinalCord",
                metric="Dmax",
                unit="Gy",
                value=26.2,
                others=(("dicompyler-core", 25.7, -0.0191), ("planning system", None, None)),
            ),
        ),
        isotoxic=ISOTOXIC,
    )
    return replace(made, **changes)
