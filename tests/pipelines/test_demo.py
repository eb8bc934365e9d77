"""The demo, as a newcomer runs it: twice, with and without published data."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image

from tests.fix_db import temporary_home

Demo = Callable[..., str]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """Run `skytract demo` in a home and a folder of this module; return what it prints."""
    folder = tmp_path_factory.mktemp("demo")
    with temporary_home() as home:

        def run(
            *arguments: str, code: int = 0, data: str = "/nowhere", columns: str = "120"
        ) -> str:
            program = Path(sys.executable).with_name("skytract")
            done = subprocess.run(
                [program, *arguments],
                cwd=folder,
                env={
                    **os.environ,
                    "SKYTRACT_HOME": str(home.path),
                    "SKYTRACT_DATA": data,
                    "COLUMNS": columns,
                },
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
            )
            assert done.returncode == code, done.stdout + done.stderr
            return done.stdout + done.stderr

        yield run


@pytest.fixture(scope="module")
def first(demo: Demo) -> str:
    """What the first run prints."""
    return demo("demo")


@pytest.mark.timeout(900)
def test_first_run_fills_every_table(first: str) -> None:
    rows = dict(re.findall(r"│ ((?:raw|dr1|calibration)\.\w+)\s+│\s+([\d,]+)", first))
    assert len(rows) == 11
    assert all(int(count.replace(",", "")) > 0 for count in rows.values())


def test_first_run_draws_three_plots(first: str) -> None:
    plots = re.findall(r"^\s+(/\S+\.png)", first, re.MULTILINE)
    assert len(plots) == 3
    for plot in plots:
        with Image.open(plot) as image:
            assert min(image.size) > 300
            assert len(image.convert("RGB").getcolors(1 << 24) or []) > 20, "it is not blank"


def test_the_queries_it_prints_give_rows(first: str, demo: Demo) -> None:
    queries = re.findall(r"^SELECT .*?;$", first, re.MULTILINE | re.DOTALL)
    assert len(queries) == 3
    for query in queries:
        assert re.search(r"\([1-9]\d* rows?\)", demo("--database", "demo", "sql", "-c", query))


def test_second_run_is_quick_and_the_same(first: str, demo: Demo) -> None:
    began = time.monotonic()
    second = demo("demo", columns="40")
    assert time.monotonic() - began < 120
    table = re.compile(r"Rows per table.*?└", re.DOTALL)
    assert table.findall(second) == table.findall(first)
    # However narrow the terminal, what it prints as queries can be pasted, comments and all.
    pasted = second[second.index("-- ") : second.rindex("Done in")]
    answers = demo("--database", "demo", "sql", "-c", pasted)
    assert len(re.findall(r"\([1-9]\d* rows\)", answers)) == 3


def test_a_published_release_is_shown_as_it_is(first: str, demo: Demo) -> None:
    demo("--database", "demo", "release", "publish", "dr1")
    assert "Done in" in demo("demo")


@pytest.mark.timeout(900)
def test_published_data_are_shown_beside_their_numbers(
    first: str, demo: Demo, shared_data: Callable[..., Path]
) -> None:
    printed = demo("demo", "--data", str(shared_data()))
    found = dict(re.findall(r"^│ (.*?)\s+│ (.*?)\s+│", printed, re.MULTILINE))
    assert float(found["HSC i zero point"].split()[0]) == pytest.approx(30.59, abs=0.01)
    assert float(found["HSC i colour term (r-i)"].split()[0]) == pytest.approx(0.091, abs=0.01)
    assert f"{float(found['PA1 i [mmag]']):.7f}" == "6.8097958"
    assert found["PF1 i [%]"] == "11.11111111"
    assert float(found["AM1 i [mas]"]) == pytest.approx(7.142131192, abs=1e-7)
    assert int(found["image.fits: found within 1 px of SExtractor's"]) >= 62


def test_a_folder_that_is_not_there_is_refused(demo: Demo) -> None:
    assert "does not exist" in demo("demo", "--data", "/nowhere/at/all", code=2)
