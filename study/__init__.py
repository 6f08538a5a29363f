"""The studies: what docs/ANALYSIS.md and docs/FIVE_SEEDS.md compare, and how it is run."""
