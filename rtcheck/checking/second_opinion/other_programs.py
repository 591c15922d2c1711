"""A case -> what dicompyler-core and the planning system's own DVHs say of its ROIs, for comparison with ours."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from rtcheck.case import Case, Role, TpsDvh
from rtcheck.checking.measurement import Asked
from rtcheck.checking.second_opinion.dvh_texts import DvhText, TextDvh
from rtcheck.dicompyler import DicompylerError, dvh_by_dicompyler, metric_by_dicompyler
from rtcheck.dosimetry.dvh import Dvh
from rtcheck.dosimetry.metrics import measure

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

DICOMPYLER = "dicompyler-core"
PLANNING_SYSTEM = "planning system"
SAME_DOSE = 1e-3  # the file's dose and the dose that was checked are one if their maxima agree to this share


class _CannotCompare(Exception):  # noqa: N818 - no error: it becomes a remark
    """Why a program cannot be asked about this case."""


class OtherPrograms:
    """What other programs make of one case. Each ROI is computed once; why a program is silent is in `remarks`.

    `datasets` are the pydicom data sets that the case was made of, where it was not made of files. `texts` are DVHs
    that planning systems exported as text.
    """

    def __init__(self, case: Case, datasets: Sequence["Dataset"] = (), texts: Sequence[DvhText] = ()) -> None:
        self._case = case
        self._texts = texts
        self._given = {str(dataset.SOPInstanceUID): dataset for dataset in datasets}
        self._dvhs: dict[int, Any] = {}
        self._remarks: dict[str, None] = {}

    @property
    def remarks(self) -> tuple[str, ...]:
        """Why programs that were asked had no answer, each reason once."""
        return tuple(self._remarks)

    def values(self, roi_number: int, asked: Asked, *, volume_cc: float) -> tuple[tuple[str, float | None], ...]:
        """The metric by each program that knows the ROI, in the metric's unit; None where it cannot tell.

        `volume_cc` makes absolute what a planning system stored in percent of the volume.
        """
        answers: list[tuple[str, float | None]] = []
        by_dicompyler = self._dvh_by_dicompyler(roi_number)
        if by_dicompyler is not None:
            value = metric_by_dicompyler(asked.metric, by_dicompyler, prescription_gy=asked.prescription_gy)
            answers.append((DICOMPYLER, value))
        stored = self._stored_dvhs.get(roi_number)
        if stored is not None:
            answers.append((PLANNING_SYSTEM, _value(asked, stored, volume_cc)))
        name = self._name(roi_number)
        in_texts = [(text.program, text.of(name)) for text in self._texts]
        answers += [(program, _value(asked, dvh, volume_cc)) for program, dvh in in_texts if dvh is not None]
        return tuple(answers)

    def _dvh_by_dicompyler(self, roi_number: int) -> Any:
        """dicompyler-core's DVH of a ROI; None, with a remark, where there is none."""
        if self._datasets is None:
            return None
        if roi_number not in self._dvhs:
            try:
                self._dvhs[roi_number] = dvh_by_dicompyler(*self._datasets, roi_number)
            except DicompylerError as error:
                self._dvhs[roi_number] = None
                self._remarks[f"{self._name(roi_number)} was not compared: {error}."] = None
        return self._dvhs[roi_number]

    def _name(self, roi_number: int) -> str:
        return next((roi.name for roi in self._case.structures or () if roi.number == roi_number), f"ROI {roi_number}")

    @cached_property
    def _datasets(self) -> tuple["Dataset", "Dataset"] | None:
        """Structure set and dose as pydicom has them; None, with a remark, where they cannot be had."""
        try:
            structures, dose = self._dataset("structures"), self._dataset("dose")
            self._require_the_checked_dose(dose)
        except _CannotCompare as reason:
            self._remarks[f"{DICOMPYLER} was not run: {reason}."] = None
            return None
        return structures, dose

    def _require_the_checked_dose(self, dose: "Dataset") -> None:
        """Raises _CannotCompare where the dose that was checked was added up, multiplied or read otherwise."""
        assert self._case.dose is not None, "called only for cases with a dose"
        try:
            stored_max_gy = float(dose.pixel_array.max()) * float(dose.DoseGridScaling)
        except Exception as error:
            raise _CannotCompare(f"pydicom cannot decode the dose ({type(error).__name__})") from error
        checked_max_gy = float(self._case.dose.dose_gy.max())
        if abs(stored_max_gy - checked_max_gy) > SAME_DOSE * checked_max_gy:
            raise _CannotCompare("the checked dose is not the unmodified dose of the file")

    def _dataset(self, role: Role) -> "Dataset":
        """The one file of that role, read by pydicom. Raises _CannotCompare."""
        import pydicom

        sources = [source for source in self._case.sources if source.role == role]
        if len(sources) != 1:
            raise _CannotCompare(f"it needs one {role} file, but there are {len(sources)}")
        source = sources[0]
        if source.sop_instance_uid in self._given:
            return self._given[source.sop_instance_uid]
        if source.path is None or not source.path.is_file():
            raise _CannotCompare(f"the {role} file is no longer available")
        try:
            return pydicom.dcmread(source.path, force=True)
        except Exception as error:
            raise _CannotCompare(f"pydicom cannot read the {role} file ({type(error).__name__})") from error

    @cached_property
    def _stored_dvhs(self) -> dict[int, TpsDvh]:
        """The planning system's DVHs by ROI number, where there is one for the ROI and it is of the whole dose."""
        is_one_dose = sum(source.role == "dose" for source in self._case.sources) == 1
        if self._case.load_tps_dvhs is None or not is_one_dose:
            return {}
        stored = self._case.load_tps_dvhs()
        numbers = [each.roi_number for each in stored]
        return {each.roi_number: each for each in stored if numbers.count(each.roi_number) == 1}


def _value(asked: Asked, stored: TpsDvh | TextDvh, volume_cc: float) -> float | None:
    if stored.is_relative_volume and asked.metric.kind == "Volume":
        return None
    dvh = _absolute(stored.dvh, volume_cc) if stored.is_relative_volume else stored.dvh
    return measure(asked.metric, dvh, prescription_gy=asked.prescription_gy, fractions=asked.fractions).value


def _absolute(dvh: Dvh, volume_cc: float) -> Dvh:
    """A DVH in percent of the volume as one in cc."""
    return replace(dvh, volume_at_least_cc=dvh.volume_at_least_cc * volume_cc / dvh.volume_cc, volume_cc=volume_cc)
