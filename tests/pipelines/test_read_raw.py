"""Raw frames: whatever is wrong with a file, one sentence says which file and what to do."""

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import given
from hypothesis import strategies as st

from skytract.pipelines.frame_error import FrameError
from skytract.pipelines.read_raw import parse_section, read_raw
from tests.pipelines.frames import NX, NY, OVERSCAN, header_cards, raw_pixels, write_raw


def test_pixels_and_sections(tmp_path: Path) -> None:
    pixels = raw_pixels(1)
    raw = read_raw(write_raw(tmp_path, pixels=pixels))
    assert raw.data.dtype == np.float32
    assert np.array_equal(raw.data, pixels)
    assert raw.trim == (slice(0, NY), slice(0, NX))
    assert raw.bias == (slice(0, NY), slice(NX, NX + OVERSCAN))


@given(
    st.integers(1, 50), st.integers(0, 50), st.integers(1, 50), st.integers(0, 50), st.booleans()
)
def test_sections_keep_the_pixels_they_name(x1: int, nx: int, y1: int, ny: int, pad: bool) -> None:
    space = " " * pad
    text = f"{space}[{x1}:{space}{x1 + nx},{y1}:{y1 + ny}]{space}"
    x, y = np.meshgrid(np.arange(1, 101), np.arange(1, 101))
    section = parse_section(text, (100, 100))
    assert x[section].shape == (ny + 1, nx + 1)
    assert (x[section].min(), x[section].max()) == (x1, x1 + nx)
    assert (y[section].min(), y[section].max()) == (y1, y1 + ny)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"TRIMSEC": "[1:400,1:190]"}, "TRIMSEC.*does not lie within 232 columns and 190 rows"),
        ({"BIASSEC": "301-324"}, "BIASSEC.*not of the form"),
        ({"CTYPE1": None}, "no celestial WCS"),
        ({"CTYPE1": "RA---SIN", "CTYPE2": "DEC--SIN"}, "TAN or TAN-SIP"),
    ],
)
def test_bad_headers(tmp_path: Path, changes: dict[str, str], message: str) -> None:
    with pytest.raises(FrameError, match=message) as error:
        read_raw(write_raw(tmp_path, **changes))
    assert "visit_7_det_3.fits" in str(error.value)


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(FrameError, match=r"none\.fits: there is no such file"):
        read_raw(tmp_path / "none.fits")


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.98])
def test_truncated_file(tmp_path: Path, share: float) -> None:
    path = write_raw(tmp_path)
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(FrameError, match=r"not a whole FITS file .* Copy it again"):
        read_raw(path)


def test_truncated_gzip(tmp_path: Path) -> None:
    path = tmp_path / "visit_7_det_3.fits.gz"
    fits.PrimaryHDU(raw_pixels(1), fits.Header(header_cards(7, 3))).writeto(path)
    path.write_bytes(path.read_bytes()[:-20000])
    with pytest.raises(FrameError, match="not a whole FITS file"):
        read_raw(path)


def test_no_image(tmp_path: Path) -> None:
    path = tmp_path / "table.fits"
    table = fits.BinTableHDU(np.zeros(3, [("x", "f4")]))
    fits.HDUList([fits.PrimaryHDU(), table]).writeto(path)
    with pytest.raises(FrameError, match="no HDU of this file holds a two-dimensional image"):
        read_raw(path)


def test_text_file(tmp_path: Path) -> None:
    path = tmp_path / "notes.fits"
    path.write_text("cloudy all night\n" * 500)
    with pytest.raises(FrameError, match="not a whole FITS file"):
        read_raw(path)
