"""`skytract export`: what it writes, prints, and says when it cannot do what is asked."""

import io
import json
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from skytract.__main__ import main
from skytract.loaders.commands import export
from tests.fix_db import Connect
from tests.raw_rows import insert_sources, insert_visits

Invoke = Callable[..., Result]


@pytest.fixture(scope="module")
def filled(module_connect: Connect) -> Connect:
    owner = module_connect("owner")
    insert_visits(owner, [7])
    insert_sources(owner, [10.0, 11.0, 200.0], [1.0, 2.0, 3.0], sourceId=[1, 2, 3], visit=7)
    owner.commit()
    return module_connect


@pytest.fixture
def invoke(filled: Connect, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Invoke:
    """Run the command on the database of this module, in an empty folder."""
    monkeypatch.setattr(export, "connect", filled)
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: CliRunner().invoke(main, ["export", *arguments])


def test_a_table_becomes_a_hats_folder(invoke: Invoke) -> None:
    answer = invoke("raw.source", "--out", "hats", "--rows-per-file", "1")
    assert answer.exit_code == 0, answer.output
    assert answer.stdout.startswith("hats: 3 rows in 3 hats files, ")
    assert "hats_nrows=3\n" in Path("hats/hats.properties").read_text()


def test_a_query_becomes_a_file(invoke: Invoke) -> None:
    answer = invoke("--query", "SELECT sourceid FROM raw.Source", "--out", "q.parquet")
    assert answer.exit_code == 0, answer.output
    assert answer.stdout.startswith("q.parquet: 3 rows in 1 parquet file, ")
    assert pq.read_table("q.parquet").column_names == ["sourceId"]
    assert answer.stderr == ""


def test_programs_get_json(invoke: Invoke) -> None:
    answer = invoke("raw.Source", "--out", "s.fits", "--json")
    said = json.loads(answer.stdout)
    assert {key: said[key] for key in ("path", "format", "rows", "files")} == {
        **{"path": "s.fits", "format": "fits", "rows": 3, "files": 1},
    }
    assert said["bytes"] == Path("s.fits").stat().st_size and said["seconds"] > 0


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--out", "a.fits"), 2, "Give either a table, such as dr1.Object, or --query"),
        (("raw.Source", "--query", "SELECT 1", "--out", "a"), 2, "Give either a table"),
        (("raw.Source",), 2, "Missing option '--out'"),
        (("raw.Source", "--out", "a", "--rows-per-file", "0"), 2, "0 is not in the range x>=1"),
        (
            ("raw.Sauce", "--out", "a"),
            1,
            "There is no table raw.Sauce that a reader may read: give",
        ),
        (("raw.VisitDetector", "--out", "a"), 1, "raw.VisitDetector has no positions"),
        (("--query", "DROP TABLE raw.Source", "--out", "a"), 1, "give one SELECT"),
        (("raw.Source", "--out", "b/a"), 1, "There is no folder"),
        (("raw.Source", "--out", "a.csv"), 1, "a name that ends in .parquet or .fits"),
        (("raw.Source", "--out", "a.FITS.gz"), 1, "a name that ends in .parquet or .fits"),
        (("raw.Source", "--out", "a.pq"), 1, "a name that ends in .parquet or .fits"),
        (("--query", " ; ", "--out", "a.parquet"), 1, "The query is empty: give one SELECT"),
        (
            ("raw.Source", "--out", "a.parquet", "--rows-per-file", "2"),
            1,
            "a.parquet is one file, and rows per file were given",
        ),
    ],
)
def test_says_what_is_wrong(
    invoke: Invoke, arguments: tuple[str, ...], code: int, said: str
) -> None:
    answer = invoke(*arguments)
    assert answer.exit_code == code
    assert said in " ".join(answer.output.split())
    assert list(Path().iterdir()) == []


def test_a_bar_does_not_say_how_many_rows_there_are_before_it_knows() -> None:
    from rich.console import Console

    drawn = io.StringIO()
    with export._progress(True, Console(file=drawn, force_terminal=True, width=120)) as show:
        assert "Exporting" in drawn.getvalue() and "row" not in drawn.getvalue()
        show(1, 0)  # the server's estimate was too low
        show(1, 2000)
    assert "2 of 2,000 rows" in drawn.getvalue()
