// Stands in the head of the page, before anything of Gradio: what every tab's script may use.
window.kb = {
  english: document.documentElement.lang.startsWith("en"),
  say: (zh, en) => (window.kb.english ? en : zh),
  showTab(id) {
    const button = document.getElementById(`kb-tab-${id}-button`);
    if (button && button.getAttribute("aria-selected") !== "true") button.click();
  },
  // Texts that markup cannot give in one language: labels of controls without text, placeholders.
  label(root) {
    root.querySelectorAll("[data-zh]").forEach((node) => {
      const text = window.kb.say(node.dataset.zh, node.dataset.en);
      node.setAttribute("aria-label", text);
      if ("placeholder" in node) node.placeholder = text;
    });
  },
};

document.addEventListener("click", (event) => {
  const button = event.target instanceof Element && event.target.closest("[data-language]");
  if (!button) return;
  localStorage.setItem("kb-language", button.dataset.language);
  location.reload();
});
