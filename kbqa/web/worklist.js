// Runs when the list is laid out, seen or not. `element` and `trigger` come from Gradio.

const rows = () => [...element.querySelectorAll("button[data-key]")];
const detail = () => document.querySelector("#kb-work-right");

element.addEventListener("click", (event) => {
  const row = event.target instanceof Element ? event.target.closest("button[data-key]") : null;
  if (!row) return;
  rows().forEach((other) => other.setAttribute("aria-pressed", String(other === row)));
  trigger("click", { key: row.dataset.key });
  if (window.matchMedia("(max-width: 767px)").matches) detail().scrollIntoView({ behavior: "smooth", block: "start" });
});

// Whenever its tab is opened the list is read anew; what is hidden has no width.
let seen = false;
new ResizeObserver(([{ contentRect }]) => {
  if (contentRect.width && !seen) trigger("load");
  seen = contentRect.width > 0;
}).observe(element);
