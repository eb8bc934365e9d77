"""The schema reference `docs/schema.md`, written from the declared model.

`python -m skytract.sql.schema_docs > docs/schema.md` writes it again; a test compares the two.
"""

import re
from collections.abc import Iterator

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from skytract.sql.felis_reader import SCHEMAS, read_schema
from skytract.sql.model import find_table, is_array

BANDS = "ugrizy"

INTRODUCTION = """\
# Schema reference

Every table and column of the database, from the declared model in `sql/schema/`. This page is made
by `python -m skytract.sql.schema_docs`: do not edit it.

- Names are those of Rubin's Data Products Definition Document. In SQL write them unquoted, in any
  capitalisation.
- `{band}_psfFlux` stands for six columns, `u_psfFlux`, `g_psfFlux`, `r_psfFlux`, `i_psfFlux`,
  `z_psfFlux`, `y_psfFlux`; `em.opt.{band}` in their UCD for the word of the band (U, B, R, I, I,
  I).
- An empty unit means dimensionless. Fluxes in nJy become AB magnitudes by 31.4 - 2.5 log10(flux).
- A UCD says what a quantity is, in the vocabulary of the Virtual Observatory.
- Columns in **bold** are the primary key. A column is never NULL where its type says `not null`.
  Elsewhere NULL means not measured, unless the text says otherwise.
- The tables of `release` exist once per data release, in a schema of its name: `dr1.Object`.
"""


U_IN_NAME = re.compile(r"(?:^|(?<=_))u_")
U_IN_TEXT = re.compile(r"\bu(?=_|-band| band)|(?<=\bband )u\b")
DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]


def _band_template(name: str) -> str:
    """Turn the name of a u-band column into that of all bands: `u_H` -> `{band}_H`."""
    return U_IN_NAME.sub("{band}_", name)


def _per_band(table: sa.Table) -> tuple[set[str], set[str]]:
    """Find the u-band columns that have siblings in all bands, and those siblings.

    Returns
    -------
    (shown, hidden) : two sets of column keys
        A row is printed for each of the first, none for the second.
    """
    shown, hidden = set(), set()
    for key in table.c.keys():
        template = _band_template(key)
        siblings = {template.replace("{band}", band) for band in BANDS}
        if template != key and siblings <= set(table.c.keys()):
            shown.add(key)
            hidden |= siblings - {key}
    return shown, hidden


def _type(column: sa.Column[object]) -> str:
    """Name of a column's type in SQL, with the length of an array."""
    name = column.type.compile(dialect=DIALECT).lower()
    felis = column.info["felis"]
    if is_array(felis) and str(felis.votable_arraysize).isdigit():
        name = name.replace("[]", f"[{felis.votable_arraysize}]")
    name = name.replace("timestamp with time zone", "timestamptz")
    name = name.replace("timestamp without time zone", "timestamp")
    return name if column.nullable else f"{name}, not null"


def _row(column: sa.Column[object], per_band: bool) -> str:
    """One line of a table's listing."""
    felis = column.info["felis"]
    name, text, ucd = column.key, felis.description, felis.ivoa_ucd
    if per_band:
        name = _band_template(name)
        text = U_IN_TEXT.sub("{band}", text)
        ucd = re.sub(r"em\.opt\.\w+", "em.opt.{band}", ucd)
    shown = f"**`{name}`**" if column.primary_key else f"`{name}`"
    unit = f"`{felis.ivoa_unit}`" if felis.ivoa_unit else ""
    return f"| {shown} | {_type(column)} | {unit} | {text.replace('|', '&#124;')} | `{ucd}` |"


def _keys(table: sa.Table) -> Iterator[str]:
    """Say by which columns a table is partitioned and can be searched."""
    if table.info["partition_key"]:
        yield f"Partitioned by range of `{table.info['partition_key']}`."
    for index in sorted(table.indexes, key=lambda index: str(index.name)):
        columns = ", ".join(f"`{column.key}`" for column in index.columns)
        yield f"Index on {columns}."


def _section(schema: str, table: sa.Table) -> Iterator[str]:
    """Lines of one table."""
    name = table.info["name"]
    yield f"### {schema}.{name}"
    yield ""
    yield " ".join([str(table.comment), *_keys(table)])
    yield ""
    yield "| column | type | unit | description | UCD |"
    yield "|---|---|---|---|---|"
    shown, hidden = _per_band(table)
    for column in table.columns:
        if column.key not in hidden:
            yield _row(column, column.key in shown)
    yield ""


def schema_docs() -> str:
    """Return the schema reference as Markdown, the same text for the same model."""
    lines = [INTRODUCTION]
    for schema in SCHEMAS:
        declared = read_schema(schema)
        lines += [f"## {schema}", "", str(declared.description), ""]
        for name in sorted(table.name for table in declared.tables):
            lines += _section(schema, find_table(schema, name))
    return "\n".join(lines).rstrip("\n") + "\n"


if __name__ == "__main__":
    print(schema_docs(), end="")
