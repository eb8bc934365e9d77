"""Which loads a command may replace: one that is run again ends as it did the first time."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg

from skytract.loaders.hats_folder import content_files
from skytract.loaders.load_files import MANIFEST, is_unit
from skytract.loaders.load_lock import hash_content
from skytract.loaders.load_refused import RefusedError

Connection = psycopg.Connection[Any]


@dataclass(frozen=True)
class Earlier:
    """What was loaded before a command began, but for the files that it is given.

    Of two files of one place that it is given, the second one would take the place of the first,
    which would be lost unseen; and run again, the first one that of the second.

    Parameters
    ----------
    moment : datetime
        When the command began, by the server's clock.
    given : tuple of Path
        Its files, load units and HATS folders.
    """

    moment: datetime
    given: tuple[Path, ...] = ()

    def refuse_other(self, connection: Connection, rival: int, path: Path) -> None:
        """Refuse that the file at `path` takes the place of a load that is not among these.

        Raises
        ------
        RefusedError
            If the load came later, or is that of another file that is given.
        """
        query = (
            "SELECT l.path, l.finishedAt > %s, w.contentHash, w.byteCount FROM meta.Load AS l"
            " JOIN meta.Load AS w ON w.loadId = coalesce(l.unitId, l.loadId) WHERE l.loadId = %s"
        )
        row = connection.execute(query, (self.moment, rival)).fetchone()
        assert row is not None, "a load that holds a place is in the ledger"
        other, is_later, content_hash, size = row
        if is_later:
            raise RefusedError(
                path,
                f"Load {rival} from {other}, whose place it would take, came since this command "
                "began",
                "write one file or unit of both, or replace that one by a command of its own",
            )
        for given in self.given:
            if _has_content(given, content_hash, size):
                raise RefusedError(
                    path,
                    f"Load {rival}, whose place it would take, is that of {given}, which is given "
                    "as well",
                    "write one file or unit of both, or give the one that is meant alone",
                )


def _has_content(path: Path, content_hash: str, size: int) -> bool:
    """Whether a file, load unit or HATS folder has a content; only one of its size is read."""
    try:
        if is_unit(path):  # its size is that of its files, its content is its manifest
            return hash_content(path / MANIFEST) == content_hash
        found = sum(file.stat().st_size for file in content_files(path))
        return found == size and hash_content(path) == content_hash
    except OSError:
        return False
