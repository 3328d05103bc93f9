// The quote behind a citation's number, shown beside it: on hover, on focus, and by a tap, which opens the note only the second
// time. Escape closes it. Runs with panel.js.

const POPOVER = "kb-pop";
const shade = document.createElement("div");
shade.id = POPOVER;
shade.setAttribute("role", "tooltip");
shade.hidden = true;
document.body.append(shade);

let quoted = null;
let leaving = 0;
let byTouch = false;

function describe(link) {
  const place = new URLSearchParams(link.getAttribute("href").slice("#src?".length));
  const line = Number(place.get("l"));
  return place.get("d") + (line ? window.kb.say(` · 第 ${line} 行`, ` · line ${line}`) : "");
}

function part(tag, text, name) {
  const node = document.createElement(tag);
  node.textContent = text;
  node.className = name;
  return node;
}

function popUp(link, touch = false) {
  clearTimeout(leaving);
  if (quoted === link && !shade.hidden) return;
  popDown();
  quoted = link;
  const open = part("a", window.kb.say("看原文 →", "Open the note →"), "kb-pop-open");
  open.setAttribute("href", link.getAttribute("href"));
  shade.replaceChildren(part("p", link.dataset.quote, "kb-pop-quote"), part("p", describe(link), "kb-pop-file"));
  if (touch) shade.append(open);
  shade.hidden = false;
  link.setAttribute("aria-describedby", POPOVER);
  const at = link.getBoundingClientRect();
  const below = at.bottom + 8 + shade.offsetHeight <= innerHeight;
  shade.style.top = `${below ? at.bottom + 8 : Math.max(8, at.top - 8 - shade.offsetHeight)}px`;
  shade.style.left = `${Math.max(8, Math.min(at.left - 24, innerWidth - shade.offsetWidth - 8))}px`;
}

function popDown() {
  shade.hidden = true;
  if (quoted) quoted.removeAttribute("aria-describedby");
  quoted = null;
}

const citation = (event) => (event.target instanceof Element ? event.target.closest("a.kb-cite[data-quote]") : null);
const inside = (event) => event.target instanceof Element && event.target.closest(`#${POPOVER}`);

document.addEventListener("pointerdown", (event) => {
  byTouch = event.pointerType === "touch";
  if (!citation(event) && !inside(event)) popDown();
});
document.addEventListener("pointerover", (event) => {
  if (event.pointerType === "touch") return;
  const link = citation(event);
  if (link) popUp(link);
  else if (inside(event)) clearTimeout(leaving);
  else if (!shade.hidden && quoted !== document.activeElement) {
    clearTimeout(leaving);
    leaving = setTimeout(popDown, 200);
  }
});
document.addEventListener("focusin", (event) => {
  const link = citation(event);
  if (link && !byTouch) popUp(link);
  else if (!link && !inside(event)) popDown();
});
document.addEventListener("keydown", (event) => {
  byTouch = false;
  if (event.key === "Escape") popDown();
});
document.addEventListener("scroll", popDown, { capture: true, passive: true });
document.addEventListener(
  "click",
  (event) => {
    const link = citation(event);
    if (link && byTouch && quoted !== link) {
      event.preventDefault();
      popUp(link, true);
    } else if (link || inside(event)) {
      // After the panel's own listener has read the link.
      setTimeout(popDown);
    }
  },
  { capture: true }
);
