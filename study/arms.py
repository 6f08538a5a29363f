"""The arms of the study: which models are compared, and the flags of `train.py` that make each.

The seeds of an arm share heads, dropout and order of the texts with the same seeds of every other
arm that reads the same tokens, so that differences pair.
"""

from dataclasses import dataclass

MAIN, REST = 5, 2  # seeds of an arm that a question hangs on, and of the others


@dataclass(frozen=True)
class Arm:
    """A model to train: its flags, how many seeds, who teaches it, and on which data.

    `teacher` and `base` are arms: the first one's run of the same seed is distilled, the second's
    stands in for the pretrained weights. `shift` names a data set of study/shifts.py; None is
    the data of the study.
    """

    name: str
    about: str
    flags: tuple[str, ...]
    seeds: int = REST
    teacher: str | None = None
    base: str | None = None
    shift: str | None = None


TEACHER = Arm("teacher", "all layers, fine-tuned", ("--mode", "teacher"), MAIN)
INITS = ("odd", "even", "first", "last", "hybrid", "random")

# The distillation loss: tried on seed 0 of the odd student. The highest validation macro-F1 is
# taken, first among the pairs without the hidden loss, then among the weights of that loss.
TEMPERATURES, ALPHAS, BETAS = (2.0, 5.0, 10.0), (0.5, 0.9), (1.0, 10.0)


def loss_flags(temperature: float, alpha: float, beta: float) -> tuple[str, ...]:
    return ("--temperature", f"{temperature:g}", "--alpha", f"{alpha:g}", "--beta", f"{beta:g}")


def grid_arm(temperature: float, alpha: float, beta: float) -> Arm:
    """One point of the grid."""
    name = f"grid-T{temperature:g}-alpha{alpha:g}-beta{beta:g}"
    about = f"odd, temperature {temperature:g}, alpha {alpha:g}, beta {beta:g}"
    flags = ("--mode", "odd", *loss_flags(temperature, alpha, beta))
    return Arm(name, about, flags, 1, "teacher")


def grid_arms() -> list[Arm]:
    """Every point that the grid may come to."""
    return [grid_arm(t, a, b) for t in TEMPERATURES for a in ALPHAS for b in (0.0, *BETAS)]


def student_arms(temperature: float, alpha: float, beta: float) -> list[Arm]:
    """Students of half depth: each initialisation with each objective."""
    arms = []
    for init in INITS:
        seeds = MAIN if init in ("odd", "even") else REST
        for name, about, flags in (
            ("ce", "labels alone", ("--objective", "ce")),
            ("kd", "labels and the teacher's logits", loss_flags(temperature, alpha, 0)),
            ("kd-hidden", "and its hidden states", loss_flags(temperature, alpha, beta)),
        ):
            mode = ("--mode", init, *flags)
            arms.append(Arm(f"{init}-{name}", f"{init}: {about}", mode, seeds, "teacher"))
    return arms


# Rates beside the defaults, 5e-5 for all weights and 5e-4 for LoRA: the same number for both.
FULL_RATES, LORA_RATES, WIDE_RATES = (2e-5, 1e-4, 2e-4), (5e-5, 2e-4, 1e-3), (2e-4, 1e-3)
ALL_LINEAR = ("--lora-targets", "query,key,value,intermediate.dense,output.dense")


def lora_arms() -> list[Arm]:
    """LoRA at full and at half depth, at other rates, on all linear layers, after distillation."""
    lora = ("--mode", "lora")
    arms = [
        Arm("lora", "all layers, adapters on q and v", lora, MAIN),
        Arm("lora-odd", "odd layers, adapters on q and v", (*lora, "--layers", "odd"), MAIN),
        Arm("lora-all-linear", "adapters on all linear layers", (*lora, *ALL_LINEAR)),
        Arm("lora-student", "adapters on the distilled odd student", lora, base="odd-kd-hidden"),
    ]
    for name, about, flags, rates in (
        ("lora", "adapters on q and v", lora, LORA_RATES),
        ("lora-all-linear", "adapters on all linear layers", (*lora, *ALL_LINEAR), WIDE_RATES),
        ("teacher", "all layers, fine-tuned", ("--mode", "teacher"), FULL_RATES),
    ):
        for rate in rates:
            own = (*flags, "--lr", f"{rate:g}")
            arms.append(Arm(f"{name}-lr{rate:g}", f"{about}, rate {rate:g}", own))
    return arms


