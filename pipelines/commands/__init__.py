"""The commands of `skytract` that run pipelines, one module per command group."""
