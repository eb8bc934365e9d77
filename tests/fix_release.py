"""An empty release that the tests of a module share, each undoing what it did."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from skytract.loaders.release import create_release
from tests.fix_db import Connect


@pytest.fixture(scope="module")
def release_connect(module_connect: Connect) -> Connect:
    """Open connections to a database with an empty release dr1, shared by a module."""
    owner = module_connect("owner")
    create_release(owner, "dr1")
    owner.commit()
    return module_connect


@pytest.fixture
def release(release_connect: Connect) -> Iterator[psycopg.Connection[Any]]:
    """A connection of the owner to a database with an empty release dr1; rolled back at the end."""
    owner = release_connect("owner")
    yield owner
    owner.rollback()
