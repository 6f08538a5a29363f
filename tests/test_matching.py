"""eval.py scores the texts that a run was trained on, or others whose classes have its names."""

import csv
import json
import shutil
from pathlib import Path

import pytest

import eval as eval_command
import train as train_command
from data import Choice, Data, DataError, Split, load_data
from data.matching import in_order_of, match_classes
from experiment import to_score
from experiment.errors import UsageError
from experiment.loading import classes_of, load_classifier
from experiment.to_score import like


@pytest.mark.parametrize(
    ("found", "wanted", "places", "told"),
    [
        (("not-hate", "hate"), ("not-hate", "hate"), [0, 1], ""),
        (("a", "b", "c"), ("c", "a", "b"), [1, 2, 0], ""),
        (("b", "a"), ("a", "b"), [1, 0], ""),
        (("0", "1"), ("0", "1", "2"), [0, 1], "by their number; no text is of 2"),
        (("0", "1", "2"), ("0", "1", "2"), [0, 1, 2], ""),
        (("a", "c"), ("a", "b", "c"), [0, 2], ""),  # a set of texts may lack a class
        (("noHate", "hate"), ("not-hate", "hate"), [0, 1], "noHate is not-hate, hate is hate"),
        (("safe", "hateful"), ("not-hate", "hate"), [0, 1], "safe is not-hate, hateful is hate"),
        (("0", "1"), ("not-hate", "hate"), [0, 1], "by their number: 0 is not-hate, 1 is hate"),
        (("0", "1", "2"), ("LABEL_0", "LABEL_1", "LABEL_2"), [0, 1, 2], "2 is LABEL_2"),
    ],
)
def test_classes_are_matched_by_name(found, wanted, places, told) -> None:
    assert match_classes(found, wanted)[0] == places
    assert told in match_classes(found, wanted)[1]
    assert bool(told) == bool(match_classes(found, wanted)[1])


@pytest.mark.parametrize(
    ("found", "wanted"),
    [
        (("a", "b"), ("not-hate", "hate")),
        (("not-hate", "hate"), ("a", "b")),
        (("a", "b", "c"), ("a", "b", "d")),
        (("a", "b", "c"), ("not-hate", "hate")),
        (("0", "1", "2"), ("not-hate", "hate")),
        (("1", "2"), ("not-hate", "hate")),
        (("0", "1", "2"), ("1", "2", "3")),
        (("hate", "noHate"), ("not-hate", "hate")),  # somebody said --positive noHate
        (("a", "b", "c"), ("LABEL_0", "LABEL_1", "LABEL_2")),  # an order of ours, and not of ids
        (("0", "1", "2"), ("a", "b", "c")),
    ],
)
def test_other_classes_are_refused_with_both_lists(found, wanted) -> None:
    with pytest.raises(DataError) as info:
        match_classes(found, wanted)
    assert f"classes {', '.join(found)}, the run {', '.join(wanted)} (hint: " in str(info.value)


@pytest.mark.parametrize(
    ("found", "wanted", "ours", "theirs", "places"),
    [  # a mapping.txt said that 0 is hate, of the run's data or of these
        (("0", "1"), ("normal", "hate"), ("0", "1"), ("hate", "normal"), [1, 0]),
        (("normal", "hate"), ("0", "1"), ("hate", "normal"), ("0", "1"), [1, 0]),
        (("0", "1"), ("normal", "hate"), (), ("normal", "hate"), [0, 1]),
        (("0", "1", "2"), ("none", "hate", "rude"), (), ("hate", "rude", "none"), [1, 2, 0]),
        (("none", "hate", "rude"), ("0", "1", "2"), ("hate", "rude", "none"), (), [2, 0, 1]),
    ],
)
def test_numbers_are_those_of_the_source_and_not_of_the_order(
    found, wanted, ours, theirs, places
) -> None:
    assert match_classes(found, wanted, ours, theirs)[0] == places
    every = list(range(len(found)))
    data = Data("x", {"test": Split(["t"] * len(found), every)}, found, by_id=ours)
    assert in_order_of(data, wanted, theirs)[0].splits["test"].labels == places


