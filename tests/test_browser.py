"""The page as a person uses it: Chromium before a real server, with and without JavaScript.

Every page that a test opens is watched, see the fixture `visit`.
"""

import re
from collections import Counter
from contextlib import ExitStack
from functools import cache

import pytest
from axe_playwright_python.base import AxeResults
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect
from webserver import ROOT, make_run, running

from experiment.readable import LETTERS, SHORT
from webapp.contract import MAX_CHARS
from webapp.pages import EXAMPLES, strength

WATCH = (
    "addEventListener('securitypolicyviolation', e => console.error('CSP', e.violatedDirective))"
)
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
EMPTY = "There is nothing to read in this text."
TOO_LONG = "A text has at most 10,000 characters."
LONG = "I hate this long text very much. " * 30
LONG_WORD = "So " + "abcde" * 100 + " it is."
TOXIC, FINE = ("--threshold", 0), ("--threshold", 1)  # every text, no text
WORDS = (
    ("You ", 2.5),
    ("are ", 1.2),
    ("so ", 0.6),
    ("very ", 0.3),
    ("\u202every ", 0.1),
    ("not ", -2.4),
    ("at ", -1.2),
    ("all ", -0.7),
    ("<b>bad</b>", -0.3),
    (".", None),
)
PAYLOADS = (
    "<script>window.__xss = 1; alert(1)</script> I hate you",
    '"><img src=x onerror="window.__xss = 1; alert(1)"> I hate you',
    "</textarea><script>window.__xss = 1</script><svg onload='window.__xss = 1'> you",
    "</template></blockquote><iframe srcdoc='<script>parent.__xss = 1</script>'></iframe> you",
    "{{7*7}} {{!service}} ${window.__xss = 1} %3Cscript%3E &lt;b&gt; you",
    "% import os\n<% window.__xss = 1 %>\n% include('card.tpl') you",
    "javascript:window.__xss=1 ' onfocus='window.__xss = 1' autofocus=' you",
    "I like \u202e uoy etah I \u2066 you",
)


@pytest.fixture(scope="module")
def start(browser, request, tmp_path_factory):
    """The server with these flags, started where it is first asked for; `web_runs` by default."""
    with ExitStack() as stack:

        @cache
        def start(*flags):
            if "--run" not in flags:
                flags += ("--run", request.getfixturevalue("web_runs"))
            log = tmp_path_factory.mktemp("server") / "log"
            return stack.enter_context(running(log, *flags))

        yield start


@pytest.fixture(scope="module")
def wild(minilm, tmp_path_factory):
    """A run whose words move its scores."""
    return make_run(tmp_path_factory.mktemp("wild") / "wild", minilm)


@pytest.fixture
def visit(browser, start):
    """Open an address in a fresh context, and watch all that happens there until the test ends.

    No page may log an error or a warning, break the content security policy, raise, open a dialog,
    ask another server, set a cookie or store anything. `may_log` is the one error that is meant.
    """
    problems, pages = [], []

    def visit(*flags, path="/", script=True, may_log=None, **options):
        server = start(*flags)
        context = browser.new_context(java_script_enabled=script, **options)
        context.set_default_timeout(10_000)
        context.add_init_script(WATCH)
        page = context.new_page()
        pages.append(page)

        def note_message(message):
            meant = may_log is not None and may_log in message.text
            if message.type in ("error", "warning") and not meant:
                problems.append(f"console: {message.text}")

        def note_dialog(dialog):
            problems.append(f"dialog: {dialog.message}")
            dialog.dismiss()

        def note_request(request):
            if not request.url.startswith(f"{server.url}/"):
                problems.append(f"request: {request.url}")

        page.on("console", note_message)
        page.on("dialog", note_dialog)
        page.on("request", note_request)
        page.on("pageerror", lambda error: problems.append(f"exception: {error}"))
        page.goto(server.url + path)
        return page

    yield visit
    for page in pages:
        assert page.evaluate("window.__xss") is None
        assert page.evaluate("localStorage.length + sessionStorage.length") == 0
        assert page.context.cookies() == []
        page.context.close()
    assert problems == []


def press(page, name):
    """Press a button and wait for the answer, with JavaScript or without."""
    button = page.get_by_role("button", name=name)
    if page.locator("#keys").is_visible():  # the script shows it
        button.click()
        expect(page.locator("[aria-busy]")).to_have_count(0)
    else:
        with page.expect_navigation():
            button.click()


