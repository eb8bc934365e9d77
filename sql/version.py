"""Version of the declared tables, in a module that costs nothing to import."""

MODEL_VERSION = "0008"
"""The alembic revision that makes the declared tables; compared with the database's at connect."""
