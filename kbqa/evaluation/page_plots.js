// The summary and the plots.

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
    const hint = Object.hasOwn(MEASURES, name) ? MEASURES[name][0] : "";
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
