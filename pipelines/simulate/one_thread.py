"""Arithmetic on one thread: what is divided among threads differs in its last bits."""

from contextlib import AbstractContextManager
from functools import cache

from threadpoolctl import ThreadpoolController


def one_thread() -> AbstractContextManager[object]:
    """Let matrix products within run on one thread, whatever the machine has."""
    limit: AbstractContextManager[object] = _libraries().limit(limits=1)
    return limit


@cache
def _libraries() -> ThreadpoolController:
    """Return the libraries that have threads; found once, as the search takes milliseconds."""
    return ThreadpoolController()
