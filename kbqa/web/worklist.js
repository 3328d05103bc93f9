// Runs when the list appears, which is when its tab is opened for the first time. `element` and `trigger` come from Gradio.

const rows = () => [...element.querySelectorAll("button[data-key]")];
const detail = () => document.querySelector("#kb-work-right");

element.addEventListener("click", (event) => {
  const row = event.target instanceof Element ? event.target.closest("button[data-key]") : null;
  if (!row) return;
  rows().forEach((other) => other.setAttribute("aria-pressed", String(other === row)));
  trigger("click", { key: row.dataset.key });
  if (window.matchMedia("(max-width: 767px)").matches) detail().scrollIntoView({ behavior: "smooth", block: "start" });
});

trigger("load");
