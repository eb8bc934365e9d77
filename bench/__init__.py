"""Benchmarks: ours beside the best peer or the physical limit, and the answers compared.

`python -m bench [NAME...] [--json]`. Each module here but the four that serve them (`__main__`,
`measure`, `server`) is a benchmark: it has a function `run()` that gives measures, one by one or
as a list. They find a migrated database of their own by `skytract.loaders.connect.connect`.
"""
