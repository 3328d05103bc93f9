// Runs once, when the header appears.
window.kb.label(element);
element.querySelectorAll("[data-language]").forEach((button) =>
  button.setAttribute("aria-pressed", String(button.dataset.language.startsWith("en") === window.kb.english))
);
document.title = window.kb.say("运营笔记问答", "Ask the notes");
