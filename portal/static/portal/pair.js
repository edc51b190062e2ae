// Before and after: with a script one picture lies on the other and a slider uncovers it; without, they stand side by side.
for (const figure of document.querySelectorAll(".pair")) {
  const slider = document.createElement("input");
  Object.assign(slider, { type: "range", min: "0", max: "100", value: "50", className: "pair-slider" });
  slider.setAttribute("aria-label", figure.dataset.label);
  const move = () => figure.style.setProperty("--at", `${slider.value}%`);
  slider.addEventListener("input", move);
  move();
  figure.querySelector(".pair-frames").after(slider);
  figure.classList.add("pair-slides");
}
