"""The demo's queries, one .sql file each."""

from pathlib import Path


def read_query(name: str) -> bytes:
    """Return the text of a query of this folder, ready to be executed."""
    return Path(__file__).with_name(f"{name}.sql").read_bytes()
