"""What needs no fine-tuning: a bag of words, and linear and kernel heads on a frozen encoder.

They need scikit-learn, which only the tests and the study install.
"""

from typing import Any

import numpy as np

from bert_min import BertForSequenceClassification, BertTokenizer
from data import Data
from data.batches import forward_batches
from data.hashtags import READINGS
from scoring.calibration import fit_temperature
from speed.packing import packed

FLOORS = {
    "floor-bow": "bag of words (1, 2), logistic regression",
    "floor-frozen-linear": "frozen encoder, mean of the tokens, logistic regression",
    "floor-frozen-linear-untagged": "the same, hashtags removed",
    "floor-frozen-kernel": "frozen encoder, mean of the tokens, support vectors (RBF)",
    "floor-frozen-kernel-untagged": "the same, hashtags removed",
}


def mean_features(
    model: BertForSequenceClassification, tokenizer: BertTokenizer, texts: list[str]
) -> np.ndarray:
    """The mean of the last layer over a text's tokens, as vectors (N, C) of length 1."""
    ids = [encoded.ids for encoded in tokenizer.encode(texts)]
    features = np.empty((len(ids), model.config.hidden_size), np.float32)
    for index, output in forward_batches(packed(model), ids, hidden_states=True):
        assert output.hidden_states
        for place, states in zip(index, output.hidden_states[-1].float().cpu(), strict=True):
            features[place] = states[: len(ids[place])].mean(dim=0).numpy()
    return features / np.linalg.norm(features, axis=1, keepdims=True)


def soft_targets(
    data: Data, reading: str, model: BertForSequenceClassification, tokenizer: BertTokenizer
) -> np.ndarray:
    """Logits (N, 2) of the training texts from a kernel head that did not see them: five folds.

    Their temperature is fitted on the labels, so that they are log-odds. A student of these targets
    never sees a label; where the head is unsure, because a text is unlike others of its label, so
    is the student.
    """
    from sklearn.model_selection import StratifiedKFold, cross_val_predict
    from sklearn.svm import SVC

    texts = [READINGS[reading](text) for text in data.splits["train"].texts]
    labels = np.array(data.splits["train"].labels)
    features = mean_features(model, tokenizer, texts)
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    margins = cross_val_predict(SVC(C=10), features, labels, cv=folds, method="decision_function")
    logits = np.stack([-margins / 2, margins / 2], axis=1)
    return (logits / fit_temperature(logits, labels)).astype(np.float32)


def floor_margins(
    name: str, data: Data, model: BertForSequenceClassification, tokenizer: BertTokenizer
) -> dict[str, np.ndarray]:
    """Fit a floor on the training split; its margins on validation and test.

    A support vector machine's decision values are no log-odds: its loss means something only once a
    temperature is fitted (scoring/calibration.py).
    """
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.svm import SVC

    read = READINGS["remove" if name.endswith("-untagged") else "keep"]
    texts = {split: [read(text) for text in part.texts] for split, part in data.splits.items()}
    features: dict[str, Any]
    if name == "floor-bow":
        words = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True)
        features = {"train": words.fit_transform(texts["train"])}
        features |= {split: words.transform(texts[split]) for split in ("validation", "test")}
    else:
        features = {s: mean_features(model, tokenizer, part) for s, part in texts.items()}
    linear = LogisticRegression(C=10, max_iter=1000)
    head = SVC(C=10) if "kernel" in name else linear
    head.fit(features["train"], data.splits["train"].labels)
    return {s: head.decision_function(features[s]) for s in ("validation", "test")}
