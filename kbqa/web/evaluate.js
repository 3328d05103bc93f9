// Runs once, when the place of the report appears. `element` comes from Gradio.
// The report is in a frame of no origin: it can only send messages, and only those of the frame that is shown count.

const frame = () => element.querySelector("iframe");
const isDark = () => document.body.classList.contains("dark") || document.documentElement.classList.contains("dark");

function tellTheme() {
  if (frame()) frame().contentWindow.postMessage({ kbqa: "host", dark: isDark() }, "*");
}

// A click on a link of the page's own, so that whoever handles these links handles this one.
function follow(href) {
  const link = document.createElement("a");
  link.href = href;
  link.hidden = true;
  element.append(link);
  link.click();
  link.remove();
}

window.addEventListener("message", ({ source, data }) => {
  if (!frame() || source !== frame().contentWindow || !data) return;
  if (data.kbqa === "report") tellTheme();
  if (data.kbqa === "height" && Number.isFinite(data.height)) frame().style.height = `${Math.ceil(data.height)}px`;
  if (data.kbqa === "ask" && String(data.href).startsWith("#ask?q=")) follow(data.href);
});

new MutationObserver(tellTheme).observe(document.body, { attributeFilter: ["class"] });
