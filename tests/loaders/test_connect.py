import pytest

from skytract.loaders.connect import ROLES, connect
from skytract.loaders.errors import SkytractError
from skytract.loaders.home import PORT
from tests.fix_db import temporary_home


@pytest.fixture
def dsn(cluster, database, monkeypatch):
    """Return a function that sets SKYTRACT_DSN to the test database, with further parameters."""

    def use(extra: str = "") -> None:
        text = f"host={cluster.run} port={PORT} dbname={database} {extra}"
        monkeypatch.setenv("SKYTRACT_DSN", text)

    return use


@pytest.mark.parametrize("role", ROLES)
def test_the_session_has_the_role(connect_to, role):
    connection = connect_to(role)
    assert connection.execute("SELECT current_user").fetchone() == (f"skytract_{role}",)


def test_the_caller_begins_outside_of_a_transaction(connect_to):
    assert connect_to("reader").info.transaction_status.name == "IDLE"


def test_an_unknown_role_is_refused(cluster):
    with pytest.raises(SkytractError, match="no role 'boss': choose one of owner, loader"):
        connect("boss", cluster)


def test_a_server_that_was_never_started(monkeypatch):
    with temporary_home() as home:
        monkeypatch.setenv("SKYTRACT_HOME", str(home.path))
        monkeypatch.delenv("SKYTRACT_DSN", raising=False)
        with pytest.raises(SkytractError, match=f"no skytract server in {home.path}: start one"):
            connect()
        home.prepare()
        with pytest.raises(SkytractError, match=r"does not run: start it with `skytract server st"):
            connect()


def test_a_database_that_was_never_migrated(cluster):
    with pytest.raises(SkytractError, match="no skytract tables: run `skytract migrate`"):
        connect("owner", cluster)


def test_a_database_that_does_not_exist(cluster):
    with pytest.raises(
        SkytractError, match="no database 'nowhere': make it with `skytract --database"
    ):
        connect("owner", cluster, dbname="nowhere")


@pytest.mark.parametrize("role", ROLES)
def test_a_dsn_without_user_connects_as_the_role(dsn, role):
    dsn()
    with connect(role) as connection:
        query = "SELECT session_user, current_user"
        assert connection.execute(query).fetchone() == (f"skytract_{role}",) * 2


def test_a_dsn_with_a_user_takes_the_role_and_its_settings(dsn):
    dsn("user=skytract_owner")
    with connect("reader") as connection:
        assert connection.execute("SELECT current_user").fetchone() == ("skytract_reader",)
        # The values that ALTER ROLE skytract_reader sets; one of them only a superuser may set.
        assert connection.execute("SHOW statement_timeout").fetchone() == ("10min",)
        assert connection.execute("SHOW temp_file_limit").fetchone() == ("20GB",)


def test_an_explicit_home_wins_over_the_dsn(cluster, database, monkeypatch):
    monkeypatch.setenv("SKYTRACT_DSN", "host=/nowhere")
    connect("reader", cluster, dbname=database).close()


def test_a_user_who_is_not_a_member_of_the_role(dsn):
    dsn("user=skytract_loader")
    with pytest.raises(SkytractError, match="skytract_loader of SKYTRACT_DSN may not act as skytr"):
        connect("manager")


def test_a_server_without_our_roles(dsn, monkeypatch):
    dsn("user=skytract_owner")
    monkeypatch.setattr("skytract.loaders.connect.ROLES", (*ROLES, "stranger"))
    with pytest.raises(SkytractError, match="no role skytract_stranger yet: run"):
        connect("stranger")
    dsn()
    with pytest.raises(SkytractError, match="no role skytract_stranger yet: run"):
        connect("stranger")


def test_a_dsn_that_is_no_connection_string(monkeypatch):
    monkeypatch.setenv("SKYTRACT_DSN", "my server")
    with pytest.raises(SkytractError, match=r"SKYTRACT_DSN is not a connection string .* write it"):
        connect()


def test_a_dsn_at_which_nobody_answers(monkeypatch, tmp_path):
    monkeypatch.setenv("SKYTRACT_DSN", f"host={tmp_path}")
    with pytest.raises(SkytractError, match=r"named by SKYTRACT_DSN refused the connection .*"):
        connect()
