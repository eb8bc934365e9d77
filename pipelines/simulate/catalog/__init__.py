"""A survey as catalogs with known truth: measured without pixels, by a stated model of noise."""
