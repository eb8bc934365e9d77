"""Benchmarks: ours beside the best peer or the physical limit, and the answers compared.

`python -m bench [NAME...] [--json]`. Each module here but those that serve them (`__main__`,
`load_data`, `measure`, `server`) is a benchmark: it has a function `run()` that gives measures, one
by one or as a list. They find a migrated database of their own by
`skytract.loaders.connect.connect`.
"""
