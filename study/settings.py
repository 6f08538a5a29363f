"""What a study is asked to do, made once from the flags of `python -m study`."""

from dataclasses import dataclass
from pathlib import Path

from data import Choice
from experiment.data_flags import choice_of


@dataclass(frozen=True)
class StudySettings:
    """Each field is a flag of `python -m study`, and its default."""

    model: str = "google-bert/bert-base-uncased"
    data: str = "cardiffnlp/tweet_eval:hate"
    seeds: int = 5
    folds: int = 0
    rounds: int = 1
    text_column: str | None = None
    label_column: str | None = None
    positive: str | None = None
    positive_from: float | None = None
    skip_bad: bool = False
    runs: Path = Path("runs/study")
    results: Path | None = None
    hatecheck: Path | None = None
    jobs: int | None = None
    only: tuple[str, ...] = ()
    limit: int | None = None
    epochs: int | None = None

    @property
    def choice(self) -> Choice:
        """What is read of the data."""
        return choice_of(vars(self))

    @property
    def records(self) -> Path:
        """Where the records are kept."""
        return self.results or self.runs / "results"
