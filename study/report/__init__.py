"""The report of a study's records."""
