// Runs once, when the learning tab is first shown. `element`, `trigger` and `watch` come from Gradio.
// A page says in `data-go` what each of its buttons does; the server answers with the next page.

const go = (move) => trigger("click", { go: move });
let asked = false; // pages that nobody asked for, such as the first, must not take the focus

function chosen(event) {
  const source = event.target instanceof Element ? event.target.closest("[data-go]") : null;
  return source && source.tagName !== "FORM" ? source : null;
}

element.addEventListener("click", (event) => {
  const source = chosen(event);
  if (!source) return;
  asked = true;
  go(source.dataset.go);
});

// The nodes of a map are no buttons to the browser.
element.addEventListener("keydown", (event) => {
  const source = chosen(event);
  if (!source || source instanceof HTMLButtonElement || !["Enter", " "].includes(event.key)) return;
  event.preventDefault();
  asked = true;
  go(source.dataset.go);
});

element.addEventListener("submit", (event) => {
  event.preventDefault();
  asked = true;
  const fields = Object.fromEntries(new FormData(event.target));
  go(JSON.stringify({ ...JSON.parse(event.target.dataset.go), ...fields }));
});

// Pointing at a note of the map brings out what it builds on and what builds on it.
element.addEventListener("pointerover", (event) => {
  const node = event.target instanceof Element ? event.target.closest(".kl-node[data-id]") : null;
  element.querySelectorAll(".kl-edge[data-a]").forEach((edge) => {
    edge.classList.toggle("kl-hover", node !== null && [edge.dataset.a, edge.dataset.b].includes(node.dataset.id));
  });
});

function save(file) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([file.dataset.text], { type: file.dataset.kind + ";charset=utf-8" }));
  link.download = file.dataset.save;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  file.remove();
}

let waiting = 0; // for the first page

watch("value", () => {
  clearInterval(waiting);
  const file = element.querySelector("[data-save]");
  if (file) {
    save(file);
    return;
  }
  const map = element.querySelector(".kl-map");
  const node = map && (map.querySelector(".kl-picked") || map.querySelector(".kl-current"));
  if (node) {
    const box = node.getBBox();
    map.scrollLeft = box.x + (box.width - map.clientWidth) / 2;
  }
  if (!asked) return;
  asked = false;
  const heading = element.querySelector("[data-focus]");
  if (!heading) return;
  heading.focus({ preventScroll: true });
  const verdict = heading.closest(".kl-verdict");
  (verdict || element).scrollIntoView({ block: verdict ? "nearest" : "start" });
});

new IntersectionObserver((entries, observer) => {
  if (!entries.some((entry) => entry.isIntersecting)) return;
  observer.disconnect();
  const home = () => go('{"do":"home"}');
  home();
  waiting = setInterval(home, 4000); // what is sent while the page is still being set up may be lost
}).observe(element);
