"""Migrations: complete, reversible with rows, frozen once merged, gentle with their locks."""

import hashlib
import re
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy.dialects.postgresql import ARRAY

from skytract.loaders.connect import connect
from skytract.loaders.errors import SkytractError
from skytract.loaders.home import PORT, Home
from skytract.loaders.lend import lend
from skytract.loaders.load import load_file
from skytract.loaders.migrate import MIGRATIONS, check_model, downgrade, migrate
from skytract.loaders.postgresql import find_postgresql
from skytract.loaders.release import create_release
from skytract.loaders.server import OWNER
from skytract.sql.apply import apply_functions, apply_roles
from skytract.sql.model import load_model
from skytract.sql.version import MODEL_VERSION
from tests.fill_table import fill_table
from tests.fix_db import Connect, janitor
from tests.loaders.model_rows import model_rows, write_parquet
from tests.raw_rows import insert_sources, insert_visits

FROZEN = Path(__file__).with_name("frozen.sha256")


def script() -> ScriptDirectory:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return ScriptDirectory.from_config(config)


@pytest.fixture
def empty(cluster: Home) -> Iterator[psycopg.Connection]:
    """A connection of the owner to a database with nothing in it."""
    with (
        janitor(cluster, dbname="test_empty"),
        connect("owner", cluster, check=False, dbname="test_empty") as connection,
    ):
        yield connection


