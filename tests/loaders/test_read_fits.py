"""FITS tables: what astropy reads of them whole is what the loader reads of them in pieces."""

import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits

from skytract.loaders.load_refused import RefusedError
from skytract.loaders.read_catalog import Catalog, Values, open_catalog, stated_kind

N = 23
RNG = np.random.default_rng(1)


def table(**header: Any) -> fits.BinTableHDU:
    """Return a table with a column of every type that is read."""
    integers = RNG.integers(-100, 100, N)
    ragged = np.empty(N, object)
    ragged[:] = [np.arange(i % 4, dtype=np.float32) for i in range(N)]
    columns = [
        fits.Column("byte", "B", array=np.abs(integers)),
        fits.Column("short", "I", null=-5, array=np.where(integers == integers[3], -5, integers)),
        fits.Column("long", "K", array=integers << 40, unit="s"),
        fits.Column("unsigned", "J", bzero=1 << 31, array=np.abs(integers).astype(np.uint32)),
        fits.Column("vast", "K", bzero=1 << 63, array=np.abs(integers).astype(np.uint64) << 50),
        fits.Column("signed", "B", bzero=-128, array=integers.astype(np.int8)),
        fits.Column("scaled", "I", array=integers),
        fits.Column("real", "E", array=RNG.normal(size=N), unit="pixel**2"),
        fits.Column("double", "D", array=RNG.normal(size=N)),
        fits.Column("truth", "L", array=integers > 0),
        fits.Column("text", "6A", array=np.array(["", "ab", "abcdef"])[np.arange(N) % 3]),
        fits.Column("fixed", "3E", array=RNG.normal(size=(N, 3))),
        fits.Column("matrix", "4D", dim="(2,2)", array=RNG.normal(size=(N, 2, 2))),
        fits.Column("ragged", "PE()", array=ragged),
    ]
    made = fits.BinTableHDU.from_columns(columns)
    made.header.update({"TSCAL7": 0.5, "TZERO7": 100.0, **header})
    return made


def read(catalog: Catalog, name: str, rows: int) -> Values:
    """Read one column in pieces and put them together."""
    parts = [chunk.columns[name] for chunk in catalog.chunks([name], rows)]
    masks = [np.zeros(len(v.data), bool) if v.missing is None else v.missing for v in parts]
    return Values(np.concatenate([part.data for part in parts]), np.concatenate(masks))


@pytest.mark.parametrize("rows", [1, 7, N, 1000])
def test_every_type_is_read_as_astropy_reads_it(tmp_path: Path, rows: int) -> None:
    table().writeto(tmp_path / "t.fits")
    with open_catalog(tmp_path / "t.fits") as file, fits.open(tmp_path / "t.fits") as oracle:
        assert file.rows == N and list(file.columns) == oracle[1].columns.names
        for name in file.columns:
            found, wanted = read(file.tables[0], name, rows).data, oracle[1].data[name]
            if name == "text":
                wanted = np.strings.encode(np.asarray(wanted))
            for got, want in zip(found, wanted, strict=True):
                np.testing.assert_array_equal(got, np.ravel(want) if np.ndim(want) else want, name)


def test_types_and_units_are_told_from_the_header(tmp_path: Path) -> None:
    table().writeto(tmp_path / "t.fits")
    with open_catalog(tmp_path / "t.fits", verify=False) as file:
        types = {name: head.type for name, head in file.columns.items()}
        units = {name: head.unit for name, head in file.columns.items() if head.unit}
    assert units == {"long": "s", "real": "pixel**2"}
    assert types == {
        **{"byte": "uint8", "short": "int16", "long": "int64", "unsigned": "uint32"},
        **{"vast": "uint64", "signed": "int8", "scaled": "float64", "real": "float32"},
        **{"double": "float64", "truth": "bool", "text": "text", "fixed": "float32[]"},
        **{"matrix": "float64[]", "ragged": "float32[]"},
    }


