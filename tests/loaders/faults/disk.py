"""Small disks, which only root may mount: elsewhere these tests are skipped with the reason."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from skytract.loaders.account import server_account
from tests.fix_db import temporary_folder


@contextmanager
def small_disk(size: str) -> Iterator[Path]:
    """Yield a folder, which the server may write, on a disk of this size; unmount it always."""
    with temporary_folder() as folder:
        options = f"size={size},uid={server_account().uid},mode=700"
        done = _mount("-t", "tmpfs", "-o", options, "skytract-test", str(folder))
        if done.returncode != 0:
            pytest.skip(f"a small disk cannot be mounted: {done.stderr.strip()}")
        try:
            yield folder
        finally:
            subprocess.run(["umount", "--lazy", folder], check=True)


def enlarge(folder: Path, size: str) -> None:
    """Make a mounted disk larger."""
    assert _mount("-o", f"remount,size={size}", str(folder)).returncode == 0


def _mount(*options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["mount", *options], capture_output=True, text=True)
