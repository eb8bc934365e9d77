from pathlib import Path

import pytest

from skytract.loaders import postgresql
from skytract.loaders.errors import SkytractError
from skytract.loaders.postgresql import NEEDED, PostgreSQL, find_postgresql


def fake(folder: Path, version: str, python: bytes = b"libpython3.11.so.1.0", q3c: bool = True):
    """Make a folder that looks like an installed PostgreSQL."""
    for name in ("bin", "lib", "share/extension"):
        (folder / name).mkdir(parents=True)
    for name in NEEDED:
        program = folder / "bin" / name
        program.write_text("#!/bin/sh\n")
        program.chmod(0o755)
    (folder / "bin" / "pg_config").write_text(
        "#!/bin/sh\ncase $1 in\n"
        f"--version) echo PostgreSQL {version} '(Debian)' ;;\n"
        f"--pkglibdir) echo '{folder}/lib' ;;\n--sharedir) echo '{folder}/share' ;;\nesac\n"
    )
    if python:
        (folder / "lib" / "plpython3.so").write_bytes(b"\0ELF\0" + python + b"\0")
        (folder / "share" / "extension" / "plpython3u.control").touch()
    if q3c:
        (folder / "share" / "extension" / "q3c.control").touch()
    return folder / "bin"


@pytest.fixture
def machine(monkeypatch):
    """Return a function that lets the search find the given folders only."""
    return lambda *bins: monkeypatch.setattr(postgresql, "_folders", lambda: iter(bins))


def test_the_newest_usable_one_is_taken(machine, tmp_path):
    bins = [fake(tmp_path / v, f"{v}.2") for v in ("15", "17", "16")]
    machine(*bins)
    assert find_postgresql().bin == bins[1]
    assert find_postgresql().version == "17.2"
    assert find_postgresql(15).bin == bins[0]


def test_a_newer_one_without_plpython_is_passed_over(machine, tmp_path):
    bins = [fake(tmp_path / "17", "17.1", python=b""), fake(tmp_path / "15", "15.9")]
    machine(*bins)
    assert find_postgresql().bin == bins[1]


def test_the_refusal_names_each_flaw_and_the_packages(machine, tmp_path):
    machine(
        fake(tmp_path / "a", "14.3"),
        fake(tmp_path / "b", "16.1", python=b""),
        fake(tmp_path / "c", "15.1", q3c=False),
    )
    with pytest.raises(SkytractError) as caught:
        find_postgresql()
    text = str(caught.value)
    assert "is version 14.3, older than 15" in text
    assert "has no plpython3u (Debian: postgresql-plpython3-16)" in text
    assert "has no q3c (Debian: postgresql-15-q3c)" in text
    assert "apt-get install postgresql-15 postgresql-plpython3-15 postgresql-15-q3c" in text


def test_nothing_installed(machine):
    machine()
    with pytest.raises(SkytractError, match=r"No usable PostgreSQL .* is installed. On Debian"):
        find_postgresql()


def test_data_of_a_version_that_is_gone(machine, tmp_path):
    machine(fake(tmp_path / "17", "17.0"))
    with pytest.raises(SkytractError, match=r"version 15, which wrote the data.*postgresql-15 "):
        find_postgresql(15)


def test_python_version_is_that_of_the_linked_library(tmp_path):
    found = PostgreSQL(fake(tmp_path / "17", "17.0", python=b"libpython3.13.so.1.0"))
    assert found.python_version == (3, 13)


def test_a_server_without_pg_config_is_not_usable(tmp_path):
    folder = fake(tmp_path / "x", "15.0")
    (folder / "pg_config").unlink()
    assert PostgreSQL(folder).problem() == f"has no pg_config in {folder}"


def test_links_in_the_path_lead_to_the_real_folder(monkeypatch, tmp_path):
    real = fake(tmp_path / "real", "15.0")
    links = tmp_path / "links"
    links.mkdir()
    (links / "postgres").symlink_to(real / "postgres")
    monkeypatch.setenv("PATH", str(links))
    assert real in [found.bin for found in postgresql.installed()]


def test_this_machine_has_a_usable_one():
    found = find_postgresql()
    assert found.major >= 15
    assert found.problem() is None