def ask(page, text, name="Classify"):
    """Type a text and press a button."""
    page.get_by_label("Your text").fill(text)
    press(page, name)


def cards(page):
    return page.get_by_role("status").get_by_role("article")


def read_card(card):
    """What a card shows, in the words of the API."""
    field = {
        node.get_attribute("data-field"): node.text_content()
        for node in card.locator("[data-field]").all()
    }
    return {
        "verdict": field["verdict"],
        "reason": field["reason"],
        "percent": field["percent"],
        "bar": pytest.approx(float(card.locator(".amount").get_attribute("width")[:-1]), abs=0.05),
        "threshold": float(card.locator(".threshold").get_attribute("x1")[:-1]),
        "tokens": field["tokens"],
        "model": field["model"],
        "hash": field["hash"],
    }


def card_of(answer):
    """What the card of an answer of the API must show."""
    return {
        "verdict": {True: "Toxic", False: "Not toxic", None: "Cannot tell"}[answer["toxic"]],
        "reason": answer["reason"] or "",
        "percent": f"{100 * answer['score']:.1f} %",
        "bar": 100 * answer["score"],
        "threshold": 100 * answer["threshold"],
        "tokens": str(answer["n_tokens"]),
        "model": answer["model"]["name"],
        "hash": answer["model"]["sha256"][:12],
    }


def expect_text(locator, text):
    """The text as it stands, where `to_have_text` would fold its spaces."""
    expect(locator).to_have_js_property("textContent", text)


def expect_error(page, message, of_text=True):
    """The message of an error; one of the text marks the box."""
    expect(page.get_by_role("alert")).to_have_text(message)
    invalid = bool(message) and of_text
    assert (page.get_by_label("Your text").get_attribute("aria-invalid") == "true") is invalid


def made_up(words=WORDS, **changes):
    """An answer of /api/explain with the words and changes that are wanted."""
    return {
        "label": "toxic",
        "toxic": True,
        "score": 0.9,
        "threshold": 0.5,
        "scores": {"toxic": 0.9, "not_toxic": 0.1},
        "reason": None,
        "truncated": False,
        "n_tokens": 12,
        "max_tokens": 128,
        "window": 1,
        "windows": 1,
        "model": {
            "name": "teacher",
            "sha256": "0123456789abcdef" * 4,
            "about": "of 9 texts",
        },
        "ms": 1.5,
        "method": "leave-one-out",
        "words": [{"text": t, "change": c, "score_without": 0.25} for t, c in words],
        "pairs": [],
        "unread": "",
    } | changes


def explain_made_up(page, answer):
    """Ask Why, where `answer` takes the place of the server's."""
    page.route("**/api/explain", lambda route: route.fulfill(json=answer))
    ask(page, "".join(word["text"] for word in answer["words"]) + answer["unread"], "Why?")


# The result.


def test_result_shows_what_the_api_answers(visit, start):
    page = visit()
    status = page.get_by_role("status")
    status.evaluate("node => { node.old = true }")
    ask(page, "I hate you")
    _, answer = start().post("/api/classify", {"text": "I hate you"})
    assert read_card(cards(page)) == card_of(answer)
    expect(status).to_have_js_property("old", True)  # a screen reader reads what comes into it
    expect(cards(page)).to_contain_text("toxic from 50 %")
    expect(cards(page).locator("[data-field=time]")).to_have_text(re.compile(r"^[\d.]+ ms$"))
    expect(status.locator("blockquote")).to_have_text("I hate you")


def test_time_has_its_decimal_as_without_javascript(visit):
    page = visit()
    explain_made_up(page, made_up(ms=40.0))
    expect(cards(page).locator("[data-field=time]")).to_have_text("40.0 ms")


@pytest.mark.parametrize("script", [True, False])
@pytest.mark.parametrize(("flags", "word", "icon"), [(TOXIC, "Toxic", 0), (FINE, "Not toxic", 1)])
def test_verdict_has_a_word_and_an_icon(visit, flags, word, icon, script):
    page = visit(*flags, script=script)
    ask(page, "I hate you")
    expect(cards(page).locator("[data-field=verdict]")).to_have_text(word)
    icons = [cards(page).locator(f".{name}") for name in ("icon-toxic", "icon-fine")]
    expect(icons[icon]).to_be_visible()
    expect(icons[1 - icon]).to_be_hidden()
    expect(cards(page)).to_contain_text(f"toxic from {100 * flags[1]} %")


