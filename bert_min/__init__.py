"""A minimal BERT that reads and writes Hugging Face checkpoints."""

from bert_min.config import BertConfig, ModelError
from bert_min.find import resolve_model
from bert_min.model import BertForSequenceClassification, BertOutput
from bert_min.tokenizer import BertTokenizer, Encoded
from bert_min.tokenizer_files import files_of_tokenizer
from bert_min.weights import load_model, save_model, save_tensors, weight_files
from hub import commit_of

__all__ = [
    "BertConfig",
    "BertForSequenceClassification",
    "BertOutput",
    "BertTokenizer",
    "Encoded",
    "ModelError",
    "commit_of",
    "files_of_tokenizer",
    "load_model",
    "resolve_model",
    "save_model",
    "save_tensors",
    "weight_files",
]
