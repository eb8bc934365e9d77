"""A place is held by one load of a kind; another takes it only when that is asked for, at once."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pytest

from skytract.loaders.ledger import list_loads, list_replaced
from skytract.loaders.load import load_file, load_paths
from skytract.loaders.load_refused import RefusedError
from skytract.loaders.undo import undo_load
from tests.fix_db import Connect
from tests.loaders.catalogs import (
    DETECTOR,
    VISIT,
    N,
    source_columns,
    visit_columns,
    write_catalog,
    write_forced,
    write_many_detectors,
    write_patch,
    write_sources,
    write_stars,
    write_visit,
)
from tests.loaders.invariants import check_invariants
from tests.loaders.paused import Paused, start, undo_all, wait_for_lock

Connection = psycopg.Connection[Any]


@pytest.fixture(scope="module")
def loaders(
    module_connect: Connect, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Connection, Connection]:
    """Two loaders of a database that knows three detectors of a visit."""
    folder = tmp_path_factory.mktemp("visit")
    files = [path for detector in (4, 5, 6) for path in write_visit(folder, detector=detector)]
    connection = module_connect("loader")
    assert {result.state for result in load_paths(connection, files)} == {"loaded"}
    return connection, module_connect("loader")


@pytest.fixture
def visit(loaders: tuple[Connection, Connection]) -> Iterator[Connection]:
    """One of the loaders; afterwards all but the visit is undone."""
    yield loaders[0]
    check_invariants(loaders[0])
    undo_all(loaders[0])


@pytest.fixture
def second(loaders: tuple[Connection, Connection]) -> Connection:
    """The other loader."""
    return loaders[1]


@pytest.fixture
def observer(module_connect: Connect) -> Connection:
    """A connection of the owner to the same database."""
    return module_connect("owner")


def flux(connection: Connection, table: str = "raw.Source") -> tuple[Any, ...]:
    """Return how many rows there are, and what they sum up to."""
    with connection.transaction():
        query = f"SELECT count(*), sum(psfInstFlux) FROM {table}"
        return connection.execute(query).fetchone() or ()


def changed(folder: Path, value: float = 7.0, name: str = "Source_b.parquet", n: int = N) -> Path:
    """Write sources of the same visit and detector with other fluxes, some at the same places."""
    columns = {key: values[:n] for key, values in source_columns().items()}
    columns |= {"psfInstFlux": np.full(n, value), "ra": columns["ra"] + 1e-4 * (np.arange(n) % 2)}
    return write_catalog(folder / name, "Source", columns)


def states(connection: Connection, folder: Path) -> list[tuple[Any, ...]]:
    query = "SELECT loadId, state, replacedBy FROM meta.Load WHERE path LIKE %s ORDER BY loadId"
    with connection.transaction():
        return connection.execute(query, (f"{folder}/%",)).fetchall()


def test_a_changed_file_is_refused(visit: Connection, tmp_path: Path) -> None:
    path = write_sources(tmp_path)
    load_id = load_file(visit, path).load_id
    before = flux(visit)
    words = rf"Source 17/4 is loaded already as load {load_id} from {path}; give --replace to put"
    with pytest.raises(RefusedError, match=words):
        load_file(visit, changed(tmp_path))
    assert flux(visit) == before


def test_a_changed_file_takes_the_place_when_asked(visit: Connection, tmp_path: Path) -> None:
    old = load_file(visit, write_sources(tmp_path)).load_id
    result = load_file(visit, changed(tmp_path, n=30), replace=True)
    assert (result.state, result.rows, result.replaced) == ("loaded", 30, (old,))
    assert flux(visit) == (30, 210.0)
    assert states(visit, tmp_path) == [
        (old, "replaced", result.load_id),
        (result.load_id, "loaded", None),
    ]


def test_nothing_is_replaced_where_nothing_was(visit: Connection, tmp_path: Path) -> None:
    result = load_file(visit, write_sources(tmp_path), replace=True)
    assert (result.state, result.replaced) == ("loaded", ())
    assert load_file(visit, write_sources(tmp_path), replace=True).state == "already loaded"


def test_the_older_content_can_come_back(visit: Connection, tmp_path: Path) -> None:
    path = write_sources(tmp_path)
    load_file(visit, path)
    before = flux(visit)
    newer = load_file(visit, changed(tmp_path), replace=True).load_id
    assert load_file(visit, path, replace=True).replaced == (newer,)
    assert flux(visit) == before


def test_a_bad_file_replaces_nothing(visit: Connection, tmp_path: Path) -> None:
    load_file(visit, write_sources(tmp_path))
    before = flux(visit), states(visit, tmp_path)
    with pytest.raises(RefusedError, match="value nan"):
        load_file(visit, write_sources(tmp_path, "b.parquet", dec=np.full(N, np.nan)), replace=True)
    assert (flux(visit), states(visit, tmp_path)[:1]) == before


def test_a_row_of_a_third_load_is_named_and_not_those_that_were_to_be_replaced(
    visit: Connection, tmp_path: Path
) -> None:
    old = load_file(visit, write_sources(tmp_path)).load_id
    there = {key: values[:1] for key, values in source_columns(1).items()}
    there |= {"sourceId": np.array([VISIT * 2**26 + N]), "detector": np.array([5], np.int32)}
    here = {key: np.append(values, there[key]) for key, values in source_columns().items()}
    here["detector"][:] = DETECTOR
    third = load_file(visit, write_catalog(tmp_path / "5.parquet", "Source", there)).load_id
    before = flux(visit), states(visit, tmp_path)
    path = write_catalog(tmp_path / "b.parquet", "Source", here)
    words = rf"row {N} .*value {there['sourceId'][0]}: .* from load {third};"
    with pytest.raises(RefusedError, match=words):
        load_file(visit, path, replace=True)
    assert old != third and (flux(visit), states(visit, tmp_path)[:2]) == before


def test_what_the_new_file_lacks_is_not_lost(visit: Connection, tmp_path: Path) -> None:
    old = load_file(visit, write_many_detectors(tmp_path, [4, 5, 6], "a.parquet")).load_id
    words = rf"Load {old}, whose place it would take, holds Source 17/5 and 1 more as well; give"
    with pytest.raises(RefusedError, match=words):
        load_file(visit, changed(tmp_path), replace=True)
    assert flux(visit)[0] == 30
    assert states(visit, tmp_path)[0] == (old, "loaded", None)
    path = write_many_detectors(tmp_path, [6, 5, 4], "b.parquet", n=8)
    assert load_file(visit, path, replace=True).replaced == (old,)
    assert flux(visit)[0] == 24


def test_one_file_replaces_several(visit: Connection, tmp_path: Path) -> None:
    single = [write_many_detectors(tmp_path, [d], f"{d}.parquet") for d in (4, 5)]
    old = [load_file(visit, path).load_id for path in single]
    result = load_file(visit, write_many_detectors(tmp_path, [4, 5], "b.parquet", 3), replace=True)
    assert list(result.replaced) == old
    assert flux(visit)[0] == 6


def test_a_visit_is_replaced_under_its_sources(visit: Connection, tmp_path: Path) -> None:
    load_file(visit, write_sources(tmp_path))
    columns = visit_columns() | {"expTime": [31.0]}
    path = write_catalog(tmp_path / "v.parquet", "Visit", columns)
    assert len(load_file(visit, path, replace=True).replaced) == 1
    assert visit.execute("SELECT expTime FROM raw.Visit").fetchall() == [(31.0,)]
    visit.rollback()


def test_bands_of_a_patch_are_places_of_their_own(visit: Connection, tmp_path: Path) -> None:
    for band in "gr":
        result = load_file(visit, write_patch(tmp_path, 3, band))
    assert result.load_id is not None
    names = [entry.identity for entry in list_loads(visit, kind="coaddsource", state="loaded")]
    assert names == ["CoaddSource 9813/3 r", "CoaddSource 9813/3 g"]
    path = write_patch(tmp_path, 3, "r", flux=2.0)
    assert load_file(visit, path, replace=True).replaced == (result.load_id,)
    assert flux(visit, "raw.CoaddSource") == (40, 60.0)


def test_forced_photometry_of_other_objects_shares_the_place(
    visit: Connection, tmp_path: Path
) -> None:
    """What is replaced is the photometry of the same objects, not that of others."""
    first = load_file(visit, write_forced(tmp_path, range(10), "a.parquet")).load_id
    load_file(visit, write_forced(tmp_path, range(100, 110), "bb.parquet"))
    path = write_forced(tmp_path, range(5, 15), "ccc.parquet")
    with pytest.raises(
        RefusedError, match=r"raw.ForcedSource has this row already, from load \d+; .*--replace"
    ):
        load_file(visit, path)
    assert load_file(visit, path, replace=True).replaced == (first,)
    assert flux(visit, "raw.ForcedSource") == (20, 10 * len("bb.parquet") + 10 * len("ccc.parquet"))


def test_readers_see_the_old_rows_until_the_new_ones_are_there(
    visit: Connection, module_connect: Connect, tmp_path: Path
) -> None:
    load_file(visit, write_sources(tmp_path))
    reader = module_connect("reader")
    before = flux(reader)
    paused = Paused(visit, changed(tmp_path), replace=True)
    reader.execute("SET statement_timeout = '2s'")
    reader.commit()
    assert flux(reader) == before
    paused.result()
    assert flux(reader) == (N, 7.0 * N)


def test_of_two_files_of_one_place_at_once_one_is_refused(
    visit: Connection, second: Connection, observer: Connection, tmp_path: Path
) -> None:
    """The second waits, copying nothing, until the first has ended."""
    first = Paused(visit, write_sources(tmp_path))
    other = start(load_file, second, changed(tmp_path))
    wait_for_lock(second, other, observer)
    assert first.result().state == "loaded"
    with pytest.raises(RefusedError, match=r"Source 17/4 is loaded already as load .* --replace"):
        other.result()
    assert flux(visit)[0] == N


def test_the_second_of_two_files_of_one_place_is_loaded_if_the_first_fails(
    visit: Connection, second: Connection, observer: Connection, tmp_path: Path
) -> None:
    first = Paused(visit, write_sources(tmp_path))
    other = start(load_file, second, changed(tmp_path))
    wait_for_lock(second, other, observer)
    (tmp_path / "Source.parquet").write_bytes(b"changed while it was loaded")
    with pytest.raises(RefusedError, match="It changed while it was loaded"):
        first.result()
    assert other.result().rows == N
    assert flux(visit) == (N, 7.0 * N)


@pytest.mark.parametrize("replace", [False, True])
def test_of_several_places_one_comes_between(
    visit: Connection, second: Connection, observer: Connection, tmp_path: Path, replace: bool
) -> None:
    """The places that were claimed before it stay claimed, and are in nobody's way."""
    first = Paused(visit, write_many_detectors(tmp_path, [5], "b.parquet"))
    path = write_many_detectors(tmp_path, [4, 5, 6], "a.parquet")
    other = start(load_file, second, path, replace=replace)
    wait_for_lock(second, other, observer)
    rival = first.result().load_id
    if replace:
        assert (other.result().replaced, other.result().rows) == ((rival,), 30)
        return
    with pytest.raises(RefusedError, match=f"Source 17/5 is loaded already as load {rival} from"):
        other.result()
    assert load_file(second, path, replace=True).replaced == (rival,)


