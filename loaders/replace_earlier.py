"""Which loads a command may replace: one that is run again ends as it did the first time."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg

from skytract.loaders.load_files import MANIFEST
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
    given : frozenset of str
        Names of its files, load units and HATS folders.
    """

    moment: datetime
    given: frozenset[str] = frozenset()

    def refuse_other(self, connection: Connection, rival: int, path: Path) -> None:
        """Refuse that the file at `path` takes the place of a load that is not among these.

        Raises
        ------
        RefusedError
            If the load came later, or is that of another file that is given.
        """
        query = (
            "SELECT l.path, l.finishedAt > %s, w.path, w.contentHash FROM meta.Load AS l"
            " JOIN meta.Load AS w ON w.loadId = coalesce(l.unitId, l.loadId) WHERE l.loadId = %s"
        )
        row = connection.execute(query, (self.moment, rival)).fetchone()
        assert row is not None, "a load that holds a place is in the ledger"
        other, is_later, whole, content_hash = row
        if is_later:
            raise RefusedError(
                path,
                f"Load {rival} from {other}, whose place it would take, came since this command "
                "began",
                "write one file or unit of both, or replace that one by a command of its own",
            )
        if self._is_given(Path(whole)) and _has_content(Path(whole), content_hash):
            raise RefusedError(
                path,
                f"Load {rival}, whose place it would take, is that of {whole}, which is given as "
                "well",
                "write one file or unit of both, or give the one that is meant alone",
            )

    def _is_given(self, path: Path) -> bool:
        """Whether a file, or the manifest of a unit, is given."""
        return str(path) in self.given or (path.name == MANIFEST and str(path.parent) in self.given)


def _has_content(path: Path, content_hash: str) -> bool:
    """Whether a file has a content still: if not, it is a newer version that is meant."""
    try:
        return hash_content(path) == content_hash
    except OSError:
        return False
