"""A loader killed or cut off at any moment leaves whole files and units; the next run finishes."""

import gzip
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import psycopg
import pytest
from astropy.table import Table
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from skytract.loaders.connect import connection_options
from skytract.loaders.errors import SkytractError
from skytract.loaders.home import Home
from skytract.loaders.load import load_file
from skytract.loaders.load_lock import hash_content, lock_contents
from skytract.loaders.undo import undo_load
from tests.fix_db import Connect
from tests.loaders.catalogs import VISIT, source_columns
from tests.loaders.faults.cases import CASES, Case, content, write_visit_sources
from tests.loaders.faults.fate import Fated, Work, kill_at, moments_of
from tests.loaders.invariants import check_invariants

Connection = psycopg.Connection[Any]

pytestmark = pytest.mark.usefixtures("pieces")

NEXT_VISIT = count(VISIT)


@pytest.fixture(scope="module")
def options(cluster: Home, module_database: str) -> Mapping[str, Any]:
    return connection_options("loader", cluster, module_database)


@pytest.fixture(scope="module", params=CASES, ids=lambda case: case.__name__)
def case(
    request: pytest.FixtureRequest,
    visits: Connection,
    options: Mapping[str, Any],
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[Case, int]:
    """A piece of work, and the number of moments at which it may be cut short."""
    chosen: Case = request.param
    work = chosen(visits, tmp_path_factory.mktemp("counted"), next(NEXT_VISIT))
    return chosen, len(moments_of(options, work))


SETTINGS = settings(
    max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@contextmanager
def all_or_nothing(visits: Connection, visit: int, work: Work) -> Iterator[None]:
    """See that work that is cut short within leaves all or nothing, and can be done afterwards."""
    before = content(visits, visit)
    yield
    left = content(visits, visit)
    check_invariants(visits)
    work(visits)
    after = content(visits, visit)
    assert after != before and left in (before, after)
    check_invariants(visits)


@SETTINGS
@given(data=st.data())
def test_a_loader_may_be_killed_at_any_moment(
    visits: Connection,
    options: Mapping[str, Any],
    case: tuple[Case, int],
    tmp_path: Path,
    data: st.DataObject,
) -> None:
    make, moments = case
    moment, visit = data.draw(st.integers(0, moments - 1)), next(NEXT_VISIT)
    work = make(visits, tmp_path, visit)
    with all_or_nothing(visits, visit, work):
        kill_at(moment, options, work)


@SETTINGS
@given(data=st.data())
def test_a_loader_may_lose_its_connection_at_any_moment(
    visits: Connection,
    module_connect: Connect,
    options: Mapping[str, Any],
    case: tuple[Case, int],
    tmp_path: Path,
    data: st.DataObject,
) -> None:
    make, moments = case
    moment, visit = data.draw(st.integers(0, moments - 1)), next(NEXT_VISIT)
    work = make(visits, tmp_path, visit)
    owner = module_connect("owner", autocommit=True)
    fated = Fated.connect(**options)
    end = "SELECT pg_terminate_backend(%s, 10000)"
    fated.meet(moment, lambda: owner.execute(end, [fated.info.backend_pid]))
    with all_or_nothing(visits, visit, work):
        try:
            work(fated)
        except SkytractError as error:
            assert "was cut off" in str(error)
    fated.close()
    owner.close()


def test_nothing_of_an_unzipped_file_stays(
    visits: Connection,
    options: Mapping[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path, temporary = tmp_path / "Source.fits", tmp_path / "temporary"
    Table(source_columns(visit=next(NEXT_VISIT))).write(path)
    path.write_bytes(gzip.compress(path.read_bytes()))
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    moments = moments_of(options, lambda c: undo_load(c, load_file(c, path, "Source").load_id or 0))
    kill_at(moments.index("copy_to"), options, lambda c: load_file(c, path, "Source"))
    assert list(temporary.iterdir()) == []
    assert load_file(visits, path, "Source").state == "loaded"


def waiting(connection: Connection) -> int:
    query = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    with connection.transaction():
        row = connection.execute(query).fetchone()
    assert row is not None
    return int(row[0])


def test_a_killed_loader_waits_no_longer(
    visits: Connection, options: Mapping[str, Any], tmp_path: Path
) -> None:
    """As the setting of the server has it, with a shorter interval."""
    path = write_visit_sources(tmp_path, next(NEXT_VISIT))
    often = {**options, "options": "-c client_connection_check_interval=100ms"}
    with lock_contents(visits, [hash_content(path)]):
        said = ["_enter_gen", "_execute_gen"]
        kill_at(2 * len(said) - 1, often, lambda c: load_file(c, path))
        deadline = monotonic() + 5
        while waiting(visits) and monotonic() < deadline:
            sleep(0.01)
        assert not waiting(visits)
    assert load_file(visits, path).state == "loaded"
