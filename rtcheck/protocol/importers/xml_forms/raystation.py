"""Goals for RayStation as the University of Wisconsin's scripts keep them (XML) -> Imported.

A protocol has orders, each with a prescription and goals; a file of goal sets has sets of goals with their numbers of
fractions. Orders and sets are for different plans: one is imported. A goal has a type: `DX` the dose at a volume, `VX`
the volume at a dose, `Max`, `Min` (with a volume: at that volume, and at all but that volume) and `Mean`; `dir` is its
direction. Without one the scripts take every type but `Min` for at most; of `DX` and `VX` this is done for organs only.
A dose in % is of the target that `roi` names. What depends on more than the plan's dose (`know`), conformity and
homogeneity have no counterpart.
"""

from rtcheck.errors import GoalSyntaxError, UsageError
from rtcheck.protocol.file.model import Constraint, Range
from rtcheck.protocol.importers.imported import Draft, Imported, as_volume_below
from rtcheck.protocol.importers.reading import shown
from rtcheck.protocol.importers.xml_forms.amounts import positive
from rtcheck.protocol.importers.xml_forms.nodes import Node
from rtcheck.protocol.language.ranges import parse_range
from rtcheck.protocol.language.scanner import number_text
from rtcheck.protocol.names.targets import kind_of_target_name

_SIGNS = {"le": "<=", "lt": "<", "ge": ">=", "gt": ">"}
_DEFAULT = {"Max": "<=", "Min": ">=", "Mean": "<="}
_DEFAULT_OF_ORGANS = _DEFAULT | {"DX": "<=", "VX": "<="}
_ONLY = {"Max": ("<=", "<"), "Min": (">=", ">")}
_ELEMENTS = {"name", "type", "dose", "volume", "priority", "fractions", "description", "ref", "association"}
_ATTRIBUTES = {"type": {"dir"}, "dose": {"units", "roi"}, "volume": {"units", "type"}}


def import_raystation(root: Node, stem: str, part: str = "") -> Imported | None:
    """The protocol in one order or goal set of the file; None where the file has another form.

    Raises:
        UsageError: there are several orders or sets and `part` names none of them.
    """
    parts = _parts(root)
    if parts is None:
        return None
    title, chosen = _chosen(parts, part)
    draft = Draft(program="RayStation goals, XML", stem=stem)
    for holder in chosen.all("goals") or [chosen]:
        for count, goal in enumerate(holder.children, start=1):
            _add(draft, goal, f"goal {count}")
    objectives = sum(1 for holder in chosen.below("objectives") for _ in holder.all("roi"))
    if objectives:
        draft.lose("the order", f"{objectives} objectives of the optimiser, which are not goals")
    fractions, dose_gy = _prescribed(draft, chosen)
    named = " ".join(filter(None, (root.words("name"), title)))
    site = root.words("AnatomicGroup")
    return draft.imported(title=named or stem, site=site, fractions=fractions, dose_gy=dose_gy)


def _parts(root: Node) -> list[tuple[str, Node]] | None:
    """The orders, or the goal sets, by name; None where there are no goals of this form."""
    if root.name == "protocol":
        found = [(order.words("name"), order) for order in root.all("order") if order.all("goals")]
        return found or ([("", root)] if root.all("goals") else None)
    if root.name == "goalsets":
        return [(each.words("name"), each) for each in root.all("set")] or None
    return None


def _chosen(parts: list[tuple[str, Node]], part: str) -> tuple[str, Node]:
    fitting = [pair for pair in parts if not part or pair[0].casefold() == part.strip().casefold()]
    if len(fitting) == 1:
        return fitting[0]
    names = "\n".join(f"    {name}" for name, _ in parts)
    why = (
        f'none of its parts is named "{shown(part)}"' if not fitting else f"it has {len(fitting)} parts for other plans"
    )
    raise UsageError(f"{why}: choose with --part NAME:\n{names}")


def _add(draft: Draft, stated: Node, place: str) -> None:
    """Add the constraint of one goal, or what of it is lost."""
    spelled = stated.words("name")
    if stated.name == "name":
        return
    if stated.name != "roi":
        draft.lose(place, f'"{shown(stated.name)}" {shown(spelled)}: goals that are not in this file')
        return
    place = f"{place}, {shown(spelled) if spelled else 'no structure'}"
    why = _unknown(stated)
    text = "" if why else _goal_text(stated)
    if why or not spelled or not text:
        draft.lose(place, why or f"omitted, because it cannot be read: {_described(stated)}")
        return
    goal = draft.goal(place, text)
    fractions = _fractions(stated)
    if goal is None:
        return
    if stated.words("fractions") and fractions is None:
        why = f'omitted: the fractions "{shown(stated.words("fractions"))}" are not a number or a range'
        draft.lose(place, why)
        return
    draft.add(
        place,
        Constraint(
            structures=(draft.structure(place, spelled),),
            goal=as_volume_below(goal),
            target=_target(stated),
            priority=_priority(draft, stated, place),
            fractions=fractions,
            note=stated.words("description"),
            source=draft.source(stated.words("ref")),
        ),
    )
    if stated.words("association"):
        draft.lose(place, f"it is of one {shown(stated.words('association'))} of the plan, not of its whole dose")


