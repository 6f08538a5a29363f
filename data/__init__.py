"""Texts in, batches out."""

from data.files import DataError
from data.sources import Data, Split, load_data, repeats

__all__ = ["Data", "DataError", "Split", "load_data", "repeats"]
