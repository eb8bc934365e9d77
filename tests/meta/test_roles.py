"""What each role may not do: tried, and refused by the server."""

from collections.abc import Iterator

import psycopg
import pytest
from psycopg import errors

from skytract.loaders.migrate import migrate
from skytract.loaders.release import create_release
from tests.fix_db import Connect


@pytest.fixture(scope="module")
def roles(module_connect: Connect) -> Iterator[dict[str, psycopg.Connection]]:
    owner = module_connect("owner")
    create_release(owner, "dr1")
    owner.execute("CREATE TABLE IF NOT EXISTS public.secret (a int)")
    owner.commit()
    yield {role: module_connect(role) for role in ("owner", "loader", "manager", "reader")}


def refused(connection: psycopg.Connection, statement: str) -> type[Exception]:
    """Run a statement and return the class of the error it is refused with."""
    try:
        connection.execute(statement)
    except psycopg.Error as error:
        return type(error)
    finally:
        connection.rollback()
    return type(None)


NO_PRIVILEGE = errors.InsufficientPrivilege
NEW_VISIT = (
    "INSERT INTO raw.Visit (visit, band, ra, dec, expMidptMJD, expTime, loadId)"
    " VALUES (1, 'r', 0, 0, 0, 1, 1)"
)

READER = [
    NEW_VISIT,
    "UPDATE meta.Release SET state = 'open'",
    "DELETE FROM raw.Source",
    "INSERT INTO dr1.Source (hpx29, sourceId) VALUES (1, 1)",
    "TRUNCATE dr1.Source",
    "DROP TABLE dr1.Source",
    "CREATE TABLE dr1.mine (a int)",
    "CREATE TABLE public.mine (a int)",
    "CREATE SCHEMA mine",
    "CREATE FUNCTION pg_temp.f() RETURNS int LANGUAGE plpython3u AS 'return 1'",
    "DO LANGUAGE plpython3u 'plpy.notice(1)'",
    "CREATE EXTENSION file_fdw",
    "SELECT pg_read_file('/etc/passwd')",
    "SELECT pg_read_binary_file('/etc/passwd')",
    "SELECT * FROM pg_ls_dir('/')",
    "SELECT lo_import('/etc/passwd')",
    "CREATE TEMP TABLE t (line text); COPY t FROM '/etc/passwd'",
    "COPY (SELECT 1) TO '/tmp/skytract-hostile'",
    "COPY (SELECT 1) TO PROGRAM 'cat'",
    "SET ROLE skytract_owner",
    "SET ROLE skytract_manager",
    "SET SESSION AUTHORIZATION skytract_owner",
    "ALTER ROLE skytract_reader SUPERUSER",
    "GRANT skytract_owner TO skytract_reader",
    "SELECT * FROM public.secret",
    "SELECT meta.publish_release('dr1')",
    "SELECT meta.create_user('intruder')",
    "SELECT meta.begin_load('h', 'p', 1, 'v', 'host', '{}')",
    "SELECT meta.refuse_load(1, 'Source', 'd', 'reason')",
    "SELECT meta.remove_load(1)",
    "SELECT meta.pass_gate()",
    "CREATE FUNCTION sky.hpx29(text, text) RETURNS bigint LANGUAGE sql AS 'SELECT 1::bigint'",
    "CREATE OPERATOR sky.+ (LEFTARG = boolean, RIGHTARG = boolean, FUNCTION = booland_statefunc)",
    "SET temp_file_limit = -1",
    "SELECT lo_create(0)",
    "SELECT lo_creat(-1)",
    "SELECT lo_from_bytea(0, 'x')",
    "SELECT pg_reload_conf()",
    "ALTER DATABASE postgres SET work_mem = '1GB'",
]


@pytest.mark.parametrize("statement", READER)
def test_reader_cannot(roles: dict[str, psycopg.Connection], statement: str) -> None:
    assert refused(roles["reader"], statement) in (NO_PRIVILEGE, errors.FeatureNotSupported)


LOADER = [
    "UPDATE raw.Source SET psfInstFlux = 0",
    "DELETE FROM raw.Visit",
    "TRUNCATE raw.Source",
    "INSERT INTO dr1.Source (hpx29, sourceId) VALUES (1, 1)",
    "UPDATE meta.Release SET state = 'open'",
    "DELETE FROM meta.Load",
    "UPDATE meta.Load SET state = 'undone'",
    "INSERT INTO meta.Load (path) VALUES ('forged')",
    "INSERT INTO meta.LoadScope VALUES (1, 'Source', 1, 1, '')",
    "SELECT meta.remove_rows(1, 'Source', 1)",
    "SELECT meta.publish_release('dr1')",
    "CREATE TABLE raw.mine (a int)",
    "CREATE FUNCTION pg_temp.f() RETURNS int LANGUAGE plpython3u AS 'return 1'",
    "SELECT pg_read_file('/etc/passwd')",
    "SET ROLE skytract_owner",
]


@pytest.mark.parametrize("statement", LOADER)
def test_loader_cannot(roles: dict[str, psycopg.Connection], statement: str) -> None:
    assert refused(roles["loader"], statement) is NO_PRIVILEGE


