"""docs/schema.md is what the model says; the way six bands become one line is right."""

from pathlib import Path

from skytract.sql.felis_reader import SCHEMAS, read_schema
from skytract.sql.schema_docs import schema_docs

FILE = Path(__file__).resolve().parents[2] / "docs" / "schema.md"


def test_page_is_up_to_date() -> None:
    remedy = "run: .venv/bin/python -m skytract.sql.schema_docs > docs/schema.md"
    assert FILE.read_text(encoding="utf-8") == schema_docs(), remedy


def test_every_column_is_on_the_page() -> None:
    text = schema_docs()
    for schema in SCHEMAS:
        for table in read_schema(schema).tables:
            section = text.split(f"### {schema}.{table.name}\n")[1].split("\n### ")[0]
            shown = {line.split("`")[1] for line in section.splitlines() if line.count("`") > 1}
            every = shown | {name.replace("{band}", band) for name in shown for band in "ugrizy"}
            assert {column.name for column in table.columns} <= every, table.name


def test_bands_share_a_line_even_where_the_letter_recurs() -> None:
    text = schema_docs()
    assert "`{band}_i_flag`" in text
    assert "`{band}_H_{band}_G12_Cov`" in text
    assert "r_psfFlux` |" not in text
