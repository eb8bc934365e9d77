"""The .sql files are what the database holds: one object each, thin, commented."""

import ast
import importlib
import inspect
import re
from pathlib import Path

import pglast
import psycopg
import pytest

from skytract.loaders.errors import SkytractError
from skytract.loaders.migrate import migrate
from skytract.sql.apply import DOMAINS, SQL_FOLDER, domain_files
from tests.fix_db import Connect

FILES = [file for domain in DOMAINS for file in domain_files(domain)]
IDS = [f"{file.parent.name}/{file.stem}" for file in FILES]
CREATES = re.compile(
    r"^CREATE (?:OR REPLACE )?(FUNCTION|PROCEDURE|VIEW|AGGREGATE|OPERATOR)\s+([\w.<>=!]+)",
    re.MULTILINE,
)


@pytest.fixture(scope="module")
def module_owner(module_connect: Connect) -> psycopg.Connection:
    """A connection of the owner to a migrated database that these tests only read."""
    return module_connect("owner")


def test_every_folder_is_a_domain() -> None:
    folders = {p.name for p in SQL_FOLDER.iterdir() if p.is_dir() and not p.name.startswith("_")}
    assert folders <= {*DOMAINS, "roles", "schema"}
    assert {file.parent.name for file in FILES} == folders & set(DOMAINS)


