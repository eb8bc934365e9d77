"""The private PostgreSQL server: one folder, one unix socket, nobody else's business.

`start`, `stop`, `restart` and `destroy` may be called in any state and by several processes at
once. Whoever may enter the socket folder (mode 0700) may be any role: that is why trust
authentication is acceptable here.
"""

import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import psycopg

from skytract.loaders.errors import SkytractError
from skytract.loaders.home import PORT, Home, is_folder_of
from skytract.loaders.postgresql import PostgreSQL, find_postgresql
from skytract.loaders.server_process import (
    CODE_VARIABLE,
    clear_stale,
    postmaster_pid,
    server_code,
)
from skytract.loaders.server_python import code_folder, provide_python
from skytract.loaders.server_settings import machine_settings, settings_text

DATABASE = "skytract"
OWNER = "skytract_owner"

STOP_SECONDS = 30
"""How long sessions may take to end [s]; PL/Python code does not notice a polite request."""

LOG_LIMIT = 16 << 20
"""Size of the log above which a start sets it aside [bytes]."""

POSTGRESQL_CONF = """\
# Settings of the private skytract server. skytract.conf is rewritten at every start from the size
# of the machine; a line below the include wins over it and stays.
include = 'skytract.conf'
"""


@dataclass(frozen=True)
class Status:
    """What is known of a home's server.

    Parameters
    ----------
    home
        Its folder.
    pid
        Process number of the postmaster, None when it does not run.
    major
        Major version of PostgreSQL that wrote the data, None before the first start.
    code
        Folder of the code the running server was started for, None when it does not run.
    """

    home: Home
    pid: int | None
    major: int | None
    code: Path | None

    @property
    def running(self) -> bool:
        """Whether the postmaster runs."""
        return self.pid is not None


def status(home: Home | None = None) -> Status:
    """Look at the server of a home (default: `Home.default`) without touching it."""
    home = home or Home.default()
    if home.exists():
        home.require()
    pid = postmaster_pid(home)
    code = server_code(home, pid) if pid else None
    return Status(home=home, pid=pid, major=data_major(home), code=code)


def start(home: Home | None = None, settings: Mapping[str, str] | None = None) -> Status:
    """Start the server, making its folder and the database at the first time.

    Parameters
    ----------
    home
        Its folder, default `Home.default`.
    settings
        PostgreSQL settings beyond those derived from the machine, for this start only.

    Returns
    -------
    Status
        The running server; if it ran already nothing is changed but the copy of the Python code.
    """
    home = home or Home.default()
    home.prepare()
    with home.locked():
        postgresql = find_postgresql(data_major(home))
        pid = postmaster_pid(home)
        if pid is None:
            _initialise(home, postgresql)
            clear_stale(home)
            machine = machine_settings(home.run, home.data)
            text = settings_text({**machine, **(settings or {})})
            home.write(home.data / "skytract.conf", text)
            _launch(home, postgresql, provide_python(home, postgresql))
        elif server_code(home, pid) == code_folder():
            provide_python(home, postgresql)
        _create_database(home)
    return status(home)


def stop(home: Home | None = None) -> bool:
    """Stop the server and return whether it ran; open transactions are rolled back."""
    home = home or Home.default()
    if not home.exists():
        return False
    home.require()
    with home.locked():
        return _stop(home)


def restart(home: Home | None = None, settings: Mapping[str, str] | None = None) -> Status:
    """Stop the server if it runs, then start it."""
    stop(home)
    return start(home, settings)


def destroy(home: Home | None = None) -> bool:
    """Stop the server and delete all its data; return whether there was anything to delete.

    Only what skytract made is removed; the home itself goes when nothing else lies in it.
    """
    home = home or Home.default()
    if not home.exists():
        return False
    home.require()
    with home.locked():
        _stop(home)
        for folder in (home.data, home.path / "data.new", home.run, home.python):
            if is_folder_of(folder, home.account):
                shutil.rmtree(folder)
        for file in (home.log, home.log.with_suffix(".log.1"), home.lock):
            file.unlink(missing_ok=True)
    if not any(home.path.iterdir()):
        home.path.rmdir()
    return True


def data_major(home: Home) -> int | None:
    """Return the major version of PostgreSQL that wrote the data, None if there are none."""
    try:
        return int((home.data / "PG_VERSION").read_text())
    except FileNotFoundError:
        return None


