import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from skytract.loaders.account import server_account
from skytract.loaders.connect import connect
from skytract.loaders.errors import SkytractError
from skytract.loaders.home import Home
from skytract.loaders.server import destroy, restart, start, status, stop
from skytract.loaders.server_process import postmaster_pid
from skytract.loaders.server_python import code_folder
from tests.fix_db import FAST, temporary_folder, temporary_home


@pytest.fixture(scope="module")
def home():
    with temporary_home() as made:
        start(made, FAST)
        yield made


def ask(home, query, role="owner"):
    with connect(role, home, check=False) as connection:
        return connection.execute(query).fetchone()[0]


def test_start_and_stop_may_be_repeated(home):
    first = start(home, FAST)
    assert first.running and first.code == code_folder()
    assert start(home, FAST) == first == status(home)
    assert stop(home) is True
    assert stop(home) is False
    assert status(home).pid is None
    assert status(home).major == first.major
    assert start(home, FAST).pid != first.pid


def test_restart_starts_what_was_stopped(home):
    before = start(home, FAST).pid
    assert restart(home, FAST).pid != before
    stop(home)
    assert restart(home, FAST).running


def test_the_server_is_closed_to_others_and_to_the_network(home):
    start(home, FAST)
    assert ask(home, "SHOW listen_addresses") == ""
    assert ask(home, "SHOW data_checksums") == "on"
    assert ask(home, "SELECT pg_encoding_to_char(encoding) FROM pg_database LIMIT 1") == "UTF8"
    assert ask(home, "SELECT datcollate FROM pg_database LIMIT 1") == "C.UTF-8"
    assert os.stat(home.run).st_mode & 0o077 == 0
    assert os.stat(home.data).st_mode & 0o077 == 0


def test_the_python_inside_has_the_packages_and_one_thread(home):
    start(home, FAST)
    with connect("owner", home, check=False) as connection:
        connection.execute("CREATE EXTENSION IF NOT EXISTS plpython3u")
        connection.execute(
            "CREATE FUNCTION pg_temp.look() RETURNS text[] LANGUAGE plpython3u AS $$\n"
            "import os, healpy, skytract.udf\n"
            "return [os.environ['OMP_NUM_THREADS'], os.environ['OPENBLAS_NUM_THREADS']]\n$$"
        )
        assert connection.execute("SELECT pg_temp.look()").fetchone() == (["1", "1"],)


def test_own_settings_in_postgresql_conf_win_and_stay(home):
    with (home.data / "postgresql.conf").open("a") as file:
        file.write("work_mem = '7MB'\n")
    restart(home, FAST)
    assert ask(home, "SHOW work_mem") == "7MB"


def test_a_killed_server_starts_again_with_its_data(home):
    start(home, FAST)
    with connect("owner", home, check=False) as connection:
        connection.execute("SET synchronous_commit = on")
        connection.execute("CREATE TABLE kept AS SELECT 42 AS x")
    session = connect("owner", home, check=False)
    session.execute("SELECT 1")
    os.kill(postmaster_pid(home), signal.SIGKILL)
    assert start(home, FAST).running
    session.close()
    assert ask(home, "SELECT x FROM kept") == 42


def test_a_pid_file_whose_number_belongs_to_another_process(home):
    stop(home)
    account = server_account()
    identity = {"user": account.uid, "group": account.gid} if account.is_other else {}
    with subprocess.Popen(["sleep", "60"], **identity) as other:
        pid_file = f"{other.pid}\n{home.data}\n0\n5432\n{home.run}\n\n 0 0\n"
        home.write(home.data / "postmaster.pid", pid_file)
        home.write(home.socket.with_name(home.socket.name + ".lock"), pid_file)
        try:
            assert not status(home).running
            assert start(home, FAST).running
            assert other.poll() is None
        finally:
            other.kill()


