import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from skytract.loaders import server_python
from skytract.loaders.connect import connect
from skytract.loaders.errors import SkytractError
from skytract.loaders.postgresql import find_postgresql
from skytract.loaders.server_python import (
    PACKAGES,
    code_files,
    code_folder,
    is_readable,
    package_files,
    package_folders,
    provide_python,
    require_same_python,
    site_folder,
)
from tests.fix_db import FAST, temporary_folder, temporary_home


@pytest.fixture
def postgresql():
    return find_postgresql()


def test_readable_code_is_used_where_it_is(postgresql, monkeypatch):
    monkeypatch.setattr(server_python, "is_readable", lambda *_: True)
    with temporary_home() as home:
        home.prepare()
        home.python.mkdir()
        assert provide_python(home, postgresql) == f"{code_folder()}:{site_folder()}"
        assert not home.python.exists(), "the copy is not needed any more"


def test_a_colon_in_the_path_calls_for_a_copy(tmp_path):
    with temporary_home() as home:
        assert not is_readable(home, [tmp_path / "a:b", site_folder()])


def test_the_code_holds_the_linked_folders_without_links():
    files = code_files()
    assert files["skytract/__init__.py"].is_file()
    assert "skytract/loaders/server_python.py" in files
    assert not any(name.endswith(".pyc") for name in files)


def test_packages_come_with_what_they_require():
    files = package_files()
    needed = [*PACKAGES, "erfa", "packaging", "astropy_iers_data", "yaml"]
    assert {f"{name}/__init__.py" for name in needed} <= set(files)
    assert {Path(name).parts[0] for name in files if "/" in name} == package_folders()
    assert not any(name.startswith("..") for name in files)


def test_another_python_than_postgresql_is_refused(postgresql):
    postgresql.__dict__["python_version"] = (3, 9)
    with pytest.raises(SkytractError, match=r"runs Python 3\.9 .* with python3\.9 \(on Debian"):
        require_same_python(postgresql)


CLOSED_CLONE = """
import sys
from pathlib import Path
from skytract.loaders.home import Home
from skytract.loaders.server import start
print(start(Home(Path(sys.argv[1])), {settings!r}).code)
"""

LOOK = """
CREATE OR REPLACE FUNCTION look() RETURNS text[] LANGUAGE plpython3u AS $$
import importlib.util, numpy, skytract
probe = importlib.util.find_spec('skytract.udf.probe')
return [skytract.__file__, numpy.__file__, probe and open(probe.origin).read()]
$$
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's server runs under another account")
def test_a_clone_closed_to_the_server_is_copied_and_refreshed(monkeypatch):
    with temporary_folder() as folder, temporary_home() as home:
        closed = folder / "closed"
        closed.mkdir(mode=0o700)
        package = closed / "skytract"
        shutil.copytree(code_folder() / "skytract", package)
        probe = package / "udf" / "probe.py"
        probe.write_text("one = 1\n")

        def start_from_clone():
            subprocess.run(
                [sys.executable, "-c", CLOSED_CLONE.format(settings=FAST), home.path],
                env={**os.environ, "PYTHONPATH": str(closed)},
                cwd="/",
                check=True,
            )

        def look():
            with connect("owner", home, check=False) as connection:
                connection.execute("CREATE EXTENSION IF NOT EXISTS plpython3u")
                connection.execute(LOOK)
                return connection.execute("SELECT look()").fetchone()[0]

        start_from_clone()
        copy = home.python / "code" / "skytract"
        numpy = str(home.python / "site" / "numpy" / "__init__.py")
        assert look() == [str(copy / "__init__.py"), numpy, "one = 1\n"]

        probe.write_text("two = 22\n")
        start_from_clone()
        assert look()[2] == "two = 22\n"

        # Any connection made from the clone refreshes its code as well.
        probe.unlink()
        monkeypatch.setattr(server_python, "code_folder", lambda: closed)
        monkeypatch.setattr("skytract.loaders.connect.code_folder", lambda: closed)
        assert look()[2] is None

        # A connection from another clone does not: it is told which code the server runs.
        monkeypatch.undo()
        probe.write_text("three = 3\n")
        assert look()[2] is None
        with pytest.raises(SkytractError, match=r"runs the code in .*closed, but this is the code"):
            connect("owner", home)
