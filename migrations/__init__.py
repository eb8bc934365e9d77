"""How the tables got from one version of the model to the next; run by alembic alone."""
