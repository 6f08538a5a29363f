"""Texts in, batches out."""

from data.sources import Data, Split, load_data, repeats
from data.splits import Choice
from data.tables import DataError

__all__ = ["Choice", "Data", "DataError", "Split", "load_data", "repeats"]
