"""Numeric kernels that run inside PostgreSQL (PL/Python) and on in-memory tables alike."""
