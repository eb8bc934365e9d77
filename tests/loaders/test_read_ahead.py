"""Items come in order, one ahead; errors arrive; a reader that goes away stops the thread."""

import threading
from collections.abc import Iterator
from time import sleep

import pytest

from skytract.loaders.read_ahead import read_ahead


def test_items_come_in_order() -> None:
    assert list(read_ahead(range(1000))) == list(range(1000))
    assert list(read_ahead([])) == []


def test_the_next_item_is_made_while_this_one_is_used() -> None:
    further = threading.Event()

    def make() -> Iterator[int]:
        yield 1
        further.set()
        yield 2

    items = read_ahead(make())
    assert next(items) == 1
    assert further.wait(10), "nobody has asked for the second one yet"
    assert list(items) == [2]


def test_errors_arrive_after_the_items_before_them() -> None:
    def broken() -> Iterator[int]:
        yield 1
        raise ValueError("out of order")

    items = read_ahead(broken())
    assert next(items) == 1
    with pytest.raises(ValueError, match="out of order"):
        next(items)


def test_a_reader_that_goes_away_stops_the_thread() -> None:
    released = threading.Event()

    def endless() -> Iterator[int]:
        yield 1
        released.wait(10)
        raise InterruptedError

    items = read_ahead(endless(), abandon=released.set)
    assert next(items) == 1
    before = threading.active_count()
    items.close()
    assert released.is_set() and threading.active_count() == before - 1


def test_nothing_more_is_made_than_is_asked_for() -> None:
    made: list[int] = []

    def count() -> Iterator[int]:
        for i in range(100):
            made.append(i)
            yield i

    items = read_ahead(count(), depth=2)
    next(items)
    sleep(0.05)
    assert len(made) <= 5
    items.close()
