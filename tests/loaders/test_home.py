import os
import stat
from pathlib import Path

import pytest

from skytract.loaders.account import server_account
from skytract.loaders.errors import SkytractError
from skytract.loaders.home import SOCKET_LIMIT, Home, make_private
from tests.fix_db import temporary_folder

IS_ROOT = os.geteuid() == 0


def test_home_is_named_by_the_variable(monkeypatch, tmp_path):
    monkeypatch.setenv("SKYTRACT_HOME", str(tmp_path / "a" / ".." / "b"))
    assert Home.default().path == tmp_path / "b"


def test_default_home_lies_in_the_home_of_the_account(monkeypatch):
    monkeypatch.delenv("SKYTRACT_HOME", raising=False)
    name = "skytract" if IS_ROOT else ".skytract"
    assert Home.default().path == server_account().home / name


def test_root_gives_the_server_to_postgres():
    assert (server_account().name == "postgres") == IS_ROOT


@pytest.mark.parametrize("length", [10, 80, 90, 91, 92, 93, 94, 95, 200])
def test_socket_path_fits_the_kernel(length):
    socket = Home(Path("/" + "x" * (length - 1))).socket
    assert len(os.fsencode(socket)) <= SOCKET_LIMIT < 107


def test_non_ascii_characters_count_as_bytes():
    home = Home(Path("/" + "é" * 60))
    assert home.run.parent == Path("/tmp")


def test_long_homes_have_socket_folders_of_their_own():
    first, second = Home(Path("/" + "x" * 100)), Home(Path("/" + "y" * 100))
    assert first.run != second.run


def test_prepare_makes_private_folders_and_is_idempotent():
    with temporary_folder() as folder:
        home = Home(folder / "new" / "home")
        home.prepare()
        home.prepare()
        for made in (home.path, home.run):
            assert stat.S_IMODE(made.stat().st_mode) == 0o700
            assert made.stat().st_uid == home.account.uid


def test_an_empty_folder_of_ours_is_taken_over():
    with temporary_folder() as folder:
        home = Home(folder / "mine")
        home.path.mkdir()
        home.prepare()
        assert home.path.stat().st_uid == home.account.uid


@pytest.mark.parametrize("character", ['"', "$", "`", "'", ",", ":", "\n", "\\"])
def test_awkward_characters_are_refused(character):
    with pytest.raises(SkytractError, match="SKYTRACT_HOME to a folder without"):
        Home(Path(f"/tmp/a{character}b")).prepare()


def test_a_file_in_the_place_of_the_home(tmp_path):
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(SkytractError, match=r"cannot be made \(File exists\): set SKYTRACT_HOME"):
        Home(file).prepare()


def test_a_home_of_somebody_else_is_refused(tmp_path):
    if not IS_ROOT:
        pytest.skip("only root can give a folder away")
    os.chown(tmp_path, 65534, 65534)
    with pytest.raises(SkytractError, match="belongs to user number 65534, but the server would"):
        Home(tmp_path).prepare()


def test_a_place_without_write_permission_is_refused():
    if IS_ROOT:
        pytest.skip("root may write everywhere")
    with pytest.raises(SkytractError, match=r"cannot be made \(Permission denied\)"):
        Home(Path("/skytract-test")).prepare()


def test_a_home_below_a_closed_folder_is_refused_and_not_left_behind():
    if not IS_ROOT:
        pytest.skip("only root's server runs under another account")
    with temporary_folder() as folder:
        closed = folder / "closed"
        closed.mkdir(mode=0o700)
        with pytest.raises(SkytractError, match="account postgres, which runs the server, cannot"):
            Home(closed / "home").prepare()
        assert not (closed / "home").exists()


def test_a_planted_socket_folder_is_refused(tmp_path):
    link = tmp_path / "link"
    link.symlink_to(tmp_path)
    with pytest.raises(SkytractError, match="exists but is not a folder of"):
        make_private(link, server_account())


def test_a_missing_home_says_how_to_make_one(tmp_path):
    with pytest.raises(SkytractError, match="skytract server start"):
        Home(tmp_path / "missing").require()


def test_writing_replaces_the_whole_file():
    with temporary_folder() as folder:
        home = Home(folder / "home")
        home.prepare()
        file = home.path / "file"
        home.write(file, "long first text")
        home.write(file, "short")
        assert file.read_text() == "short"
        assert file.stat().st_uid == home.account.uid
        assert [path.name for path in home.path.iterdir() if path.is_file()] == ["file"]
