"""What the cross-validated study asks, fixed before a run of it was scored.

Seven arms, five primary questions, the margin of equivalence. Whatever else the records can be
asked is secondary, and the report says so. The arms have the defaults of `train.py` of the day on
which the study began, written out, so that a later default changes nothing.

The data: TweetEval hate, ten folds twice; TweetEval offensive, and the sentences of a forum as hate
against the rest, five folds once. The number format of training is the machine's, the same for all
arms of a run, and recorded (the first 42 models of hate were made when it still was fp32 for all).
"""

from study.arms import MAIN, TEACHER, Arm

MARGIN = 0.01  # of macro-F1: arms that differ by less than one point count as equal
LEVEL = 0.05  # of all false claims of a difference among the five, and of equality among the five

EVERY = (
    *("--epochs", "5", "--weight-decay", "0.01", "--warmup", "0.1", "--batch-size", "64"),
    *("--max-length", "128", "--hashtags", "keep"),
)
FULL = ("--lr", "5e-5", *EVERY)
LABELS = ("--objective", "ce", *FULL)
TAUGHT = ("--objective", "kd", "--temperature", "5", "--alpha", "0.5", "--beta", "1", *FULL)
LORA = (
    *("--mode", "lora", "--lora-r", "16", "--lora-alpha", "32", "--lora-dropout", "0.1"),
    *("--lora-targets", "query,value", "--lr", "5e-4", *EVERY),
)

ARMS = (
    Arm(TEACHER.name, TEACHER.about, ("--mode", "teacher", *FULL), MAIN),
    Arm("odd-ce", "odd: labels alone", ("--mode", "odd", *LABELS), MAIN, TEACHER.name),
    Arm("odd-kd-hidden", "odd: distilled", ("--mode", "odd", *TAUGHT), MAIN, TEACHER.name),
    Arm("even-ce", "even: labels alone", ("--mode", "even", *LABELS), MAIN, TEACHER.name),
    Arm("even-kd-hidden", "even: distilled", ("--mode", "even", *TAUGHT), MAIN, TEACHER.name),
    Arm("lora", "all layers, adapters on q and v", LORA, MAIN),
    Arm("lora-odd", "odd layers, adapters on q and v", (*LORA, "--layers", "odd"), MAIN),
)

# The first arm is held against the second; differences are the first's macro-F1 minus the second's.
QUESTIONS = {
    "Odd or even layers, distilled": ("odd-kd-hidden", "even-kd-hidden"),
    "Distilled or labels alone, odd layers": ("odd-kd-hidden", "odd-ce"),
    "Distilled or labels alone, even layers": ("even-kd-hidden", "even-ce"),
    "LoRA or full fine-tuning, all layers": ("lora", "teacher"),
    "LoRA or distillation, odd layers": ("lora-odd", "odd-kd-hidden"),
}
