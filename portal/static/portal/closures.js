// One more row of closures at a time. Without script there are three empty ones after each save.
(() => {
  "use strict";
  const group = document.getElementById("closures");
  const row = group && [...group.querySelectorAll(".closure")].pop();
  if (!row) return;
  const blank = row.cloneNode(true);
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button button-quiet";
  button.textContent = group.dataset.add;
  button.addEventListener("click", () => {
    const place = group.querySelectorAll(".closure").length;
    const fresh = blank.cloneNode(true);
    for (const label of fresh.querySelectorAll("label")) {
      const words = label.querySelector(".unseen");
      words.textContent = words.textContent.replace(/\d+/, String(place + 1));
      label.htmlFor = label.htmlFor.replace(/\d+/, String(place));
    }
    for (const input of fresh.querySelectorAll("input")) {
      input.id = input.id.replace(/\d+/, String(place));
      input.value = "";
    }
    button.before(fresh);
    fresh.querySelector("input").focus();
  });
  group.append(button);
})();
