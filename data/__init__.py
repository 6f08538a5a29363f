"""Texts in, batches out."""

from data.sources import Data, Split, load_data, repeats
from data.tables import DataError

__all__ = ["Data", "DataError", "Split", "load_data", "repeats"]