def reference_arms() -> list[Arm]:
    """The recipe that this project set out from: pretrained layers, never a teacher, last epoch.

    Its LoRA is `lora-lr5e-05`.
    """
    return [
        Arm(f"reference-{m}", f"pretrained {m} layers", ("--mode", "teacher", "--layers", m))
        for m in ("odd", "even")
    ]


# What might help when the tweets change, tried on the shifts of study/shifts.py step by step; each
# step's winner stays for the next. A step's first entry is to do nothing. `kernel` learns from a
# kernel head on the frozen encoder instead of the labels (study/floors.py, soft_targets).
TARGETS = "{targets}"  # stands for the file of its logits
STEPS: dict[str, dict[str, tuple[str, ...]]] = {
    "hashtags": {
        "keep": (),
        "remove": ("--hashtags", "remove"),
        "split": ("--hashtags", "split"),
    },
    "extra": {
        "none": (),
        "kernel": ("--targets", TARGETS, "--alpha", "1", "--temperature", "1"),
    },
}
# The last step trains nothing: leave the scores of the texts held out, or move all of them alike so
# that their mean is the share of positives in validation (calibration.match_prior).
PRIORS = ("keep", "matched")
# How to read hashtags is decided where hashtags mislead; the other shifts only take them away.
DECIDING = {"hashtags": ("campaigns",)}
SHORT = ("--epochs", "3")  # on shifts, to save time


def recipe_flags(recipe: dict[str, str]) -> tuple[str, ...]:
    """The flags of a recipe, which names an entry for each step taken so far."""
    return tuple(flag for step, entry in recipe.items() for flag in STEPS[step][entry])


def recipe_name(recipe: dict[str, str]) -> str:
    """Its entries that do something, such as `remove+kernel`; `plain` where none does."""
    active = [e for step, e in recipe.items() if STEPS[step][e]]
    return "+".join(active) or "plain"


def shift_arm(recipe: dict[str, str], shift: str) -> Arm:
    """A recipe, fine-tuning all layers on the data of a shift."""
    name = recipe_name(recipe)
    flags = ("--mode", "teacher", *SHORT, *recipe_flags(recipe))
    return Arm(f"shift-{shift}-{name}", f"{name}, {shift} held out", flags, 1, shift=shift)


ROBUST = ("robust-teacher", "robust-odd", "robust-even", "robust-lora")
RECIPE = tuple(name.replace("robust", "recipe") for name in ROBUST)  # and the step of PRIORS


def robust_arms(recipe: dict[str, str], temperature: float, alpha: float, beta: float) -> list[Arm]:
    """The chosen recipe for every kind of model.

    Students of a teacher that has never seen the labels do not see them either.
    """
    name, flags = recipe_name(recipe), recipe_flags(recipe)
    own = recipe_flags({step: entry for step, entry in recipe.items() if entry != "kernel"})
    kd = loss_flags(temperature, 1.0 if "kernel" in recipe.values() else alpha, beta)
    teacher = Arm("robust-teacher", f"teacher, {name}", ("--mode", "teacher", *flags), MAIN)
    arms = [teacher]
    for m in ("odd", "even"):
        mode = ("--mode", m, *own, *kd)
        arms.append(Arm(f"robust-{m}", f"{m}, kd-hidden, {name}", mode, MAIN, teacher.name))
    return [*arms, Arm("robust-lora", f"lora, {name}", ("--mode", "lora", *flags), MAIN)]
