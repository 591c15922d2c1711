"""Eclipse clinical protocols and dose objective templates (XML) -> Imported.

`Item` is a goal in words with a total dose in Gy; `MeasureItem` is a quality index. Their types and modifiers are
numbers that no document explains. Public readers and writers agree on those below; on the others they contradict each
other, some of them turning the limit round, so that these are refused: modifiers 3 and 4 of a MeasureItem (at least or
at most), its types 6 and 7 (minimum or maximum), absolute volumes at a dose (mm3 or cc), and modifiers 2 to 4 of an
Item (which dose "is").
"""

from rtcheck.protocol.file.model import Constraint
from rtcheck.protocol.importers.imported import Draft, Imported, as_volume_below
from rtcheck.protocol.importers.reading import shown
from rtcheck.protocol.importers.xml_forms.amounts import positive
from rtcheck.protocol.importers.xml_forms.nodes import Node
from rtcheck.protocol.language.scanner import number_text

_MORE, _LESS = {"0": ">"}, {"1": "<"}
_INDEX_SIGNS = _MORE | _LESS
_ITEM_SIGNS = {"0": ("V", ">="), "1": ("V", "<="), "7": ("Dmean", ">"), "8": ("Dmean", "<"), "9": ("Dmin", ">"),
               "10": ("Dmax", "<")}  # fmt: skip
_AT = {"2": ("V", "%"), "3": ("V", "Gy"), "4": ("D", "%"), "5": ("D", "cc")}
_ITEM = {"Type", "Modifier", "Parameter", "Dose", "TotalDose"}
_INDEX = {"StructureCode", "Type", "Modifier", "Value", "TypeSpecifier", "ReportDQPValueInAbsoluteUnits", "Priority",
          "VariationAcceptable", "PrimaryClinicalGoal"}  # fmt: skip
_DISPUTED = "its number is read in opposite ways by public readers of this form"


def import_eclipse(root: Node, stem: str) -> Imported | None:
    """The protocol in a clinical protocol or a template of dose objectives; None where the file has another form."""
    prescriptions = list(root.below("Prescription"))
    if not any(one.all("Item") or one.all("MeasureItem") for one in prescriptions) or root.first("Preview") is None:
        return None
    draft = Draft(program="Eclipse protocol, XML", stem=stem)
    counts = [positive(phase.words("FractionCount")) for phase in root.below("Phase")]
    for number, one in enumerate(prescriptions, start=1):
        phase = f"phase {number}, " if len(prescriptions) > 1 else ""
        if len(prescriptions) > 1 and number > 1:
            draft.lose(phase.rstrip(", "), "its goals: they are for its own dose, not for that of the plan")
            continue
        for count, item in enumerate(one.all("Item"), start=1):
            _add_item(draft, item, f"{phase}goal {count}", counts[0] if len(counts) == 1 else None)
        for count, item in enumerate(one.all("MeasureItem"), start=1):
            _add_index(draft, item, f"{phase}quality index {count}")
    preview = root.first("Preview")
    attributes = preview.attributes if preview is not None else {}
    return draft.imported(
        title=attributes.get("ID", "").strip() or stem,
        site=attributes.get("TreatmentSite", "").strip(),
        fractions=counts[0] if len(counts) == 1 else None,
    )


def _add_item(draft: Draft, item: Node, place: str, fractions: float | None) -> None:
    """Add the constraint of an `Item`, or what of it is lost."""
    named = _named(draft, item, place, _ITEM)
    if named is None:
        return
    name, place = named
    modifier, total, dose = item.words("Modifier"), positive(item.words("TotalDose")), positive(item.words("Dose"))
    if modifier in ("2", "3", "4"):
        draft.lose(place, f"the modifier {modifier}: {_DISPUTED}")
        return
    if modifier not in _ITEM_SIGNS or total is None:
        draft.lose(place, f"the modifier {shown(modifier)} with the dose {shown(item.words('TotalDose'))}")
        return
    if dose is not None and fractions is not None and abs(dose * fractions - total) > 0.011 * fractions:
        draft.lose(
            place, f"its dose of {number_text(dose)} Gy per fraction is not its total of {number_text(total)} Gy"
        )
        return
    metric, sign = _ITEM_SIGNS[modifier]
    volume = positive(item.words("Parameter"))
    if metric == "V" and (volume is None or volume > 100):
        draft.lose(place, f"the volume {shown(item.words('Parameter'))} %")
        return
    text = f"{metric} {sign} {number_text(total)} Gy"
    if metric == "V" and volume is not None:
        text = f"V{number_text(total)}Gy {sign} {number_text(volume)} %"
    goal = draft.goal(place, text)
    if goal is not None:
        draft.add(place, Constraint(structures=(draft.structure(place, name),), goal=goal))


