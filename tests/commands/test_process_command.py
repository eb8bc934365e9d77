"""`skytract process` passes on what the stages warn of."""

import psycopg
import pytest
from click.testing import CliRunner

from skytract.__main__ import main
from skytract.loaders.home import Home
from skytract.loaders.release import create_release
from skytract.pipelines import process_release
from skytract.pipelines.commands.hear_warnings import SHOWN
from skytract.pipelines.run_release import Connect
from tests.raw_rows import insert


@pytest.mark.parametrize("n", [0, 1, SHOWN + 2])
def test_warnings_are_printed_and_the_rest_counted(
    cluster: Home, database: str, monkeypatch: pytest.MonkeyPatch, n: int
) -> None:
    """As many as partitions may have, but no notices."""

    def stages(connect: Connect, *_: object) -> dict[str, int]:
        with connect() as connection:
            for number in range(n):
                raised = f"RAISE NOTICE 'nothing'; RAISE WARNING '{number} rows are odd'"
                connection.execute(f"DO 'BEGIN {raised.replace(chr(39), chr(39) * 2)}; END'")
        return {"stage": 7}

    monkeypatch.setenv("SKYTRACT_HOME", str(cluster.path))
    monkeypatch.setenv("SKYTRACT_DATABASE", database)
    monkeypatch.setattr(process_release, "process_release", stages)
    done = CliRunner().invoke(main, ["process", "dr1"])
    assert done.exit_code == 0, done.output
    said = [line for line in done.output.splitlines() if "arning" in line]
    expected = [f"Warning: {number} rows are odd." for number in range(min(n, SHOWN))]
    assert said == expected + ["There were 2 more warnings."] * (n > SHOWN)
    assert "nothing" not in done.output


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ("--seds=none", "no solution of kind sed named 'none'"),
        ("--astrometry=none", "no solution of kind astrometry named 'none'"),
        ("--seds=late", "no passband in the set of these SEDs, the first is visit 7, detector 0"),
    ],
)
def test_a_release_keeps_its_solutions_if_one_of_the_new_ones_is_refused(
    cluster: Home, database: str, owner: psycopg.Connection, monkeypatch: pytest.MonkeyPatch,
    option: str, said: str,
) -> None:  # fmt: skip
    monkeypatch.setenv("SKYTRACT_HOME", str(cluster.path))
    monkeypatch.setenv("SKYTRACT_DATABASE", database)
    create_release(owner, "dr1")
    owner.execute("SELECT calibration.state_zero_point('zp1', 27.0)")
    owner.execute("SELECT calibration.state_zero_point('zp2', 28.0)")
    owner.execute("SELECT calibration.use_solution('dr1', 'zp1')")
    owner.execute(
        "INSERT INTO calibration.Solution (name, kind, parameters, codeVersion, createdAt) VALUES"
        " ('night', 'passband', '{}', '', now()),"
        " ('late', 'sed', '{\"passbands\": \"night\"}', '', now())"
    )
    insert(owner, "raw.VisitDetector", {
        "visit": [7], "detector": 0, "band": "r", "nx": 9, "ny": 9, "loadId": 1,
    })  # fmt: skip
    owner.commit()
    done = CliRunner().invoke(main, ["process", "dr1", "--solution=zp2", option])
    assert done.exit_code == 1 and said in done.output, done.output
    kept = "SELECT name FROM calibration.Solution JOIN meta.Release USING (solutionId)"
    assert owner.execute(kept).fetchall() == [("zp1",)]
