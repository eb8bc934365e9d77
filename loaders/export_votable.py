"""What is known of columns as the header of a VOTable, which a Parquet file can carry."""

from collections.abc import Iterable
from xml.etree.ElementTree import Element, SubElement, tostring

from skytract.loaders.export_columns import ExportColumn

DATATYPES = {
    "bigint": "long",
    "integer": "int",
    "smallint": "short",
    "real": "float",
    "double precision": "double",
    "boolean": "boolean",
    "bytea": "unsignedByte",
}
"""Words of VOTable for types of SQL; all others are texts."""


def votable_header(columns: Iterable[ExportColumn]) -> dict[bytes, bytes]:
    """Return the metadata by which a Parquet file carries a VOTable's header.

    The convention is the IVOA note "Parquet in the VO" (VOParquet 1.0).
    """
    root = Element("VOTABLE", version="1.4", xmlns="http://www.ivoa.net/xml/VOTable/v1.3")
    table = SubElement(SubElement(root, "RESOURCE"), "TABLE")
    for column in columns:
        field = SubElement(table, "FIELD", _attributes(column))
        if column.description:
            SubElement(field, "DESCRIPTION").text = column.description
    SubElement(table, "PARQUET", type="Parquet-local-XML")
    return {
        b"IVOA.VOTable-Parquet.version": b"1.0",
        b"IVOA.VOTable-Parquet.content": tostring(root, "utf-8", xml_declaration=True),
    }


def _attributes(column: ExportColumn) -> dict[str, str]:
    element = column.type.removesuffix("[]")
    about = {"name": column.name, "datatype": DATATYPES.get(element, "unicodeChar")}
    if column.type.endswith("[]") or about["datatype"] in ("unicodeChar", "unsignedByte"):
        about["arraysize"] = "*"
    known = {"unit": column.unit, "ucd": column.ucd}
    return about | {word: text for word, text in known.items() if text}