def test_a_loader_changes_nothing_that_is_loaded(roles: dict[str, psycopg.Connection]) -> None:
    """An entry that is closed stays so, and none is taken out for a successor that is not there."""
    loader = roles["loader"]
    begin = "SELECT meta.begin_load('h', 'p', 1, 'v', 'host', '{}')"
    ((load_id,),) = loader.execute(begin).fetchall()
    closed = "SELECT meta.finish_load(%s, 'Visit', 'd', %s, 1, NULL, NULL)"
    loader.execute(closed, (load_id, "Visit 1"))
    loader.execute(closed, (load_id, "forged"))
    loader.execute("SELECT meta.refuse_load(%s, 'Visit', 'd', 'forged')", (load_id,))
    query = "SELECT state, identity FROM meta.Load WHERE loadId = %s"
    assert loader.execute(query, (load_id,)).fetchall() == [("loaded", "Visit 1")]
    with pytest.raises(errors.RaiseException, match="is not being loaded"):
        loader.execute("SELECT meta.remove_load(%s, %s)", (load_id, load_id))
    loader.rollback()


MANAGER = [
    NEW_VISIT,
    "UPDATE raw.Source SET psfInstFlux = 0",
    "UPDATE calibration.PhotoCalib SET zMean = 1",
    "UPDATE meta.StageRun SET state = 'done'",
    "DELETE FROM calibration.Solution",
    "UPDATE meta.Release SET state = 'open'",
    "DROP TABLE dr1.Source",
    "CREATE FUNCTION pg_temp.f() RETURNS int LANGUAGE plpython3u AS 'return 1'",
    "SELECT pg_read_file('/etc/passwd')",
    "SET ROLE skytract_owner",
]


@pytest.mark.parametrize("statement", MANAGER)
def test_manager_cannot(roles: dict[str, psycopg.Connection], statement: str) -> None:
    assert refused(roles["manager"], statement) is NO_PRIVILEGE


def test_reader_has_a_time_out(roles: dict[str, psycopg.Connection]) -> None:
    row = (
        roles["reader"]
        .execute("SELECT current_setting('statement_timeout')::interval > '0'")
        .fetchone()
    )
    assert row == (True,)


def test_a_user_keeps_own_tables_but_shadows_nothing(
    roles: dict[str, psycopg.Connection], module_connect: Connect
) -> None:
    """A function planted in the own schema is not found before a released one of that name."""
    manager = roles["manager"]
    manager.execute("SELECT meta.create_user('observer')")
    manager.commit()
    reader = roles["owner"]
    reader.rollback()
    try:
        reader.execute("SET SESSION AUTHORIZATION observer")
        reader.execute("SET search_path = sky, public, my_observer")
        reader.execute("CREATE TABLE my_observer.notes (a int)")
        reader.execute("INSERT INTO notes VALUES (1)")
        reader.execute(
            "CREATE FUNCTION my_observer.code_version() RETURNS text LANGUAGE sql AS 'SELECT ''x'''"
        )
        assert reader.execute("SELECT meta.code_version() <> 'x'").fetchone() == (True,)
        with pytest.raises(NO_PRIVILEGE):
            reader.execute("CREATE TABLE dr1.notes (a int)")
    finally:
        reader.rollback()
        reader.execute("RESET SESSION AUTHORIZATION")
        reader.execute("DROP SCHEMA my_observer CASCADE")
        reader.execute("DROP ROLE observer")
        reader.commit()


def test_triggers_that_run_as_the_owner_are_not_put_on_own_tables(
    roles: dict[str, psycopg.Connection],
) -> None:
    """A column of an own type with a cast would bring a function that ran as the owner, too."""
    owner, reader = roles["owner"], roles["reader"]
    functions = owner.execute(
        "SELECT oid::regprocedure::text FROM pg_proc"
        " WHERE prosecdef AND prorettype = 'trigger'::regtype ORDER BY oid"
    ).fetchall()
    owner.commit()
    assert len(functions) == 2
    for (function,) in functions:
        with pytest.raises(NO_PRIVILEGE, match="denied for function"):
            reader.execute(
                "CREATE TEMPORARY TABLE mine (loadId bigint, solutionId bigint, visit bigint);"
                f" CREATE TRIGGER mine AFTER INSERT ON mine EXECUTE FUNCTION {function}"
            )
        reader.rollback()


BAD_NAMES = [
    "",
    "Vera",
    "pg_x",
    "postgres",
    "skytract_x",
    "a b",
    'x"; DROP',
    "1a",
    "public",
    "none",
    None,
]


@pytest.mark.parametrize("name", BAD_NAMES)
def test_bad_user_names_are_refused(roles: dict[str, psycopg.Connection], name: str | None) -> None:
    with pytest.raises(errors.RaiseException, match="is no name for a user"):
        roles["manager"].execute("SELECT meta.create_user(%s)", (name,))
    roles["manager"].rollback()


def test_migrate_mends_settings_that_a_reader_changed_for_all(
    roles: dict[str, psycopg.Connection],
) -> None:
    """Every role may alter itself; the settings of the shared one come back with a migration."""
    settings = "SELECT rolconfig FROM pg_roles WHERE rolname = 'skytract_reader'"
    owner, reader = roles["owner"], roles["reader"]
    before = owner.execute(settings).fetchall()
    owner.commit()
    reader.execute("ALTER ROLE skytract_reader SET statement_timeout = 0")
    reader.execute("ALTER ROLE skytract_reader SET search_path = pg_temp, sky")
    reader.commit()
    migrate(owner)
    assert owner.execute(settings).fetchall() == before