def _unknown(stated: Node) -> str:
    """Why a goal is omitted for what it has beside what is known; "" where it has nothing else."""
    if stated.twice():
        return f"omitted, because it has two elements {stated.twice()}"
    for child in stated.children:
        unknown = sorted(set(child.attributes) - _ATTRIBUTES.get(child.name, set()))
        if child.name not in _ELEMENTS or unknown or child.children:
            what = f"{child.name} {unknown[0]}={shown(child.attributes[unknown[0]])}" if unknown else child.name
            return f"omitted, because of what is not known here ({what}): {_described(stated)}"
    return ""


def _goal_text(stated: Node) -> str:
    """The goal in the goal language; "" where direction, unit or number is missing or does not fit."""
    kind, sign = _kind_and_sign(stated)
    dose = _amount(stated, "dose", {"Gy": "Gy", "cGy": "cGy", "%": "%"})
    volume = _amount(stated, "volume", {"%": "%", "cc": "cc"})
    is_residual = _attribute(stated, "volume", "type") == "residual"
    if not sign or not dose or (dose.endswith("%") and not _target(stated)):
        return ""
    if _attribute(stated, "volume", "type") not in ("", "residual") or (is_residual and kind != "DX"):
        return ""
    if stated.first("volume") is None:
        return f"D{kind.lower()} {sign} {dose}" if kind in ("Max", "Min", "Mean") else ""
    if not volume or (volume.endswith("%") and float(volume.rstrip("% ")) > 100):
        return ""
    at = volume.replace(" ", "")
    if kind == "VX":
        return f"V{dose.replace(' ', '')} {sign} {volume}"
    if kind in ("DX", "Max"):
        return f"{'DC' if is_residual else 'D'}{at} {sign} {dose}"
    return f"DC{at} {sign} {dose}" if kind == "Min" and at.endswith("cc") else ""


def _kind_and_sign(stated: Node) -> tuple[str, str]:
    kind = stated.words("type")
    direction = _attribute(stated, "type", "dir")
    default = _DEFAULT if kind_of_target_name(stated.words("name")) else _DEFAULT_OF_ORGANS
    sign = _SIGNS.get(direction, "") if direction else default.get(kind, "")
    return (kind, sign) if sign in _ONLY.get(kind, (sign,)) else (kind, "")


def _amount(stated: Node, name: str, units: dict[str, str]) -> str:
    """ "45 Gy" of the element `name`; "" where its number or its unit is missing or unknown."""
    amount = positive(stated.words(name))
    unit = units.get(_attribute(stated, name, "units"), "")
    return f"{number_text(amount)} {unit}" if amount is not None and unit else ""


def _attribute(stated: Node, name: str, key: str) -> str:
    node = stated.first(name)
    return node.attributes.get(key, "").strip() if node is not None else ""


def _target(stated: Node) -> str:
    """The target whose prescription a dose in % refers to, "" where the dose is not in %."""
    return _attribute(stated, "dose", "roi") if _attribute(stated, "dose", "units") == "%" else ""


def _priority(draft: Draft, stated: Node, place: str) -> str:
    text = stated.words("priority")
    if text.isascii() and text.isdigit() and int(text) > 0:
        return "required" if int(text) == 1 else str(int(text))
    if text:
        draft.lose(place, f'the priority "{shown(text)}"')
    return "required"


def _fractions(stated: Node) -> Range | None:
    try:
        return parse_range(stated.words("fractions"), "fractions") if stated.words("fractions") else None
    except GoalSyntaxError:
        return None


def _prescribed(draft: Draft, chosen: Node) -> tuple[float | None, float | None]:
    """(fractions, highest dose in Gy) of an order with one prescription."""
    prescriptions = chosen.all("prescription")
    if len(prescriptions) > 1:
        draft.lose("the order", f"its {len(prescriptions)} prescriptions")
    if len(prescriptions) != 1:
        return None, None
    (one,) = prescriptions
    counts = {node.text.strip() for node in one.all("fractions")}
    doses = [
        positive(roi.words("dose"))
        for roi in one.all("roi")
        if _attribute(roi, "dose", "units") == "Gy" and roi.words("dose")
    ]
    count = positive(counts.pop()) if len(counts) == 1 else None
    known = [dose for dose in doses if dose is not None]
    return count, max(known) if known and len(known) == len(one.all("roi")) else None


def _described(stated: Node) -> str:
    parts = []
    for child in stated.children:
        told = " ".join(f"{key}={value}" for key, value in child.attributes.items())
        if child.name not in ("name", "description", "priority"):
            parts.append(" ".join(filter(None, (child.name, told, child.text.strip()))))
    return shown(", ".join(parts))