def test_a_session_that_does_not_listen_is_ended_by_stop(home, monkeypatch):
    monkeypatch.setattr("skytract.loaders.server.STOP_SECONDS", 1)
    start(home, FAST)
    with connect("owner", home, check=False, autocommit=True) as connection:
        connection.execute("CREATE EXTENSION IF NOT EXISTS plpython3u")
    with ThreadPoolExecutor() as pool:
        busy = "DO LANGUAGE plpython3u $$ import time\nfor i in range(600): time.sleep(0.1) $$"
        running = pool.submit(ask, home, busy)
        deadline = time.monotonic() + 20
        waiting = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'DO %range%'"
        while ask(home, waiting) == 0 and time.monotonic() < deadline:
            time.sleep(0.05)
        assert stop(home) is True
        assert isinstance(running.exception(timeout=20), psycopg.OperationalError)
    start(home, FAST)


def test_a_lost_socket_is_noticed_and_mended_by_restart(home):
    start(home, FAST)
    home.socket.unlink()
    lost = "runs, but its socket .* is gone: run `skytract server restart`"
    with pytest.raises(SkytractError, match=lost):
        connect("owner", home, check=False)
    with pytest.raises(SkytractError, match=lost):
        start(home, FAST)
    restart(home, FAST)
    assert ask(home, "SELECT 1") == 1


def test_the_reason_of_a_failed_start_is_told(home):
    stop(home)
    with pytest.raises(SkytractError, match=r"did not start .* unrecognized configuration .* See "):
        start(home, {"no_such_setting": "1"})
    start(home, FAST)


def test_starting_at_once_after_an_interrupted_start_makes_one_server():
    with temporary_home() as home, ThreadPoolExecutor(3) as pool:
        home.prepare()
        half = home.path / "data.new"
        half.mkdir()
        (half / "PG_VERSION").write_text("15\n")
        home.account.own(half)
        found = list(pool.map(lambda _: start(home, FAST).pid, range(3)))
        assert len(set(found)) == 1


@pytest.mark.parametrize("name", ["with a space and é", "x" * 60 + "/" + "y" * 60])
def test_two_homes_side_by_side_at_awkward_paths(home, name):
    start(home, FAST)
    with temporary_home(name) as second:
        start(second, FAST)
        with connect("owner", second, check=False) as connection:
            connection.execute("CREATE TABLE only_here (x integer)")
        assert ask(home, "SELECT to_regclass('only_here')::text") is None
        assert ask(second, "SELECT to_regclass('only_here')::text") == "only_here"
        socket_folder = second.run
    assert not socket_folder.exists()
    assert status(home).running


def test_destroy_leaves_what_is_not_its_own():
    with temporary_home() as home:
        home.prepare()
        (home.path / "notes.txt").touch()
        assert destroy(home) is True
        assert [path.name for path in home.path.iterdir()] == ["notes.txt"]
        (home.path / "notes.txt").unlink()
        assert destroy(home) is True
        assert not home.path.exists()
        assert destroy(home) is False


def test_a_data_folder_without_data_is_refused():
    with temporary_home() as home:
        home.prepare()
        home.data.mkdir()
        with pytest.raises(SkytractError, match="exists but holds no PostgreSQL data: move it"):
            start(home, FAST)


def test_an_ordinary_user_has_a_server_of_their_own(tmp_path):
    if os.geteuid() != 0:
        pytest.skip("this test session is an ordinary user's: all other tests show it")
    nobody = {"user": 65534, "group": 65534, "extra_groups": ()}
    program = (
        "from skytract.loaders.server import start, destroy\n"
        "from skytract.loaders.connect import connect\n"
        f"start(settings={FAST!r})\n"
        "print(connect('owner', check=False).execute('SELECT 6 * 7').fetchone()[0])\n"
        "destroy()\n"
    )
    if subprocess.run([sys.executable, "-c", "import skytract.loaders"], **nobody).returncode:
        pytest.skip("this clone is closed to the user nobody")
    with temporary_folder() as folder:
        os.chown(folder, 65534, 65534)
        environment = {"HOME": str(folder), "PATH": os.environ["PATH"]}
        answer = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", program],
            env=environment,
            capture_output=True,
            text=True,
            **nobody,
        )
        assert answer.stdout == "42\n", answer.stderr
        assert not Home(folder / ".skytract").exists()
