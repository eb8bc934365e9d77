import os
import subprocess
import sys

import pytest
from click.testing import CliRunner

from skytract.__main__ import main
from skytract.loaders.commands import sql as command
from skytract.loaders.home import PORT


@pytest.fixture
def psql(cluster, database, monkeypatch):
    """Return a function that runs `skytract sql` on the database of this test."""
    monkeypatch.setenv("SKYTRACT_HOME", str(cluster.path))
    monkeypatch.delenv("SKYTRACT_DSN", raising=False)

    def run(*arguments, **environment):
        return subprocess.run(
            [sys.executable, "-m", "skytract", "sql", *arguments],
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            timeout=60,
        )

    return run


def test_psql_runs_as_reader_and_gets_its_arguments(psql):
    answer = psql("-X", "-Atc", "SELECT current_user, current_database()")
    assert answer.stdout == "skytract_reader|skytract\n", answer.stderr


def test_a_user_of_their_own(psql):
    answer = psql("--user", "skytract_manager", "-XAtc", "SELECT session_user")
    assert answer.stdout == "skytract_manager\n", answer.stderr


def test_an_error_in_a_function_comes_without_a_traceback(psql):
    answer = psql("-XAtc", "SELECT sky.cone(10, 95, 1)")
    assert answer.returncode == 1
    assert "ERROR" in answer.stderr
    assert "Traceback" not in answer.stderr


def test_another_role(psql):
    answer = psql("--role", "manager", "-XAtc", "SELECT current_user")
    assert answer.stdout == "skytract_manager\n", answer.stderr


def test_the_exit_code_is_psqls(psql):
    assert psql("-X", "-v", "ON_ERROR_STOP=1", "-c", "SELECT nonsense").returncode == 1


@pytest.mark.parametrize("user", ["", "user=skytract_owner"])
def test_the_server_of_a_dsn(psql, cluster, database, user):
    dsn = f"host={cluster.run} port={PORT} dbname={database} {user}"
    answer = psql("-XAtc", "SELECT current_user, current_database()", SKYTRACT_DSN=dsn)
    assert answer.stdout == f"skytract_reader|{database}\n", answer.stderr


def test_a_stopped_server_is_named(psql, tmp_path):
    answer = psql("-c", "SELECT 1", SKYTRACT_HOME=str(tmp_path / "none"))
    assert answer.returncode == 1
    assert answer.stderr.startswith(f"Error: There is no skytract server in {tmp_path}/none: st")


def test_without_psql_the_package_is_named(cluster, template, monkeypatch):
    monkeypatch.setenv("SKYTRACT_HOME", str(cluster.path))
    monkeypatch.delenv("SKYTRACT_DSN", raising=False)
    monkeypatch.setattr(command, "installed", list)
    monkeypatch.setattr(command.shutil, "which", lambda _: None)
    answer = CliRunner().invoke(main, ["sql"])
    assert "psql is not installed: install the Debian package postgresql-client-15" in answer.output
