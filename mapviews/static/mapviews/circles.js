// Circles: sites by what they cost (area stands for money: the ring what is planned, the disc what is done), or schools with the
// radius that they serve, in metres. Largest first, so that the small ones can be pressed. Many are joined where they lie near each
// other, and part as one looks closer: a circle then stands for the money of all in it.
(function () {
  "use strict";

  const SchoolWorks = window.SchoolWorks;
  const { config, element, fetched } = SchoolWorks;
  const LARGEST = 32; // CSS pixels, the radius of the largest amount
  const SMALLEST = 4;
  const MANY = 150; // circles that can be told apart on a county
  const REACH = 56; // pixels within which they are joined then
  const PRESS = window.matchMedia("(pointer: coarse)").matches ? 22 : 12; // pixels around a small one that can be pressed

  class Circles {
    constructor(map, url, { by = "amount" } = {}) {
      this.map = map;
      this.url = url;
      this.by = by;
      map.createPane("circles").style.zIndex = 420;
      this.renderer = L.svg({ pane: "circles", padding: 0.5 });
      this.layer = L.layerGroup().addTo(map);
      this.word = config.words[by === "amount" ? "layerAmounts" : "layerSchools"];
      SchoolWorks.showable({ word: this.word, panes: ["circles"] });
      this.stage = SchoolWorks.townships?.measure?.key ?? null; // they stand by now
      SchoolWorks.current = this; // for the search
      map.on("zoomend", () => (this.joins() ? this.draw() : this.aside()));
      document.addEventListener("schoolworks:measure", (event) => {
        if (this.by !== "reach") return;
        this.stage = event.detail;
        if (this.data) this.draw();
      });
    }

    async load() {
      const query = config.query;
      SchoolWorks.well(this.word);
      try {
        const data = await fetched(this.url + query);
        if (query !== config.query) return;
        this.data = data;
        this.clusters = null;
        this.draw();
        document.documentElement.dataset.circles = "drawn";
      } catch (error) {
        if (query !== config.query) return;
        this.forget();
        SchoolWorks.failed(this.word, error, () => this.load());
      }
    }

    forget() {
      this.data = this.clusters = null;
      this.layer.clearLayers();
      const legend = document.querySelector("[data-circles-legend]");
      if (legend) legend.hidden = true;
      this.list?.();
    }

    style(look) {
      return { renderer: this.renderer, pane: "circles", className: look, bubblingMouseEvents: false };
    }

    draw() {
      this.layer.clearLayers();
      this.pressed = [];
      if (this.by === "amount") {
        const groups = this.groups();
        this.most = groups.length ? groups[0].value : 1;
        for (const group of groups) this.amount(group);
      } else {
        this.data.stage.forEach((stage, index) => stage === this.stage && this.reach(index));
      }
      this.legend();
      this.list?.(); // circlelist.js
      this.aside();
    }

    // The townships' names leave what is small to be seen.
    aside() {
      const labels = [...(SchoolWorks.townships?.labels.values() || [])].filter((label) => label.getElement()?.hidden === false);
      const marks = this.layer.getLayers().filter((circle) => circle.options.radius < 16 && !circle.options.className.includes("press"));
      SchoolWorks.aside(this.map, labels, marks.map((circle) => ({ ...this.map.latLngToLayerPoint(circle.getLatLng()), radius: circle.options.radius + 1 })));
    }

    joins() {
      return this.by === "amount" && this.data && this.data.value.length > MANY;
    }

    // What is drawn as one circle, the largest first.
    groups() {
      const { lon, lat, value, done } = this.data;
      if (!this.joins()) return value.map((amount, index) => ({ members: [index], at: this.place(index), value: amount, done: done && done[index] }));
      this.clusters = this.clusters || new SchoolWorks.Clusters(lon, lat, REACH);
      const sum = (values, members) => members.reduce((all, index) => all + (values[index] || 0), 0);
      return this.clusters
        .at(Math.round(this.map.getZoom()))
        .map((group) => ({ members: group.members, at: [group.lat, group.lon], value: sum(value, group.members), done: done && sum(done, group.members) }))
        .sort((a, b) => b.value - a.value);
    }

    place(index) {
      return [this.data.lat[index], this.data.lon[index]];
    }

    radius(value) {
      return LARGEST * Math.sqrt(value / this.most);
    }

    amount({ members, at, value, done }) {
      const whole = L.circleMarker(at, { ...this.style("amount"), radius: Math.max(SMALLEST, this.radius(value)) });
      if (members.length === 1) this.open(whole, members[0]);
      else this.part(whole, members, value);
      if (done) {
        const part = Math.min(done, value);
        L.circleMarker(at, { ...this.style("amount-done"), interactive: false, radius: Math.max(1.5, this.radius(part)) }).addTo(this.layer);
      }
    }

    reach(index) {
      const { radius, coming } = this.data;
      const look = coming[index] ? " school-coming" : "";
      if (radius[index]) L.circle(this.place(index), { ...this.style(`reach${look}`), interactive: false, radius: radius[index] }).addTo(this.layer);
      this.open(L.circleMarker(this.place(index), { ...this.style(`school${radius[index] ? "" : " school-exempt"}${look}`), radius: 6 }), index);
    }

    // What is too small for a finger has an unseen shape around it, below all that can be seen; of several the nearest is meant.
    press(circle) {
      circle.addTo(this.layer);
      if (circle.getRadius() >= PRESS) return;
      const around = L.circleMarker(circle.getLatLng(), { ...this.style("press"), radius: PRESS }).addTo(this.layer);
      around.bringToBack();
      around.on("click", ({ latlng }) => {
        const at = this.map.latLngToLayerPoint(latlng);
        const far = (one) => at.distanceTo(this.map.latLngToLayerPoint(one.getLatLng()));
        const near = this.pressed.reduce((best, one) => (far(one) < far(best) ? one : best), circle);
        near.fire("click", { latlng: near.getLatLng(), layer: near, originalEvent: {} });
      });
      this.pressed.push(circle);
    }

    // Several sites: how many and how much, and a press looks closer.
    part(circle, members, value) {
      const words = SchoolWorks.say("amountsHere", { n: SchoolWorks.number(members.length), amount: this.words(value) });
      circle.bindTooltip(() => element("span", {}, words), { direction: "top" });
      circle.on("click", () => {
        const bounds = L.latLngBounds(members.map((index) => this.place(index)));
        const closer = Math.max(this.map.getBoundsZoom(bounds.pad(0.2)), Math.floor(this.map.getZoom()) + 1);
        if (closer <= this.map.getMaxZoom()) return this.map.setView(bounds.getCenter(), closer, { animate: !SchoolWorks.reducedMotion });
        const { code, title } = this.data;
        const row = (index) => element("li", {}, element("a", { href: config.projectPath.replace("CODE", encodeURIComponent(code[index])) }, title[index]), ` ${this.words(this.data.value[index])}`);
        const list = element("ul", {}, ...members.slice(0, 100).map(row));
        return circle.bindPopup(() => element("div", { class: "popup" }, element("h3", {}, words), list), { maxWidth: 300, className: "site-popup" }).openPopup();
      });
      this.press(circle);
    }

    // An amount as the server writes it: three figures, grouped.
    words(value) {
      const { size, words } = this.data.unit;
      const shown = value / size;
      const text = Number(shown.toFixed(shown >= 100 ? 0 : shown >= 10 ? 1 : 2));
      return words.replace("%(n)s", SchoolWorks.number(text));
    }

    open(circle, index) {
      circle.bindTooltip(() => element("span", {}, this.data.title[index]), { direction: "top" });
      circle.on("click", () => this.popup(index).setLatLng(this.place(index)).openOn(this.map));
      this.press(circle);
    }

    // The page of a project, or of a school in use; none where there is neither.
    page({ code, school }, index) {
      const own = code[index] || school?.[index];
      return own && (code[index] ? config.projectPath : config.schoolPath).replace("CODE", encodeURIComponent(own));
    }

    popup(index) {
      const { title, words } = this.data;
      const href = this.page(this.data, index);
      const content = element(
        "div",
        { class: "popup" },
        element("h3", {}, ...SchoolWorks.chinese(title[index])),
        ...words[index].map((line) => element("p", {}, line)),
        href ? element("a", { class: "site-link", href }, config.words.details, element("span", { class: "unseen" }, " ", title[index])) : null,
      );
      const popup = L.popup({ maxWidth: 300, minWidth: 220, className: "site-popup" }).setContent(content);
      popup.on("add", () => popup.getElement().querySelector(".leaflet-popup-close-button")?.setAttribute("aria-label", config.words.close));
      return popup;
    }

    // Two round amounts of the circles as they are joined now.
    sizes() {
      const { size } = this.data.unit;
      return [this.most, this.most / 10].map((value) => round(value / size) * size).map((value) => ({ value, words: this.words(value) }));
    }

    legend() {
      const box = document.querySelector("[data-map-legend]");
      let section = box.querySelector("[data-circles-legend]");
      if (!section) {
        section = element("section", { "data-circles-legend": true, "aria-labelledby": "legend-circles" });
        box.append(section);
      }
      const { heading, sizes = [], parts = {}, marks = [], notes = [] } = this.data;
      const shown = this.joins() ? this.sizes() : sizes;
      const items = shown.map(({ value, words }) => item([{ r: this.radius(value), look: "amount" }], words));
      if (parts.done) items.push(item([{ r: 11, look: "amount" }, { r: 7, look: "amount-done" }], `${parts.whole} · ${parts.done}`));
      for (const { looks, words } of marks) items.push(item(looks, words));
      if (this.joins()) items.push(element("li", { class: "quiet" }, config.words.amountsJoined));
      for (const note of notes) items.push(element("li", { class: "quiet" }, note));
      section.hidden = !items.length;
      section.replaceChildren(element("h2", { id: "legend-circles" }, heading), element("ul", {}, ...items));
    }
  }

  // 1, 2 or 5 times a power of ten, not more than `value`.
  function round(value) {
    const power = 10 ** Math.floor(Math.log10(value));
    return [5, 2, 1].find((step) => step * power <= value * (1 + 1e-9)) * power;
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

  SchoolWorks.Circles = Circles;
  SchoolWorks.circles = function (map, url, words) {
    SchoolWorks.layer(new Circles(map, url, words));
  };
})();
