// The table of all questions, and the page put together.

// ── the table ──

const COLUMNS = [
  { id: "id", zh: "编号", en: "id", kind: "late minor", value: (q) => q.id },
  { id: "question", zh: "问题", en: "question", kind: "", value: (q) => q.question },
  { id: "type", zh: "类型", en: "type", kind: "minor type", value: (q) => q.type, show: (q) => typeBoth(q.type) },
  {
    id: "why",
    zh: "结果",
    en: "outcome",
    kind: "",
    value: (q) => run.reasons.indexOf(q.why),
    show: (q) => [el("span", { class: "chip " + whyClass(q.why) }, whyBoth(q.why))],
  },
  {
    id: "rank",
    zh: "名次",
    en: "rank",
    kind: "number minor",
    value: (q) => (q.rank === 0 ? 11 : q.rank),
    show: (q) => [!known(q.rank) ? "—" : q.rank || "无"],
  },
  {
    id: "nuggets",
    zh: "要点",
    en: "nuggets",
    kind: "number minor",
    value: (q) => q.nugget_recall,
    show: (q) => [orDash(q.nugget_recall, (v) => Math.round(100 * v) + "%")],
  },
  {
    id: "cited",
    zh: "引用",
    en: "cited",
    kind: "number late minor",
    value: (q) => (known(q.cited_evidence) ? Number(q.cited_evidence) : null),
    show: (q) => [orDash(q.cited_evidence, (v) => (v ? "✓" : "✗"))],
  },
  {
    id: "confidence",
    zh: "把握",
    en: "conf.",
    kind: "number late minor",
    value: (q) => q.confidence,
    show: (q) => [orDash(q.confidence, (v) => v.toFixed(2))],
  },
  {
    id: "seconds",
    zh: "用时",
    en: "ms",
    kind: "number late minor",
    value: (q) => q.seconds,
    show: (q) => [orDash(q.seconds, (v) => (1000 * v).toFixed(1))],
  },
];
const fold = (text) =>
  String(text ?? "")
    .normalize("NFKC")
    .toLowerCase();
const collator = new Intl.Collator("zh", { numeric: true });
const body = byId("table").tBodies[0];
const empty = el(
  "tr",
  { id: "nothing", hidden: true },
  el("td", { class: "empty", colspan: COLUMNS.length }, "没有符合条件的题 No question fits"),
);
const sorting = { column: null, down: false };

const rows = questions.map((q, number) => {
  const button = el(
    "button",
    { type: "button", class: "open", "aria-expanded": "false", "aria-controls": "detail-" + number },
    q.question,
  );
  const brief = `${typeName(q.type)} · 名次 ${!known(q.rank) ? "—" : q.rank || "无"} · 要点 ${orDash(q.nugget_recall, (v) => Math.round(100 * v) + "%")}`;
  const cell = (c) =>
    c.id === "question"
      ? el("td", {}, button, el("span", { class: "facts" }, brief))
      : el("td", { class: c.kind }, c.show ? c.show(q) : c.value(q));
  const line = el("tr", { class: "row" }, COLUMNS.map(cell));
  const detail = el(
    "tr",
    { class: "detail", id: "detail-" + number, hidden: true },
    el("td", { colspan: COLUMNS.length }),
  );
  line.addEventListener("click", (event) => {
    // Marking text with the mouse is no wish to open; the keyboard's click comes from the button.
    if (!event.target.closest("button") && !getSelection().isCollapsed) return;
    toggle(row);
  });
  const words = [
    q.id,
    q.question,
    q.understood_as,
    q.answer,
    q.type,
    typeName(q.type),
    ...(q.citations || []).map((c) => c.doc_id),
  ];
  const row = { q, number, button, line, detail, text: words.map(fold).join("\n") };
  return row;
});
function toggle(row) {
  const cell = row.detail.firstChild;
  if (!cell.firstChild) cell.append(...opened(row.q)); // drawn when first asked for
  const open = row.button.getAttribute("aria-expanded") !== "true";
  row.button.setAttribute("aria-expanded", String(open));
  row.detail.hidden = !open || row.line.hidden;
}