def test_missing_values_are_those_of_the_standard(tmp_path: Path) -> None:
    """TNULLn, texts and arrays of no length, and the logical 0."""
    path = tmp_path / "t.fits"
    made = table()
    made.writeto(path)
    with fits.open(path) as oracle:
        start = oracle[1].fileinfo()["datLoc"]
        width, offset = oracle[1].data.dtype.itemsize, oracle[1].data.dtype.fields["truth"][1]
        short = np.asarray(oracle[1].data["short"])
    content = bytearray(path.read_bytes())
    content[start + 2 * width + offset] = 0
    path.write_bytes(content)
    with open_catalog(path) as file:
        missing = {name: read(file.tables[0], name, 5).missing for name in file.columns}
    np.testing.assert_array_equal(np.flatnonzero(missing["truth"]), [2])
    np.testing.assert_array_equal(missing["short"], short == -5)
    np.testing.assert_array_equal(missing["text"], np.arange(N) % 3 == 0)
    np.testing.assert_array_equal(missing["ragged"], np.arange(N) % 4 == 0)
    assert not missing["long"].any() and missing["short"].any()


def test_packed_flags_are_columns(tmp_path: Path) -> None:
    bits = RNG.random((N, 11)) < 0.5
    columns = [fits.Column("id", "K", array=np.arange(N)), fits.Column("flags", "11X", array=bits)]
    made = fits.BinTableHDU.from_columns(columns)
    made.header["FLAGCOL"] = 2
    made.header.update({f"TFLAG{i + 1}": f"flag_{i}" for i in range(11)})
    made.writeto(tmp_path / "t.fits")
    with open_catalog(tmp_path / "t.fits") as file:
        assert list(file.columns) == ["id"] + [f"flag_{i}" for i in range(11)]
        for i in range(11):
            np.testing.assert_array_equal(read(file.tables[0], f"flag_{i}", 4).data, bits[:, i])


def test_tables_are_numbered_and_images_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "t.fits"
    hdus = [fits.PrimaryHDU(), fits.ImageHDU(np.zeros((3, 3))), table(EXTNAME="A"), table(B=1)]
    fits.HDUList(hdus).writeto(path)
    with open_catalog(path) as file:
        assert [str(t.path) for t in file.tables] == [f"{path}[2]", f"{path}[3]"]
        assert file.tables[0].header["EXTNAME"] == "A" and file.tables[1].header["B"] == 1


@pytest.mark.parametrize("keyword", ["skytract.kind", "SKYTRACT.KIND"])
def test_the_header_says_the_kind(tmp_path: Path, keyword: str) -> None:
    made = table()
    made.header[f"HIERARCH {keyword}"] = "Source"
    made.writeto(tmp_path / "t.fits")
    with open_catalog(tmp_path / "t.fits") as file:
        assert stated_kind(file) == "Source"


def test_gzipped_files_are_read_and_their_end_verified(tmp_path: Path) -> None:
    path = tmp_path / "t.fits.gz"
    table().writeto(path)
    with open_catalog(path) as file:
        assert len(read(file.tables[0], "double", 6).data) == N
    content = path.read_bytes()
    path.write_bytes(content[:-4] + bytes(4))
    with pytest.raises(RefusedError, match=r"cannot be unzipped.*copy it again"):
        open_catalog(path).__enter__()
    path.write_bytes(gzip.compress(b"PAR1"))
    with pytest.raises(RefusedError, match="no Parquet, FITS"):
        open_catalog(path).__enter__()


def test_no_room_to_unzip_is_said_as_such(tmp_path: Path, monkeypatch: Any) -> None:
    path = tmp_path / "t.fits.gz"
    table().writeto(path)

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("shutil.copyfileobj", full)
    with pytest.raises(RefusedError, match=r"No space left on device.*TMPDIR"):
        open_catalog(path).__enter__()


def test_a_heap_that_is_cut_short_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "t.fits"
    table().writeto(path)
    with fits.open(path) as oracle:
        info, header = oracle[1].fileinfo(), oracle[1].header
        end = info["datLoc"] + header["NAXIS1"] * header["NAXIS2"] + header["PCOUNT"]
    path.write_bytes(path.read_bytes()[: end - 1])
    with pytest.raises(RefusedError, match="not sound FITS"):
        open_catalog(path).__enter__()
