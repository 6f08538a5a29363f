"""How often the cross-validation says something that is not so: studies made up, truth known.

Made of margins, as a study is. Of each text there is how hard it is, common to all arms, with a
label drawn by it; each arm has its own view of each text, the same in all its runs. A run adds an
error of its own in a few directions (a shift of all margins, and slopes along features of the
texts), which is what makes a whole run good or bad, and noise on each text. What a run learns from
its training texts is an error in the same directions: the mean of what each cell of texts gives
(round 1's fold by round 2's), over the cells that the run trains on. So two runs share as much of
it as they share texts. `training` is its variance, for texts drawn anew, as a multiple of that of
the run's own error: nobody knows it, so several are shown. At 0 the training texts are given.

The sizes are those of the five seeds in docs/study on 1,000 validation tweets (means over the
seven arms or the five questions; `made` is what the simulation has):

                                            measured     made
    macro-F1                                    .750     .767
    share of texts called positive              .496     .505
    two seeds of an arm disagree on             .094     .085
    two arms, other seeds, disagree on          .110     .098
    their majorities disagree on                .073     .067
    deviation of a difference over seeds       .0115    .0120
    of that: of whole runs                     .0084    .0089
"""

import argparse
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import brentq

from experiment.cli import number
from experiment.errors import run_command
from scoring.table import aligned
from study.questions import LEVEL, MARGIN
from study.statistics import influences
from study.verdicts import differences

TRAINING = (0.0, 0.25, 1.0)
DIFFICULTY, SLOPE, OFFSET, SHIFT = 2.0, 1.1, -0.66, 0.02
VIEW, NOISE = 0.22, 0.33  # deviations: of an arm's view of a text, of a run's
DIRECTIONS, ERROR = 4, 0.1  # of a run's own error, and its deviation along each


@dataclass(frozen=True)
class Made:
    """The size of a made-up study; `worse` is added to the second arm's noise."""

    texts: int = 10_000
    folds: int = 10
    rounds: int = 2
    training: float = 0.0
    worse: float = 0.0
    rare: float = 0.0  # how much nearer to the other class all texts are

    def draw(self, rng: np.random.Generator) -> tuple[np.ndarray, ...]:
        """Predictions (R, N) of two arms, labels (N,), runs (R, N)."""
        hard, labels = self.draw_texts(self.texts, rng)
        features = rng.normal(size=(self.texts, DIRECTIONS))
        features[:, 0] = 1
        places = np.arange(self.texts) % self.folds
        parts = np.stack([rng.permutation(places) for _ in range(self.rounds)])
        arms = [
            self.arm(hard + rng.normal(0, VIEW, self.texts), features, parts, more, rng)
            for more in (0.0, self.worse)
        ]
        return *arms, labels, parts + self.folds * np.arange(self.rounds)[:, None]

    def draw_texts(self, number: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """How far each text is on the positive side, and its label."""
        hard = rng.normal(-self.rare, DIFFICULTY, number)
        chance = 1 / (1 + np.exp(-SLOPE * hard - OFFSET))
        return hard, (rng.random(number) < chance).astype(int)

    def arm(
        self,
        view: np.ndarray,
        features: np.ndarray,
        parts: np.ndarray,
        worse: float,
        rng: np.random.Generator,
    ) -> np.ndarray:
        """One arm's predictions (R, N)."""
        cells = (self.folds,) * self.rounds
        trained = (self.folds - 1) * self.folds ** (self.rounds - 1)  # cells of a run
        scale = ERROR * np.sqrt(self.training * trained)
        learned = rng.normal(0, scale, (*cells, DIRECTIONS))
        margins = view + SHIFT + rng.normal(0, np.hypot(NOISE, worse), parts.shape)
        for row, part in enumerate(parts):
            whole, own_axes = learned.sum(axis=tuple(range(self.rounds))), set(range(self.rounds))
            held = learned.sum(axis=tuple(own_axes - {row}))  # (folds, directions)
            errors = (whole - held) / trained + rng.normal(0, ERROR, held.shape)
            margins[row] += (features * errors[part]).sum(axis=1)
        return (margins >= 0).astype(int)


RARE = 2.5  # makes 11 % of the texts positive, and as many called so
DESIGNS = {  # by name: a study, and the values of `training` to show
    "ten folds, twice": (Made(), TRAINING),
    "five folds, once": (Made(folds=5, rounds=1), TRAINING[:1]),
    "five folds, once, 11 % positive": (Made(folds=5, rounds=1, rare=RARE), TRAINING[:1]),
}


def worse_by(margin: float, made: Made = Made()) -> float:
    """The noise that costs the second arm `margin` of macro-F1."""
    rng = np.random.default_rng(0)
    hard, labels = made.draw_texts(400_000, rng)
    spread = np.sqrt(VIEW**2 + NOISE**2 + DIRECTIONS * ERROR**2)
    noise, more = rng.normal(size=(2, len(hard)))

    def score(worse: float) -> float:
        margins = hard + SHIFT + spread * noise + worse * more
        return influences((margins >= 0).astype(int), labels)[0]

    return float(brentq(lambda worse: score(0) - score(worse) - margin, 0, 3, xtol=1e-3))


def shares(made: Made, studies: int, truth: float) -> list[str]:
    """Of made-up studies: how many claim what, and how many intervals hold the truth."""
    rng = np.random.default_rng(1)
    found = [differences(*made.draw(rng)) for _ in range(studies)]
    cells = []
    for own in zip(*found, strict=True):
        inside = [e.interval()[0] <= truth <= e.interval()[1] for e in own]
        half = np.mean([e.interval()[1] - e.value for e in own])
        counts = ([e.p < LEVEL for e in own], [e.p_equal(MARGIN) < LEVEL for e in own], inside)
        cells += [*(f"{np.mean(count):.1%}" for count in counts), f"{100 * half:.2f}"]
    return cells


def simulate(studies: int) -> str:
    """The table: without a difference, and with one of the margin."""
    heads = ("differ", "equal", "interval right", "its half, points")
    columns = [f"{kind}: {head}" for kind in ("given", "anew") for head in heads]
    rows = []
    for name, (design, trainings) in DESIGNS.items():
        for truth in (0.0, MARGIN):
            worse = worse_by(truth, design) if truth else 0.0
            for training in trainings:
                made = replace(design, training=training, worse=worse)
                cells = shares(made, studies, truth)
                rows.append([name, f"{100 * truth:g}", f"{training:g}", *cells])
    return aligned(["10,000 texts", "true difference, points", "training", *columns], rows)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m study.simulation", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--studies", type=number(int, 2), default=2000, metavar="N")
    print(simulate(parser.parse_args().studies))
    return 0


if __name__ == "__main__":
    run_command(main)
