// Copy, print, and a report that fills itself in. The page is whole without this file: its buttons are hidden until it
// runs, and a check that runs is shown anew by the page itself.
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

  const timers = new WeakMap();
  const press = async (button) => {
    const label = button.firstChild;
    const before = button.dataset.label || (button.dataset.label = label.data);
    const words = (await copy(wanted(button))) ? "Copied" : "Not copied";
    button.focus();
    label.data = said.textContent = words;
    clearTimeout(timers.get(button));
    const back = () => {
      label.data = before;
      if (said.textContent === words) said.textContent = "";
    };
    timers.set(button, setTimeout(back, 1600));
  };

  // Buttons come and go while a check runs, so the document listens for all of them.
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button?.matches("[data-copy]")) press(button);
    if (button?.matches("[data-print]")) window.print();
  });
  const equip = (part) => {
    for (const button of part.querySelectorAll("button[data-copy],button[data-print]")) button.hidden = false;
  };
  equip(document);

  // One field for a domain and for a whole bounce: Enter sends what has one line. Some browsers don't cut what is pasted.
  for (const box of document.querySelectorAll("textarea[maxlength]")) {
    box.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing || box.value.trim().includes("\n")) return;
      event.preventDefault();
      box.form.requestSubmit();
    });
    box.addEventListener("input", () => {
      if (box.value.length > box.maxLength) box.value = box.value.slice(0, box.maxLength);
    });
  }

  // A section is replaced whole. What its reader has opened stays open, and what has the focus keeps it.
  const nameOf = (element) => [element.tagName, element.id, element.getAttribute("href"), element.dataset.copy, element.textContent].join();
  const twin = (part, element) => [...part.querySelectorAll(element.tagName)].find((other) => nameOf(other) === nameOf(element));
  const headOf = (details) => details.querySelector("summary").textContent;
  const put = (slot, html) => {
    const next = document.createElement("template");
    next.innerHTML = html;
    const states = new Map([...slot.querySelectorAll("details")].map((details) => [headOf(details), details.open]));
    for (const details of next.content.querySelectorAll("details")) {
      if (states.has(headOf(details))) details.open = states.get(headOf(details));
    }
    const focused = slot.contains(document.activeElement) ? document.activeElement : null;
    const found = focused && twin(next.content, focused);
    equip(next.content);
    slot.replaceChildren(next.content);
    if (found) found.focus({ preventScroll: true });
  };

  // What is being read stays where it is, whatever grows above it.
  const inPlace = (change) => {
    const read = [...document.querySelectorAll(".live>*")].find((part) => part.getBoundingClientRect().bottom > 0);
    const slot = scrollY > 0 && read?.parentElement;
    const before = slot && read.getBoundingClientRect().top;
    change();
    const after = slot && slot.firstElementChild?.getBoundingClientRect().top;
    if (slot && after !== undefined && after !== before) scrollBy({ top: after - before, behavior: "instant" });
  };

  // A screen reader hears one sentence in some seconds, the newest, and the last one at once.
  const QUIET_MS = 5000;
  let spoke = 0;
  let due;
  const say = (words, isLast) => {
    clearTimeout(due);
    const speak = () => {
      if (said.textContent === words) return;
      spoke = Date.now();
      said.textContent = words;
    };
    due = setTimeout(speak, isLast ? 0 : Math.max(0, spoke + QUIET_MS - Date.now()));
  };

  // Seconds that pass, by the server's clock.
  let ahead = 0;
  const tick = () => {
    for (const time of document.querySelectorAll("time[data-since]")) {
      const seconds = Math.max(0, Math.floor((Date.now() - ahead - Date.parse(time.dateTime)) / 1000));
      time.textContent = `${seconds} s`;
    }
  };

  // The end of a report is the same for all its readers, but for what their browser may do with it.
  const fetchOwn = async () => {
    const answer = await fetch(location.pathname + location.search);
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    inPlace(() => {
      for (const slot of document.querySelectorAll(".live")) {
        const own = page.getElementById(slot.id);
        if (own && own.innerHTML !== slot.innerHTML) put(slot, own.innerHTML);
      }
    });
  };

  const watch = (url) => {
    const events = new EventSource(url);
    const ticking = setInterval(tick, 1000);
    events.addEventListener("clock", (event) => {
      ahead = Date.now() - Number(event.data);
    });
    events.addEventListener("message", (event) => {
      const news = JSON.parse(event.data);
      document.title = news.title;
      inPlace(() => {
        for (const [name, html] of Object.entries(news.sections)) put(document.getElementById(`live-${name}`), html);
      });
      tick();
      say(news.words, news.is_final);
      if (!news.is_final) return;
      events.close();
      clearInterval(ticking);
      setTimeout(fetchOwn, 100 + Math.random() * 1500); // not all at once
    });
    // A browser comes back by itself when a stream breaks, but not when it is refused.
    events.addEventListener("error", () => {
      if (events.readyState === EventSource.CLOSED) setTimeout(() => location.reload(), 3000 + Math.random() * 3000);
    });
  };
  if (said?.dataset.events) watch(said.dataset.events);
})();
