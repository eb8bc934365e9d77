"""The database, declared: tables in schema/*.yaml, functions and views in <domain>/*.sql."""
