"""Tells the format of a file by how it begins, and unzips it."""

import gzip
import shutil
import tempfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from skytract.loaders.hats_folder import is_hats
from skytract.loaders.load_refused import RefusedError

GZIP = b"\x1f\x8b"
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
"""What some editors put before a text in UTF-8."""

SNIFF_BYTES = 1024
"""Bytes in which a VOTable says that it is one, after comments and declarations of XML."""

Opener = Callable[[Path, bool], AbstractContextManager[Sequence[Any]]]


def find_opener(path: Path) -> Opener:
    """Return the function that opens files of a file's format; it yields the file's tables.

    Raises
    ------
    RefusedError
        If there is no such file, or it is of no format that can be read.
    """
    if is_hats(path):
        return _reader("read_hats", "open_hats")
    if not path.is_file():
        raise RefusedError(path, "There is no such file", "give the path of a catalog")
    start = _start(path)
    if start.startswith(b"PAR1") and not is_gzip(path):
        return _reader("read_parquet", "open_parquet")
    if start.startswith(b"SIMPLE"):
        return _reader("read_fits", "open_fits")
    if start.startswith(b"# %ECSV"):
        return _reader("read_text", "open_ecsv")
    if b"<VOTABLE" in start:
        return _reader("read_text", "open_votable")
    if not start:
        raise RefusedError(path, "It is empty", "copy it again")
    raise RefusedError(
        path,
        f"It is no Parquet, FITS, ECSV or VOTable file (it begins with {start[:6]!r})",
        "write it as Parquet or as a FITS binary table",
    )


def _reader(module: str, name: str) -> Opener:
    opener: Opener = getattr(import_module(f"skytract.loaders.{module}"), name)
    return opener


def is_gzip(path: Path) -> bool:
    """Whether a file begins as a gzip file does."""
    with open(path, "rb") as file:
        return file.read(2) == GZIP


def _start(path: Path) -> bytes:
    """Read how a file begins, once unzipped."""
    with open_plain(path) as file, refuse_broken_gzip(path):
        start: bytes = file.read(SNIFF_BYTES)
    return start.removeprefix(BYTE_ORDER_MARK)


def open_plain(path: Path) -> Any:
    """Open a file, gzipped or not, for reading its bytes."""
    return gzip.open(path) if is_gzip(path) else open(path, "rb")


@contextmanager
def refuse_broken_gzip(path: Path) -> Iterator[None]:
    """Turn what is said of a damaged gzip file into a refusal."""
    try:
        yield
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise RefusedError(
            path,
            f"It cannot be unzipped ({error})",
            "it is cut short or damaged: copy it again",
        ) from error


@contextmanager
def unzipped(path: Path) -> Iterator[Path]:
    """Yield a file itself, or an unzipped copy of it that lasts as long as the context.

    The copy lies on disk, so that a file of any size can be read within bounded memory. It has no
    name there: nothing of it stays when the loader is killed.

    Raises
    ------
    RefusedError
        If the file is damaged, of which gzip files know at their very end, or there is no room.
    """
    if not is_gzip(path):
        yield path
        return
    with tempfile.TemporaryFile() as copy:
        with refuse_broken_gzip(path), gzip.open(path) as file:
            try:
                shutil.copyfileobj(file, copy, 1 << 20)
                copy.flush()
            except gzip.BadGzipFile:
                raise
            except OSError as error:
                raise RefusedError(
                    path,
                    f"It cannot be unzipped to {tempfile.gettempdir()} ({error.strerror})",
                    "make room there, or set TMPDIR to a folder that has it",
                ) from error
        yield Path(f"/dev/fd/{copy.fileno()}")
