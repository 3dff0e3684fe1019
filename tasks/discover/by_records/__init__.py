"""Sources that one CSV or JSON describes, record by record."""
