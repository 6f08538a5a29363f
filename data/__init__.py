"""Texts in, batches out."""

from data.rows import DataError
from data.sources import Data, Split, load_data, repeats
from data.splits import Choice

__all__ = ["Choice", "Data", "DataError", "Split", "load_data", "repeats"]
