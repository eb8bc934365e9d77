"""Rows against the ledger: `skytract doctor --rows`; what an undo says of what was replaced."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pytest
from click.testing import CliRunner, Result

from skytract.__main__ import main
from skytract.loaders.home import Home
from skytract.loaders.ledger import find_unequal_loads
from skytract.loaders.load import load_file, load_paths
from skytract.loaders.load_refused import RefusedError
from skytract.loaders.undo import undo_load
from tests.fix_db import Connect
from tests.loaders.catalogs import N, write_sources, write_stars, write_tract, write_visit

Connection = psycopg.Connection[Any]
Run = Callable[..., Result]


@pytest.fixture
def run(cluster: Home, database: str, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command on the database of this test."""
    monkeypatch.delenv("SKYTRACT_DSN", raising=False)
    monkeypatch.setenv("SKYTRACT_HOME", str(cluster.path))
    monkeypatch.setenv("SKYTRACT_DATABASE", database)
    monkeypatch.setenv("COLUMNS", "400")
    return lambda *words: CliRunner().invoke(main, list(map(str, words)))


def test_rows_that_are_not_the_ledgers_are_named(
    run: Run, connect_to: Connect, tmp_path: Path
) -> None:
    loader, owner = connect_to("loader"), connect_to("owner", autocommit=True)
    files = [*write_visit(tmp_path), write_sources(tmp_path), write_stars(tmp_path, range(9))]
    loads = {r.kind: r.load_id for r in load_paths(loader, [*files, *write_tract(tmp_path / "t")])}
    said = run("doctor", "--rows")
    assert said.exit_code == 0 and "every load has the rows that the ledger says" in said.output
    assert find_unequal_loads(owner) == []

    owner.execute("DELETE FROM raw.Source WHERE sourceId % 5 = 0")
    owner.execute("UPDATE raw.ReferenceStar SET loadId = %s", (loads["Source"],))
    assert set(find_unequal_loads(owner)) == {
        ("Source", loads["Source"], "loaded", str(tmp_path / "Source.parquet"), N, N - N // 5),
        ("referencestar", loads["Source"], None, None, 0, 9),
        ("ReferenceStar", loads["ReferenceStar"], "loaded", str(files[-1]), 9, 0),
    }
    said = run("doctor", "--rows")
    assert said.exit_code == 1
    for text in (
        f"load {loads['Source']} has {N - N // 5} rows of Source, and the ledger says {N}",
        f"Run `skytract load undo {loads['Source']}`, and load {tmp_path / 'Source.parquet'} again",
        "rows of referencestar, and the ledger says that it is no load of that table",
    ):
        assert text in said.output


def test_an_undone_load_has_no_rows_to_miss(connect_to: Connect, tmp_path: Path) -> None:
    loader, owner = connect_to("loader"), connect_to("owner")
    load_id = load_file(loader, write_stars(tmp_path, range(5))).load_id
    assert load_id is not None
    undo_load(loader, load_id)
    assert find_unequal_loads(owner) == []
    owner.execute(
        "INSERT INTO raw.ReferenceStar (catalog, refStarId, hpx29, ra, dec, loadId)"
        " VALUES ('gaia', 1, 0, 0, 0, %s)",
        (load_id,),
    )
    ((_, found, state, *_, in_table),) = find_unequal_loads(owner)
    assert (found, state, in_table) == (load_id, "undone", 1)


def test_rows_that_the_table_does_not_take_are_noticed(connect_to: Connect, tmp_path: Path) -> None:
    """The ledger has the number of rows that are there, not of those that were sent."""
    loader, owner = connect_to("loader"), connect_to("owner", autocommit=True)
    owner.execute(
        "CREATE FUNCTION meta.drop_row() RETURNS trigger LANGUAGE plpgsql AS"
        " 'BEGIN IF NEW.refStarId % 3 = 0 THEN RETURN NULL; END IF; RETURN NEW; END'"
    )
    owner.execute(
        "CREATE TRIGGER drop_row BEFORE INSERT ON raw.ReferenceStar"
        " FOR EACH ROW EXECUTE FUNCTION meta.drop_row()"
    )
    path = write_stars(tmp_path, range(9))
    with pytest.raises(RefusedError, match="Of 9 rows the table took 6; see which triggers"):
        load_file(loader, path)
    assert find_unequal_loads(owner) == []
    owner.execute("DROP TRIGGER drop_row ON raw.ReferenceStar")
    assert load_file(loader, path).rows == 9


def test_an_undo_says_what_does_not_come_back(run: Run, tmp_path: Path) -> None:
    old, new = write_visit(tmp_path), tmp_path / "new"
    new.mkdir()
    run("load", *old)
    write_sources(tmp_path)
    assert run("load", tmp_path / "Source.parquet").exit_code == 0
    path = write_sources(new, psfInstFlux=np.ones(N))
    assert run("load", path, "--replace").exit_code == 0
    said = run("load", "undo", 4, "--yes")
    words = f"Load 3 ({tmp_path / 'Source.parquet'}), whose place it took, does not come back: load"
    assert said.exit_code == 0 and words in said.output
    assert f"Load 4 is undone: {N} rows of Source removed." in said.output
    assert "whose place" not in run("load", "undo", 2, "--yes").output
