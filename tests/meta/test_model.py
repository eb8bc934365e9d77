"""The builder: declared YAML to SQLAlchemy metadata."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from skytract.sql.felis_reader import SCHEMAS, read_schema
from skytract.sql.model import comment, find_table, load_model, release_metadata


def test_names_are_lower_case_and_keys_are_the_dpdds() -> None:
    table = find_table("release", "DiaSource")
    assert (table.name, table.info["name"]) == ("diasource", "DiaSource")
    assert table.c.psfFlux.name == "psfflux"


def test_types_are_those_of_postgresql_at_their_declared_width() -> None:
    source = find_table("raw", "Source")
    assert isinstance(source.c.hpx29.type, sa.BigInteger)
    assert isinstance(source.c.xErr.type, sa.REAL)
    assert isinstance(source.c.ra.type, sa.Double)
    assert isinstance(source.c.psfInstFlux_flag.type, sa.Boolean)
    features = find_table("release", "Object").c.r_lcPeriodic.type
    assert isinstance(features, ARRAY) and isinstance(features.item_type, sa.REAL)


def test_every_column_of_the_model_is_built_once() -> None:
    declared = {
        f"{schema}.{table.name.lower()}": [column.name for column in table.columns]
        for schema in SCHEMAS
        for table in read_schema(schema).tables
    }
    built = {name: [c.key for c in table.columns] for name, table in load_model().tables.items()}
    assert built == declared


def test_partition_key_leads_the_primary_key() -> None:
    partitioned = [t for t in load_model().tables.values() if t.info["partition_key"]]
    assert len(partitioned) == 9
    for table in partitioned:
        assert next(iter(table.primary_key)).key == table.info["partition_key"]


def test_comment_names_text_unit_and_ucd() -> None:
    column = find_table("raw", "Visit").c.expTime
    assert column.comment == comment(column.info["felis"])
    assert column.comment == "Exposure time. [s] (time.duration;obs.exposure)"


def test_a_release_is_the_template_in_another_schema() -> None:
    template = {t.name for t in load_model().tables.values() if t.schema == "release"}
    made = release_metadata("dr7").tables.values()
    assert {t.name for t in made} == template
    assert {t.schema for t in made} == {"dr7"}
