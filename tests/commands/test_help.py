"""Every command teaches: its help says what it does and shows an example that can be typed."""

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from skytract.__main__ import COMMANDS, main


def commands() -> Iterator[tuple[str, ...]]:
    """Yield the words of every command and subcommand."""
    yield ()
    for name in COMMANDS:
        yield (name,)
        command = main.get_command(click.Context(main), name)
        if isinstance(command, click.Group):
            yield from ((name, child) for child in command.commands)


ALL = list(commands())
IDS = [" ".join(("skytract", *words)) for words in ALL]


def text(words: tuple[str, ...]) -> str:
    result = CliRunner().invoke(main, [*words, "--help"], terminal_width=100)
    assert result.exit_code == 0
    return result.output


@pytest.mark.parametrize("words", ALL[1:], ids=IDS[1:])
def test_help_shows_an_example(words: tuple[str, ...]) -> None:
    shown = text(words)
    assert "Example" in shown
    assert re.search(rf"skytract.* {words[-1]}\b", shown.split("Example", 1)[1]), shown


@pytest.mark.parametrize("words", ALL, ids=IDS)
def test_every_option_is_explained(words: tuple[str, ...]) -> None:
    command: click.Command | None = main
    for word in words:
        assert isinstance(command, click.Group)
        command = command.get_command(click.Context(command), word)
    assert command is not None
    for option in command.params:
        if isinstance(option, click.Option):
            assert option.help or option.name == "version", option.name


def test_the_first_page_lists_every_command() -> None:
    shown = text(())
    assert all(re.search(rf"^  {name}\b", shown, re.MULTILINE) for name in COMMANDS)


@pytest.mark.parametrize("words", [("nonsense",), ("load",), ("server", "nonsense")])
def test_a_wrong_command_is_told_what_to_do(words: tuple[str, ...]) -> None:
    result = CliRunner().invoke(main, list(words))
    assert result.exit_code == 2
    assert "--help" in result.output


def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    out = str(tmp_path / "file" / "survey")
    result = CliRunner().invoke(main, ["simulate", "--seed", "1", "--out", out])
    assert result.exit_code == 1
    assert "Error: " in result.output
    assert "Check that the path exists" in result.output