def connection_arguments(home: Home, role: str, dbname: str) -> dict[str, str]:
    """Return libpq's arguments for a connection over the private socket."""
    return {"host": str(home.run), "port": str(PORT), "user": role, "dbname": dbname}


def no_answer(home: Home, said: str) -> str:
    """Return the sentence for a server that runs and yet refuses connections."""
    if not home.socket.exists():
        problem = f"its socket {home.socket} is gone"
    else:
        problem = f"does not answer ({' '.join(said.split())})"
    return (
        f"The server in {home.path} runs, but {problem}: run `skytract server restart`, and see "
        f"{home.log} if that does not help."
    )


def _initialise(home: Home, postgresql: PostgreSQL) -> None:
    """Run initdb beside the final place and rename: an interrupted initdb leaves no half data."""
    if data_major(home) is not None:
        return
    if home.data.exists():
        raise SkytractError(
            f"The folder {home.data} exists but holds no PostgreSQL data: move it away, or set "
            "SKYTRACT_HOME to another folder."
        )
    fresh = home.path / "data.new"
    shutil.rmtree(fresh, ignore_errors=True)
    options = ["--username", OWNER, "--auth", "trust", "--data-checksums", "--no-instructions"]
    encoding = ["--encoding", "UTF8", "--locale", "C.UTF-8"]
    initdb = postgresql.bin / "initdb"
    answer = home.account.run(initdb, "--pgdata", fresh, *options, *encoding, cwd=home.path)
    if answer.returncode != 0:
        raise SkytractError(
            f"PostgreSQL could not make its data in {home.path}: {_last_lines(answer.stderr)} "
            "Mend that, then run `skytract server start` again."
        )
    home.write(fresh / "postgresql.conf", POSTGRESQL_CONF)
    fresh.rename(home.data)


def _launch(home: Home, postgresql: PostgreSQL, python_path: str) -> None:
    if home.log.exists() and home.log.stat().st_size > LOG_LIMIT:
        home.log.replace(home.log.with_suffix(".log.1"))
    before = home.log.stat().st_size if home.log.exists() else 0
    environment = {
        "PYTHONPATH": python_path,
        "PYTHONNOUSERSITE": "1",
        CODE_VARIABLE: str(code_folder()),
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }
    pg_ctl: list[str | Path] = [postgresql.bin / "pg_ctl", "--pgdata", home.data, "--log", home.log]
    options = ["--wait", "--timeout=600"]
    answer = home.account.run(*pg_ctl, *options, "start", cwd=home.path, env=environment)
    if answer.returncode != 0:
        with home.log.open(encoding="utf-8", errors="replace") as log:
            log.seek(before)
            said = log.read() or answer.stderr
        raise SkytractError(
            f"PostgreSQL did not start in {home.path}: {_last_lines(said)} See {home.log}."
        )


def _stop(home: Home) -> bool:
    pid = postmaster_pid(home)
    if pid is None:
        return False
    program = find_postgresql(data_major(home)).bin / "pg_ctl"
    pg_ctl: list[str | Path] = [program, "--pgdata", home.data]
    options = ["--wait", f"--timeout={STOP_SECONDS}"]
    for mode in ("fast", "immediate"):
        answer = home.account.run(*pg_ctl, *options, "--mode", mode, "stop", cwd=home.path)
        if answer.returncode == 0 or postmaster_pid(home) is None:
            return True
    raise SkytractError(
        f"The server in {home.path} (process {pid}) does not stop: {_last_lines(answer.stderr)} "
        f"See {home.log}."
    )


def _create_database(home: Home) -> None:
    arguments = connection_arguments(home, OWNER, "postgres")
    deadline = time.monotonic() + 30
    while True:
        try:
            connection = psycopg.connect(**arguments, autocommit=True)  # type: ignore[arg-type]
            break
        except psycopg.OperationalError as error:
            if time.monotonic() > deadline or not home.socket.exists():
                raise SkytractError(no_answer(home, str(error))) from error
            time.sleep(0.05)
    with connection:
        known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
        if known.fetchone() is None:
            connection.execute(f"CREATE DATABASE {DATABASE}")


def _last_lines(text: str, count: int = 5) -> str:
    """Return the end of a program's complaints as one line that ends with a full stop."""
    lines = [line.strip() for line in text.strip().splitlines() if line.strip()]
    return " / ".join(lines[-count:]).rstrip(".") + "."