function filter() {
  const words = fold(byId("words").value).split(/\s+/).filter(Boolean);
  const [type, why] = [byId("type").value, byId("why").value];
  const failed = byId("failed").checked;
  let shown = 0;
  for (const row of rows) {
    const fits =
      (!type || row.q.type === type) &&
      (!why || row.q.why === why) &&
      (!failed || row.q.why !== "ok") &&
      words.every((word) => row.text.includes(word));
    row.line.hidden = !fits;
    row.detail.hidden = !fits || row.button.getAttribute("aria-expanded") !== "true";
    shown += fits;
  }
  empty.hidden = shown > 0;
  byId("count").textContent = `显示 ${shown} / ${rows.length} 题`;
  for (const button of byId("outcomes").querySelectorAll("button"))
    button.setAttribute("aria-pressed", String(button.dataset.why === why));
}
function compare(a, b, value) {
  const [x, y] = [value(a.q), value(b.q)];
  if (!known(x) || !known(y)) return known(y) - known(x); // unknown comes last either way
  const order = typeof x === "number" && typeof y === "number" ? x - y : collator.compare(x, y);
  return sorting.down ? -order : order;
}
function sort() {
  const column = COLUMNS.find((c) => c.id === sorting.column);
  const order = column ? [...rows].sort((a, b) => compare(a, b, column.value) || a.number - b.number) : rows;
  body.append(...order.flatMap((row) => [row.line, row.detail]), empty);
  for (const head of byId("table").tHead.querySelectorAll("th")) {
    if (head.dataset.column === sorting.column)
      head.setAttribute("aria-sort", sorting.down ? "descending" : "ascending");
    else head.removeAttribute("aria-sort");
  }
  byId("sort").value = column ? (sorting.down ? "-" : "+") + sorting.column : "";
}
function sortBy(column, down) {
  Object.assign(sorting, { column, down });
  sort();
}
function heading(c) {
  const button = el("button", { type: "button", class: "sort" }, both(c.zh, c.en));
  button.addEventListener("click", () => sortBy(c.id, sorting.column === c.id && !sorting.down));
  return el("th", { scope: "col", class: c.kind, "data-column": c.id }, button);
}
const option = (value, text) => el("option", { value }, text);
function move(event) {
  const to = { ArrowDown: 1, ArrowUp: -1, Home: -Infinity, End: Infinity }[event.key];
  if (to === undefined || !event.target.classList.contains("open")) return;
  const buttons = [...body.querySelectorAll(".row:not([hidden]) .open")];
  event.preventDefault();
  buttons[Math.min(buttons.length - 1, Math.max(0, buttons.indexOf(event.target) + to))].focus();
}

// ── the page ──

document.title = `${run.title} · 评测报告`;
byId("title").textContent = run.title;
for (const [name, value] of [
  ["时间 when", run.when],
  ["设置 settings", run.settings_digest],
  ["笔记 notes", run.notes_digest],
]) {
  if (!value) continue;
  const text = value === run.when ? value : value.slice(0, 12);
  byId("about").append(el("span", { title: value }, name, " ", text), " ");
}
byId("cards").append(...cards());
byId("plots").append(outcomes(), byType(), riskCoverage(), ranks(), latencies());
byId("types").append(typeTable());
byId("rules").append(
  ...run.reasons.flatMap((why) => [el("dt", {}, whyBoth(why)), el("dd", {}, both(WHY[why][1], WHY[why][2]))]),
);

byId("type").append(
  option("", "全部 all"),
  ...[...types.keys()]
    .sort(collator.compare)
    .map((type) =>
      option(type, `${typeName(type)}${typeName(type) === type ? "" : " " + type}（${types.get(type)}）`),
    ),
);
byId("why").append(
  option("", "全部 all"),
  ...[...byId("outcomes").querySelectorAll("button")].map((b) =>
    option(b.dataset.why, `${whyName(b.dataset.why)}（${reasons.get(b.dataset.why) || 0}）`),
  ),
);
byId("sort").append(
  option("", "原来的顺序 as given"),
  ...COLUMNS.flatMap((c) => [option("+" + c.id, c.zh + " ↑"), option("-" + c.id, c.zh + " ↓")]),
);
byId("table").tHead.append(el("tr", {}, COLUMNS.map(heading)));
body.addEventListener("keydown", move);
byId("filters").addEventListener("input", filter);
byId("filters").addEventListener("submit", (event) => event.preventDefault());
byId("filters").addEventListener("reset", () =>
  setTimeout(() => {
    filter();
    sortBy(null, false);
  }),
);
byId("sort").addEventListener("change", (event) =>
  sortBy(event.target.value.slice(1) || null, event.target.value.startsWith("-")),
);
sort();
filter();