@pytest.mark.parametrize("file", FILES, ids=IDS)
def test_file_parses_and_opens_with_a_sentence(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    pglast.parse_sql(text)
    assert re.match(r"-- [A-Z].{20,}", text), "the first line says what the object is"


@pytest.mark.parametrize("file", FILES, ids=IDS)
def test_file_holds_the_object_of_its_name(file: Path) -> None:
    made = CREATES.findall(file.read_text(encoding="utf-8"))
    names = {name.lower() for kind, name in made if kind != "OPERATOR"}
    expected = f"{file.parent.name}.{file.stem}"
    assert names == {expected} or (not names and made), f"{file.name} makes {names}"


def functions(connection: psycopg.Connection) -> list[tuple[str, str, str, str, str, list[str]]]:
    """Return schema, name, language, body, comment and argument names of our functions."""
    return connection.execute(
        """
        SELECT n.nspname, p.proname, l.lanname, p.prosrc, obj_description(p.oid, 'pg_proc'),
               coalesce(p.proargnames[:p.pronargs], '{}')
        FROM pg_proc AS p
        JOIN pg_namespace AS n ON n.oid = p.pronamespace
        JOIN pg_language AS l ON l.oid = p.prolang
        WHERE n.nspname = ANY (%s)
        ORDER BY 1, 2
        """,
        (list(DOMAINS),),
    ).fetchall()


def test_functions_and_views_of_the_database_are_those_of_the_files(
    module_owner: psycopg.Connection,
) -> None:
    made: set[str] = set()
    for file in FILES:
        for kind, name in CREATES.findall(file.read_text(encoding="utf-8")):
            if kind in ("FUNCTION", "PROCEDURE", "VIEW", "AGGREGATE"):
                made.add(name.lower())
    views = module_owner.execute(
        "SELECT schemaname || '.' || viewname FROM pg_views WHERE schemaname = ANY (%s)",
        (list(DOMAINS),),
    ).fetchall()
    found = {f"{f[0]}.{f[1]}" for f in functions(module_owner)} | {name for (name,) in views}
    assert found == made


def test_every_function_and_view_has_a_comment(module_owner: psycopg.Connection) -> None:
    silent = [f"{f[0]}.{f[1]}" for f in functions(module_owner) if not f[4]]
    assert silent == []
    silent_views = module_owner.execute(
        "SELECT oid::regclass::text FROM pg_class WHERE relkind = 'v' AND relnamespace IN"
        " (SELECT oid FROM pg_namespace WHERE nspname = ANY (%s))"
        " AND obj_description(oid, 'pg_class') IS NULL",
        (list(DOMAINS),),
    ).fetchall()
    assert silent_views == []


@pytest.mark.parametrize("file", FILES, ids=IDS)
def test_function_says_volatility_and_parallel_safety(file: Path) -> None:
    """Left unsaid, PostgreSQL assumes the worst of both, and the planner is lost."""
    for statement in pglast.split(file.read_text(encoding="utf-8")):
        if re.match(r"\s*(--.*\n)*\s*CREATE (OR REPLACE )?FUNCTION", statement):
            assert re.search(r"\b(IMMUTABLE|STABLE|VOLATILE)\b", statement)
            assert re.search(r"\bPARALLEL (UN)?SAFE|PARALLEL RESTRICTED\b", statement)


def test_plpython_functions_only_delegate(module_owner: psycopg.Connection) -> None:
    """A body is `from skytract.udf... import f; return f(arguments)`, names and order alike."""
    wrappers = [f for f in functions(module_owner) if f[2] == "plpython3u"]
    assert wrappers
    for schema, name, _, body, _, arguments in wrappers:
        module = ast.parse(f"def wrapper({', '.join(arguments)}):\n" + _indent(body)).body[0]
        assert isinstance(module, ast.FunctionDef)
        first, second = module.body
        assert isinstance(first, ast.ImportFrom) and isinstance(second, ast.Return)
        assert first.module is not None and first.module.startswith("skytract.udf")
        call = second.value
        assert isinstance(call, ast.Call) and isinstance(call.func, ast.Name)
        assert call.func.id == first.names[0].name, f"{schema}.{name}"
        passed = [argument.id for argument in call.args if isinstance(argument, ast.Name)]
        assert passed == list(arguments), f"{schema}.{name} passes {passed}"
        kernel = getattr(importlib.import_module(first.module), call.func.id)
        known = [p.lower() for p in inspect.signature(kernel).parameters]
        assert known == list(arguments), f"{schema}.{name}: the kernel takes {known}"


def _indent(body: str) -> str:
    return "\n".join(f"    {line}" for line in body.strip().splitlines())


def test_a_changed_function_is_mended_by_migrate(owner: psycopg.Connection) -> None:
    owner.execute(
        "CREATE OR REPLACE FUNCTION meta.code_version() RETURNS text"
        " LANGUAGE sql STABLE AS $$ SELECT 'x' $$"
    )
    owner.commit()
    migrate(owner)
    assert owner.execute("SELECT meta.code_version() <> 'x'").fetchone() == (True,)


@pytest.mark.parametrize("domain", DOMAINS)
def test_what_no_file_makes_any_more_is_dropped_by_migrate(
    module_owner: psycopg.Connection, domain: str
) -> None:
    """A function of an older version, one with other arguments, and a view that uses it."""
    known = sorted(functions(module_owner))
    module_owner.execute(
        f"CREATE FUNCTION {domain}.older(a integer) RETURNS integer LANGUAGE sql RETURN a;"
        f"CREATE FUNCTION {domain}.older() RETURNS integer LANGUAGE sql RETURN {domain}.older(1);"
        f"CREATE VIEW {domain}.older AS SELECT {domain}.older();"
        "CREATE FUNCTION meta.code_version(a integer) RETURNS text LANGUAGE sql RETURN 'x'"
    )
    module_owner.commit()
    migrate(module_owner)
    assert sorted(functions(module_owner)) == known
    left = module_owner.execute("SELECT to_regclass(%s)", (f"{domain}.older",)).fetchone()
    assert left == (None,)


def test_a_function_in_use_stops_the_migration(owner: psycopg.Connection) -> None:
    owner.execute(
        "CREATE FUNCTION sky.older() RETURNS integer LANGUAGE sql RETURN 1;"
        "CREATE VIEW public.mine AS SELECT sky.older() AS a"
    )
    owner.commit()
    with pytest.raises(SkytractError, match="view mine depends on function older"):
        migrate(owner)
    assert owner.execute("SELECT a FROM public.mine").fetchone() == (1,)
