import pytest
from click.testing import CliRunner

from skytract.__main__ import main
from skytract.loaders.home import Home
from tests.fix_db import temporary_home


@pytest.fixture
def home(monkeypatch):
    monkeypatch.delenv("SKYTRACT_DSN", raising=False)
    with temporary_home() as made:
        monkeypatch.setenv("SKYTRACT_HOME", str(made.path))
        yield made


def skytract(*arguments, **options):
    return CliRunner().invoke(main, arguments, **options)


def test_the_life_of_a_server(home):
    answer = skytract("server", "status")
    assert (answer.exit_code, home.path.exists()) == (3, False)
    assert f"The server in {home.path} does not run: start it with" in answer.output

    answer = skytract("server", "start")
    assert answer.exit_code == 0
    assert f"The server in {home.path} runs: PostgreSQL" in answer.output
    assert skytract("server", "status").output == answer.output
    assert skytract("server", "restart").exit_code == 0

    answer = skytract("server", "destroy", input="n\n")
    assert "with all its data (0." in answer.output
    assert (answer.exit_code, home.data.exists()) == (1, True)
    assert skytract("server", "destroy", input="").exit_code == 1, "nobody there to answer"
    assert home.data.exists()

    assert "is stopped" in skytract("server", "stop").output
    assert "was not running" in skytract("server", "stop").output
    assert "are deleted" in skytract("server", "destroy", "--yes").output
    assert not home.path.exists()
    assert "There is no server in" in skytract("server", "destroy", "--yes").output


def test_a_refusal_is_one_sentence_without_traceback(home, monkeypatch):
    monkeypatch.setenv("SKYTRACT_HOME", "/tmp/a:b")
    answer = skytract("server", "start")
    assert answer.exit_code == 1
    assert answer.output.startswith("Error: The home '/tmp/a:b' contains the character ':'")
    assert isinstance(answer.exception, SystemExit)


def test_status_mentions_a_dsn(home, monkeypatch):
    monkeypatch.setenv("SKYTRACT_DSN", "host=elsewhere")
    assert "SKYTRACT_DSN is set: other commands use" in skytract("server", "status").output


def test_the_home_is_the_one_of_the_variable(home):
    assert Home.default() == home
