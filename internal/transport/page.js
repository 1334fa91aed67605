
"use strict";
for (const button of document.querySelectorAll("button.copy")) {
  const idle = button.textContent;
  let timer;
  button.addEventListener("click", async () => {
    const source = document.getElementById(button.dataset.copy);
    let done = "Copied";
    try {
      await navigator.clipboard.writeText(source.textContent);
    } catch {
      // Pages that came over http:// have no clipboard: select the text and copy it the old way.
      const range = document.createRange();
      range.selectNodeContents(source);
      const selection = getSelection();
      selection.removeAllRanges();
      selection.addRange(range);
      if (!document.execCommand("copy")) done = "Selected";
    }
    button.textContent = done;
    document.getElementById("said").textContent = done;
    clearTimeout(timer);
    timer = setTimeout(() => {
      button.textContent = idle;
      document.getElementById("said").textContent = "";
    }, 2000);
  });
}
