"""The commands of the release manager, run as a person types them."""

from collections.abc import Callable, Iterator

import pytest
from click.testing import CliRunner, Result

from skytract.__main__ import main
from skytract.loaders.home import Home

Run = Callable[..., Result]


@pytest.fixture(scope="module")
def run(cluster: Home, module_database: str) -> Iterator[Run]:
    """Run `skytract` with arguments in the database of this module; return what it answered."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SKYTRACT_HOME", str(cluster.path))
        patch.setenv("SKYTRACT_DATABASE", module_database)
        patch.delenv("SKYTRACT_DSN", raising=False)

        def invoke(*words: str, code: int = 0) -> Result:
            result = CliRunner().invoke(main, list(words))
            assert result.exit_code == code, result.output
            return result

        yield invoke


def test_a_release_from_birth_to_freeze(run: Run) -> None:
    assert "no release yet" in run("release", "list").output
    assert "Release dr1 is open" in run("release", "create", "dr1").output
    assert "exists already" in run("release", "create", "dr1", code=1).output
    assert "no photometric solution" in run("process", "dr1", code=1).output
    assert (
        "there is no solution of kind photometry named 'x'"
        in run("process", "dr1", "--solution", "x", code=1).output
    )
    assert "take no more writes" in run("release", "publish", "dr1").output
    assert "published already" in run("release", "publish", "dr1", code=1).output
    assert "published" in run("process", "dr1", code=1).output
    shown = run("release", "list").output
    assert "dr1" in shown and "published" in shown


def test_migrate_says_what_it_did(run: Run) -> None:
    assert "functions and views are applied" in run("migrate").output
    assert "agree" in run("migrate", "--check").output
    assert "give the number" in run("migrate", "--to", "7777", code=1).output


def test_a_check_makes_no_database(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SKYTRACT_DATABASE", "nowhere")
    for _ in range(2):
        said = run("migrate", "--check", code=1).output
        assert "no database 'nowhere': make it with" in said


def test_a_user_is_added_once(run: Run, module_connect: Callable[..., object]) -> None:
    assert "my_astronomer" in run("user", "add", "astronomer").output
    assert "already" in run("user", "add", "astronomer", code=1).output
    assert "is no name for a user" in run("user", "add", "Robert'); --", code=1).output
