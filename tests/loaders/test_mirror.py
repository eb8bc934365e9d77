import os
import stat

from hypothesis import given, settings
from hypothesis import strategies as st

from skytract.loaders.account import server_account
from skytract.loaders.mirror import mirror
from tests.fix_db import temporary_folder

NAMES = st.sampled_from(["a.py", "p/a.py", "p/b.so", "p/q/c.py", "r/d.sql", "r/s/t/e.py"])
TREES = st.dictionaries(NAMES, st.binary(max_size=3), max_size=6)


def tree(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def written(folder, content, time=1):
    """Write the files of a tree, all with this modification time [ns]; return name -> path."""
    for name, data in content.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        os.utime(path, ns=(time, time))
    return {name: folder / name for name in content}


@settings(max_examples=40)
@given(TREES, TREES)
def test_the_copy_equals_the_newest_source(first, second):
    with temporary_folder() as folder:
        target = folder / "copy"
        mirror(written(folder / "one", first), target, server_account())
        mirror(written(folder / "two", second, time=2), target, server_account())
        assert tree(target) == second if second else not tree(target)
        kept = {path.relative_to(target) for path in target.rglob("*") if path.is_dir()}
        assert all(any(name.startswith(f"{path}/") for name in second) for path in kept)


def test_copies_are_private_to_the_account():
    with temporary_folder() as folder:
        mirror(written(folder / "one", {"p/a.py": b"1"}), folder / "copy", server_account())
        for path, mode in ((folder / "copy" / "p", 0o700), (folder / "copy" / "p" / "a.py", 0o600)):
            found = path.stat()
            assert stat.S_IMODE(found.st_mode) == mode
            assert found.st_uid == server_account().uid


def test_an_unchanged_file_is_not_copied_again():
    with temporary_folder() as folder:
        files = written(folder / "one", {"a.py": b"1", "b.py": b"2"})
        mirror(files, folder / "copy", server_account())
        before = {name: (folder / "copy" / name).stat().st_ino for name in files}
        files["b.py"].write_bytes(b"3")
        mirror(files, folder / "copy", server_account())
        after = {name: (folder / "copy" / name).stat().st_ino for name in files}
        assert after["a.py"] == before["a.py"]
        assert (folder / "copy" / "b.py").read_bytes() == b"3"


def test_bytecode_of_the_server_stays_until_its_folder_goes():
    with temporary_folder() as folder:
        target = folder / "copy"
        both = written(folder / "one", {"p/a.py": b"1", "q/b.py": b"2"})
        mirror(both, target, server_account())
        for name in ("p", "q"):
            written(target / name, {"__pycache__/x.pyc": b"code"})
        mirror({"p/a.py": both["p/a.py"]}, target, server_account())
        assert set(tree(target)) == {"p/a.py", "p/__pycache__/x.pyc"}


def test_links_are_followed():
    with temporary_folder() as folder:
        files = written(folder / "one", {"a.py": b"1"})
        link = folder / "link.py"
        link.symlink_to(files["a.py"])
        mirror({"a.py": link}, folder / "copy", server_account())
        assert not (folder / "copy" / "a.py").is_symlink()
        assert (folder / "copy" / "a.py").read_bytes() == b"1"
