// Circles: sites by what they cost (area stands for money: the ring what is planned, the disc what is done), or schools with the
// radius that they serve, in metres. Largest first, so that the small ones can be pressed.
(function () {
  "use strict";

  const SchoolWorks = window.SchoolWorks;
  const { config, element, fetched, readiness } = SchoolWorks;
  const LARGEST = 32; // CSS pixels, the radius of the largest amount
  const SMALLEST = 4;

  class Circles {
    constructor(map, url, { by = "amount" } = {}) {
      this.map = map;
      this.url = url;
      this.by = by;
      map.createPane("circles").style.zIndex = 420;
      this.renderer = L.svg({ pane: "circles", padding: 0.5 });
      this.layer = L.layerGroup().addTo(map);
      SchoolWorks.shown.push({ word: config.words[by === "amount" ? "layerAmounts" : "layerSchools"], panes: ["circles"] });
      this.stage = null;
      document.addEventListener("schoolworks:measure", (event) => {
        if (this.by !== "reach") return;
        this.stage = event.detail;
        if (this.data) this.draw();
      });
    }

    async load() {
      const query = config.query;
      try {
        const data = await fetched(this.url + query);
        await readiness; // the townships come first: they say what the page is about
        if (query !== config.query) return;
        this.data = data;
        this.draw();
        document.documentElement.dataset.circles = "drawn";
      } catch (error) {
        console.warn("circles:", error.message); // the table has the figures; its own error is shown
      }
    }

    style(look) {
      return { renderer: this.renderer, pane: "circles", className: look, bubblingMouseEvents: false };
    }

    draw() {
      this.layer.clearLayers();
      const { lon } = this.data;
      for (let index = 0; index < lon.length; index++) {
        if (this.by === "amount") this.amount(index);
        else if (this.data.stage[index] === this.stage) this.reach(index);
      }
      this.legend();
    }

    place(index) {
      return [this.data.lat[index], this.data.lon[index]];
    }

    radius(value) {
      const most = this.data.sizes.length ? Math.max(...this.data.value) : 1;
      return LARGEST * Math.sqrt(value / most);
    }

    amount(index) {
      const { value, done } = this.data;
      const whole = L.circleMarker(this.place(index), { ...this.style("amount"), radius: Math.max(SMALLEST, this.radius(value[index])) });
      this.open(whole, index);
      if (done && done[index]) {
        const part = Math.min(done[index], value[index]);
        L.circleMarker(this.place(index), { ...this.style("amount-done"), interactive: false, radius: Math.max(1.5, this.radius(part)) }).addTo(this.layer);
      }
    }

    reach(index) {
      const { radius, coming } = this.data;
      const look = coming[index] ? " school-coming" : "";
      if (radius[index]) L.circle(this.place(index), { ...this.style(`reach${look}`), interactive: false, radius: radius[index] }).addTo(this.layer);
      this.open(L.circleMarker(this.place(index), { ...this.style(`school${radius[index] ? "" : " school-exempt"}${look}`), radius: 6 }), index);
    }

    open(circle, index) {
      const { title, words, code } = this.data;
      circle.bindTooltip(() => element("span", {}, title[index]), { direction: "top" });
      circle.bindPopup(
        () => {
          const href = code[index] && config.projectPath.replace("CODE", encodeURIComponent(code[index]));
          return element(
            "div",
            { class: "popup" },
            element("h3", {}, title[index]),
            ...words[index].map((line) => element("p", {}, line)),
            href ? element("a", { class: "site-link", href }, config.words.details, element("span", { class: "unseen" }, " ", title[index])) : null,
          );
        },
        { maxWidth: 300, minWidth: 220, className: "site-popup" },
      );
      circle.on("popupopen", (event) => {
        const button = event.popup.getElement().querySelector(".leaflet-popup-close-button");
        if (button) button.setAttribute("aria-label", config.words.close);
      });
      circle.addTo(this.layer);
    }

    legend() {
      const box = document.querySelector("[data-map-legend]");
      let section = box.querySelector("[data-circles-legend]");
      if (!section) {
        section = element("section", { "data-circles-legend": true, "aria-labelledby": "legend-circles" });
        box.append(section);
      }
      const { heading, sizes = [], parts = {}, marks = [], notes = [] } = this.data;
      const items = sizes.map(({ value, words }) => item([{ r: this.radius(value), look: "amount" }], words));
      if (parts.done) items.push(item([{ r: 11, look: "amount" }, { r: 7, look: "amount-done" }], `${parts.whole}, ${parts.done}`));
      for (const { looks, words } of marks) items.push(item(looks, words));
      for (const note of notes) items.push(element("li", { class: "quiet" }, note));
      section.hidden = !items.length;
      section.replaceChildren(element("h2", { id: "legend-circles" }, heading), element("ul", {}, ...items));
    }
  }

  function item(circles, words) {
    const space = "http://www.w3.org/2000/svg";
    const most = Math.max(...circles.map(({ r }) => r)) + 2;
    const svg = document.createElementNS(space, "svg");
    const set = (node, attributes) => Object.entries(attributes).forEach(([name, value]) => node.setAttribute(name, value));
    set(svg, { viewBox: `${-most} ${-most} ${2 * most} ${2 * most}`, width: 2 * most, height: 2 * most, "aria-hidden": "true" });
    for (const { r, look } of circles) {
      const shape = document.createElementNS(space, "circle");
      set(shape, { r, class: look });
      svg.append(shape);
    }
    return element("li", {}, svg, element("span", {}, words));
  }

  SchoolWorks.circles = function (map, url, words) {
    SchoolWorks.layer(new Circles(map, url, words));
  };
})();
