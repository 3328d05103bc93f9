// Runs once, when the sources panel appears. `element`, `trigger` and `watch` come from Gradio.
// One listener on the document serves the links of every message and tab, old or new.

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
    if (body) body.focus({ preventScroll: true });
  }
  openedByHand = false;
  // The message that holds the link may be drawn after the panel.
  setTimeout(markOpenLink, 120);
}

function openSource(href) {
  window.kb.showTab("ask");
  openedByHand = true;
  if (href === shownPlace()) showQuote();
  else trigger("click", { href });
}

// The address of the panel as it is now, for another day or another reader.
async function copyLink(button) {
  const link = element.querySelector(".kb-panel").getAttribute("data-link");
  try {
    await navigator.clipboard.writeText(location.origin + location.pathname + link);
    window.kb.flash(button, true, window.kb.say("已复制", "Copied"));
  } catch (refused) {
    window.kb.flash(button, false);
  }
}

function backToAnswer() {
  const from = document.querySelector("#kb-chat a.kb-on") || document.querySelector("#kb-chat");
  from.scrollIntoView({ behavior: "smooth", block: "center" });
  from.focus({ preventScroll: true });
}

document.addEventListener("click", (event) => {
  if (!(event.target instanceof Element) || event.defaultPrevented) return;
  if (event.target.closest('#kb-source-panel button[name="link"]')) return copyLink(event.target.closest("button"));
  const link = event.target.closest('a[href="#back"], a[href^="#src?"]');
  if (!link || event.metaKey || event.ctrlKey || event.shiftKey) return; // a new tab opens the same view by its address
  event.preventDefault();
  const href = link.getAttribute("href");
  if (href === "#back") backToAnswer();
  else openSource(href);
});

// An address with a place in it opens it; it stays in the address until another place is opened.
const openAddress = () => location.hash.startsWith("#src?") && openSource(location.hash);
window.addEventListener("hashchange", openAddress);
openAddress();

watch("value", showQuote);
