"""Every declared column says what it is; the six bands are alike; folding to lower case is safe."""

from collections import Counter
from pathlib import Path

import pytest
import yaml
from astropy.io.votable.ucd import parse_ucd
from astropy.units import Unit
from click.testing import CliRunner
from felis.cli import cli
from felis.datamodel import Column, Table

from skytract.sql.felis_reader import SCHEMAS, read_schema

BANDS = "ugrizy"
TABLES = {f"{s}.{table.name}": table for s in SCHEMAS for table in read_schema(s).tables}
DPDD = [
    *("Object", "Source", "ForcedSource", "DiaObject", "DiaSource", "ForcedSourceOnDiaObject"),
    *("SSObject", "SSSource", "Visit", "VisitDetector", "CoaddPatches"),
]
FEATURES = {"lcPeriodic": "32", "lcNonPeriodic": "20"}
ALIGNMENT = {"long": 8, "double": 8, "timestamp": 8, "int": 4, "float": 4, "boolean": 1, "text": 1}

every_table = pytest.mark.parametrize("table", TABLES.values(), ids=list(TABLES))


def is_said(column: Column) -> bool:
    """Whether unit (or an explicit "") and UCD are there and legal, and the text is a sentence."""
    if column.ivoa_unit is None or not column.ivoa_ucd:
        return False
    Unit(column.ivoa_unit)  # raises
    parse_ucd(column.ivoa_ucd, check_controlled_vocabulary=True, has_colon=True)  # raises
    text = column.description or ""
    return len(text) > 8 and text.endswith(".") and text[0].isalnum()


@every_table
def test_every_column_has_unit_ucd_and_text(table: Table) -> None:
    assert table.primary_key, "a table without a key cannot be loaded twice safely"
    assert not [column.name for column in table.columns if not is_said(column)]


@pytest.mark.parametrize("name", DPDD)
def test_units_of_published_tables_are_those_of_the_virtual_observatory(name: str) -> None:
    for column in TABLES[f"release.{name}"].columns:
        Unit(column.ivoa_unit, format="vounit")  # raises


@every_table
def test_no_two_columns_of_a_table_have_the_same_text(table: Table) -> None:
    texts = Counter(column.description for column in table.columns)
    assert not [text for text, n in texts.items() if n > 1]


@every_table
def test_unquoted_names_find_their_columns(table: Table) -> None:
    folded = Counter(column.name.lower() for column in table.columns)
    assert max(folded.values()) == 1
    assert not [column.name for column in table.columns if len(column.name.encode()) >= 60]


def band_sets(table: Table) -> dict[str, set[tuple[str, ...]]]:
    """For each band, (name without band, type, size, unit) of its columns."""
    return {
        band: {
            (
                column.name.replace(f"{band}_", "", 1).replace(f"_{band}_G12", "_G12"),
                str(column.datatype),
                str(column.votable_arraysize),
                str(column.ivoa_unit),
            )
            for column in table.columns
            if column.name.startswith(f"{band}_")
        }
        for band in BANDS
    }


@every_table
def test_all_bands_have_the_same_columns(table: Table) -> None:
    sets = band_sets(table)
    assert all(sets[band] == sets["u"] for band in BANDS)


@pytest.mark.parametrize("name", ["Object", "DiaObject"])
def test_variability_features_exist_in_every_band(name: str) -> None:
    columns = {column.name: column for column in TABLES[f"release.{name}"].columns}
    for band in BANDS:
        for feature, size in FEATURES.items():
            column = columns[f"{band}_{feature}"]
            assert (column.datatype, column.votable_arraysize) == ("float", size)


@pytest.mark.parametrize("name", DPDD)
def test_rows_waste_little_on_alignment(name: str) -> None:
    """PostgreSQL keeps the order of columns and pads before wider ones."""
    offset = padding = 0
    for column in TABLES[f"release.{name}"].columns:
        if column.name.endswith(tuple(FEATURES)):
            continue  # they are last, and out of line
        width = ALIGNMENT[column.datatype]
        padding += -offset % width
        offset += -offset % width + (2 if column.datatype == "text" else width)
    assert padding < 0.08 * offset


def test_release_has_the_tables_of_the_dpdd() -> None:
    assert [name for name in TABLES if name.startswith("release.")] == [
        f"release.{name}" for name in sorted(DPDD)
    ]


@pytest.mark.parametrize("schema", SCHEMAS)
def test_felis_validates_each_schema(schema: str, tmp_path: Path) -> None:
    whole = read_schema(schema).model_dump(by_alias=True, exclude_none=True, mode="json")
    file = tmp_path / f"{schema}.yaml"
    file.write_text(yaml.safe_dump(whole))
    result = CliRunner().invoke(cli, ["validate", "--check-description", str(file)])
    assert result.exit_code == 0, result.output
