"""What the database refuses reaches people as a sentence with its remedy, whoever raised it."""

import psycopg
import pytest

from skytract.loaders.errors import SkytractError
from skytract.pipelines.in_sentences import in_sentences

PYTHON = """
    CREATE FUNCTION pg_temp.rows(at integer) RETURNS SETOF integer LANGUAGE plpython3u AS $$
for row in range(3):
    if row == at:
        raise ArithmeticError("the fit did not converge: select fainter stars")
    yield row
    $$;
    CREATE FUNCTION pg_temp.once() RETURNS integer LANGUAGE plpython3u AS $$
raise ValueError("there are 2 ra and 1 dec: give as many")
    $$
"""


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("SELECT * FROM pg_temp.rows(0)", "the fit did not converge: select fainter stars"),
        ("SELECT * FROM pg_temp.rows(2)", "the fit did not converge: select fainter stars"),
        ("SELECT pg_temp.once()", "there are 2 ra and 1 dec: give as many"),
        ("DO $$BEGIN RAISE 'no' USING HINT = 'Do that.'; END$$", "no. Do that."),
        ("SELECT * FROM nowhere", 'relation "nowhere" does not exist'),
    ],
)
def test_what_is_raised_is_told(owner: psycopg.Connection, statement: str, said: str) -> None:
    owner.execute(PYTHON)
    owner.commit()
    with pytest.raises(SkytractError) as refused, in_sentences(owner):
        owner.execute("CREATE TABLE public.half (n integer)")
        owner.execute(statement.encode())
    assert str(refused.value) == said
    assert owner.execute("SELECT to_regclass('public.half')").fetchone() == (None,)
