"""Loads, replacements and undos in any order: the database holds what a model of a page says."""

from pathlib import Path
from random import Random
from typing import Any

import psycopg
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from skytract.loaders.errors import SkytractError
from skytract.loaders.ledger import list_loads
from skytract.loaders.load import load_paths
from skytract.loaders.undo import undo_load
from tests.fix_db import Connect
from tests.loaders.invariants import check_invariants
from tests.loaders.items import Item, write_items
from tests.loaders.paused import start

Connection = psycopg.Connection[Any]


class Ledger(RuleBasedStateMachine):
    """Does to the database and to the model the same, and compares."""

    connection: Connection
    items: list[Item]

    def __init__(self) -> None:
        super().__init__()
        self.loaded: dict[int, Item] = {}

    @rule(number=st.integers(0, 999), replace=st.booleans())
    def load(self, number: int, replace: bool) -> None:
        """Load any item, and expect what the model says."""
        item = self.items[number % len(self.items)]
        expected, out = self.expect(item, replace)
        [result] = load_paths(self.connection, [item.path], replace=replace)
        assert (result.state, len(result.replaced)) == (expected, len(out)), result.error
        if expected == "loaded":
            assert result.load_id is not None
            assert result.rows == sum(file.rows for file in item.files)
            for rival in out:
                del self.loaded[rival]
            self.loaded[result.load_id] = item

    def expect(self, item: Item, replace: bool) -> tuple[str, set[int]]:
        """Return the state of a load, and the loads it takes the place of."""
        if item in self.loaded.values():
            return "already loaded", set()
        rivals = {i for i, other in self.loaded.items() if other.places & item.places}
        have = frozenset().union(*(other.places for other in self.loaded.values()))
        if not item.needs <= have | item.places or (rivals and not replace):
            return "refused", set()
        if any(self.loaded[rival].places - item.places for rival in rivals):
            return "refused", set()
        return "loaded", rivals

    @rule(number=st.integers(0, 999))
    def undo(self, number: int) -> None:
        """Undo any load that is loaded; it is refused if others need its visits."""
        if not self.loaded:
            return
        load_id = sorted(self.loaded)[number % len(self.loaded)]
        places = self.loaded[load_id].places
        others = [other for i, other in self.loaded.items() if i != load_id]
        if any(places & other.needs for other in others):
            with pytest.raises(SkytractError, match="need"):
                undo_load(self.connection, load_id)
        else:
            result = undo_load(self.connection, load_id)
            files = self.loaded.pop(load_id).files
            assert sum(result.rows.values()) == sum(file.rows for file in files)

    @invariant()
    def the_database_holds_what_the_model_says(self) -> None:
        check_invariants(self.connection)
        query = (
            "SELECT coalesce(unitId, loadId), kind, rowCount FROM meta.Load"
            " WHERE state = 'loaded' AND kind <> 'Manifest' ORDER BY 1, 2, 3"
        )
        with self.connection.transaction():
            found = self.connection.execute(query).fetchall()
        files = [(i, file) for i, item in self.loaded.items() for file in item.files]
        assert found == sorted((i, file.kind, file.rows) for i, file in files)

    def teardown(self) -> None:
        """Undo everything, in the order in which nothing is needed any more."""
        while self.loaded:
            for load_id, item in list(self.loaded.items()):
                others = [other for i, other in self.loaded.items() if i != load_id]
                if not any(item.places & other.needs for other in others):
                    undo_load(self.connection, load_id)
                    del self.loaded[load_id]
        check_invariants(self.connection)


def test_any_order_of_loads_replacements_and_undos(module_connect: Connect, tmp_path: Path) -> None:
    Ledger.connection, Ledger.items = module_connect("loader"), write_items(tmp_path)
    run_state_machine_as_test(
        Ledger, settings=settings(max_examples=8, stateful_step_count=12, deadline=None)
    )


def do_anything(connection: Connection, items: list[Item], seed: int, steps: int) -> None:
    """Load, replace and undo at random, as if nobody else did."""
    random = Random(seed)
    for _ in range(steps):
        try:
            if random.random() < 0.7:
                item, replace = random.choice(items), random.random() < 0.5
                for result in load_paths(connection, [item.path], replace=replace):
                    assert result.state in ("loaded", "already loaded", "refused")
            elif loads := list_loads(connection, state="loaded"):
                undo_load(connection, random.choice(loads).load_id)
        except SkytractError as error:
            assert (
                "is being undone" in str(error)
                or "need" in str(error)
                or "nothing of" in str(error)
            )


def test_four_sessions_that_do_anything_at_once(module_connect: Connect, tmp_path: Path) -> None:
    """Whoever wins, what holds at every moment holds, and PostgreSQL had no deadlock to break."""
    items, owner = write_items(tmp_path), module_connect("owner")
    sessions = [start(do_anything, module_connect("loader"), items, seed, 15) for seed in range(4)]
    while not all(session.done() for session in sessions):
        check_invariants(owner)
    for session in sessions:
        session.result()
    check_invariants(owner)
    query = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
    assert owner.execute(query).fetchone() == (0,)