def test_of_two_replacements_at_once_one_is_told_to_come_again(
    visit: Connection, second: Connection, tmp_path: Path
) -> None:
    old = load_file(visit, write_sources(tmp_path)).load_id
    first = Paused(visit, changed(tmp_path), replace=True)
    path = changed(tmp_path, 8.0, "Source_c.parquet")
    words = rf"Load {old}, whose place it is to take, is being taken out .* load it again"
    with pytest.raises(RefusedError, match=words):
        load_file(second, path, replace=True)
    newer = first.result().load_id
    assert load_file(second, path, replace=True).replaced == (newer,)
    assert flux(visit) == (N, 8.0 * N)


def test_a_load_is_undone_while_its_replacement_comes(
    visit: Connection, second: Connection, tmp_path: Path
) -> None:
    old = load_file(visit, write_sources(tmp_path)).load_id
    assert old is not None
    first = Paused(visit, changed(tmp_path), replace=True)
    with pytest.raises(Exception, match=f"Load {old} is being undone or replaced by another"):
        undo_load(second, old)
    first.result()
    with pytest.raises(Exception, match=rf"Load {old} .* is replaced by load \d+: nothing of it"):
        undo_load(second, old)


def test_loads_that_want_each_others_places_do_not_wait_in_a_circle(
    visit: Connection,
    second: Connection,
    observer: Connection,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Up: detector 4, then 5. Down: 5, then 4. Down is refused, up comes through."""
    query = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
    before = observer.execute(query).fetchall()
    observer.commit()
    monkeypatch.setattr("skytract.loaders.load_rows.CHUNK_BYTES", 8 * 11 * 10)
    up = Paused(visit, write_many_detectors(tmp_path, [4, 5], "up.parquet"))
    down = Paused(second, write_many_detectors(tmp_path, [5, 4], "down.parquet"))
    up.go.set()
    wait_for_lock(visit, up.load, observer)
    with pytest.raises(RefusedError, match="Another load that is running holds Source 17/4"):
        down.result()
    assert up.result().rows == 20
    assert observer.execute(query).fetchall() == before


def test_a_file_is_one_part_of_its_transaction(
    visit: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Readers look for the parts of transactions on disk where one has more than 64 of them."""
    monkeypatch.setattr("skytract.loaders.load_rows.CHUNK_BYTES", 8 * 11 * 10)
    load_id = load_file(visit, write_many_detectors(tmp_path, [4, 5, 6], "a.parquet")).load_id
    query = "SELECT xmin::text FROM {} WHERE loadId = %s GROUP BY 1"
    with visit.transaction():
        found = [
            visit.execute(query.format(table), (load_id,)).fetchall()
            for table in ("raw.Source", "meta.LoadScope")
        ]
    assert len(found[0]) == 1 and found[0] == found[1]


def test_files_of_the_same_stars_in_other_orders_are_told_apart(
    visit: Connection, second: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stars have no place: both loads copy, and each has what the other wants to copy next."""
    monkeypatch.setattr("skytract.loaders.load_rows.CHUNK_BYTES", 8 * 4 * 10)
    up = Paused(visit, write_stars(tmp_path, range(20), "up.parquet"))
    down = Paused(second, write_stars(tmp_path, range(20)[::-1], "down.parquet"))
    errors = []
    for load in (up, down):
        load.go.set()
    for load in (up, down):
        try:
            assert load.result().rows == 20
        except RefusedError as error:
            errors.append(str(error))
    assert len(errors) == 1
    assert "raw.ReferenceStar has this row already, from load" in errors[0]


def test_a_shard_of_stars_is_replaced_by_one_with_all_of_its_stars(
    visit: Connection, tmp_path: Path
) -> None:
    """Stars have no place: what is in the way, and what would be lost, is told by their ids."""
    old = load_file(visit, write_stars(tmp_path, range(20), "a.parquet")).load_id
    load_file(visit, write_stars(tmp_path, range(100, 105), "b.parquet"))
    longer = write_stars(tmp_path, range(25), "c.parquet")
    with pytest.raises(RefusedError, match=r"gaia, \d+: .*already, from load \d+; .*--replace"):
        load_file(visit, longer)
    words = rf"Load {old}, whose place it would take, has gaia, 15 and 4 more as well; give a file"
    with pytest.raises(RefusedError, match=words):
        load_file(visit, write_stars(tmp_path, range(15), "d.parquet"), replace=True)
    result = load_file(visit, longer, replace=True)
    assert (result.replaced, result.rows) == ((old,), 25)
    with visit.transaction():
        found = visit.execute("SELECT count(*), max(refStarId) FROM raw.ReferenceStar").fetchone()
    assert found == (30, 104)


def test_stars_of_several_shards_are_replaced_in_pieces(
    visit: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Loads are taken out as their ids come along; what they lack is known at the end."""
    monkeypatch.setattr("skytract.loaders.load_rows.CHUNK_BYTES", 8 * 4 * 10)
    parts = [range(0, 20), range(20, 50), range(50, 60)]
    old = [
        load_file(visit, write_stars(tmp_path, part, f"{part[0]}.parquet")).load_id
        for part in parts
    ]
    with pytest.raises(RefusedError, match=rf"Load {old[2]}, .* has gaia, 59 as well"):
        load_file(visit, write_stars(tmp_path, range(59), "e.parquet"), replace=True)
    result = load_file(visit, write_stars(tmp_path, range(60)[::-1], "f.parquet"), replace=True)
    assert (sorted(result.replaced), result.rows) == (old, 60)


@pytest.mark.parametrize("kind", ["Passband", "Sed"])
def test_a_curve_is_replaced_by_its_name(visit: Connection, tmp_path: Path, kind: str) -> None:
    value, given = {
        "Passband": ("throughput", {"system": "s", "includesAtmosphere": False}),
        "Sed": ("fNu", {"kind": "star", "originalUnit": "nJy"}),
    }[kind]

    def write(name: str, names: str, level: float) -> Path:
        columns = {key: [values] * len(names) for key, values in given.items()}
        columns |= {"name": list(names), "wavelength": [[300.0, 400.0]] * len(names)}
        columns |= {value: [[level, level]] * len(names)}
        return write_catalog(tmp_path / name, kind, columns)

    def levels() -> list[tuple[Any, ...]]:
        with visit.transaction():
            query = f"SELECT name, {value}[1] FROM calibration.{kind} ORDER BY name"
            return visit.execute(query).fetchall()

    old = load_file(visit, write("a.parquet", "pq", 0.25)).load_id
    with pytest.raises(RefusedError, match=rf"calibration.{kind} has this row already.*--replace"):
        load_file(visit, write("b.parquet", "p", 0.5))
    with pytest.raises(RefusedError, match=rf"Load {old}, .* has q as well; give a file or unit"):
        load_file(visit, write("b.parquet", "p", 0.5), replace=True)
    assert levels() == [("p", 0.25), ("q", 0.25)]
    assert load_file(visit, write("c.parquet", "rqp", 0.5), replace=True).replaced == (old,)
    assert levels() == [("p", 0.5), ("q", 0.5), ("r", 0.5)]


def test_a_replacement_that_is_undone_leaves_the_place_empty(
    visit: Connection, tmp_path: Path
) -> None:
    """The rows that it replaced are gone; their file can be loaded again, as any other."""
    path = write_sources(tmp_path)
    old = load_file(visit, path).load_id
    before = flux(visit)
    newer = load_file(visit, changed(tmp_path), replace=True).load_id
    assert newer is not None
    assert [entry.load_id for entry in list_replaced(visit, newer)] == [old]
    undo_load(visit, newer)
    assert flux(visit)[0] == 0
    assert states(visit, tmp_path) == [(old, "replaced", newer), (newer, "undone", None)]
    again = load_file(visit, path)
    assert (again.state, again.replaced) == ("loaded", ())
    assert flux(visit) == before
