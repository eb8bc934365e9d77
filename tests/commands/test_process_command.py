"""`skytract process` passes on what the stages warn of."""

import pytest
from click.testing import CliRunner

from skytract.__main__ import main
from skytract.loaders.home import Home
from skytract.pipelines import process_release
from skytract.pipelines.commands.hear_warnings import SHOWN
from skytract.pipelines.run_release import Connect


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
