"""Structure expressions: "Liver - all GTV" -> a tree, and a tree over solids -> one solid."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Name:
    """A structure by name. Quotes allow any character; `Liver-GTV` without spaces is one name."""

    name: str


@dataclass(frozen=True, slots=True)
class AllOf:
    """The union of all structures of one kind: `all GTV`."""

    kind: str


@dataclass(frozen=True, slots=True)
class Union:
    left: "Expression"
    right: "Expression"


@dataclass(frozen=True, slots=True)
class Intersection:
    left: "Expression"
    right: "Expression"


@dataclass(frozen=True, slots=True)
class Difference:
    left: "Expression"
    right: "Expression"


@dataclass(frozen=True, slots=True)
class Margin:
    """`of` grown (or shrunk, negative) by millimetres toward patient left, right, posterior, anterior, superior,
    inferior, in this order: the +x -x +y -y +z -z of DICOM LPS. `A + 5 mm`; anisotropic: `A + (L 5, R 5, P 7, A 5, S 8, I 8) mm`.
    """

    of: "Expression"
    margins_mm: tuple[float, float, float, float, float, float]


Expression = Name | AllOf | Union | Intersection | Difference | Margin
