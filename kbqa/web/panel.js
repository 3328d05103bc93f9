// Runs once, when the sources panel appears. `element`, `trigger` and `watch` come from Gradio.
// One listener on the document serves the links of every message, old or new.

const isNarrow = () => window.matchMedia("(max-width: 767px)").matches;
let openedByHand = false;

function shownPlace() {
  const panel = element.querySelector(".kb-panel");
  return panel ? panel.getAttribute("data-href") : null;
}

function markOpenLink() {
  const place = shownPlace();
  document.querySelectorAll('a[href^="#src?"]').forEach((link) => {
    link.classList.toggle("kb-on", place !== null && link.getAttribute("href") === place);
  });
}

// Brings the quote into view inside the panel without moving the page; on a phone the panel itself is brought up.
function showQuote() {
  const body = element.querySelector(".kb-doc");
  // A list marker inside the quote is marked too, but not drawn, and has no place to scroll to.
  const quote = body && [...body.querySelectorAll("mark")].find((mark) => mark.getClientRects().length);
  if (quote) {
    const offset = quote.getBoundingClientRect().top - body.getBoundingClientRect().top;
    body.scrollTop += offset - body.clientHeight * 0.28;
  }
  if (openedByHand && isNarrow()) {
    element.scrollIntoView({ behavior: "smooth", block: "start" });
  }
  openedByHand = false;
  // The message that holds the link may be drawn after the panel.
  setTimeout(markOpenLink, 120);
}

function answerAsText(answer) {
  const copy = answer.cloneNode(true);
  copy.querySelectorAll("a.kb-cite").forEach((link) => link.replaceWith("[" + link.textContent + "]"));
  const lines = [...copy.querySelectorAll(".kb-text > p, .kb-text li")].map(
    (line) => (line.tagName === "LI" ? "- " : "") + line.textContent.trim()
  );
  const sources = [...copy.querySelectorAll(".kb-source-row")].map((row) => {
    const name = row.querySelector("a.kb-source");
    return row.querySelector(".kb-numbers").textContent + " " + name.textContent + " (" + name.title + ")";
  });
  return lines.concat(sources.length ? [""] : [], sources).join("\n");
}

async function copyAnswer(link) {
  try {
    await navigator.clipboard.writeText(answerAsText(link.closest(".kb-a")));
    link.classList.add("kb-done");
    setTimeout(() => link.classList.remove("kb-done"), 1600);
  } catch (refused) {
    link.classList.add("kb-refused");
  }
}

document.addEventListener("click", (event) => {
  const link = event.target instanceof Element ? event.target.closest('a[href^="#"]') : null;
  if (!link) return;
  const href = link.getAttribute("href");
  if (href === "#copy") {
    event.preventDefault();
    copyAnswer(link);
  } else if (href === "#back") {
    event.preventDefault();
    const from = document.querySelector("#kb-chat a.kb-on");
    (from || document.querySelector("#kb-chat")).scrollIntoView({ behavior: "smooth", block: "center" });
  } else if (href.startsWith("#src?")) {
    event.preventDefault();
    openedByHand = true;
    if (href === shownPlace()) showQuote();
    else trigger("click", { href });
  }
});

watch("value", showQuote);

// A new question goes to the top of the chat and its answer grows below it, unless the reader scrolls meanwhile.
// Gradio's own scrolling would show the end of the answer instead of its beginning.
// The chat may appear after this panel, so both listeners sit above it.
let questionsSeen = 0;
let readerScrolls = false;

function followQuestion(chat) {
  const pane = chat.querySelector(".panel-wrap");
  const questions = chat.querySelectorAll(".user-row");
  if (questions.length !== questionsSeen) {
    questionsSeen = questions.length;
    readerScrolls = false;
  }
  if (!pane || !questions.length || readerScrolls) return;
  const top = questions[questions.length - 1].getBoundingClientRect().top - pane.getBoundingClientRect().top;
  if (Math.abs(top) > 1) pane.scrollTop += top;
}

// Gradio names each message by its markup, which a screen reader would read out tag by tag.
function nameMessages(chat) {
  const names = { user: "问题 Question", bot: "回答 Answer" };
  for (const [who, name] of Object.entries(names)) {
    chat.querySelectorAll(`[data-testid="${who}"][aria-label*="<"]`).forEach((m) => m.setAttribute("aria-label", name));
  }
}

["wheel", "touchmove", "pointerdown"].forEach((kind) =>
  document.addEventListener(kind, (event) => {
    if (event.target instanceof Element && event.target.closest("#kb-chat")) readerScrolls = true;
  }, { passive: true })
);

new MutationObserver(() => {
  const chat = document.querySelector("#kb-chat");
  if (!chat) return;
  followQuestion(chat);
  nameMessages(chat);
}).observe(document.querySelector(".gradio-container") || document.body, { childList: true, subtree: true, characterData: true });