def dump(cluster: Home, database: str) -> str:
    """`pg_dump --schema-only` without what differs from run to run."""
    text = subprocess.run(
        [
            *(find_postgresql().bin / "pg_dump", "--schema-only"),
            *("-h", cluster.run, "-p", str(PORT), "-U", OWNER),
            *("--exclude-table=meta.alembic_version", database),
        ],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return re.sub(r"^\\(un)?restrict .*$", "", text, flags=re.MULTILINE)


def test_model_version_is_the_head_of_the_migrations() -> None:
    assert script().get_heads() == [MODEL_VERSION]


def test_merged_migrations_never_change() -> None:
    """A merged migration must do tomorrow what it did when databases were migrated with it."""
    frozen = dict(line.split()[::-1] for line in FROZEN.read_text().splitlines())
    for name, digest in frozen.items():
        found = hashlib.sha256((MIGRATIONS / "versions" / name).read_bytes()).hexdigest()
        assert found == digest, f"{name} was changed after it was merged: write a new migration"
    files = {p.name for p in (MIGRATIONS / "versions").iterdir() if p.suffix in (".py", ".sql")}
    assert files == set(frozen), "add `sha256sum` of the new migration to frozen.sha256"


def test_migrated_tables_agree_with_the_model(owner: psycopg.Connection) -> None:
    check_model(owner)


def test_migrated_equals_made_from_scratch(
    cluster: Home, database: str, empty: psycopg.Connection
) -> None:
    """The dump sees what alembic does not compare: partition keys, checks, functions, grants."""
    with lend(empty) as lent:
        apply_roles(empty)
        for schema in sorted({str(table.schema) for table in load_model().tables.values()}):
            empty.execute(f"CREATE SCHEMA {schema}")
        _other_schemas(empty)
        load_model().create_all(lent)
        _comments_of_schemas(empty)
        apply_functions(empty)
    fresh = dump(cluster, "test_empty").replace("test_empty", "DATABASE")
    with connect("owner", cluster, dbname=database) as migrated:
        _drop_partitions(migrated)
    assert sorted(dump(cluster, database).split("\n\n")) == sorted(fresh.split("\n\n"))


def _other_schemas(connection: psycopg.Connection) -> None:
    for schema in ("sky", "overlap", "variability", "classification"):
        connection.execute(f"CREATE SCHEMA {schema}")


def _comments_of_schemas(connection: psycopg.Connection) -> None:
    frozen = (MIGRATIONS / "versions" / "0001_foundation.sql").read_text(encoding="utf-8")
    for statement in re.findall(r"^COMMENT ON SCHEMA .*;$", frozen, re.MULTILINE):
        connection.execute(statement)


def _drop_partitions(connection: psycopg.Connection) -> None:
    """Drop the partitions: they are data, made for the sky at hand, not schema."""
    children = connection.execute(
        "SELECT inhrelid::regclass::text FROM pg_inherits JOIN pg_class ON oid = inhrelid"
        " WHERE relkind = 'r'"
    ).fetchall()
    for (child,) in children:
        connection.execute(f"DROP TABLE {child}")


def test_up_down_up_from_nothing(cluster: Home, empty: psycopg.Connection) -> None:
    migrate(empty)
    first = dump(cluster, "test_empty")
    downgrade(empty, "base")
    migrate(empty)
    assert dump(cluster, "test_empty") == first


def test_down_and_up_keeps_every_row_the_older_version_can_hold(
    owner: psycopg.Connection, connect_to: Connect
) -> None:
    """Step by step down to the first version and up again, with rows in every older table."""
    fill_tables(owner)
    before = row_digests(owner)
    assert all(before.values()), "every table has rows to lose"
    revisions = [script_.revision for script_ in script().walk_revisions()]
    for revision in revisions[1:]:
        downgrade(owner, revision)
        kept = row_digests(owner)
        assert kept == {name: before[name] for name in kept}
    migrate(owner)
    first = set(kept)
    after = row_digests(owner)
    assert {n: after[n] for n in first} == {n: before[n] for n in first}
    check_model(owner)
    connect_to("reader")  # versions agree again


ALLOWED = {
    "atmosphere": {"transmission": "\\x" + "00" * 3204},
    "instrumentpassband": {"throughput": "\\x" + "00" * 3204},
    "objectsed": {"method": "flat"},
    "passband": {"wavelengthmedium": "air"},
    "passbandbasis": {
        "standard": "\\x" + "00" * 3204,
        "support": "\\x" + "00" * 3204,
        "curves": "\\x" + "00" * 32040,
    },
    "sed": {"wavelengthmedium": "air", "kind": "star"},
    "template": {"fnu": "\\x" + "00" * 3204},
    "starflat": {"coefficients": "{1,0,0,0,0,0,0,0,0,0}"},
    "wcscalib": {"siporder": "1", "sipa": "{0,0,0,0}", "sipb": "{0,0,0,0}"},
}
"""Values of columns that allow few."""


def fill_tables(connection: psycopg.Connection) -> None:
    """Put three rows with something in every required column into every table."""
    values = {"boolean": "true", "text": "'r'", "timestamp": "now()"}
    tables = [t for t in load_model().sorted_tables if t.schema in ("raw", "calibration")]
    tables = [t for t in tables if t.name != "visitphotocalib"]  # triggers fill it
    for table in tables:
        columns = [column for column in table.c if not column.identity]
        for row in range(1, 4):
            texts = {c.name: values.get(str(c.type).lower(), str(row)) for c in columns}
            texts |= {c.name: "'{1,2}'" for c in columns if isinstance(c.type, ARRAY)}
            texts |= {n: f"'{row}'" for n in ("name", "catalog") if n in texts}
            texts |= {n: f"'{v}'" for n, v in ALLOWED.get(table.name, {}).items()}
            names, row_values = ", ".join(texts), ", ".join(texts.values())
            connection.execute(
                f"INSERT INTO {table.schema}.{table.name} ({names}) VALUES ({row_values})"
            )
    connection.commit()


def row_digests(connection: psycopg.Connection) -> dict[str, str | None]:
    """Return a digest of every column of the tables of raw and calibration there are."""
    columns = connection.execute(
        "SELECT attrelid::regclass::text, attname FROM pg_attribute"
        " JOIN pg_class ON pg_class.oid = attrelid WHERE relkind IN ('r', 'p') AND"
        " NOT relispartition AND relnamespace IN ('raw'::regnamespace, 'calibration'::regnamespace)"
        " AND attnum > 0 AND NOT attisdropped"
    ).fetchall()
    found = {}
    for table, column in columns:
        query = f"SELECT md5(string_agg({column}::text, '|' ORDER BY {column}::text)) FROM {table}"
        row = connection.execute(query.encode()).fetchone()
        assert row is not None
        found[f"{table}.{column}"] = row[0]
    connection.commit()
    return found


def test_loads_of_older_versions_get_their_scope_and_replaced_ones_go_back_as_undone(
    owner: psycopg.Connection,
) -> None:
    """Two loads of one place, which only older versions allowed: the first one holds it."""
    downgrade(owner, "0002")
    query = (
        "INSERT INTO meta.Load (contentHash, kind, path, state, startedAt, codeVersion, host,"
        " context) SELECT n, kind, 'p', state, now(), '0', 'h', '{}' FROM unnest(%s::text[],"
        " %s::text[]) WITH ORDINALITY AS g (kind, state, n) RETURNING loadId"
    )
    kinds = ["Source", "Source", "CoaddSource", "Source", "Visit"]
    states = ["loaded", "loaded", "loaded", "undone", "loaded"]
    ids = [row[0] for row in owner.execute(query, (kinds, states))]
    insert_visits(owner, [7])
    owner.execute("UPDATE raw.Visit SET loadId = %s", ids[4:])
    insert_sources(
        owner, [1.0, 2, 3], [0.0, 0, 0], sourceId=[1, 2, 3], visit=7, loadId=[*ids[:2], ids[0]]
    )
    insert_sources(owner, [1.1], [0.0], sourceId=[4], visit=7, detector=3, loadId=ids[0])
    fill_table(owner, "raw.coaddsource", coaddsourceid=[1, 2], patch=[5, 6], loadid=[ids[2]] * 2)
    owner.commit()
    migrate(owner)
    scope = owner.execute("SELECT * FROM meta.LoadScope ORDER BY loadId, minor").fetchall()
    assert scope == [
        (ids[0], "Source", 7, 0, ""),
        (ids[0], "Source", 7, 3, ""),
        (ids[2], "CoaddSource", 0, 5, ""),
        (ids[2], "CoaddSource", 0, 6, ""),
        (ids[4], "Visit", 7, -1, ""),
    ]
    owner.execute("UPDATE meta.Load SET state = 'replaced', replacedBy = 1 WHERE loadId = 2")
    owner.commit()
    downgrade(owner, "0002")
    states_after = owner.execute("SELECT state FROM meta.Load ORDER BY loadId").fetchall()
    assert [state for (state,) in states_after] == ["loaded", "undone", *states[2:]]


def test_curves_that_a_downgrade_drops_can_be_loaded_again(
    owner: psycopg.Connection, loader: psycopg.Connection, tmp_path: Path
) -> None:
    """The ledger does not take them for loaded when their tables are made anew."""
    path = write_parquet(tmp_path / "a.parquet", "Passband", model_rows("Passband"))
    assert load_file(loader, path).state == "loaded"
    downgrade(owner, "0002")
    migrate(owner)
    assert load_file(loader, path).state == "loaded"


def test_migrate_twice_changes_nothing(
    cluster: Home, database: str, owner: psycopg.Connection
) -> None:
    before = dump(cluster, database)
    migrate(owner)
    assert dump(cluster, database) == before


def test_failed_migration_leaves_nothing(empty: psycopg.Connection) -> None:
    """One transaction: what stands in the way is reported, and the database is as it was."""
    empty.execute("CREATE SCHEMA raw")
    empty.commit()
    with pytest.raises(psycopg.errors.DuplicateSchema):
        migrate(empty)
    row = empty.execute("SELECT to_regnamespace('meta'), to_regnamespace('sky')").fetchone()
    assert row == (None, None)


def test_adding_a_column_holds_its_lock_for_milliseconds(
    owner: psycopg.Connection, connect_to: Connect
) -> None:
    """A nullable column is added to 10^6 rows in 12 partitions while a reader counts its waits.

    A rewrite of the table would take seconds, every time; 250 ms is a hundred times what a change
    of the catalog needs. A busy machine may stop either side for as long, but hardly each of five
    times.
    """
    owner.execute(
        "INSERT INTO raw.ForcedSource (objectId, visit, detector, ra, dec, x, y, loadId)"
        " SELECT n * (12 * (1::bigint << 58) / 1000000), 1, 1, 0, 0, 0, 0, 1"
        " FROM generate_series(0, 999999) AS n"
    )
    owner.commit()
    reader = connect_to("reader", autocommit=True)
    files = table_files(owner)
    longest = [longest_wait_while_adding(owner, reader, f"fresh{n}") for n in range(5)]
    assert min(longest) < 0.25, longest
    assert table_files(owner) == files


def table_files(owner: psycopg.Connection) -> list[tuple[str, int]]:
    """Return the names of the files of raw.ForcedSource's partitions: a rewrite makes new ones."""
    query = (
        "SELECT relid::text, pg_relation_filenode(relid)"
        " FROM pg_partition_tree('raw.ForcedSource') WHERE isleaf ORDER BY 1"
    )
    return owner.execute(query).fetchall()


def longest_wait_while_adding(
    owner: psycopg.Connection, reader: psycopg.Connection, column: str
) -> float:
    """Add a column; return the longest time [s] that the change, or a reader meanwhile, took."""
    waits: list[float] = []
    stop = threading.Event()
    reader.execute("SELECT visit FROM raw.ForcedSource WHERE objectId = 0")

    def read() -> None:
        while not stop.is_set():
            began = time.perf_counter()
            reader.execute("SELECT visit FROM raw.ForcedSource WHERE objectId = 0").fetchall()
            waits.append(time.perf_counter() - began)

    thread = threading.Thread(target=read)
    thread.start()
    time.sleep(0.1)
    began = time.perf_counter()
    owner.execute(f"ALTER TABLE raw.forcedsource ADD COLUMN {column} real")
    owner.commit()
    held = time.perf_counter() - began
    time.sleep(0.1)
    stop.set()
    thread.join()
    return max(held, *waits)


def test_a_downgraded_database_is_refused_at_connect(
    owner: psycopg.Connection, connect_to: Connect
) -> None:
    downgrade(owner, "0001")
    with pytest.raises(SkytractError, match="have version 0001"):
        connect_to("reader")
    migrate(owner)
    connect_to("reader")


def test_releases_keep_the_first_version_from_going(owner: psycopg.Connection) -> None:
    create_release(owner, "dr1")
    with pytest.raises(SkytractError, match="releases dr1 exist: drop their schemas"):
        downgrade(owner, "base")
    check_model(owner)
