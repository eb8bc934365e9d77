"""Repeated keys of a file are found, chunk by chunk and on the disk; a set is the oracle."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skytract.loaders import seen_keys
from skytract.loaders.check_values import make_batch
from skytract.loaders.dialect import ColumnRule, read_dialect
from skytract.loaders.dialect_plan import Plan, Step
from skytract.loaders.load_refused import RefusedError
from skytract.loaders.load_target import find_target
from skytract.loaders.read_catalog import Chunk, Values
from skytract.loaders.seen_keys import SeenKeys, key_codes

PATH = Path("keys.parquet")
CATALOGS = ["gaia", "ps1", "a name of more than eight letters", "a name of more than eight words"]
IDS = st.integers(-3, 40) | st.sampled_from([-(2**63), 2**63 - 1])
ROWS = st.lists(st.tuples(IDS, st.sampled_from(CATALOGS)), min_size=1, max_size=40)


@pytest.fixture(scope="module", autouse=True)
def tiny_pieces() -> Iterator[None]:
    """Let few codes be many: they go to the disk and are compared in several passes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(seen_keys, "STRIDE", 2)
        patch.setattr(seen_keys, "PASS_CODES", 6)
        yield


@dataclass(frozen=True)
class Rows:
    """A catalog of keys, read in chunks of its own choice."""

    chunked: list[list[tuple[int, str]]]
    path: Path = PATH

    def chunks(self, names: Sequence[str], rows: int) -> Iterator[Chunk]:
        first = 0
        for part in self.chunked:
            ids, texts = zip(*part, strict=True)
            columns = {"id": np.array(ids), "catalog": np.char.encode(texts, "utf-8")}
            yield Chunk(first, len(part), {name: Values(columns[name]) for name in names})
            first += len(part)


def plan_of(kind: str, names: dict[str, str]) -> Plan:
    target = find_target(kind)
    steps = [Step(target.columns[key], ColumnRule((name,))) for key, name in names.items()]
    return Plan(target, read_dialect("skytract"), tuple(steps))


def refusal(chunked: list[list[tuple[int, str]]], plan: Plan) -> str | None:
    """Return why a file with these chunks is refused."""
    catalog: Any = Rows(chunked)
    seen = SeenKeys()
    try:
        for chunk in catalog.chunks(plan.reads, 0):
            seen.add(make_batch(PATH, plan, chunk))
        seen.refuse_repeated(catalog, plan, 0)
    except RefusedError as error:
        return str(error)
    finally:
        seen.close()
    return None


@settings(deadline=None)
@given(st.lists(ROWS, min_size=1, max_size=5))
def test_a_key_of_several_columns(chunked: list[list[tuple[int, str]]]) -> None:
    plan = plan_of("ReferenceStar", {"refStarId": "id", "catalog": "catalog"})
    rows = [row for part in chunked for row in part]
    found = refusal(chunked, plan)
    assert (found is not None) == (len(set(rows)) < len(rows))


@settings(deadline=None)
@given(st.lists(ROWS, min_size=1, max_size=5))
def test_a_single_integer(chunked: list[list[tuple[int, str]]]) -> None:
    plan = plan_of("Source", {"sourceId": "id"})
    ids = [row[0] for part in chunked for row in part]
    found = refusal(chunked, plan)
    assert (found is not None) == (len(set(ids)) < len(ids))
    if found is not None:
        value = int(found.split("value ")[1].split(":")[0])
        rows = [i for i, other in enumerate(ids) if other == value]
        later = int(found.split("row ")[1].split(" ")[0])
        assert len(rows) > 1 and later in rows[1:]
        assert f"Row {rows[rows.index(later) - 1]} has the same id" in found


def test_codes_that_agree_by_chance_are_no_repetition(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seen_keys, "MIX", np.uint64(0))
    plan = plan_of("ReferenceStar", {"refStarId": "id", "catalog": "catalog"})
    assert len(set(key_codes([np.arange(5), np.full(5, b"r")]).tolist())) == 1
    assert refusal([[(1, "r"), (2, "r")], [(3, "r")]], plan) is None
    assert "Row 0 has the same" in str(refusal([[(1, "r"), (2, "r")], [(1, "r")]], plan))


def test_codes_do_not_depend_on_the_width_of_a_text_column() -> None:
    narrow = np.array([b"r", b""], "S1")
    assert np.array_equal(key_codes([narrow]), key_codes([narrow.astype("S40")]))
    keys = [np.arange(100_000) // 6, np.arange(100_000) % 6]
    assert len(np.unique(key_codes(keys))) == 100_000
