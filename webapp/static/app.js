// The page works without this file. With it, answers come from the API and the page stays.
// Results are written with textContent and attributes only, never as HTML.
"use strict";

const form = document.getElementById("form");
const MOVED = 0.2; // log-odds: a word that moves a text by less did not move it
const VERDICTS = { toxic: "Toxic", fine: "Not toxic", unsure: "Cannot tell" };

if (form) {
  const box = document.getElementById("text");
  const count = document.getElementById("count");
  const error = document.getElementById("error");
  const result = document.getElementById("result");
  const model = document.getElementById("model");
  const prefix = form.dataset.prefix; // the path under which the server is reached
  const before = result.querySelector("blockquote"); // where the server wrote an answer
  let answered = before && before.textContent; // the text that the answer is of
  let pending = null; // the request whose answer the page waits for

  const percent = (p) => `${(100 * p).toFixed(1)} %`;
  const field = (node, name) => node.querySelector(`[data-field="${name}"]`);
  const write = (node, name, text) => { field(node, name).textContent = text; };
  const show = (node, name, text) => { field(node, name).hidden = !text; write(node, name, text || ""); };
  const copy = (id) => document.getElementById(id).content.cloneNode(true);

  const used = () => [...box.value].length; // code points, as the server counts
  const showCount = () => { count.textContent = `; ${used().toLocaleString("en")} used`; };

  function showError(message, invalid) { // the text, not the server or its proxy
    error.textContent = message;
    if (invalid) box.setAttribute("aria-invalid", "true");
    else box.removeAttribute("aria-invalid");
  }

  function element(name, text) {
    const node = document.createElement(name);
    node.textContent = text;
    return node;
  }

  function tableRow(title, ...cells) {
    const row = document.createElement("tr");
    const head = document.createElement("th");
    head.scope = "row";
    head.append(element("bdi", title));
    row.append(head, ...cells.map((text) => element("td", text)));
    return row;
  }

  function answerCard(answer) {
    const card = copy("answer-template");
    const state = answer.toxic === null ? "unsure" : answer.toxic ? "toxic" : "fine";
    card.querySelector(".answer").className = `answer ${state}`;
    card.querySelector(".amount").setAttribute("width", `${100 * answer.score}%`);
    for (const line of card.querySelectorAll(".edge, .threshold"))
      for (const end of ["x1", "x2"]) line.setAttribute(end, `${100 * answer.threshold}%`);
    write(card, "from", `${Number((100 * answer.threshold).toPrecision(3))} %`);
    write(card, "verdict", VERDICTS[state]);
    show(card, "reason", answer.reason);
    write(card, "percent", percent(answer.score));
    write(card, "tokens", answer.n_tokens);
    write(card, "time", `${answer.ms.toFixed(1)} ms`);
    write(card, "hash", answer.model.sha256.slice(0, 12));
    write(card, "model", answer.model.name);
    write(card, "about", answer.model.about);
    field(card, "model").setAttribute("href", `${prefix}/card/${encodeURIComponent(answer.model.name)}`);
    if (!answer.classes) field(card, "classes").remove(); // there are two
    else {
      write(card, "toxic-classes", answer.toxic_classes.join(", "));
      write(card, "class", answer.class);
      const likeliest = Object.entries(answer.classes).sort((a, b) => b[1] - a[1]);
      field(card, "class-rows").replaceChildren(...likeliest.map(([name, p]) => {
        const row = tableRow(name, percent(p));
        row.className = answer.toxic_classes.includes(name) ? "toxic" : "fine";
        return row;
      }));
    }
    const parts = `Read in ${answer.windows} parts of ${answer.max_tokens} tokens; this is part ${answer.window}, the most toxic one.`;
    show(card, "part", answer.windows > 1 && parts);
    show(card, "note", answer.truncated && "The end of this text was not read.");
    return card;
  }

  function strength(change) {
    if (change === null || Math.abs(change) < MOVED) return "";
    const step = 1 + [0.5, 1, 2].filter((bound) => Math.abs(change) >= bound).length;
    return `${change > 0 ? "up" : "down"} s${step}`;
  }

  function times(change) {
    const factor = Math.exp(Math.min(Math.abs(change), 20));
    const number = factor.toLocaleString("en", { minimumFractionDigits: 1, maximumFractionDigits: 1 });
    return `${change > 0 ? "\u2191" : "\u2193"} ${number} times`;
  }

  function whySection(answer) {
    const why = copy("why-template");
    const spans = answer.words.map((word) => {
      const span = element("span", word.text);
      span.className = strength(word.change);
      return span;
    });
    const unread = field(why, "unread");
    unread.textContent = answer.unread;
    field(why, "words").replaceChildren(...spans, unread);
    const moved = answer.words.filter((word) => Math.abs(word.change || 0) >= MOVED)
      .sort((a, b) => Math.abs(b.change) - Math.abs(a.change)).slice(0, 5);
    const rows = moved.length ? moved : answer.pairs;
    field(why, "nothing").hidden = rows.length > 0;
    field(why, "together").hidden = answer.pairs.length === 0;
    field(why, "table").hidden = rows.length === 0;
    field(why, "rows").replaceChildren(...rows.map((word) =>
      tableRow(word.text, percent(word.score_without), times(word.change))));
    return why;
  }

  function showAnswers(text, answers) {
    const quote = element("blockquote", text);
    quote.dir = "auto";
    quote.tabIndex = 0; // it scrolls where the text is long
    quote.setAttribute("aria-label", "The text");
    const cards = document.createElement("div");
    cards.className = "answers";
    cards.append(...answers.map(answerCard));
    const parts = [quote, cards];
    if (answers[0].words) parts.push(whySection(answers[0]));
    result.replaceChildren(...parts);
    answered = text;
    showAge();
    result.scrollIntoView({ block: "nearest" }); // on a phone it lies under the form
  }

  // An answer to another text than the one in the box says so.
  function showAge() {
    result.classList.toggle("old", answered !== null && answered !== box.value);
  }

  function clear() {
    if (pending) pending.abort();
    pending = answered = null;
    box.value = "";
    showError("");
    showCount();
    result.removeAttribute("aria-busy");
    result.replaceChildren();
    showAge();
    box.focus();
  }

  async function ask(action) {
    if (used() > Number(count.dataset.max)) return showError(form.dataset.tooLong, true);
    if (pending) pending.abort();
    const mine = pending = new AbortController();
    const text = box.value;
    const body = { text };
    if (model && action !== "compare") body.model = model.value;
    showError("");
    result.setAttribute("aria-busy", "true");
    try {
      const reply = await fetch(`${prefix}/api/${action}`, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(body),
        signal: mine.signal,
      });
      const answer = await reply.json().catch(() => null); // a proxy's error page is no JSON
      if (pending !== mine) return; // a newer question was asked
      const told = answer && answer.error && answer.error.message; // ours, and no proxy's
      if (reply.ok && answer) showAnswers(text, answer.results || [answer]);
      else if (typeof told !== "string") showError(`The server answered with status ${reply.status}. Try again later.`);
      else {
        showError(told, form.dataset.ofTheText.split(" ").includes(answer.error.code));
        if (reply.status !== 503) { // the answer to another text
          result.replaceChildren();
          answered = null;
          showAge();
        }
      }
    } catch (problem) {
      if (problem.name !== "AbortError") showError("The server does not answer. Is it still running?");
    } finally {
      if (pending === mine) {
        pending = null;
        result.removeAttribute("aria-busy");
      }
    }
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const button = event.submitter;
    if (button && button.value === "clear") clear();
    else if (button && button.name === "example") {
      box.value = button.dataset.text;
      showCount();
      showAge();
      ask("classify");
    } else {
      ask(button ? button.value : "classify");
    }
  });
  box.addEventListener("input", () => { showCount(); showAge(); });
  box.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      if (!event.repeat) ask("classify");
    }
  });
  // The browser brings the text back with Back; what was said of it is asked again.
  addEventListener("pageshow", () => {
    const [entry] = performance.getEntriesByType("navigation");
    showCount();
    if (answered === null && entry.type === "back_forward" && box.value) ask("classify");
  });
  document.getElementById("keys").hidden = false;
  box.removeAttribute("maxlength"); // it cuts a pasted text and says nothing
  showCount();
}
