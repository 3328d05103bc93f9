// What the page is made of: the run that stands in #data, elements, words and numbers.
// Whatever comes from the run is set as text, never as markup.

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

// What a measure says and how it is written, in the order in which cards stand; `run.names` has what it is called.
const MEASURES = {
  "Success@1": ["第一段就是证据", share],
  "Success@3": ["前三段里有证据", share],
  "RR@10": ["首个证据名次的倒数", decimal],
  "nDCG@10": ["前十段的排序质量", decimal],
  "R@10": ["证据有多少进了前十段", share],
  nugget_recall: ["该说的要点说到了多少", share],
  answer_precision: ["答案里有多少句有用", share],
  cited_evidence: ["引用处就是证据", share],
  citation_precision: ["引用里有多少撑得住答案", share],
  citation_recall: ["答案里有多少句有引用撑着", share],
  citations_exact: ["与笔记原文逐字相同", share],
  refusal_recall: ["笔记里没有的，拒答的比例", share],
  false_refusal: ["笔记里有的，却拒答；越低越好", share],
  "refusal_recall@5%": ["最多误拒 5% 时，该拒的拒了多少", share],
  AUROC: ["把握高低分得清能答与不能答", decimal],
  AURC: ["风险–覆盖曲线下的面积；越低越好", decimal],
  median_answer_characters: ["答案长度的中位数", decimal],
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
const measureName = (name) => (Object.hasOwn(run.names, name) ? run.names[name] : name);
const measureText = (name, value) => (Object.hasOwn(MEASURES, name) ? MEASURES[name][1] : decimal)(value);
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