def _add_index(draft: Draft, item: Node, place: str) -> None:
    """Add the constraint of a `MeasureItem`, or what of it is lost."""
    named = _named(draft, item, place, _INDEX)
    if named is None:
        return
    name, place = named
    modifier, kind = item.words("Modifier"), item.words("Type")
    metric, unit = _metric(item)
    disputed = modifier in ("3", "4") or kind in ("6", "7") or unit == "mm3"
    if disputed or not metric or modifier not in _INDEX_SIGNS:
        told = f"type {shown(kind)}, modifier {shown(modifier)}, value {shown(item.words('Value'))}"
        draft.lose(place, f"the index ({told}): {_DISPUTED if disputed else 'it has no counterpart or no limit'}")
        return
    value, variation = positive(item.words("Value")), positive(item.words("VariationAcceptable"))
    goal = None
    if value is not None:
        goal = draft.goal(place, f"{metric} {_INDEX_SIGNS[modifier]} {number_text(value)} {unit}")
    if goal is None:
        draft.lose(place, f"{metric}: the value {shown(item.words('Value'))}")
        return
    looser = None
    if variation is not None:
        looser = draft.looser(place, goal, f"{metric} {_INDEX_SIGNS[modifier]} {number_text(variation)} {unit}")
    code = item.first("StructureCode")
    is_fma = code is not None and code.attributes.get("CodeScheme") == "FMA"
    draft.add(
        place,
        Constraint(
            structures=(
                draft.structure(place, name, codes=(code.attributes.get("Code", ""),) if code and is_fma else ()),
            ),
            goal=goal if looser else as_volume_below(goal),
            variation=looser,
            priority=_priority(draft, item.words("Priority"), place),
        ),
    )


def _metric(item: Node) -> tuple[str, str]:
    """(metric, unit of its value) of a `MeasureItem`; an empty metric where it has none here."""
    kind, absolute = item.words("Type"), item.words("ReportDQPValueInAbsoluteUnits").lower()
    if absolute not in ("true", "false"):
        return "", ""
    dose_unit = "Gy" if absolute == "true" else "%"
    if kind == "8":
        return "Dmean", dose_unit
    at = positive(item.words("TypeSpecifier"))
    if kind not in _AT or at is None:
        return "", ""
    letter, unit = _AT[kind]
    if letter == "D":
        return f"D{number_text(at)}{unit}", dose_unit
    return f"V{number_text(at)}{unit}", "mm3" if absolute == "true" else "%"


def _named(draft: Draft, item: Node, place: str, known: set[str]) -> tuple[str, str] | None:
    """(structure, place with it); None, and a loss, where the item has an element that is not known, or one twice."""
    name = item.attributes.get("ID", "").strip()
    place = f"{place}, {shown(name) if name else 'no structure'}"
    unknown = sorted({child.name for child in item.children} - known)
    if unknown or item.twice() or not name:
        why = f"its element {unknown[0] if unknown else item.twice()}" if unknown or item.twice() else "no structure"
        draft.lose(place, f"omitted, because it cannot be read: {why}")
        return None
    return name, place


def _priority(draft: Draft, text: str, place: str) -> str:
    if not text or text == "1":
        return "required"
    if text.isascii() and text.isdigit() and int(text) > 1:
        return text
    draft.lose(place, f'the priority "{shown(text)}"')
    return "required"
