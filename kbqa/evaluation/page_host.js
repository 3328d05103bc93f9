// Inside the web app the page is a frame without a scroll bar or rights of its own. It says that it is there and how
// tall it is; the app says whether it is dark, and opens questions in the chat. As a file by itself none of this happens.

const host = window.parent === window ? null : window.parent;
const tell = (kbqa, more = {}) => host.postMessage({ kbqa, ...more }, "*"); // nothing secret; the frame knows no origin

if (host) {
  window.addEventListener("message", (event) => {
    if (event.source !== host || !event.data || event.data.kbqa !== "host") return;
    document.documentElement.classList.add("hosted");
    document.documentElement.dataset.theme = event.data.dark ? "dark" : "light";
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a.ask");
    if (!link) return;
    event.preventDefault();
    tell("ask", { href: link.getAttribute("href") });
  });
  new ResizeObserver(() => tell("height", { height: document.documentElement.offsetHeight })).observe(
    document.documentElement,
  );
  tell("report");
}
