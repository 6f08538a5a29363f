"""The study behind docs/ANALYSIS.md: what is compared, how it is run, what it says."""
