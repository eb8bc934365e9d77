import psycopg
import pytest
from click.testing import CliRunner
from psycopg.pq import TransactionStatus

import skytract
from skytract.__main__ import main
from skytract.loaders.connect import connect
from skytract.loaders.errors import SkytractError
from skytract.loaders.migrate import migrate
from skytract.loaders.postgresql import find_postgresql
from skytract.loaders.server import start, stop
from skytract.loaders.server_check import (
    ServerReport,
    check_server,
    require_extensions,
    require_server,
)
from tests.fix_db import FAST, temporary_home

GOOD = {"plpython3u": "1.0", "q3c": "2.0.0"}


def test_this_server_has_everything(owner):
    report = check_server(owner)
    assert report.problems() == []
    assert report.python["skytract"] == skytract.__version__
    assert report.version.split(".")[0] == str(owner.info.server_version // 10000)
    require_server(owner)


def test_looking_changes_nothing(cluster):
    with connect("owner", cluster, check=False, dbname="postgres", autocommit=True) as connection:
        assert check_server(connection).python
        query = "SELECT count(*) FROM pg_extension WHERE extname = 'plpython3u'"
        assert connection.execute(query).fetchone() == (0,)


def test_a_reader_sees_the_extensions_only(reader):
    report = check_server(reader)
    assert report.python == {}
    assert report.problems() == []
    require_extensions(reader)


@pytest.mark.parametrize("name", GOOD)
def test_a_missing_extension_names_its_package(name):
    report = ServerReport("16.3", {**GOOD, name: None}, {}, {})
    package = {"plpython3u": "postgresql-plpython3-16", "q3c": "postgresql-16-q3c"}[name]
    assert f"no extension {name}: install the Debian package {package} on" in report.problems()[0]


def test_another_version_of_the_code_inside():
    report = ServerReport("15.2", GOOD, {"skytract": "0.0.1"}, {})
    assert "Python runs skytract 0.0.1" in report.problems()[0]


@pytest.fixture(scope="module")
def foreign():
    """A server that was made and started by other means than ours: its DSN without database.

    Its superuser is called boss, none of our roles exists, and its Python knows no package of ours.
    """
    with temporary_home() as home:
        start(home, FAST)
        with connect("owner", home, check=False) as connection:
            connection.execute("CREATE ROLE boss SUPERUSER LOGIN")
        with psycopg.connect(host=str(home.run), user="boss", dbname="skytract") as connection:
            connection.execute("ALTER ROLE skytract_owner RENAME TO former")
        stop(home)
        pg_ctl = find_postgresql().bin / "pg_ctl"
        options = ["-w", "-D", home.data, "-l", home.log]
        assert home.account.run(pg_ctl, *options, "start", cwd=home.path).returncode == 0
        yield f"host={home.run} user=boss"


@pytest.fixture
def foreign_server(foreign, monkeypatch):
    """Let SKYTRACT_DSN name the foreign server."""
    monkeypatch.setenv("SKYTRACT_DSN", foreign)


def test_the_first_connection_as_owner_makes_that_role(foreign_server):
    with connect("owner", check=False) as connection:
        query = "SELECT session_user, current_user"
        assert connection.execute(query).fetchone() == ("boss", "skytract_owner")


def test_a_server_whose_python_lacks_our_packages(foreign_server):
    with connect("owner", check=False) as connection:
        assert "skytract" in check_server(connection).faults
        assert connection.info.transaction_status == TransactionStatus.IDLE
        with pytest.raises(SkytractError, match=r"cannot import .* its PYTHONPATH must be /"):
            require_server(connection)
    answer = CliRunner().invoke(main, ["migrate"])
    assert (answer.exit_code, "its PYTHONPATH must be /" in answer.output) == (1, True)


def test_a_migrated_server_that_lost_our_packages(foreign_server):
    with connect("owner", check=False) as connection:
        migrate(connection)
    with pytest.raises(SkytractError, match=r"server's Python cannot run skytract .*doctor"):
        connect("owner")
