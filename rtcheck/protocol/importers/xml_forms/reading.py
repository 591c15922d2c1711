"""XML of any planning system -> Imported: the form is recognised by its elements."""

from rtcheck.errors import UsageError
from rtcheck.protocol.importers.imported import Imported
from rtcheck.protocol.importers.xml_forms.eclipse import import_eclipse
from rtcheck.protocol.importers.xml_forms.monaco import import_monaco
from rtcheck.protocol.importers.xml_forms.nodes import parse_xml
from rtcheck.protocol.importers.xml_forms.raystation import import_raystation


def import_xml(text: str, stem: str, *, part: str = "") -> Imported | None:
    """The protocol in an XML file; None where `text` is not XML.

    Raises:
        UsageError: the XML is faulty, or of no form that can be imported.
    """
    root = parse_xml(text)
    if root is None:
        return None
    imported = import_raystation(root, stem, part) or import_eclipse(root, stem) or import_monaco(root, stem)
    if imported is not None:
        return imported
    if root.name == "TreatmentInstruction":
        raise UsageError(
            "an Ethos treatment instruction: how it states its goals is not documented, so that they cannot be imported"
            " without the risk of a wrong limit. Write them as a table (CSV, XLSX) and import that."
        )
    raise UsageError(
        f"XML with the root element {root.name}: neither RayStation goals, an Eclipse protocol nor Monaco."
    )
