"""Loads a unit: a folder with a manifest becomes visible whole or not at all.

The manifest has an entry in the ledger, which its files' entries refer to. All is one transaction:
a loader that is killed leaves the manifest's entry, and the next run takes that over.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from time import monotonic
from typing import Any

import psycopg

from skytract.loaders.bring_file import Brought, bring_file, pass_gate
from skytract.loaders.load_attempt import (
    Attempt,
    Content,
    LoadResult,
    explain_cut,
    find_done,
    read_content,
    record_refusal,
    require_idle,
    run_transaction,
)
from skytract.loaders.load_claims import Claims
from skytract.loaders.load_entry import MANIFEST_KIND, begin_load, find_loaded, finish_unit
from skytract.loaders.load_files import MANIFEST, rank
from skytract.loaders.load_lock import lock_contents
from skytract.loaders.load_refused import RefusedError
from skytract.loaders.load_rows import DEFAULT_MEMORY, Progress
from skytract.loaders.manifest import ListedFile, Manifest, find_catalogs, read_manifest
from skytract.loaders.partition_schedule import restore_partitions
from skytract.loaders.replace_earlier import Earlier
from skytract.loaders.wording import count

Connection = psycopg.Connection[Any]


def load_unit(
    connection: Connection,
    folder: Path | str,
    kind: str | None = None,
    dialect: str | None = None,
    constants: Mapping[str, Any] | None = None,
    progress: Progress = lambda rows: None,
    replace: bool | Earlier = False,
    memory: int = DEFAULT_MEMORY,
    again: bool = True,
    **context: Any,
) -> LoadResult:
    """Load all files of a folder that its manifest lists, or none of them.

    Parameters are those of `skytract.loaders.load.load_file`; a replaced unit is taken out whole.

    Returns
    -------
    LoadResult
        Of the manifest: its state is "loaded" or "already loaded".

    Raises
    ------
    RefusedError
        If anything is wrong with the manifest or with any file; nothing of the unit stays.
    SkytractError
        If the load was cut off: all of it is done or nothing, and it can be repeated.
    """
    folder, started = Path(folder), monotonic()
    require_idle(connection)
    content = read_content(folder / MANIFEST)
    with explain_cut(f"The load of {folder}"), lock_contents(connection, [content.hash]):
        given = {"constants": dict(constants or {}), **context}
        if done := find_done(connection, folder, content, given, again):
            return done
        restore_partitions(connection)
        load_id = begin_load(connection, content.path, content.hash, content.size, given)
        with record_refusal(connection, Attempt(content.path, load_id, MANIFEST_KIND)):
            manifest = read_manifest(folder)
            unit = _Unit(connection, manifest, load_id, given, kind, dialect, progress, memory)
            files = _read_files(manifest)
            with lock_contents(connection, [content.hash for _, content in files]):
                rows, replaced = run_transaction(connection, lambda: unit.bring(files, replace))
    seconds = monotonic() - started
    return LoadResult(folder, "loaded", load_id, MANIFEST_KIND, rows, seconds, replaced=replaced)


def _read_files(manifest: Manifest) -> list[tuple[ListedFile, Content]]:
    """Read the listed files, in the order of loading, and compare them with the manifest."""
    listed = {manifest.folder / file.path: file for file in manifest.files}
    for path in find_catalogs(manifest.folder):
        if path not in listed:
            raise RefusedError(
                path,
                f"{manifest.path} does not list it",
                "write the manifest again, or move the file away",
            )
    found = [(listed[path], read_content(path)) for path in sorted(listed, key=rank)]
    for file, content in found:
        if content.hash != file.sha256:
            raise RefusedError(
                content.path,
                f"{manifest.path} lists it with another checksum",
                "copy the file again, or write the manifest again if it was meant to change",
                value=content.hash,
            )
    return found


class _Unit:
    """A unit on its way into the tables, in one transaction."""

    def __init__(
        self,
        connection: Connection,
        manifest: Manifest,
        load_id: int,
        given: Mapping[str, Any],
        kind: str | None,
        dialect: str | None,
        progress: Progress,
        memory: int,
    ) -> None:
        self.connection, self.manifest, self.load_id = connection, manifest, load_id
        self.given, self.kind, self.dialect = given, kind, dialect
        self.progress, self.memory = progress, memory

    def bring(
        self, files: Sequence[tuple[ListedFile, Content]], replace: bool | Earlier
    ) -> tuple[int, tuple[int, ...]]:
        """Bring the files; return the number of rows and the loads that were replaced."""
        claims = Claims(self.connection, self.load_id, replace)
        brought = [self._bring(file, content, claims) for file, content in files]
        claims.refuse_loss(self.manifest.path)
        rows = finish_unit(self.connection, self.load_id, self.manifest.name)
        for _, content in files:
            content.refuse_changed()
        pass_gate(self.connection, brought)
        return rows, tuple(claims.replaced)

    def _bring(self, file: ListedFile, content: Content, claims: Claims) -> Brought:
        path = content.path
        self._make_room(content, claims)
        load_id = begin_load(
            self.connection, path, content.hash, content.size, self.given, self.load_id
        )
        attempt = Attempt(path, load_id, self._kind(file, path), self.dialect)
        constants = self.given["constants"]
        brought = bring_file(
            self.connection, attempt, constants, claims, self.progress, self.memory
        )
        if brought.rows != file.rows:
            raise RefusedError(
                path,
                f"{self.manifest.path} lists it with {count(file.rows, 'row')}, "
                f"and it has {brought.rows:,}",
                "write the manifest again",
            )
        self._refuse_other_tracts(path, load_id, claims)
        return brought

    def _kind(self, file: ListedFile, path: Path) -> str | None:
        """Return the kind of a file as the manifest or the caller states it."""
        if self.kind and file.kind and self.kind.lower() != file.kind.lower():
            raise RefusedError(
                path,
                f"{self.manifest.path} lists it as {file.kind}, and it was given as {self.kind}",
                "give no kind, for the manifest states it",
            )
        return file.kind or self.kind

    def _make_room(self, content: Content, claims: Claims) -> None:
        """Refuse a file that was loaded by itself or with another unit, or take that out."""
        loaded = find_loaded(self.connection, content.hash)
        if loaded is None:
            return
        if not claims.replace:
            how = f"with unit {loaded.unit_id}" if loaded.unit_id else "by itself"
            raise RefusedError(
                content.path,
                f"It is loaded already as load {loaded.load_id}, {how}",
                "give --replace to put this unit in its place",
            )
        claims.take_out(loaded.load_id, content.path)

    def _refuse_other_tracts(self, path: Path, load_id: int, claims: Claims) -> None:
        """Refuse rows outside the tract and patches that the manifest states."""
        tract, patches = self.manifest.tract, self.manifest.patches
        for place in sorted(claims.held[load_id]):
            if not place.is_patch:
                continue
            if tract is not None and place.major != tract:
                found, stated = f"tract {place.major}", f"tract {tract}"
            elif patches is not None and place.minor not in patches:
                found, stated = f"patch {place.minor}", f"patches {', '.join(map(str, patches))}"
            else:
                continue
            raise RefusedError(
                path,
                f"It has rows in {found}, and {self.manifest.path} states {stated}",
                "correct the file, or the manifest",
            )
