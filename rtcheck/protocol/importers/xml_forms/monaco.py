"""Monaco DVH criteria (XML) -> Imported.

Each structure has goals of a numbered type: 1 minimum, 2 maximum, 3 mean (at least `Dose`, at most `MeanDoseMaximum`,
INF for none), 5 and 6 the dose to a volume at least, 7 and 8 at most, 9 and 10 the volume at a dose at least, 11 and 12
at most; odd types of these pairs have volumes in %, even ones in mm3. Doses are in cGy. A tolerance is the variation.
"""

from rtcheck.protocol.file.model import Constraint
from rtcheck.protocol.importers.imported import Draft, Imported, as_volume_below
from rtcheck.protocol.importers.reading import shown
from rtcheck.protocol.importers.xml_forms.amounts import positive
from rtcheck.protocol.importers.xml_forms.nodes import Node
from rtcheck.protocol.language.scanner import number_text
from rtcheck.protocol.language.units import move_point

_PLAIN = {"1": ("Dmin", ">="), "2": ("Dmax", "<=")}
_AT = {"5": ("D", "%", ">="), "6": ("D", "cc", ">="), "7": ("D", "%", "<="), "8": ("D", "cc", "<="),
       "9": ("V", "%", ">="), "10": ("V", "cc", ">="), "11": ("V", "%", "<="), "12": ("V", "cc", "<=")}  # fmt: skip
_NONE = ("", "0", "0.0", "INF", "-INF")
_CENTI, _CUBIC_MM = -2, -3  # powers of ten from cGy to Gy and from mm3 to cc


def import_monaco(root: Node, stem: str) -> Imported | None:
    """The protocol in a template of DVH criteria; None where the file has another form."""
    structures = [one for holder in _holders(root) for one in holder.all("DoseStructureParametersData")]
    if not structures:
        return None
    draft = Draft(program="Monaco DVH criteria, XML", stem=stem)
    for one in structures:
        name = one.words("StructName") if len(one.all("StructName")) == 1 else ""
        goals = [goal for holder in one.all("DoseGoals") for goal in holder.children]
        for count, goal in enumerate(goals, start=1):
            place = f"{shown(name) if name else 'no structure'}, goal {count}"
            if not name or goal.twice() or goal.name != "DoseGoalData":
                draft.lose(place, "omitted, because it has no structure, an element twice or another form")
                continue
            for metric, sign, limit, tolerance, unit in _stated(draft, goal, place):
                _add(draft, place, name, (metric, sign, limit, tolerance, unit))
    return draft.imported(title=stem)


def _holders(root: Node) -> list[Node]:
    return [root] if root.name == "DoseStructureParameters" else list(root.below("DoseStructureParameters"))


def _stated(draft: Draft, goal: Node, place: str) -> list[tuple[str, str, float, str, str]]:
    """(metric, sign, limit, tolerance as text, unit) of what a goal states: two limits for a mean dose between two."""
    kind = goal.words("GoalType")
    if kind in _PLAIN:
        metric, sign = _PLAIN[kind]
        dose = positive(goal.words("Dose"))
        stated = [(metric, sign, move_point(dose, _CENTI), goal.words("Tolerance"), "Gy")] if dose else []
    elif kind == "3":
        stated = _mean(goal)
    elif kind in _AT:
        stated = _at(goal, *_AT[kind])
    else:
        draft.lose(place, f"the goal type {shown(kind)}, which has no counterpart")
        return []
    if not stated:
        draft.lose(
            place, f"the goal of type {kind}: dose {shown(goal.words('Dose'))}, volume {shown(goal.words('Volume'))}"
        )
    return stated


def _mean(goal: Node) -> list[tuple[str, str, float, str, str]]:
    ends = ((">=", "Dose", "Tolerance"), ("<=", "MeanDoseMaximum", "MeanDoseMaxTolerance"))
    stated = []
    for sign, key, tolerance in ends:
        dose = positive(goal.words(key))
        if dose is not None:
            stated.append(("Dmean", sign, move_point(dose, _CENTI), goal.words(tolerance), "Gy"))
        elif goal.words(key) not in _NONE:
            return []
    return stated


def _at(goal: Node, letter: str, unit: str, sign: str) -> list[tuple[str, str, float, str, str]]:
    dose, volume = positive(goal.words("Dose")), positive(goal.words("Volume"))
    if dose is None or volume is None or (unit == "%" and volume > 100):
        return []
    dose_gy = move_point(dose, _CENTI)
    amount = move_point(volume, _CUBIC_MM) if unit == "cc" else volume
    if letter == "D":
        return [(f"D{number_text(amount)}{unit}", sign, dose_gy, goal.words("Tolerance"), "Gy")]
    return [(f"V{number_text(dose_gy)}Gy", sign, amount, goal.words("Tolerance"), unit)]


def _add(draft: Draft, place: str, name: str, stated: tuple[str, str, float, str, str]) -> None:
    metric, sign, limit, tolerance, unit = stated
    goal = draft.goal(place, f"{metric} {sign} {number_text(limit)} {unit}")
    if goal is None:
        return
    looser, width = None, positive(tolerance)
    if width is not None:
        step = move_point(width, {"Gy": _CENTI, "cc": _CUBIC_MM}.get(unit, 0))
        end = round(limit + step if sign == "<=" else limit - step, 9)
        looser = draft.looser(place, goal, f"{metric} {sign} {number_text(end)} {unit}") if end > 0 else None
    if looser is None and tolerance not in _NONE:
        draft.lose(place, f'the tolerance "{shown(tolerance)}" of {metric}')
    goal = goal if looser else as_volume_below(goal)
    draft.add(place, Constraint(structures=(draft.structure(place, name),), goal=goal, variation=looser))
