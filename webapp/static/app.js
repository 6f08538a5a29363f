// The page works without this file. With it, answers come from the API and the page stays.
// Results are written with textContent and attributes only, never as HTML.
"use strict";

const form = document.getElementById("form");

if (form) {
  const box = document.getElementById("text");
  const count = document.getElementById("count");
  const error = document.getElementById("error");
  const result = document.getElementById("result");
  const model = document.getElementById("model");
  const prefix = form.dataset.prefix; // the path under which the server is reached
  let pending = null; // the request whose answer the page waits for

  const percent = (p) => `${(100 * p).toFixed(1)} %`;
  const field = (node, name) => node.querySelector(`[data-field="${name}"]`);
  const write = (node, name, text) => { field(node, name).textContent = text; };
  const copy = (id) => document.getElementById(id).content.cloneNode(true);

  function showCount() {
    const used = [...box.value].length; // code points, as the server counts
    count.textContent = `; ${used.toLocaleString("en")} used`;
  }

  function showError(message) {
    error.textContent = message;
    if (message) box.setAttribute("aria-invalid", "true");
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
    card.querySelector(".answer").className = `answer ${answer.toxic ? "toxic" : "fine"}`;
    card.querySelector(".amount").setAttribute("width", `${100 * answer.score}%`);
    for (const line of card.querySelectorAll(".edge, .threshold"))
      for (const end of ["x1", "x2"]) line.setAttribute(end, `${100 * answer.threshold}%`);
    write(card, "from", `${Number((100 * answer.threshold).toPrecision(3))} %`);
    write(card, "verdict", answer.toxic ? "Toxic" : "Not toxic");
    write(card, "percent", percent(answer.score));
    write(card, "tokens", `${answer.n_tokens} of ${answer.max_tokens}`);
    write(card, "time", `${answer.ms.toFixed(1)} ms`);
    write(card, "hash", answer.model.sha256.slice(0, 12));
    write(card, "model", answer.model.name);
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
    const note = field(card, "note");
    note.hidden = !answer.truncated;
    note.textContent = `The end of this text was not read: the model takes ${answer.max_tokens} tokens.`;
    return card;
  }

  function strength(change) {
    if (change === null || Math.abs(change) < 0.01) return "";
    const step = 1 + [0.05, 0.15, 0.35].filter((bound) => Math.abs(change) >= bound).length;
    return `${change > 0 ? "up" : "down"} s${step}`;
  }

  function points(change) {
    const size = Math.abs(100 * change).toFixed(1);
    if (size === "0.0") return size;
    return `${change < 0 ? "\u2212" : "+"}${size}`;
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
    const top = answer.words.filter((word) => word.change !== null)
      .sort((a, b) => Math.abs(b.change) - Math.abs(a.change)).slice(0, 5);
    field(why, "rows").replaceChildren(...top.map((word) =>
      tableRow(word.text, percent(answer.score - word.change), points(word.change))));
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
  }

  async function ask(action) {
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
      if (!answer) showError(`The server answered with status ${reply.status}. Try again later.`);
      else if (reply.ok) showAnswers(text, answer.results || [answer]);
      else {
        showError(answer.error.message);
        if (reply.status !== 503) result.replaceChildren(); // the answer to another text
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
    if (button && button.name === "example") {
      box.value = button.dataset.text;
      showCount();
      ask("classify");
    } else {
      ask(button ? button.value : "classify");
    }
  });
  box.addEventListener("input", showCount);
  box.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      ask("classify");
    }
  });
  document.getElementById("keys").hidden = false;
  showCount();
}
