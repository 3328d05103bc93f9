// One question, opened: what was asked, what came out, what was expected.

// The text with the first verbatim occurrence of each of the strings marked.
function marked(text, groups) {
  const spans = groups
    .flat()
    .filter(Boolean)
    .map((s) => [text.indexOf(s), s.length])
    .filter(([at]) => at >= 0)
    .sort((a, b) => a[0] - b[0] || b[1] - a[1]);
  const parts = [];
  let done = 0;
  for (const [at, length] of spans) {
    if (at < done) continue;
    parts.push(text.slice(done, at), el("mark", {}, text.slice(at, at + length)));
    done = at + length;
  }
  return [...parts, text.slice(done)];
}
const part = (zh, en, ...content) => el("section", {}, el("h3", {}, both(zh, en)), ...content);
const none = (text) => el("p", { class: "soft" }, text);
const rankText = (q) => (!known(q.rank) ? "—" : q.rank ? `第 ${q.rank} 位` : "前十没有");
const orDash = (value, write) => (known(value) ? write(value) : "—");

function facts(q) {
  const rows = [
    ["编号 id", q.id],
    ["类型 type", typeName(q.type)],
    ["应当 expected", q.answerable ? "回答 answer" : "拒答 refuse"],
    ["证据名次 rank", rankText(q)],
    ["要点召回 nuggets", orDash(q.nugget_recall, share)],
    ["引用有据 cited", orDash(q.cited_evidence, (v) => (v ? "是 yes" : "否 no"))],
    ["把握 confidence", orDash(q.confidence, decimal)],
    ["用时 latency", orDash(q.seconds, (s) => milliseconds(1000 * s))],
  ];
  return el(
    "dl",
    {},
    rows.map(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]),
  );
}
// A missed nugget is given as its group, or as one string of it.
const misses = (q, group) =>
  (q.nuggets_missed || []).some((missed) => [missed].flat().every((text) => group.includes(text)));
function nuggets(q, groups) {
  if (!groups.length) return none("没有给出要点 none given");
  return el(
    "ul",
    {},
    groups.map((group) => {
      const missed = misses(q, group);
      return el(
        "li",
        {},
        el(
          "span",
          { class: missed ? "missed" : "" },
          group.join(" ／ "),
          " ",
          el("span", { class: "tag" }, missed ? "✗ 没说到 missed" : "✓ 说到了 said"),
        ),
      );
    }),
  );
}
function evidence(q, groups) {
  if (!groups.length) return none("没有给出证据 none given");
  return el(
    "ul",
    {},
    groups.map((group, n) =>
      el(
        "li",
        {},
        el(
          "span",
          { class: q.found[n] ? "" : "missed" },
          group.join(" ／ "),
          " ",
          el(
            "span",
            { class: "tag" },
            q.found[n] ? `✓ 第 ${q.found[n]} 段 passage ${q.found[n]}` : "✗ 没检索到 not retrieved",
          ),
        ),
      ),
    ),
  );
}
function citations(q) {
  if (!(q.citations || []).length) return none("没有引用 none");
  return el(
    "ol",
    {},
    q.citations.map((c) =>
      el(
        "li",
        {},
        c.doc_id,
        el("span", { class: "soft" }, (c.heading_path || []).length ? " · " + c.heading_path.join(" › ") : ""),
        el("blockquote", {}, c.quote),
      ),
    ),
  );
}
function passages(q, groups) {
  if (!q.passages.length) return none("什么也没检索到 nothing");
  return q.passages.map((number, n) => {
    const text = run.texts[number];
    const holds = q.supporting.includes(n);
    const start = text.replace(/\s+/g, " ");
    return el(
      "details",
      { class: holds ? "has-evidence" : "", open: holds },
      el(
        "summary",
        {},
        `${n + 1}. ${holds ? "【证据 evidence】" : ""}${start.slice(0, 48)}${start.length > 48 ? "…" : ""}`,
      ),
      el("blockquote", {}, holds ? marked(text, groups) : text),
    );
  });
}
function opened(q) {
  const wanted = (q.expected && q.expected.nuggets) || [];
  const proof = (q.expected && q.expected.evidence) || [];
  const [, zh, en] = Object.hasOwn(WHY, q.why) ? WHY[q.why] : ["", "", ""];
  const answer = q.answer ? el("div", { class: "said" }, marked(q.answer, wanted)) : none("没有答案 no answer");
  return [
    el("p", { class: "why " + whyClass(q.why) }, el("strong", {}, whyName(q.why)), " ", both(zh, en)),
    el("a", { class: "ask", href: "#ask?q=" + encodeURIComponent(q.ask || q.question) }, both("在问答里问", "ask in the chat")),
    el(
      "div",
      { class: "parts" },
      part(
        "问题",
        "question",
        el("p", { class: "said" }, q.question),
        q.understood_as && q.understood_as !== q.question
          ? el("p", { class: "soft" }, "理解为 understood as：", q.understood_as)
          : null,
      ),
      part("判分", "measures", facts(q)),
      part(q.abstained ? "答案（拒答）" : "答案", q.abstained ? "answer, refused" : "answer", answer),
      part("期望的要点", "expected nuggets", nuggets(q, wanted)),
      part("引用", "citations", citations(q)),
      part("期望的证据", "expected evidence", evidence(q, proof)),
    ),
    part("检索到的片段", "passages", passages(q, proof)),
  ];
}
