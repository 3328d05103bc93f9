// Conversations of this browser: one record each under the reader's name, found again, reopened, removed, saved as a file.
// Runs with chat.js.

const KEPT = 100;
const reader = (window.gradio_config && window.gradio_config.username) || "";
const OURS = `kb-chat:${reader}:`;
const OPEN = `kb-open:${reader}`;

const keys = () => Object.keys(localStorage).filter((key) => key.startsWith(OURS));

function record(key) {
  try {
    const kept = JSON.parse(localStorage.getItem(key));
    return { key, at: kept.at, conversation: kept.conversation, turns: kept.conversation.turns.map((turn) => turn.answer) };
  } catch (damaged) {
    return null;
  }
}

const records = () => keys().map(record).filter(Boolean).sort((a, b) => b.at - a.at);

// A browser gives each site some megabytes; when they are used up, the oldest conversations go.
function keep(key, text) {
  const others = records().filter((kept) => kept.key !== key);
  while (others.length >= KEPT) localStorage.removeItem(others.pop().key);
  for (;;) {
    try {
      localStorage.setItem(key, text);
      return;
    } catch (full) {
      if (!others.length) return;
      localStorage.removeItem(others.pop().key);
    }
  }
}

function remember() {
  const now = conversation();
  exportButton.disabled = !now.turns.length;
  if (!now.conversation_id) return;
  const key = OURS + now.conversation_id;
  sessionStorage.setItem(OPEN, now.conversation_id);
  if (now.turns.length) keep(key, JSON.stringify({ at: Date.now(), conversation: now }));
  else localStorage.removeItem(key);
}

// What came from the server is kept as soon as either the value or the messages made of it have changed.
let known = "";

function takeOver() {
  if (props.value === known) return;
  known = props.value;
  remember();
  announceAnswer();
}

function show(text, id) {
  props.value = known = text;
  announced = text ? JSON.parse(text).turns.at(-1).turn_id : "";
  sessionStorage.setItem(OPEN, id);
  exportButton.disabled = !text;
  trigger("reopen", {});
}

// --- the drawer

const drawer = element.querySelector("#kb-past");
const search = element.querySelector("#kb-past-search");
const list = element.querySelector("#kb-past-list");
const said = element.querySelector("#kb-past-said");
const restore = drawer.querySelector('button[name="restore"]');
const exportButton = element.querySelector('button[name="export"]');
let removed = null;

const words = (turn) => [turn.question, ...turn.sentences.map((sentence) => sentence.text)].join("\n");

// Where the words stand, with some of what is around them; the first question if nothing is searched.
function excerpt(kept, wanted) {
  const text = kept.turns.map(words).join("\n");
  const at = wanted ? text.toLowerCase().indexOf(wanted) : -1;
  if (at < 0) return wanted ? null : "";
  return (at > 12 ? "…" : "") + text.slice(Math.max(0, at - 12), at + 48).replace(/\n/g, " ") + "…";
}

function make(tag, name, text) {
  return Object.assign(document.createElement(tag), { className: name, textContent: text });
}

function row(kept, found) {
  const line = make("li", "kb-past-row", "");
  const open = Object.assign(make("button", "kb-past-open", ""), { type: "button" });
  const when = new Date(kept.at).toLocaleString(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" });
  const count = kept.turns.length;
  open.append(
    make("b", "", kept.turns[0].question),
    make("small", "", `${when} · ${window.kb.say(`${count} 问`, count === 1 ? "1 question" : `${count} questions`)}`)
  );
  if (found) open.append(make("span", "kb-past-found", found));
  open.addEventListener("click", () => {
    drawer.close();
    show(JSON.stringify(kept.conversation), kept.conversation.conversation_id);
  });
  const remove = Object.assign(make("button", "kb-close", "✕"), { type: "button" });
  remove.setAttribute("aria-label", window.kb.say("删除：", "Delete: ") + kept.turns[0].question);
  remove.addEventListener("click", () => discard(kept));
  line.append(open, remove);
  return line;
}

function drawList() {
  const wanted = search.value.trim().toLowerCase();
  const found = records().map((kept) => [kept, excerpt(kept, wanted)]).filter(([, text]) => text !== null);
  list.replaceChildren(...found.map(([kept, text]) => row(kept, text)));
  const none = wanted ? window.kb.say("没有找到", "Nothing found") : window.kb.say("还没有对话", "No conversations yet");
  said.textContent = found.length ? (removed ? window.kb.say("已删除一段", "One deleted") : "") : none;
  restore.hidden = !removed;
}

function discard(kept) {
  removed = { key: kept.key, text: localStorage.getItem(kept.key) };
  localStorage.removeItem(kept.key);
  if (conversation().conversation_id === kept.conversation.conversation_id) show("", "");
  drawList();
  search.focus();
}

restore.addEventListener("click", () => {
  keep(removed.key, removed.text);
  removed = null;
  drawList();
  search.focus();
});
search.addEventListener("input", drawList);
drawer.addEventListener("click", (event) => {
  if (event.target === drawer || event.target.closest('[name="close"]')) drawer.close();
});

// --- the bar

async function saveAsMarkdown() {
  let text = "";
  try {
    text = await server.exported([props.value, location.origin + location.pathname]);
  } catch (failed) {
    window.kb.flash(exportButton, false);
    return;
  }
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/markdown;charset=utf-8" }));
  const day = new Date().toLocaleDateString("sv"); // the Swedish way to write a day is the international one
  link.download = window.kb.say(`问答-${day}.md`, `answers-${day}.md`);
  link.click();
  URL.revokeObjectURL(link.href);
}

element.querySelector(".kb-bar").addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  if (button.name === "fresh") {
    show("", "");
    box().focus();
  } else if (button.name === "export") {
    saveAsMarkdown();
  } else if (button.name === "history") {
    search.value = "";
    removed = null;
    drawList();
    drawer.showModal();
  }
});

watch("value", takeOver);

// A reload goes on with what was open in this window.
const open = record(OURS + sessionStorage.getItem(OPEN));
if (open) show(JSON.stringify(open.conversation), open.conversation.conversation_id);
askAddress();
