// Runs once. A conversation as Markdown comes as the value of this component, and goes into a file.
watch("value", () => {
  if (!props.value) return;
  const [text] = JSON.parse(props.value);
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/markdown;charset=utf-8" }));
  const day = new Date().toLocaleDateString("sv"); // the Swedish way to write a day is the international one
  link.download = window.kb.say(`问答-${day}.md`, `answers-${day}.md`);
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
});
