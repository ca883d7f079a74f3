// Copy and print. The page is whole without this file: its buttons are hidden until it runs.
(() => {
  "use strict";
  const said = document.getElementById("said");

  // HTML can hold no CRLF, so a text that needs it is marked.
  const wanted = (button) => {
    if (button.dataset.copy) return button.dataset.copy;
    const box = button.closest(".slip").querySelector("[data-text]");
    return box.dataset.text ? box.textContent.replaceAll("\n", "\r\n") : box.textContent;
  };

  // Browsers offer the clipboard on https and on this machine only; elsewhere the old way still works.
  const copyTheOldWay = (text) => {
    const box = document.createElement("textarea");
    box.value = text;
    box.className = "vh";
    document.body.append(box);
    box.select();
    const exactly = (event) => {
      event.clipboardData.setData("text/plain", text);
      event.preventDefault();
    };
    document.addEventListener("copy", exactly);
    const done = document.execCommand("copy");
    document.removeEventListener("copy", exactly);
    box.remove();
    return done;
  };

  const copy = async (text) => {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      return copyTheOldWay(text);
    }
  };

  for (const button of document.querySelectorAll("button[data-copy]")) {
    const label = button.firstChild;
    const before = label.data;
    let timer;
    const show = (onButton, aloud) => {
      label.data = onButton;
      said.textContent = aloud;
    };
    button.addEventListener("click", async () => {
      const words = (await copy(wanted(button))) ? "Copied" : "Not copied";
      button.focus();
      show(words, words);
      clearTimeout(timer);
      timer = setTimeout(show, 1600, before, "");
    });
    button.hidden = false;
  }
  for (const button of document.querySelectorAll("button[data-print]")) {
    button.addEventListener("click", () => window.print());
    button.hidden = false;
  }
})();
