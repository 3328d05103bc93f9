"use strict";
// Draws the run that stands in #data. Whatever comes from the run is set as text, never as markup.
(() => {
  const run = JSON.parse(document.getElementById("data").textContent);
  const byId = (id) => document.getElementById(id);
  const known = (value) => value !== null && value !== undefined;

  // ── building blocks ──

  function build(element, attributes, children) {
    for (const [name, value] of Object.entries(attributes)) {
      if (value === true) element.setAttribute(name, "");
      else if (known(value) && value !== false) element.setAttribute(name, value);
    }
    element.append(...children.flat(Infinity).filter(known)); // strings become text nodes
    return element;
  }
  const el = (name, attributes = {}, ...children) => build(document.createElement(name), attributes, children);
  const shape = (name, attributes = {}, ...children) =>
    build(document.createElementNS("http://www.w3.org/2000/svg", name), attributes, children);
  const english = (text) => el("span", { lang: "en" }, text);
  const both = (zh, en) => (en ? [zh + " ", english(en)] : [zh]);

  // ── words and numbers ──

  const share = (x) => (100 * x).toFixed(1) + "%";
  const decimal = (x) => (Math.abs(x) <= 1 ? x.toFixed(3) : String(Math.round(x * 100) / 100));
  const milliseconds = (x) => (x < 10 ? x.toFixed(1) : Math.round(x).toLocaleString("en")) + " ms";

  // What a measure is called, what it says, and how it is written; in the order in which cards stand.
  const MEASURES = {
    "Success@1": ["首位命中", "第一段就是证据", share],
    "Success@3": ["前三命中", "前三段里有证据", share],
    "RR@10": ["倒数排名", "首个证据名次的倒数", decimal],
    "nDCG@10": ["归一化增益", "前十段的排序质量", decimal],
    "R@10": ["前十召回", "证据有多少进了前十段", share],
    nugget_recall: ["要点召回", "该说的要点说到了多少", share],
    answer_precision: ["答案精度", "答案里有多少句有用", share],
    cited_evidence: ["引用有据", "引用处就是证据", share],
    citation_precision: ["引用精度", "引用里有多少撑得住答案", share],
    citation_recall: ["引用召回", "答案里有多少句有引用撑着", share],
    citations_exact: ["引文一字不差", "与笔记原文逐字相同", share],
    refusal_recall: ["该拒的拒了", "笔记里没有的，拒答的比例", share],
    false_refusal: ["误拒", "笔记里有的，却拒答；越低越好", share],
    "refusal_recall@5%": ["误拒 5% 时拒答", "最多误拒 5% 时，该拒的拒了多少", share],
    AUROC: ["拒答区分度", "把握高低分得清能答与不能答", decimal],
    AURC: ["风险面积", "风险–覆盖曲线下的面积；越低越好", decimal],
    median_answer_characters: ["答案字数", "答案长度的中位数", decimal],
  };
  const TYPES = {
    definition: "定义",
    howto: "做法",
    list: "列举",
    fact: "事实",
    formula: "公式",
    number: "数字",
    compare: "比较",
    why: "原因",
    yesno: "是非",
    case: "案例",
    followup: "追问",
    english: "英文",
    synonym: "同义",
    typo: "错字",
    traditional: "繁体",
    colloquial: "口语",
    unanswerable: "无答案",
  };
  const WHY = {
    "not retrieved": ["没检索到", "前 10 段里没有证据。", "No evidence among the first ten passages."],
    "ranked low": ["名次太低", "证据检索到了，但排在第 3 位之后。", "Evidence was found, but below place 3."],
    "wrong sentence": [
      "选错句子",
      "证据在前三段，答案却没说到一半的要点。",
      "Evidence is on top, but the answer states less than half of the nuggets.",
    ],
    refused: ["误拒", "笔记里有答案，却拒答了。", "The notes answer it, but it was refused."],
    "should have refused": [
      "该拒未拒",
      "笔记里没有答案，却作了回答。",
      "The notes do not answer it, but it was answered.",
    ],
    ok: ["正常", "没有发现问题。", "Nothing wrong was found."],
  };
  const measureName = (name) => (Object.hasOwn(MEASURES, name) ? MEASURES[name][0] : name);
  const measureText = (name, value) => (Object.hasOwn(MEASURES, name) ? MEASURES[name][2] : decimal)(value);
  const typeName = (type) => (Object.hasOwn(TYPES, type) ? TYPES[type] : type);
  const typeBoth = (type) => (Object.hasOwn(TYPES, type) ? both(TYPES[type], type) : [type]);
  const whyName = (why) => (Object.hasOwn(WHY, why) ? WHY[why][0] : why);
  const whyBoth = (why) => (Object.hasOwn(WHY, why) ? both(WHY[why][0], why) : [why]);
  const whyClass = (why) => (Object.hasOwn(WHY, why) ? why.replaceAll(" ", "-") : "");
  function inOrder(names) {
    const order = Object.keys(MEASURES);
    const place = (name) => (order.includes(name) ? order.indexOf(name) : order.length);
    return [...names].sort((a, b) => place(a) - place(b) || (a < b ? -1 : 1));
  }

  const questions = run.questions.map((q) => ({ ...q, type: q.type || "-" }));
  const tally = (names) => names.reduce((counts, name) => counts.set(name, (counts.get(name) || 0) + 1), new Map());
  const reasons = tally(questions.map((q) => q.why));
  const types = tally(questions.map((q) => q.type));
  const failures = questions.filter((q) => q.why !== "ok").length;

  // ── summary ──

  function range(low, high, value) {
    const clip = (x) => 100 * Math.min(1, Math.max(0, x));
    return shape(
      "svg",
      { viewBox: "0 0 100 6", preserveAspectRatio: "none", "aria-hidden": "true" },
      shape("rect", { class: "rail", y: 2, width: 100, height: 2 }),
      shape("rect", { class: "range", x: clip(low), width: Math.max(1, clip(high) - clip(low)), height: 6 }),
      shape("rect", { class: "dot", x: Math.min(98.8, clip(value)), width: 1.2, height: 6 }),
    );
  }
  function card(zh, en, value, hint, interval) {
    const name = en.split("_").flatMap((word, n) => (n ? ["_", el("wbr"), word] : [word])); // a long name may break there
    return el(
      "div",
      { class: "card" },
      el("h3", {}, zh, " ", el("span", { lang: "en" }, name)),
      el("div", { class: "value" }, value),
      interval,
      el("p", { class: "soft" }, hint),
    );
  }
  function intervalOf(name, value) {
    const bounds = run.intervals && run.intervals[name];
    if (!bounds) return null;
    const level = known(run.interval_level) ? Math.round(100 * run.interval_level) + "% " : "自助法";
    const text = bounds.map((x) => measureText(name, x)).join("–");
    const drawn = bounds[0] >= 0 && bounds[1] <= 1 ? range(bounds[0], bounds[1], value) : null;
    return [
      drawn,
      el("p", { class: "soft", title: "自助法 bootstrap" }, level + "区间 ", el("span", { class: "whole" }, text)),
    ];
  }
  function cards() {
    const answerable = questions.filter((q) => q.answerable).length;
    const latency = run.latency || {};
    const all = [
      card("题数", "questions", questions.length, `${answerable} 题能答，${questions.length - answerable} 题不能`),
      card("失败", "failed", failures, questions.length ? `占 ${share(failures / questions.length)}` : ""),
    ];
    for (const name of inOrder(Object.keys(run.aggregate || {}))) {
      const value = run.aggregate[name];
      if (!known(value)) continue;
      const hint = Object.hasOwn(MEASURES, name) ? MEASURES[name][1] : "";
      all.push(
        card(
          measureName(name),
          measureName(name) === name ? "" : name,
          measureText(name, value),
          hint,
          intervalOf(name, value),
        ),
      );
    }
    if (known(latency.p50)) {
      const hint = known(latency.p95) ? `95% 的题不超过 ${milliseconds(latency.p95)}` : "";
      all.push(card("用时", "latency p50", milliseconds(latency.p50), hint));
    }
    return all;
  }

  // ── plots ──

  // Each is drawn as wide as its place, so that letters keep their size on a phone.
  function plot(zh, en, aria, draw) {
    const caption = el("figcaption", {}, both(zh, en));
    if (!aria) return el("figure", {}, caption, el("p", { class: "empty" }, "没有数据 no data"));
    const place = el("div", { class: "plot" });
    let width = 0;
    new ResizeObserver(() => {
      const now = Math.max(240, Math.floor(place.clientWidth));
      if (now === width) return;
      width = now;
      place.replaceChildren(draw(width, { role: "img", "aria-label": aria, width }));
    }).observe(place);
    return el("figure", {}, caption, place);
  }
  function step(top, parts) {
    const rough = top / parts;
    const power = 10 ** Math.floor(Math.log10(rough));
    return power * [1, 2, 5, 10].find((n) => n * power >= rough * 0.999);
  }
  function ticks(top, parts) {
    const by = step(top, parts);
    return Array.from({ length: Math.floor(top / by + 1e-6) + 1 }, (_, n) => n * by);
  }
  const HEIGHT = 230;
  const [LEFT, RIGHT, TOP, BOTTOM] = [46, 20, 40, 42];
  const label = (x, y, text, anchor = "middle", more = {}) =>
    shape("text", { x, y, "text-anchor": anchor, ...more }, text);

  // Lines and names of both axes; `xTicks` and `yTicks` are [pixel, text].
  function axes(width, xTicks, yTicks, xName, yName) {
    const base = HEIGHT - BOTTOM;
    return [
      ...yTicks.flatMap(([y, text]) => [
        shape("line", { class: "gridline", x1: LEFT, x2: width - RIGHT, y1: y, y2: y }),
        label(LEFT - 6, y + 4, text, "end"),
      ]),
      ...xTicks.map(([x, text]) => label(x, base + 16, text)),
      shape("line", { class: "axis", x1: LEFT, x2: width - RIGHT, y1: base, y2: base }),
      label(LEFT - 40, 12, yName, "start"),
      label(width - RIGHT, HEIGHT - 6, xName, "end"),
    ];
  }
  // A dashed line with its name; the second one is named higher up, so that two never meet.
  function mark(width, x, text, n = 0) {
    const y = TOP - 5 - 13 * n;
    const late = x > width - RIGHT - 7 * text.length;
    return [
      shape("line", { class: "now", x1: x, x2: x, y1: y - 9, y2: HEIGHT - BOTTOM }),
      label(late ? x - 4 : x + 4, y, text, late ? "end" : "start"),
    ];
  }
  const upright = (top) => (value) => HEIGHT - BOTTOM - (value / top) * (HEIGHT - BOTTOM - TOP);

  function riskCoverage() {
    const { coverage = [], risk = [], aurc } = run.risk_coverage || {};
    if (!coverage.length) return plot("风险–覆盖曲线", "risk–coverage", "");
    const area = known(aurc) ? `AURC ${decimal(aurc)}` : "";
    const answered = questions.filter((q) => !q.abstained).length / Math.max(1, questions.length);
    const at = (answering) => risk[coverage.findIndex((c) => c >= answering - 1e-9)] ?? risk[risk.length - 1];
    const said = [0.25, 0.5, 0.75, 1].map((c) => `答 ${100 * c}% 时风险 ${share(at(c))}`).join("，");
    return plot(
      "风险–覆盖曲线",
      ["risk–coverage", area].filter(Boolean).join(" · "),
      `风险–覆盖曲线 risk–coverage：${said}。${area ? area + "，" : ""}实际答了 answered ${share(answered)}。`,
      (width, attributes) => {
        const most = Math.max(0.05, ...risk);
        const by = step(most, 4);
        const limit = Math.min(1, Math.ceil(most / by - 1e-6) * by);
        const y = upright(limit);
        const x = (c) => LEFT + c * (width - LEFT - RIGHT);
        const points = coverage.map((c, n) => `${x(c).toFixed(1)},${y(risk[n]).toFixed(1)}`);
        const line = [`${LEFT},${y(risk[0]).toFixed(1)}`, ...points];
        return shape(
          "svg",
          { ...attributes, height: HEIGHT },
          axes(
            width,
            [0, 0.25, 0.5, 0.75, 1].map((c) => [x(c), 100 * c + "%"]),
            ticks(limit, 4).map((r) => [y(r), Math.round(1000 * r) / 10 + "%"]),
            "覆盖 coverage",
            "风险 risk",
          ),
          shape("polygon", {
            class: "area",
            points: [`${LEFT},${y(0)}`, ...line, `${x(coverage.at(-1)).toFixed(1)},${y(0)}`].join(" "),
          }),
          shape("polyline", { class: "curve", points: line.join(" ") }),
          mark(width, x(answered), "实际 now " + share(answered)),
        );
      },
    );
  }

  const rateOf = (values) => values["Success@3"] ?? values.refusal_recall;
  function byType() {
    const rows = Object.entries(run.by_type || {})
      .filter(([, values]) => known(rateOf(values)))
      .sort((a, b) => rateOf(a[1]) - rateOf(b[1]) || (a[0] < b[0] ? -1 : 1));
    const says = ([type, v]) => {
      const rates = [
        ["Success@3", "前三命中"],
        ["Success@1", "首位命中"],
        ["refusal_recall", "拒答"],
      ].filter(([name]) => known(v[name]));
      return typeName(type) + rates.map(([name, zh]) => ` ${zh} ${share(v[name])}`).join("、");
    };
    const aria = rows.length ? "各类型成功率 success by type，最低在前：" + rows.map(says).join("；") + "。" : "";
    return plot("各类型成功率", "success by type", aria, (width, attributes) => {
      const [left, right, line] = [width < 380 ? 82 : 128, 56, 22];
      const height = 44 + rows.length * line;
      const x = (v) => left + v * (width - left - right);
      const key = (at, kind, text) => [
        shape("rect", { class: "bar " + kind, x: at, y: 4, width: 10, height: 10, rx: 2 }),
        label(at + 14, 13, text, "start"),
      ];
      const keys = [
        ["", "首位 @1"],
        ["pale", "前三 @3"],
        ["refusal", "拒答 refused"],
      ];
      return shape(
        "svg",
        { ...attributes, height },
        keys.flatMap(([kind, text], n) => key(2 + n * 82, kind, text)),
        [0, 0.5, 1].flatMap((v) => [
          shape("line", { class: "gridline", x1: x(v), x2: x(v), y1: 22, y2: height - 18 }),
          label(x(v), height - 4, 100 * v + "%"),
        ]),
        rows.map((row, n) => typeBar(row, says(row), left, 26 + n * line, width, x)),
      );
    });
  }
  function typeBar([type, values], says, left, y, width, x) {
    const judged = known(values["Success@3"]);
    const more = [typeName(type) === type ? "" : type, types.get(type) || ""].filter(Boolean).map((word) => " " + word);
    const name = [typeName(type), ...(width < 380 ? [] : more)].join("");
    const bar = (kind, value, inset) =>
      shape("rect", { class: kind, x: left, y: y + inset, width: x(value) - left, height: 15 - 2 * inset, rx: 2 });
    return shape(
      "g",
      {},
      shape("title", {}, says),
      label(left - 8, y + 12, name.length > 20 ? name.slice(0, 19) + "…" : name, "end", { class: "strong" }),
      bar("rail", 1, 0),
      bar(judged ? "bar pale" : "bar refusal", rateOf(values), 0),
      judged && known(values["Success@1"]) ? bar("bar", values["Success@1"], 4) : null,
      label(width, y + 12, share(rateOf(values)), "end", { class: "strong" }),
    );
  }

  // Counts as columns: `columns` are {name, count, says, kind}; `marks` are [position in columns, text].
  function histogram(zh, en, aria, xName, columns, every, marks = []) {
    return plot(zh, en, aria, (width, attributes) => {
      const most = Math.max(1, ...columns.map((c) => c.count));
      const y = upright(most);
      const slot = (width - LEFT - RIGHT) / columns.length;
      const x = (n) => LEFT + n * slot;
      const rows = ticks(most, 4)
        .filter(Number.isInteger)
        .map((n) => [y(n), String(n)]);
      const names = columns
        .map((c, n) => [x(n) + (every.centred ? slot / 2 : 0), c.name])
        .filter((_, n) => n % every.by === 0 || columns[n].kind);
      return shape(
        "svg",
        { ...attributes, height: HEIGHT },
        axes(width, names, rows, xName, "题数 questions"),
        columns.map((c, n) =>
          shape(
            "rect",
            {
              class: "bar " + (c.kind || ""),
              x: x(n) + 1,
              y: y(c.count),
              width: Math.max(1, slot - 2),
              height: HEIGHT - BOTTOM - y(c.count),
              rx: 1,
            },
            shape("title", {}, c.says),
          ),
        ),
        marks.map(([at, text], n) => mark(width, x(at), text, n)),
      );
    });
  }
  function latencies() {
    const { all = [], p50, p95 } = run.latency || {};
    if (!all.length) return plot("用时", "latency", "");
    const slowest = all.reduce((a, b) => Math.max(a, b), 0);
    const top = Math.min(slowest, 2 * (p95 ?? slowest)) || slowest || 1; // what is far slower is gathered in the last column
    const by = step(top, 16),
      regular = Math.floor(top / by) + 1;
    const beyond = slowest >= regular * by;
    const counts = new Array(regular + beyond).fill(0);
    for (const value of all) counts[Math.min(Math.floor(value / by), counts.length - 1)] += 1;
    const written = (x) => String(Math.round(x * 1000) / 1000);
    const columns = counts.map((count, n) => {
      const rest = beyond && n === regular;
      const span = rest ? `≥ ${written(n * by)} ms` : `${written(n * by)}–${written((n + 1) * by)} ms`;
      return { name: rest ? "更久" : written(n * by), count, says: `${span}：${count} 题`, kind: rest ? "pale" : "" };
    });
    const marks = [
      [p50, "p50"],
      [p95, "p95"],
    ]
      .filter(([value]) => known(value))
      .map(([value, name]) => [Math.min(value / by, counts.length), name]);
    const said = [
      known(p50) ? `p50 ${milliseconds(p50)}` : "",
      known(p95) ? `p95 ${milliseconds(p95)}` : "",
      `最慢 max ${milliseconds(slowest)}`,
    ]
      .filter(Boolean)
      .join("，");
    return histogram(
      "用时分布",
      "latency",
      `用时分布 latency：${all.length} 题，${said}。`,
      "毫秒 ms",
      columns,
      { by: 4, centred: false },
      marks,
    );
  }
  function ranks() {
    const given = run.ranks || {};
    const names = [...Array.from({ length: 10 }, (_, n) => String(n + 1)), "none"];
    const columns = names.map((name) => {
      const count = given[name] || 0,
        none = name === "none";
      return {
        name: none ? "无" : name,
        count,
        says: `${none ? "前十没有 none" : "第 " + name + " 位"}：${count} 题`,
        kind: none ? "none" : "",
      };
    });
    const any = columns.some((c) => c.count);
    return histogram(
      "首个证据的名次",
      "rank of the first evidence",
      any
        ? "首个证据的名次 rank of the first evidence：" +
            columns
              .filter((c) => c.count)
              .map((c) => c.says)
              .join("；") +
            "。"
        : "",
      "名次 rank",
      columns,
      { by: 1, centred: true },
    );
  }
  function outcomes() {
    const most = Math.max(1, ...reasons.values());
    const all = [...run.reasons, ...[...reasons.keys()].filter((why) => !run.reasons.includes(why))];
    const rows = all.map((why) => {
      const count = reasons.get(why) || 0;
      const button = el(
        "button",
        { type: "button", class: "outcome " + whyClass(why), "aria-pressed": "false", "data-why": why },
        el("span", {}, whyBoth(why)),
        shape(
          "svg",
          { viewBox: "0 0 100 12", preserveAspectRatio: "none", "aria-hidden": "true" },
          shape("rect", { class: "hue", width: (100 * count) / most, height: 12 }),
        ),
        el("span", {}, count + (questions.length ? " · " + Math.round((100 * count) / questions.length) + "%" : "")),
      );
      button.addEventListener("click", () => {
        byId("why").value = byId("why").value === why ? "" : why;
        byId("failed").checked = false;
        filter();
      });
      return button;
    });
    return el(
      "figure",
      { id: "outcomes" },
      el("figcaption", {}, both("结果", "outcomes · 点一下筛选 click to filter")),
      rows,
    );
  }
  function typeTable() {
    const names = inOrder(new Set(Object.values(run.by_type || {}).flatMap(Object.keys)));
    const cells = (values) =>
      names.map((name) => el("td", { class: "number" }, known(values[name]) ? measureText(name, values[name]) : ""));
    return el(
      "div",
      { class: "scroll", tabindex: "0", role: "region", "aria-label": "各类型的全部度量 All measures by type" },
      el(
        "table",
        {},
        el(
          "thead",
          {},
          el(
            "tr",
            {},
            el("th", { scope: "col" }, "类型"),
            el("th", { scope: "col", class: "number" }, "题数"),
            names.map((name) => el("th", { scope: "col", class: "number", title: name }, measureName(name))),
          ),
        ),
        el(
          "tbody",
          {},
          Object.entries(run.by_type || {}).map(([type, values]) =>
            el(
              "tr",
              {},
              el("th", { scope: "row" }, typeBoth(type)),
              el("td", { class: "number" }, types.get(type) || 0),
              cells(values),
            ),
          ),
        ),
      ),
    );
  }

  // ── one question, opened ──

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
})();
