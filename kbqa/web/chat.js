// Runs once, when the bar above the chat appears. `element`, `props`, `server`, `trigger` and `watch` come from Gradio.
// The bar's value is the conversation as JSON; buttons in messages become events of the bar.

window.kb.label(element);
const nothing = { conversation_id: "", turns: [] };
const conversation = () => (props.value ? JSON.parse(props.value) : nothing);
const chatOf = () => document.querySelector("#kb-chat");
const box = () => document.querySelector("#kb-question textarea");
const live = element.querySelector("#kb-live");

window.kb.announce = (text) => {
  live.textContent = text;
};

// A mark behind a button that says whether it worked; a screen reader hears it too.
window.kb.flash = (button, done, said = window.kb.say("没有成功", "That did not work")) => {
  button.classList.add(done ? "kb-done" : "kb-refused");
  window.kb.announce(said);
  setTimeout(() => button.classList.remove("kb-done", "kb-refused"), 1600);
};

// --- what the buttons of a message do

function answerAsText(answer) {
  const copy = answer.cloneNode(true);
  copy.querySelectorAll(window.kb.english ? ".kb-zh" : ".kb-en-only").forEach((node) => node.remove());
  copy.querySelectorAll("a.kb-cite").forEach((link) => link.replaceWith("[" + link.textContent + "]"));
  const lines = [...copy.querySelectorAll(".kb-text > p, .kb-text li, .kb-none > p:not(.kb-gap)")].map(
    (line) => (line.tagName === "LI" ? "- " : "") + line.textContent.trim()
  );
  const sources = [...copy.querySelectorAll(".kb-source-row")].map((row) => {
    const name = row.querySelector("a.kb-source");
    return row.querySelector(".kb-numbers").textContent + " " + name.textContent + " (" + name.title + ")";
  });
  return lines.concat(sources.length ? [""] : [], sources).join("\n");
}

async function copyAnswer(button) {
  try {
    await navigator.clipboard.writeText(answerAsText(button.closest(".kb-a")));
    window.kb.flash(button, true, window.kb.say("已复制", "Copied"));
  } catch (refused) {
    window.kb.flash(button, false);
  }
}

// The question turns into a box of its own; another one is asked in its place.
function editQuestion(button) {
  const place = button.closest(".kb-acts").parentElement;
  const form = document.createElement("form");
  form.className = "kb-edit";
  const text = document.createElement("textarea");
  text.value = conversation().turns.find((turn) => turn.turn_id === button.value).answer.question;
  text.rows = 2;
  text.setAttribute("aria-label", window.kb.say("修改问题", "Edit the question"));
  const cancel = Object.assign(document.createElement("button"), { type: "button", className: "kb-plain" });
  cancel.textContent = window.kb.say("取消", "Cancel");
  const send = Object.assign(document.createElement("button"), { type: "submit", className: "kb-strong" });
  send.textContent = window.kb.say("重新提问", "Ask again");
  const close = () => {
    form.remove();
    place.classList.remove("kb-editing");
  };
  const back = () => {
    close();
    button.focus();
  };
  cancel.addEventListener("click", back);
  text.addEventListener("keydown", (event) => {
    if (event.key === "Escape") back();
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      form.requestSubmit();
    }
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!text.value.trim()) return;
    close();
    trigger("again", { turn: button.value, question: text.value });
    box().focus();
  });
  form.append(text, cancel, send);
  place.classList.add("kb-editing");
  place.append(form);
  text.focus();
  text.setSelectionRange(text.value.length, text.value.length);
}

let pressed = null; // the button that was pressed by keyboard and will be drawn anew

function act(event, button, name, more) {
  pressed = event.detail === 0 ? { name: button.name, value: button.value } : null;
  trigger(name, { turn: button.value, ...more });
}

const why = element.querySelector("#kb-why");
let judged = null;

function askWhy(event, button) {
  judged = { event, button };
  why.querySelector("form").reset();
  why.returnValue = "";
  why.showModal();
}

why.addEventListener("close", () => {
  if (why.returnValue !== "send") return;
  const chosen = [...why.querySelectorAll("input:checked")].map((input) => input.value);
  const text = why.querySelector("textarea").value.trim();
  act(judged.event, judged.button, "vote", { verdict: "down", reason: chosen.concat(text || []).join("；") });
});

