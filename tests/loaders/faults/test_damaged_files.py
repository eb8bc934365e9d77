"""A damaged file is refused, or the damage is not in its rows: never is a wrong value loaded."""

import gzip
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pyarrow.parquet as pq
import pytest
from astropy.io import fits
from astropy.table import Table
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from skytract.loaders.load import load_file
from skytract.loaders.load_refused import RefusedError
from skytract.loaders.undo import undo_load
from tests.loaders.catalogs import N, source_columns, write_sources
from tests.loaders.invariants import check_invariants

Connection = psycopg.Connection[Any]
Damage = Callable[[bytes], bytes]

CONTENT = "SELECT to_jsonb(s) - 'loadid' FROM raw.Source AS s WHERE loadId = %s ORDER BY sourceId"


def parquet(path: Path) -> None:
    """As our own stages write: pages compressed, each with a checksum."""
    table = pq.read_table(write_sources(path.parent, path.name))
    pq.write_table(table, path, compression="zstd", row_group_size=20, write_page_checksum=True)


def plain_parquet(path: Path) -> None:
    """Whole values lie bare in the file, so that a flipped bit stays one wrong value."""
    table = pq.read_table(write_sources(path.parent, path.name))
    options = {"compression": "none", "use_dictionary": False, "write_page_checksum": True}
    pq.write_table(table, path, **options)


def fits_with_checksums(path: Path) -> None:
    fits.BinTableHDU(Table(source_columns())).writeto(path, checksum=True)


def fits_in_gzip(path: Path) -> None:
    plain = path.with_suffix(".plain")
    fits.BinTableHDU(Table(source_columns())).writeto(plain)
    path.write_bytes(gzip.compress(plain.read_bytes()))


def bare_fits(path: Path) -> None:
    table = fits.BinTableHDU(Table(source_columns()))
    table.header.update(EXPTIME=30.0, OBJECT="field 'A'", SHUTTER=True, COUNT=7)
    table.writeto(path)


def ecsv(path: Path) -> None:
    Table(source_columns()).write(path, format="ascii.ecsv", overwrite=True)


def votable(path: Path) -> None:
    Table(source_columns()).write(path, format="votable")


def flip(at: float, bit: int) -> Damage:
    def damage(content: bytes) -> bytes:
        place = int(at * len(content))
        return content[:place] + bytes([content[place] ^ (1 << bit)]) + content[place + 1 :]

    return damage


def cut(at: float) -> Damage:
    return lambda content: content[: int(at * len(content))]


def blank(at: float) -> Damage:
    """A block that never reached the disk."""

    def damage(content: bytes) -> bytes:
        start = 512 * int(at * len(content) / 512)
        block = bytes(len(content[start : start + 512]))
        return content[:start] + block + content[start + 512 :]

    return damage


places = st.floats(0, 1, exclude_max=True)
damages = st.one_of(
    st.builds(flip, places, st.integers(0, 7)), st.builds(cut, places), st.builds(blank, places)
)


class Victim:
    """A sound file, what its rows are, and a database to load damaged copies of it into."""

    def __init__(self, loader: Connection, path: Path) -> None:
        self.loader, self.path, self.sound = loader, path, path.read_bytes()
        self.rows = self.load(self.sound)

    def load_damaged(self, damage: Damage) -> list[Any] | None:
        """Return what `load` does for a damaged copy; the sound file can be loaded afterwards."""
        rows = self.load(damage(self.sound), check_invariants)
        assert self.load(self.sound) == self.rows
        return rows

    def load(
        self, content: bytes, look: Callable[[Connection], None] = lambda loader: None
    ) -> list[Any] | None:
        """Return the rows of such a file, None if it is refused; nothing stays of either.

        Before its rows are taken out the database is looked at.
        """
        self.path.write_bytes(content)
        try:
            result = load_file(self.loader, self.path, kind="Source")
        except RefusedError as error:
            assert str(self.path) in str(error) and str(error).endswith(".")
            look(self.loader)
            return None
        assert result.load_id is not None
        look(self.loader)
        with self.loader.transaction():
            rows = self.loader.execute(CONTENT, [result.load_id]).fetchall()
        undo_load(self.loader, result.load_id)
        return rows


@pytest.fixture
def victim(request: pytest.FixtureRequest, visits: Connection, tmp_path: Path) -> Iterator[Victim]:
    """A file in the format of a test."""
    request.param(tmp_path / "Source")
    yield Victim(visits, tmp_path / "Source")
    check_invariants(visits)


def formats(*writers: Callable[[Path], None]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("victim", writers, indirect=True)


SETTINGS = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@formats(parquet, plain_parquet, fits_with_checksums, fits_in_gzip)
@SETTINGS
@given(damage=damages)
def test_a_damaged_file_is_refused_or_its_rows_are_sound(victim: Victim, damage: Damage) -> None:
    """In a format that guards its bytes."""
    loaded = victim.load_damaged(damage)
    assert loaded is None or loaded == victim.rows


@formats(bare_fits, ecsv, votable)
@SETTINGS
@given(damage=damages)
def test_damage_that_cannot_be_noticed_still_gives_whole_loads(
    victim: Victim, damage: Damage
) -> None:
    """Wrong values, or fewer rows: who wants to be sure writes checksums, or a manifest."""
    loaded = victim.load_damaged(damage)
    assert loaded is None or len(loaded) <= N


@formats(ecsv, votable)
def test_a_number_that_cannot_be_read_is_no_null(victim: Victim) -> None:
    flux = str(source_columns()["psfInstFlux"][7]).encode()
    assert flux in victim.sound
    assert victim.load_damaged(lambda c: c.replace(flux, flux.replace(b".", b","))) is None


@formats(ecsv)
@settings(SETTINGS, max_examples=10)
@given(at=places)
def test_a_text_that_ends_within_a_line_is_refused(victim: Victim, at: float) -> None:
    loaded = victim.load_damaged(cut(at))
    assert loaded is None or cut(at)(victim.sound).endswith(b"\n")