@pytest.mark.parametrize("keys", ["Control+Enter", "Meta+Enter"])
def test_keys_classify_from_the_box(visit, keys):
    page = visit()
    box = page.get_by_label("Your text")
    box.fill("I hate you")
    box.press(keys)
    expect(cards(page)).to_have_count(1)
    expect(box).to_be_focused()
    expect(box).to_have_value("I hate you")


def test_a_key_that_is_held_asks_once(visit):
    page = visit()
    box = page.get_by_label("Your text")
    box.fill("I hate you")
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.keyboard.down("Control")
    for _ in range(5):  # all but the first are repeats
        page.keyboard.down("Enter")
    expect(cards(page)).to_have_count(1)
    assert sum(url.endswith("/api/classify") for url in asked) == 1


def test_an_error_that_the_text_cannot_mend_does_not_mark_it(visit):
    page = visit(may_log="status of 422")
    page.get_by_label("Model").evaluate("list => list.append(new Option('gone', 'gone'))")
    page.get_by_label("Model").select_option("gone")
    ask(page, "I hate you")
    expect(page.get_by_role("alert")).to_contain_text("The models here are")
    assert page.get_by_label("Your text").get_attribute("aria-invalid") is None


def test_keyboard_alone_reaches_the_button(visit):
    page = visit()
    page.get_by_label("Your text").fill("I hate you")
    page.keyboard.press("Tab")
    expect(page.get_by_label("Model")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Classify")).to_be_focused()
    page.keyboard.press("Enter")
    expect(cards(page)).to_have_count(1)


@pytest.mark.parametrize("script", [True, False])
@pytest.mark.parametrize("name", ["Classify", "Why?"])
def test_chosen_model_answers(visit, start, name, script):
    page = visit(script=script)
    page.get_by_label("Model").select_option("odd")
    ask(page, "I hate you", name)
    _, answer = start().post("/api/classify", {"text": "I hate you", "model": "odd"})
    assert read_card(cards(page)) == card_of(answer)
    expect(page.get_by_label("Model")).to_have_value("odd")


@pytest.mark.parametrize("script", [True, False])
def test_compare_shows_a_card_for_each_model(visit, start, script):
    page = visit(script=script)
    ask(page, "I hate you", "Compare all models")
    _, answers = start().post("/api/compare", {"text": "I hate you"})
    assert [read_card(card) for card in cards(page).all()] == list(map(card_of, answers["results"]))
    names = [answer["model"]["name"] for answer in answers["results"]]
    assert names == ["teacher", "odd", "lora", "lora-2"]


@pytest.mark.parametrize("script", [True, False])
def test_of_more_classes_all_are_listed_and_of_two_none(visit, start, four_runs, web_runs, script):
    flags = ("--run", four_runs / "odd", web_runs / "lora")
    page = visit(*flags, script=script)
    ask(page, "you stupid fool", "Compare all models")
    _, answers = start(*flags).post("/api/compare", {"text": "you stupid fool"})
    answer = answers["results"][0]
    four, two = cards(page).all()
    assert read_card(four) == card_of(answer)
    expect(four.locator("[data-field=class]")).to_have_text("insult")
    ranked = sorted(answer["classes"].items(), key=lambda pair: -pair[1])
    rows = four.get_by_role("row").all()
    shown = [row.text_content() for row in rows]
    assert shown == [f"{name}{100 * p:.1f} %" for name, p in ranked]
    assert [row.get_attribute("class") for row in rows].count("fine") == 1
    expect(four).to_contain_text("Toxic here: hate, insult, joke.")
    expect(two).not_to_contain_text("Likeliest class")
    if script:
        expect_no_violations(page)


@pytest.mark.parametrize("script", [True, False])
def test_one_model_alone_is_not_compared(visit, web_runs, script):
    page = visit("--run", web_runs / "odd", script=script)
    expect(page.get_by_role("button", name="Compare")).to_have_count(0)
    expect(page.get_by_role("combobox")).to_have_count(0)
    ask(page, "I hate you")
    expect(cards(page).locator("[data-field=model]")).to_have_text("odd")


@pytest.mark.parametrize("script", [True, False])
@pytest.mark.parametrize(("number", "text"), [(i, text) for i, (_, text) in enumerate(EXAMPLES)])
def test_example_fills_the_box_and_classifies(visit, number, text, script):
    page = visit(script=script)
    page.get_by_label("Model").select_option("odd")
    press(page, text)
    expect(page.get_by_label("Your text")).to_have_value(text)
    expect(page.get_by_role("status").locator("blockquote")).to_have_text(text)
    expect(cards(page).locator("[data-field=model]")).to_have_text("odd")
    assert EXAMPLES[0][1] == "I hate you"


@pytest.mark.parametrize("script", [True, False])
def test_link_of_a_card_leads_to_the_model_card(visit, start, script):
    page = visit(script=script)
    ask(page, "I hate you")
    cards(page).get_by_role("link").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Model card: teacher")


# Why.


@pytest.mark.parametrize("script", [True, False])
@pytest.mark.parametrize(
    ("text", "rows"), [("I hate you", 3), ("\n two\n\nlines,\tof  5 words ", 5), (LONG, 5)]
)
def test_why_shows_the_whole_text_in_words(visit, wild, text, rows, script):
    page = visit("--run", wild, script=script)
    ask(page, text, "Why?")
    expect_text(page.locator(".words"), text)
    expect(page.locator(".why tbody tr")).to_have_count(rows)


def test_words_are_marked_by_more_than_colour(visit):
    page = visit()
    explain_made_up(page, made_up(unread=" and the end"))
    found = page.locator(".words span").evaluate_all(
        """spans => spans.map(span => {
            const style = getComputedStyle(span);
            return [span.className, style.textDecorationLine, style.textDecorationStyle,
                    parseFloat(style.textDecorationThickness) || 0,
                    getComputedStyle(span, "::after").content];
        })"""
    )
    plain = ["", "none", "solid", 0, "none"]
    assert found == [
        ["up s4", "underline", "solid", 6, '"▲" / ""'],
        ["up s3", "underline", "solid", 4, '"▲" / ""'],
        ["up s2", "underline", "solid", 2, "none"],
        ["up s1", "underline", "solid", 1, "none"],
        plain,
        ["down s4", "underline", "dotted", 6, '"▼" / ""'],
        ["down s3", "underline", "dotted", 4, '"▼" / ""'],
        ["down s2", "underline", "dotted", 2, "none"],
        ["down s1", "underline", "dotted", 1, "none"],
        plain,
    ]
    expect_text(page.locator(".words s"), " and the end")
    expect(page.locator(".words s")).to_have_css("text-decoration-line", "line-through")


def test_table_ranks_the_words_and_signs_their_changes(visit):
    page = visit()
    explain_made_up(page, made_up())
    rows = page.locator(".why tbody tr").evaluate_all(
        "rows => rows.map(row => [...row.cells].map(cell => cell.textContent))"
    )
    assert rows == [
        ["You ", "25.0 %", "\u2191 12.2 times"],
        ["not ", "25.0 %", "\u2193 11.0 times"],
        ["are ", "25.0 %", "\u2191 3.3 times"],
        ["at ", "25.0 %", "\u2193 3.3 times"],
        ["all ", "25.0 %", "\u2193 2.0 times"],
    ]


def test_where_no_word_moves_it_pairs_are_shown_or_that_none_does(visit):
    page = visit()
    still = [("so ", 0.1), ("be it", -0.1)]
    explain_made_up(page, made_up(words=still))
    expect(page.get_by_text("No word and no pair that was tried moves it")).to_be_visible()
    expect(page.locator(".why table")).to_be_hidden()
    page.unroute_all()
    pairs = [{"text": "so \u2026 be it", "change": 1.0, "score_without": 0.5}]
    explain_made_up(page, made_up(words=still, pairs=pairs))
    expect(page.get_by_text("No word moves it alone, these do so together:")).to_be_visible()
    rows = page.locator(".why tbody tr").all_inner_texts()
    assert [row.split("\t") for row in rows] == [["so \u2026 be it", "50.0 %", "\u2191 2.7 times"]]


def test_script_and_server_mark_words_alike(visit):
    steps = [0, 0.199, 0.2, 0.499, 0.5, 0.999, 1, 1.999, 2, 9]
    changes = [None, *steps, *(-step for step in steps)]
    page = visit()
    explain_made_up(page, made_up(words=[("word ", change) for change in changes]))
    classes = page.locator(".words span").evaluate_all("spans => spans.map(s => s.className)")
    assert classes == list(map(strength, changes))


# Without JavaScript.


@pytest.mark.parametrize("name", ["Classify", "Compare all models", "Why?"])
def test_page_says_the_same_without_javascript(visit, name):
    text, said = "Go away,  you\n<b>fool</b> & friends!", []
    for script in (True, False):
        page = visit(script=script)
        page.get_by_label("Model").select_option("lora-2")
        ask(page, text, name)
        expect(page.get_by_label("Your text")).to_have_value(text)
        said.append(re.sub(r"[\d.]+ ms", "ms", page.get_by_role("status").inner_text()))
    assert said[0] == said[1]
    assert said[0].count("Probability of toxic:") == (4 if name.startswith("Compare") else 1)


@pytest.mark.parametrize("script", [True, False])
@pytest.mark.parametrize(
    ("text", "name"),
    [("", "Classify"), (" \n\t", "Compare all models"), ("\u200b\u202e", "Why?")],
)
def test_empty_text_is_an_error_beside_the_box(visit, text, name, script):
    page = visit(script=script, may_log="status of 422")
    ask(page, text, name)
    expect_error(page, EMPTY)
    expect(page.get_by_label("Your text")).to_have_value(text)
    expect(cards(page)).to_have_count(0)
    ask(page, "I hate you", name)
    expect_error(page, "")
    expect(cards(page)).not_to_have_count(0)


# Long texts.


@pytest.mark.parametrize("script", [True, False])
@pytest.mark.parametrize("name", ["Classify", "Compare all models", "Why?"])
def test_a_long_text_is_said_to_be_read_in_parts(visit, name, script):
    page = visit(script=script)
    for text, parts, cut in ((LONG, 3, False), (LONG * 9, 8, True), ("I hate you", 1, False)):
        ask(page, text, name)
        for card in cards(page).all():
            told = card.get_by_text(f"Read in {parts} parts of 128 tokens; this is part ")
            expect(told).to_be_visible(visible=parts > 1)
            note = card.get_by_text("The end of this text was not read.")
            expect(note).to_be_visible(visible=cut)


@pytest.mark.parametrize("script", [True, False])
def test_what_cannot_be_told_has_no_tick_and_says_why(visit, script):
    page = visit(script=script)
    for text, reason in (("idiot", SHORT), ("привет мир", LETTERS)):
        ask(page, text)
        card = cards(page).first
        expect(card.locator(".verdict")).to_have_text("Cannot tell")
        expect(card.get_by_text(reason)).to_be_visible()
        shown = card.locator(".icon path").evaluate_all(
            """paths => paths.filter(path => getComputedStyle(path).display != 'none')
            .map(path => path.className.baseVal)"""
        )
        assert shown == ["icon-unsure"]


# On a phone, and what becomes of an answer.


@pytest.mark.parametrize("script", [True, False])
@pytest.mark.parametrize(("width", "height"), [(320, 640), (360, 740)])
def test_on_a_phone_the_verdict_is_in_sight(visit, width, height, script):
    page = visit(script=script, viewport={"width": width, "height": height})
    ask(page, "I hate you")
    expect(cards(page).first.locator(".verdict")).to_be_in_viewport(ratio=1)


def test_an_answer_to_another_text_looks_old(visit):
    page = visit()
    ask(page, "I hate you")
    result, box = page.get_by_role("status"), page.get_by_label("Your text")
    bar, card = result.locator(".bar"), result.locator(".answer")
    for text, opacity, border in (
        ("I hate you", "1", "solid"),
        ("I hate you all", "0.5", "dashed"),
        ("I hate you", "1", "solid"),
    ):
        box.fill(text)
        expect(bar).to_have_css("opacity", opacity)
        expect(card).to_have_css("border-top-style", border)


@pytest.mark.parametrize("script", [True, False])
def test_clear_empties_the_page(visit, script):
    page = visit(script=script)
    ask(page, "I hate you")
    expect(cards(page)).to_have_count(1)
    press(page, "Clear")
    expect(cards(page)).to_have_count(0)
    expect(page.get_by_label("Your text")).to_have_value("")


def test_back_brings_text_and_answer_again(visit):
    page = visit()
    ask(page, "I hate you so much")
    verdict = cards(page).first.locator(".verdict").inner_text()
    page.get_by_role("link", name="Results").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Results")
    page.go_back()
    expect(page.get_by_label("Your text")).to_have_value("I hate you so much")
    expect(cards(page).first.locator(".verdict")).to_have_text(verdict)


def test_nothing_jumps_when_an_answer_or_an_error_comes(visit):
    page = visit(may_log="status of 422", viewport={"width": 1280, "height": 1200})
    button = page.get_by_role("button", name="Classify", exact=True)
    examples = page.get_by_role("heading", name="Examples")
    before = button.bounding_box(), examples.bounding_box()["y"]
    ask(page, "")
    expect_error(page, EMPTY)
    assert button.bounding_box() == before[0]
    assert examples.bounding_box()["y"] == before[1]
    ask(page, "I hate you")
    expect(cards(page)).to_have_count(1)
    assert button.bounding_box() == before[0]


def test_text_over_the_limit_stays_whole_and_is_not_sent(visit):
    page = visit()
    asked = []
    page.route("**/api/*", lambda route: (asked.append(route.request.url), route.continue_()))
    ask(page, "word " * 2010)
    expect_error(page, TOO_LONG)
    assert page.get_by_label("Your text").input_value() == "word " * 2010
    ask(page, "😀" * (MAX_CHARS + 1))
    expect_error(page, TOO_LONG)
    assert not asked
    ask(page, "😀" * MAX_CHARS)
    expect(cards(page)).to_have_count(1)
    expect_error(page, "")


def test_text_over_the_limit_is_refused_without_script(visit):
    page = visit(script=False, may_log="status of 413")
    ask(page, "word " * 2010)
    expect_error(page, TOO_LONG)
    assert page.get_by_label("Your text").input_value() == "word " * 2010  # to be shortened


def test_characters_are_counted_as_the_server_counts_them(visit):
    page = visit()
    limit = page.locator("#limit")
    expect(limit).to_contain_text("At most 10,000 characters; 0 used.")
    page.get_by_label("Your text").fill("😀👩‍💻é\n")
    assert len("😀👩‍💻é\n") == 6
    expect(limit).to_contain_text("; 6 used.")
    page.get_by_label("Your text").fill("x" * 1234)
    expect(limit).to_contain_text("; 1,234 used.")


# When something goes wrong.


def test_message_of_a_busy_server_is_shown_and_then_forgotten(visit):
    page = visit(may_log="status of 503")
    busy = {"error": {"code": "busy", "message": "Try <b>again</b>.", "status": 503}}
    page.route("**/api/*", lambda route: route.fulfill(status=503, json=busy))
    for name in ("Classify", "Compare all models", "Why?"):
        ask(page, "I hate you", name)
        expect_error(page, "Try <b>again</b>.", of_text=False)
    page.unroute("**/api/*")
    press(page, "Classify")
    expect_error(page, "")
    expect(cards(page)).to_have_count(1)


def test_server_that_is_gone_is_said_to_be_gone(visit):
    page = visit(may_log="net::ERR_")
    page.route("**/api/*", lambda route: route.abort("connectionrefused"))
    ask(page, "I hate you")
    expect_error(page, "The server does not answer. Is it still running?", of_text=False)


def test_answer_that_is_no_json_is_told_by_its_status(visit):
    page = visit(may_log="status of 502")
    page.route("**/api/*", lambda route: route.fulfill(status=502, body="<h1>Bad Gateway</h1>"))
    ask(page, "I hate you")
    expect_error(page, "The server answered with status 502. Try again later.", of_text=False)


@pytest.mark.parametrize(
    ("status", "body"), [(429, {"message": "slow down"}), (502, {"error": "bad gateway"})]
)
def test_an_error_in_a_proxys_json_is_told_by_its_status(visit, status, body):
    page = visit(may_log=f"status of {status}")
    page.route("**/api/*", lambda route: route.fulfill(status=status, json=body))
    ask(page, "I hate you")
    expect_error(page, f"The server answered with status {status}. Try again later.", of_text=False)


@pytest.mark.parametrize("bare", [False, True])
def test_an_answer_beside_another_text_says_so(visit, bare):
    """Also where an example is asked for in vain, and where the server wrote the answer."""
    page = visit(may_log="status of 503")
    if bare:
        page.route("**/app.js", lambda route: route.fulfill(body=""))
        page.reload()
    ask(page, "the first text of mine")
    if bare:
        page.unroute("**/app.js")
        page.add_script_tag(url="/static/app.js?late")
    status = page.get_by_role("status")
    expect(status).not_to_have_class("old")
    page.route("**/api/*", lambda route: route.fulfill(status=503, json=REFUSED))
    page.get_by_role("button", name="A kind sentence").click()
    expect(status).to_have_class("old")
    expect(status.locator("blockquote")).to_have_text("the first text of mine")


REFUSED = {"error": {"code": "busy", "message": "Busy.", "status": 503}, "request_id": "0"}


def test_without_javascript_an_error_is_in_sight(visit):
    page = visit(script=False, may_log="status of 422", viewport={"width": 360, "height": 640})
    press(page, "Classify")
    result = page.locator("#result")
    expect(result.get_by_text("There is nothing to read")).to_be_in_viewport()
    expect(result.get_by_text("Nothing yet")).to_have_count(0)


def ask_first(page):
    """Ask for a text without waiting for the answer, which the test holds back."""
    page.get_by_label("Your text").fill("the first text")
    with page.expect_request("**/api/classify"):
        page.get_by_role("button", name="Classify").click()
    expect(page.get_by_role("status")).to_have_attribute("aria-busy", "true")


def expect_second_answer(page):
    page.evaluate("fetch('/healthz').then(() => null)")  # by now the first answer has come, too
    expect(page.get_by_role("status").locator("blockquote")).to_have_text("the second text")
    expect(page.get_by_role("status").locator(".why")).to_have_count(0)
    expect_error(page, "")


def test_answer_that_comes_late_is_not_shown(visit):
    page, held = visit(), []
    page.route("**/api/classify", lambda route: route.continue_() if held else held.append(route))
    ask_first(page)
    ask(page, "the second text")
    held[0].fulfill(json=made_up())
    expect_second_answer(page)


def test_answer_that_is_read_late_is_not_shown(visit):
    page = visit()
    page.evaluate(
        """() => {
            const json = Response.prototype.json;
            Response.prototype.json = async function () {
                if (!window.release) await new Promise(done => {
                    window.release = done;
                    document.documentElement.className = "held";
                });
                return json.call(this);
            };
        }"""
    )
    ask_first(page)
    expect(page.locator("html.held")).to_have_count(1)
    ask(page, "the second text")
    page.evaluate("release()")
    expect_second_answer(page)


# Hostile texts.


def count_elements(page):
    """The elements of the page by name; those that come one for each word are left out."""
    names = page.evaluate(
        """[...document.querySelectorAll("*")].flatMap(node =>
            [node.localName, ...node.getAttributeNames().filter(name => name.startsWith("on"))])"""
    )
    return Counter(name for name in names if name not in ("span", "tr", "th", "td", "bdi"))


@pytest.mark.parametrize("script", [True, False])
@pytest.mark.parametrize("name", ["Classify", "Compare all models", "Why?"])
def test_text_is_never_markup(visit, name, script):
    page = visit(script=script)
    ask(page, "I hate you", name)
    harmless = count_elements(page)
    for payload in PAYLOADS:
        ask(page, payload, name)
        assert count_elements(page) == harmless, payload
        expect(page.get_by_label("Your text")).to_have_value(payload)
        expect_text(page.get_by_role("status").locator("blockquote"), payload)
        if name == "Why?":
            expect_text(page.locator(".words"), payload)


@pytest.mark.parametrize("script", [True, False])
def test_text_that_turns_the_writing_round_stays_in_its_place(visit, script):
    page = visit(script=script)
    ask(page, PAYLOADS[-1], "Why?")
    isolated = page.evaluate(
        """[...document.querySelectorAll("body *")]
            .filter(node => !node.matches("template, script"))
            .filter(node => [...node.childNodes].some(child =>
                child.nodeType === 3 && child.data.includes("\\u202e")))
            .map(node => Boolean(node.closest("bdi, [dir=auto]")))"""
    )
    assert len(isolated) >= 2
    assert all(isolated)
    expect(page.locator(".words")).to_have_attribute("dir", "auto")
    assert page.locator(".why tbody th > bdi").count() == page.locator(".why tbody tr").count()


# Every state of the page.


def opened(*flags, path="/"):
    return lambda visit: visit(*flags, path=path)


def asked(text, name="Classify", flags=(), bare=False):
    """A state that answers a text; `bare` is the page of the server, without its script.

    axe-core itself needs JavaScript, so the script is left away and not switched off.
    """

    def make(visit):
        page = visit(*flags, may_log=None if text else "status of 422")
        if bare:
            page.route("**/app.js", lambda route: route.fulfill(body=""))
            page.reload()
        ask(page, text, name)
        return page

    return make


def strong_words(visit):
    page = visit()
    explain_made_up(page, made_up(unread=" and the end"))
    return page


def old(visit):
    page = asked("I hate you", "Why?")(visit)
    page.get_by_label("Your text").fill("another text")
    expect(page.get_by_role("status")).to_have_class("old")
    return page


STATES = {
    "initial": opened(),
    "old": old,
    "toxic": asked("I hate you", flags=TOXIC),
    "not toxic": asked("I hate you", flags=FINE),
    "compare": asked("I hate you", "Compare all models"),
    "compare toxic": asked("I hate you", "Compare all models", flags=TOXIC),
    "why": asked("I hate you, " * 20, "Why?"),
    "strong words": strong_words,
    "error": asked(""),
    "truncated": asked(LONG * 9, "Compare all models", flags=TOXIC),
    "cannot tell": asked("idiot", "Why?"),
    "long word": asked(LONG_WORD, "Why?", flags=FINE),
    "long word compared": asked(LONG_WORD, "Compare all models"),
    "about": opened(path="/about"),
    "card": opened(path="/card/lora"),
    "no script": asked("I hate you", flags=TOXIC, bare=True),
    "no script, why": asked(LONG_WORD, "Why?", bare=True),
    "no script, error": asked("", bare=True),
}


def expect_no_violations(page):
    """Narrow and wide, light and dark."""
    page.evaluate(Axe().axe_script)
    for width in (320, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            options = {"runOnly": RULES, "resultTypes": ["violations"]}
            found = AxeResults(page.evaluate("options => axe.run(options)", options))
            assert found.violations_count == 0, f"{width} {scheme} {found.generate_report()}"


@pytest.mark.parametrize("state", STATES)
def test_axe_finds_nothing(visit, state):
    expect_no_violations(STATES[state](visit))


def cut_elements(page):
    """The elements whose text ends outside of the page, or of a box that hides the rest."""
    return page.evaluate(
        """[...document.querySelectorAll("body *")].filter(node => {
            if (node.closest("svg, .scroll") || !node.checkVisibility()) return false;
            const hides = getComputedStyle(node).overflowX !== "visible";
            return (hides && node.scrollWidth > node.clientWidth)
                || node.getBoundingClientRect().right > document.documentElement.clientWidth;
        }).map(node => node.outerHTML.slice(0, 100))"""
    )


@pytest.mark.parametrize("state", STATES)
def test_page_fits_a_narrow_screen_and_large_letters(visit, state):
    page = STATES[state](visit)
    for width, size in ((320, "100%"), (1280, "200%")):
        page.set_viewport_size({"width": width, "height": 800})
        page.evaluate("size => { document.documentElement.style.fontSize = size }", size)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert cut_elements(page) == []


# The models that a person sees first.


def test_demo_models_in_the_browser(visit):
    demo = ROOT / "runs/demo"
    if not demo.is_dir():
        pytest.skip("no runs/demo (hint: make demo)")
    page = visit("--run", demo)
    for model in ("teacher", "odd", "even", "lora"):
        page.get_by_label("Model").select_option(model)
        for text, verdict in (
            ("I hate you", "Toxic"),
            ("Thank you all, it was a lovely evening.", "Not toxic"),
        ):
            ask(page, text)
            expect(cards(page).locator("[data-field=model]")).to_have_text(model)
            expect(cards(page).locator("[data-field=verdict]")).to_have_text(verdict)