def test_runs_that_turn_two_classes_round_are_not_scored_together(monkeypatch) -> None:
    """Of the data 0 is hate, and so of a model without names; a run of names has hate second."""
    data = Data(
        "x", {"test": Split(["t", "u"], [0, 1])}, ("normal", "hate"), by_id=("hate", "normal")
    )
    bare, named = Path("bare"), Path("named")
    classes = {bare: ("LABEL_0", "LABEL_1"), named: ("normal", "hate")}
    monkeypatch.setattr(to_score, "classes_of", lambda run, base: classes[run])
    monkeypatch.setattr(to_score, "ids_of", lambda run, base: classes[run] if run == bare else ())
    for run, labels in ((bare, [1, 0]), (named, [0, 1])):
        assert to_score.in_order_of_runs(data, [run, run], None).splits["test"].labels == labels
    for runs in ([bare, named], [named, bare]):
        with pytest.raises(UsageError, match=f"class 0 of {runs[1]} is another one than that of"):
            to_score.in_order_of_runs(data, runs, None)


def test_labels_follow_their_names() -> None:
    data = Data("x", {"test": Split(["t", "u", "v"], [0, 1, 2])}, ("a", "b", "c"))
    ordered, _ = in_order_of(data, ("c", "a", "b"))
    assert ordered.label_names == ("c", "a", "b")
    assert ordered.splits["test"].labels == [1, 2, 0]


