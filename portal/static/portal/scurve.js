/* S-curves are drawn by the server; here they are read day by day, with the slider, the keyboard or the pointer. */
"use strict";

{
  function reading(data, index) {
    const values = Object.entries(data.curves).filter(([, curve]) => curve[index] !== null);
    return [data.words[index], ...values.map(([name, curve]) => `${data.labels[name]} ${curve[index]}%`)].join(" · ");
  }

  function nearest(places, place) {
    return places.reduce((best, at, i) => (Math.abs(at - place) < Math.abs(places[best] - place) ? i : best), 0);
  }

  for (const root of document.querySelectorAll("[data-scurve]")) {
    const data = JSON.parse(root.querySelector("script").textContent);
    const slider = root.querySelector("input");
    const output = root.querySelector("output");
    const pointer = root.querySelector("[data-pointer]");
    const plot = pointer.ownerSVGElement;

    const say = (index) => {
      output.textContent = reading(data, index);
      slider.setAttribute("aria-valuetext", output.textContent);
      pointer.setAttribute("d", `M${data.across[index]} 0V100`);
    };
    slider.addEventListener("input", () => say(Number(slider.value)));
    plot.addEventListener("pointermove", (event) => {
      const box = plot.getBoundingClientRect();
      slider.value = nearest(data.across, (1000 * (event.clientX - box.left)) / box.width);
      say(Number(slider.value));
    });
    say(Number(slider.value));
    root.querySelector("[data-reader]").hidden = false;
    root.dataset.drawn = "yes";
  }
}
