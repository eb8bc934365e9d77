"""The commands of `skytract` that belong to the loaders, one module per command group."""
