"""skytract: a survey-catalog system with PostgreSQL at its centre.

This file stays nearly empty: every database session executes it when it imports a UDF.
"""

__version__ = "0.1.0"
