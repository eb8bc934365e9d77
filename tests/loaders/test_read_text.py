"""ECSV and VOTable: values, units, headers and gaps; and what is wrong with a file is said."""

import gzip
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from astropy.table import Column, MaskedColumn, Table
from astropy.time import Time

from skytract.loaders import read_text
from skytract.loaders.load_refused import RefusedError
from skytract.loaders.read_catalog import open_catalog
from tests.loaders.planned import column

FORMATS = {"ecsv": "ascii.ecsv", "vot": "votable"}


def spectrum() -> Table:
    """Return a small table with gaps, texts, arrays, units and a header."""
    table = Table(meta={"name": "a", "airmass": 1.2, "n": 3, "whole": True, "list": [1, 2]})
    table["id"] = MaskedColumn([1, 2, 3], mask=[False, True, False])
    table["flux"] = Column(np.array([1.0, np.nan, 3.0], ">f4"), unit="Jy/nm")
    table["text"] = MaskedColumn(["é", "", "abc"], mask=[False, True, False])
    table["fixed"] = np.arange(6.0).reshape(3, 2)
    return table


@pytest.mark.parametrize("format", FORMATS)
def test_columns_are_read_with_units_and_gaps(tmp_path: Path, format: str) -> None:
    path = tmp_path / f"t.{format}"
    spectrum().write(path, format=FORMATS[format])
    with open_catalog(path) as file:
        heads = {name: (head.type, head.unit) for name, head in file.columns.items()}
        [chunk] = file.chunks(list(heads), 10)
    assert heads == {
        "id": ("int64", None),
        "flux": ("float32", "Jy / nm"),
        "text": ("text", None),
        "fixed": ("float64[]", None),
    }
    values = chunk.columns
    assert values["id"].missing is not None and values["id"].missing.tolist() == [0, 1, 0]
    assert values["text"].missing is not None and values["text"].missing.tolist() == [0, 1, 0]
    assert values["text"].data.tolist() == ["é".encode(), b"", b"abc"]
    np.testing.assert_array_equal(values["flux"].data, np.array([1, np.nan, 3], np.float32))
    assert [v.tolist() for v in values["fixed"].data] == [[0, 1], [2, 3], [4, 5]]


def test_pieces_have_the_type_of_the_whole(tmp_path: Path) -> None:
    """Also where all arrays of a piece are missing."""
    table = Table({"a": Column([None, None, [1, 2.5], [3]], dtype=object), "b": [1, 2, 3, 4]})
    table["none"] = Column([None] * 4, dtype=object)
    table.write(tmp_path / "t.ecsv", format="ascii.ecsv")
    with open_catalog(tmp_path / "t.ecsv") as file:
        assert file.columns["a"].type == "float64[]" and file.columns["none"].type == "null"
        parts = [chunk.columns["a"] for chunk in file.chunks(["a"], 2)]
    assert parts[0].missing is not None and parts[0].missing.all()
    assert [v.tolist() for v in parts[1].data] == [[1, 2.5], [3]] and parts[1].missing is None


def test_headers_are_plain_values(tmp_path: Path) -> None:
    spectrum().write(tmp_path / "t.ecsv", format="ascii.ecsv")
    with open_catalog(tmp_path / "t.ecsv") as file:
        assert file.header == {"name": "a", "airmass": 1.2, "n": 3, "whole": True}


def test_every_table_of_a_votable_is_there_with_its_header(tmp_path: Path) -> None:
    data = "<DATA><TABLEDATA><TR><TD>{}</TD></TR></TABLEDATA></DATA>"
    cells = f'<FIELD name="x" datatype="double"/>{data}'
    tables = "".join(
        f'<TABLE><PARAM name="n" datatype="int" value="{i}"/>{cells.format(i)}</TABLE>'
        for i in (1, 2)
    )
    content = (
        '<?xml version="1.0"?><!-- a comment --><VOTABLE version="1.4" '
        'xmlns="http://www.ivoa.net/xml/VOTable/v1.3"><RESOURCE>'
        f'<INFO name="who" value="me"/>{tables}</RESOURCE></VOTABLE>'
    )
    path = tmp_path / "t.vot.gz"
    path.write_bytes(gzip.compress(content.encode()))
    with open_catalog(path) as file:
        assert [str(t.path) for t in file.tables] == [f"{path}[0]", f"{path}[1]"]
        assert [t.header for t in file.tables] == [{"who": "me", "n": 1}, {"who": "me", "n": 2}]
        assert next(file.tables[1].chunks(["x"], 5)).columns["x"].data.tolist() == [2.0]


def test_times_and_other_objects_are_no_columns(tmp_path: Path) -> None:
    Table({"t": Time([60000.0], format="mjd")}).write(tmp_path / "t.ecsv", format="ascii.ecsv")
    with open_catalog(tmp_path / "t.ecsv") as file:
        assert file.columns["t"].type == "astropy Time"


def test_large_files_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "t.ecsv"
    spectrum().write(path, format="ascii.ecsv")
    monkeypatch.setattr(read_text, "MAX_BYTES", path.stat().st_size - 1)
    with pytest.raises(RefusedError, match=r"larger than .* MiB.*write it as Parquet"):
        open_catalog(path).__enter__()
    monkeypatch.setattr(read_text, "MAX_BYTES", path.stat().st_size)
    with open_catalog(path) as file:
        assert file.rows == 3


def _cut(text: str) -> str:
    return text[: len(text) * 2 // 3]


DAMAGE: dict[str, tuple[str, Callable[[str], str], str]] = {
    "VOTable cut short": ("vot", _cut, "cannot be read as VOTable"),
    "VOTable with a bad number": ("vot", lambda t: t.replace(">3<", ">x<"), "row 2, col 'id'"),
    "ECSV with a value too many": ("ecsv", lambda t: t + "4 4.0 d [1,2] 5\n", "data line"),
    "ECSV with a bad number": ("ecsv", lambda t: t.replace("3.0 abc", "x abc"), "flux"),
    "ECSV with a bad header": ("ecsv", lambda t: t.replace("datatype:", "datatype", 1), "ECSV"),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_damaged_text_is_refused_naming_the_place(tmp_path: Path, name: str) -> None:
    suffix, damage, words = DAMAGE[name]
    path = tmp_path / f"t.{suffix}"
    table = spectrum()
    table.write(path, format=FORMATS[suffix])
    damaged = damage(path.read_text())
    assert damaged != path.read_text()
    path.write_text(damaged)
    with pytest.raises(RefusedError, match=r"copy it again") as caught:
        open_catalog(path).__enter__()
    assert words in str(caught.value) and str(path) in str(caught.value)


def test_a_byte_order_mark_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "t.ecsv"
    Table({"wavelength": [1.0, 2.0], "throughput": [0.5, 0.5]}).write(path, format="ascii.ecsv")
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    with pytest.raises(RefusedError, match=r"column wavelength: Neither the file nor the dialect"):
        column(path, "throughput")
