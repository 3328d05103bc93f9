// Runs once for each list of the notes tab. `element` and `trigger` come from Gradio.
// A link of ours tells the server what was chosen; other links (#src?, #ask?) are left to the chat.

element.addEventListener("click", (event) => {
  const link = event.target instanceof Element ? event.target.closest('a[href^="#kb?"]') : null;
  if (!link) return;
  event.preventDefault();
  trigger("click", { href: link.getAttribute("href") });
  // On a phone what was chosen appears below the list.
  const target = document.getElementById(link.getAttribute("data-shows") || "");
  if (target && window.matchMedia("(max-width: 767px)").matches) {
    setTimeout(() => target.scrollIntoView({ behavior: "smooth", block: "start" }), 350);
  }
});
