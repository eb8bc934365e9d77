"""A private server for benchmarks: a new cluster with the settings a user gets, then destroyed."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from skytract.loaders.connect import connect
from skytract.loaders.home import Home
from skytract.loaders.migrate import migrate
from skytract.loaders.server import destroy, start


@contextmanager
def private_server() -> Iterator[Home]:
    """Run a migrated server that `connect()` finds, for as long as the block lasts.

    SKYTRACT_HOME names its home and SKYTRACT_DSN is unset meanwhile. The folder is below TMPDIR:
    point that at the disk to be measured.
    """
    folder = Path(tempfile.mkdtemp(prefix="skytract-bench-"))
    folder.chmod(0o755)
    home = Home(folder / "home")
    before = {name: os.environ.pop(name, None) for name in ("SKYTRACT_HOME", "SKYTRACT_DSN")}
    os.environ["SKYTRACT_HOME"] = str(home.path)
    try:
        start(home)
        with connect("owner", check=False) as owner:
            migrate(owner)
        yield home
    finally:
        del os.environ["SKYTRACT_HOME"]
        os.environ.update({name: value for name, value in before.items() if value is not None})
        destroy(home)
        shutil.rmtree(folder, ignore_errors=True)