const actions = {
  up: (event, button) => act(event, button, "vote", { verdict: "up", reason: "" }),
  down: askWhy,
  gap: (event, button) => act(event, button, "gap"),
  copy: (event, button) => copyAnswer(button),
  edit: (event, button) => editQuestion(button),
  undo: (event, button) => act(event, button, "undo"),
  again: (event, button) => act(event, button, "again", { question: "" }),
  branch: (event, button) => act(event, button, "branch"),
};

document.addEventListener("click", (event) => {
  const button = event.target instanceof Element ? event.target.closest("#kb-chat button.kb-do") : null;
  if (button) actions[button.name](event, button);
});

// Messages are drawn anew when they change; whoever works by keyboard goes on from the button that was pressed, or asks on.
function keepFocus() {
  if (!pressed || (document.activeElement && document.activeElement !== document.body)) return;
  const same = `#kb-chat button.kb-do[name="${pressed.name}"][value="${pressed.value}"]`;
  (document.querySelector(same) || box()).focus({ preventScroll: true });
  pressed = null;
}

// --- questions that come by a link, from any tab or in the address

function askByLink(href) {
  const question = new URLSearchParams(href.slice("#ask?".length)).get("q") || "";
  window.kb.showTab("ask");
  if (question.trim()) trigger("ask", { question });
}

document.addEventListener("click", (event) => {
  const link = event.target instanceof Element ? event.target.closest('a[href^="#ask?"]') : null;
  if (!link || event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  askByLink(link.getAttribute("href"));
});

// Once asked, the question leaves the address, or a reload would ask it again.
function askAddress() {
  if (!location.hash.startsWith("#ask?")) return;
  const asked = location.hash;
  history.replaceState(null, "", location.pathname + location.search);
  askByLink(asked);
}
window.addEventListener("hashchange", askAddress);

// --- how the chat shows messages

// A new question goes to the top of the chat and its answer grows below it, until it is whole or the reader scrolls.
// Gradio's own scrolling would show the end of the answer instead of its beginning.
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

["wheel", "touchmove", "pointerdown", "keydown"].forEach((kind) =>
  document.addEventListener(kind, (event) => {
    if (event.target instanceof Element && event.target.closest("#kb-chat")) readerScrolls = true;
  }, { passive: true })
);

// Gradio names each message by its markup, which a screen reader would read out tag by tag, and the sanitizer takes the names of
// controls away. A number's quote moves out of the title, which only a mouse can reach.
function labelControls(chat) {
  const log = chat.querySelector("[role=log]");
  if (log && log.getAttribute("aria-live") !== "off") {
    log.setAttribute("aria-live", "off"); // each answer is announced once, whole
    log.setAttribute("aria-label", window.kb.say("对话", "Conversation"));
  }
  const names = { user: window.kb.say("问题", "Question"), bot: window.kb.say("回答", "Answer") };
  for (const [who, name] of Object.entries(names)) {
    chat.querySelectorAll(`[data-testid="${who}"][aria-label*="<"]`).forEach((m) => m.setAttribute("aria-label", name));
  }
  chat.querySelectorAll("a.kb-cite[title]").forEach((link) => {
    link.dataset.quote = link.title;
    link.removeAttribute("title");
    link.setAttribute("aria-label", window.kb.say(`来源 ${link.textContent}`, `Source ${link.textContent}`));
  });
  chat.querySelectorAll('button.kb-do[name="up"], button.kb-do[name="down"]').forEach((button) =>
    button.setAttribute("aria-pressed", String(button.classList.contains("kb-chosen")))
  );
}

new MutationObserver(() => {
  const chat = chatOf();
  if (!chat) return;
  takeOver();
  followQuestion(chat);
  labelControls(chat);
  keepFocus();
}).observe(document.querySelector(".gradio-container") || document.body, { childList: true, subtree: true, characterData: true });

let announced = "";

function announceAnswer() {
  const last = conversation().turns.at(-1);
  if (!last || last.turn_id === announced) return;
  setTimeout(() => (readerScrolls = true), 600); // the last part may be drawn after its value is known
  announced = last.turn_id;
  const { sentences, citations } = last.answer;
  const count = window.kb.say(`，${citations.length} 处来源`, `, ${citations.length} sources`);
  window.kb.announce(sentences.map((sentence) => sentence.text).join(" ") + (citations.length ? count : ""));
}