def write(
    path: Path, columns: tuple[str, str], names: tuple[str, str], n: int = 120, new: str = ""
) -> Path:
    """Texts numbered from 0; where they are to be `new` ones, with a word that no other has."""
    texts = [("what a lovely day" if i % 3 else "I hate you all") + f" {i}{new}" for i in range(n)]
    rows = [(text, names[i % 3 == 0]) for i, text in enumerate(texts)]
    with open(path, "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([columns, *rows])
    return path


@pytest.fixture
def trained(command, model_dir, tmp_path):
    """A run of one file: column `words` told, 70 % for training."""
    posts = write(tmp_path / "posts.csv", ("words", "class"), ("not-hate", "hate"))
    quick = f"--model {model_dir} --epochs 2 --batch-size 16 --lr 1e-2".split()
    flags = ("--data", posts, "--text-column", "words", "--split", "70,15,15", *quick)
    result = command(train_command, "--mode", "teacher", *flags)
    assert result.code == 0, result.err
    assert "texts are read from 'words', labels from 'class'\n" in result.err
    assert "train 84, validation 18, test 18 texts (--split 70,15,15, seed 0)" in result.err
    return posts


def score(command, *args) -> tuple[dict, str]:
    result = command(eval_command, "runs/teacher", "--json", *args)
    assert result.code == 0, result.err
    return json.loads(result.out), result.err


def test_the_record_says_how_the_texts_were_read(trained) -> None:
    record = json.loads(Path("runs/teacher/train_args.json").read_text())
    assert record["split_sizes"] == {"train": 84, "validation": 18, "test": 18}
    assert record["splits_made"] == ["validation", "test"]
    assert (record["split_seed"], record["rows_skipped"]) == (0, 0)
    assert (record["text_column"], record["label_column"]) == ("words", "class")
    assert record["label_names"] == ["not-hate", "hate"]


def test_eval_finds_the_same_texts_again_and_says_where_they_have_changed(command, trained) -> None:
    results = json.loads(Path("runs/teacher/results.json").read_text())
    answer, err = score(command)
    assert "other texts" not in err
    assert answer["runs"][0]["n"] == 18
    assert answer["runs"][0]["loss"] == pytest.approx(results["test"]["loss"], abs=1e-5)
    answer, err = score(command, "--data", trained)
    assert "other texts" not in err  # the percentages are those of the run, and the columns
    write(trained, ("words", "class"), ("not-hate", "hate"), 150)
    changed = "posts.csv, which runs/teacher was trained on, has changed since, and would be split"
    for flags in ((), ("--data", trained)):
        result = command(eval_command, "runs/teacher", *flags)
        assert (result.code, changed in result.err) == (3, True)


def change(path: Path, **values) -> None:
    """Write some values of a run's record anew."""
    record = json.loads(path.read_text())
    path.write_text(json.dumps(record | values))
    path.with_name("MANIFEST.json").unlink(missing_ok=True)


def test_the_texts_of_a_run_are_found_from_any_folder(command, trained, monkeypatch) -> None:
    """Seen from the run: another file of that name, where the command is given, is not meant."""
    first, _ = score(command)
    change(Path("runs/teacher/train_args.json"), data="posts.csv")
    elsewhere = trained.with_name("elsewhere")
    elsewhere.mkdir()
    write(elsewhere / "posts.csv", ("words", "class"), ("hate", "not-hate"))
    monkeypatch.chdir(elsewhere)
    result = command(eval_command, "../runs/teacher", "--json")
    assert json.loads(result.out)["runs"][0]["loss"] == first["runs"][0]["loss"]
    assert "other texts" not in result.err
    (elsewhere / "posts.csv").unlink()
    trained.rename(trained.with_name("moved.csv"))
    result = command(eval_command, "../runs/teacher")
    told = f"posts.csv, which ../runs/teacher was trained on, is not at {trained} (hint: --data)"
    assert (result.code, result.err) == (3, f"error: {told}\n")
    assert command(eval_command, "../runs/teacher", "--data", "../moved.csv").code == 0


def test_a_class_is_scored_by_its_name_whichever_run_stands_first(command, trained) -> None:
    flags = ("--data", trained, "--text-column", "words", "--out", "runs/turned")
    model = json.loads(Path("runs/teacher/train_args.json").read_text())["model"]
    quick = ("--model", model, "--epochs", 2, "--batch-size", 16, "--lr", 1e-2)
    turned = command(train_command, "--mode", "teacher", *flags, *quick, "--positive", "not-hate")
    assert turned.code == 0, turned.err
    others = write(
        trained.with_name("others.csv"), ("text", "label"), ("not-hate", "hate"), 90, " b"
    )
    asked = ("--data", others, "--split", "all", "--json")
    alone = [command(eval_command, f"runs/{run}", *asked) for run in ("teacher", "turned")]
    right = [json.loads(result.out)["runs"][0]["accuracy"] for result in alone]
    assert min(right) > 0.6
    for order in ([0, 1], [1, 0]):
        names = [("runs/teacher", "runs/turned")[i] for i in order]
        both = json.loads(command(eval_command, *names, *asked).out)["runs"]
        assert [row["accuracy"] for row in both] == [right[i] for i in order]


def test_texts_that_a_run_has_learned_are_told_or_refused(command, trained) -> None:
    """Wherever they lie, and whatever stands beside them; 102 of 120 were for training."""
    header, *own = trained.read_text().splitlines()
    names = ("not-hate", "hate")
    new = write(trained.with_name("new.csv"), ("words", "class"), names, 90, " b")
    new = new.read_text().splitlines()[1:]

    def asked(*rows: str, split: str = "all"):
        path = trained.with_name("mixed.csv")
        path.write_text("\n".join([header, *rows, ""]))
        return command(eval_command, "runs/teacher", "--data", path, "--split", split, "--json")

    refused = asked(*own)
    assert (refused.code, "was trained on texts of mixed.csv" in refused.err) == (2, True)
    refused = asked(*own, *new[:30])
    told = "runs/teacher has learned 102 of the 150 texts of all of mixed.csv (hint: new texts"
    assert (refused.code, told in refused.err) == (2, True)
    mixed = asked(*own, *new)
    told = "mixed.csv are other texts than runs/teacher was trained on, of which it has learned 102"
    assert (mixed.code, told in mixed.err) == (0, True)
    assert json.loads(mixed.out)["runs"][0]["n"] == 210
    assert "which it has learned" not in asked(*new).err
    chosen = load_data(str(trained), choice=Choice(text_column="words", split="70,15,15"))
    chosen = {text: "not-hate" for text in chosen.splits["validation"].texts}
    path = trained.with_name("folder") / "train.csv"
    path.parent.mkdir()
    path.write_text("\n".join([header, *new, ""]))
    rows = [row for row in own if row.rpartition(",")[0] in chosen]
    (path.parent / "valid.csv").write_text("\n".join([header, *rows, ""]))
    flags = ("--data", path.parent, "--split", "validation")
    assert score(command, *flags)[0]["runs"][0]["n"] == 18  # it was not trained on them
    trained.rename(trained.with_name("away.csv"))
    assert "how many of them it has learned is not known" in asked(*new).err


def test_a_limit_hides_no_change_and_a_flag_is_no_change(command, trained) -> None:
    result = command(eval_command, "runs/teacher", "--limit", 9)
    assert (result.code, "warning" in result.err) == (0, False)
    flags = ("--data", trained, "--positive", "not-hate")
    result = command(eval_command, "runs/teacher", *flags)
    told = "posts.csv, which runs/teacher was trained on, is read with --positive not-hate and not "
    assert (result.code, told in result.err) == (3, True)
    write(trained, ("words", "class"), ("not-hate", "hate"), 150)
    for limit in (9, 100_000):
        result = command(eval_command, "runs/teacher", "--limit", limit)
        assert (result.code, "has changed since, and would be split" in result.err) == (3, True)


def test_a_file_of_the_same_name_elsewhere_is_another(command, trained, monkeypatch) -> None:
    elsewhere = trained.with_name("elsewhere")
    elsewhere.mkdir()
    write(elsewhere / "posts.csv", ("words", "class"), ("not-hate", "hate"), 90, " b")
    change(Path("runs/teacher/train_args.json"), data="posts.csv")
    monkeypatch.chdir(elsewhere)
    result = command(eval_command, "../runs/teacher", "--data", "posts.csv", "--split", "all")
    assert (result.code, "posts.csv are other texts" in result.err) == (0, True)


def test_what_scores_and_names_meant_in_training_holds(tmp_path) -> None:
    trained = Choice("body", "is this hate, or not", positive_from=0.7)
    header = ["text", "label", "body", "is this hate, or not"]
    assert like(trained, Choice(), header) == trained
    told = Choice("text", "label", positive="hate", skip_bad=True)
    assert like(trained, told, header) == told
    assert like(trained, Choice(), ["text", "label"]) == Choice()
    half = Choice("body", "score", positive_from=0.5)
    assert like(half, Choice(), ["body", "score"]) == half
    assert like(half, Choice(label_column="score"), ["body", "score"]) == half
    assert like(half, Choice(label_column="other"), ["body", "score"]).positive_from is None
    assert like(Choice(positive_from=0.5), Choice(), ["", "text", "label"]) == Choice()


def test_labels_whose_names_have_changed_places_are_refused(command, tmp_path, model_dir) -> None:
    """The ids are the same, so that a hash of texts and ids sees nothing."""
    write(tmp_path / "posts.csv", ("text", "label"), ("0", "1"))
    (tmp_path / "mapping.txt").write_text("0\tred\n1\tblue\n2\tgreen\n")
    rows = (tmp_path / "posts.csv").read_text().splitlines()
    rows = [row if i % 5 else f"another {i},2" for i, row in enumerate(rows, start=1)]
    (tmp_path / "posts.csv").write_text("\n".join(["text,label", *rows[1:], ""]))
    quick = f"--model {model_dir} --epochs 1 --batch-size 16 --data posts.csv".split()
    assert command(train_command, "--mode", "teacher", *quick).code == 0
    (tmp_path / "mapping.txt").write_text("0\tred\n1\tgreen\n2\tblue\n")
    result = command(eval_command, "runs/teacher")
    told = "called red, blue, green when runs/teacher was trained, and are called red, green, blue"
    assert (result.code, told in result.err) == (3, True)
    result = command(train_command, "--mode", "odd", *quick)
    assert result.code == 0, result.err
    assert "runs/teacher is another teacher: it differs in label_names" in result.err
    student = json.loads(Path("runs/odd/config.json").read_text())
    assert list(student["id2label"].values()) == ["red", "green", "blue"]
    result = command(train_command, "--mode", "teacher", *quick, "--resume")
    assert (result.code, "was trained with other settings" in result.err) == (2, True)


@pytest.mark.parametrize("place", ["others.csv", "folder/train.csv"])
def test_other_texts_are_read_from_the_runs_own_columns(command, trained, place) -> None:
    """And not from those of the usual names beside them, unless they are asked for."""
    path = trained.parent / place
    path.parent.mkdir(exist_ok=True)
    names = ("not-hate", "hate")
    rows = list(csv.reader(write(path, ("words", "class"), names, 90, " b").open()))
    turned = {"not-hate": "hate", "hate": "not-hate"}
    with open(path, "w", newline="", encoding="utf-8") as file:
        wrong = ((text, turned[label]) for text, label in rows[1:])
        both = [(*row, *other) for row, other in zip(rows[1:], wrong, strict=True)]
        csv.writer(file).writerows([("words", "class", "text", "label"), *both])
    source = path if place == "others.csv" else path.parent
    asked = ("--data", source, "--split", "all")
    right = score(command, *asked)[0]["runs"][0]["accuracy"]
    assert right > 0.6
    told = score(command, *asked, "--label-column", "label")[0]["runs"][0]["accuracy"]
    assert told == pytest.approx(1 - right)


def test_all_texts_are_scored_however_few_there_are(command, trained) -> None:
    """Too few to be split, which nobody asked for; a limit is of them all."""
    few = write(trained.with_name("few.csv"), ("text", "label"), ("not-hate", "hate"), 4, " b")
    assert "leave none for validation" in command(eval_command, "runs/teacher", "--data", few).err
    answer, _ = score(command, "--data", few, "--split", "all")
    assert answer["runs"][0]["n"] == 4
    few.write_text("text,label\nhello,not-hate\nwell,not-hate\nyou,hate\n")
    assert score(command, "--data", few, "--split", "all")[0]["runs"][0]["n"] == 3
    many = write(trained.with_name("many.csv"), ("text", "label"), ("not-hate", "hate"), 90, " b")
    assert score(command, "--data", many, "--split", "all")[0]["runs"][0]["n"] == 90
    answer, _ = score(command, "--data", many, "--split", "all", "--limit", 10)
    assert answer["runs"][0]["n"] == 10


def test_matched_takes_the_share_of_the_runs_own_validation(command, trained) -> None:
    """And not that of the texts that are scored, of which all but two are hate."""
    others = write(trained.with_name("others.csv"), ("text", "label"), ("hate", "hate"), 90, " b")
    lines = others.read_text().splitlines()
    lines[1:3] = [line.replace(",hate", ",not-hate") for line in lines[1:3]]
    others.write_text("\n".join([*lines, ""]))
    asked = ("--data", others, "--split", "all", "--matched")
    row = score(command, *asked)[0]["runs"][0]
    assert 0.1 < row["predicted_positive_rate"] < 0.6  # a third of the run's texts are hate
    Path("runs/teacher/predictions/validation.jsonl").unlink()
    result = command(eval_command, "runs/teacher", *asked)
    assert "runs/teacher has no predictions/validation.jsonl (hint: --matched" in result.err
    assert result.code == 2


@pytest.mark.parametrize("names", [("noHate", "hate"), ("safe", "hateful"), ("0", "1")])
def test_classes_of_other_names_count_as_what_they_mean(command, trained, names) -> None:
    """By their index or the alphabet, the accuracy would be one minus this."""
    first, _ = score(command)
    others = write(trained.with_name("others.csv"), ("text", "label"), names)
    answer, err = score(command, "--data", others)
    assert answer["runs"][0]["accuracy"] == first["runs"][0]["accuracy"] > 0.6
    assert answer["positive"] == "hate"
    assert "runs/teacher: classes are matched by " in err
    others = write(trained.with_name("others.csv"), ("text", "label"), names, 150, " b")
    _, err = score(command, "--data", others)
    assert "warning: others.csv are other texts than runs/teacher was trained on\n" in err


def test_the_classes_of_a_run_are_those_that_it_is_loaded_with(model_dir, tmp_path) -> None:
    run = shutil.copytree(model_dir, tmp_path / "theirs")
    config = json.loads((run / "config.json").read_text())
    for names, order in ((("hate", "normal"), (1, 0)), (("b", "a"), (0, 1))):
        config["id2label"] = {"0": names[0], "1": names[1]}
        (run / "config.json").write_text(json.dumps(config))
        assert classes_of(run) == tuple(names[i] for i in order)
        assert classes_of(run) == load_classifier(run).label_names
    config |= {"id2label": {"0": "hate", "1": "normal"}, "decision": {}}  # ours, --positive normal
    (run / "config.json").write_text(json.dumps(config))
    assert classes_of(run) == load_classifier(run).label_names == ("hate", "normal")


def test_classes_that_do_not_match_are_refused(command, trained) -> None:
    others = write(trained.with_name("others.csv"), ("text", "label"), ("b", "a"))
    result = command(eval_command, "runs/teacher", "--data", others, "--positive", "a")
    assert result.code == 3
    assert "the data have the classes b, a, the run not-hate, hate (hint: " in result.err


def test_how_to_read_goes_with_what_to_read(command) -> None:
    result = command(eval_command, "--label-column", "class")
    assert result.code == 2
    assert "give --data too" in result.err
