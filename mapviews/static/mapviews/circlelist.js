// The circles' sites as a list, for keyboard and screen reader: a press brings the circle into view and opens it. Those without a
// place are listed by name too. Fetched when the townships stand.
(function () {
  "use strict";

  const SchoolWorks = window.SchoolWorks;
  const { config, element, number, say } = SchoolWorks;
  const circles = SchoolWorks.Circles.prototype;
  const MOST = 200; // rows
  const NEAR = 13; // zoom at which a site is seen among its neighbours
  const part = (name) => document.querySelector(`[data-circles-${name}]`);

  function details(href, title) {
    return href ? element("a", { class: "site-link", href }, config.words.details, element("span", { class: "unseen" }, " ", ...SchoolWorks.chinese(title))) : null;
  }

  function body(title, words) {
    return element("span", { class: "site-body" }, element("span", { class: "site-title" }, ...SchoolWorks.chinese(title)), element("span", { class: "site-words" }, ...SchoolWorks.chinese(words.join(" · "))));
  }

  const row = (show, href, title) => element("li", { class: "site" }, show, element("div", { class: "site-side" }, details(href, title)));

  function fill(name, items, total) {
    part(`${name}-section`).hidden = !total;
    part(`${name}-count`).textContent = number(total);
    part(name).replaceChildren(...items);
    part(`${name}-more`).textContent = total > items.length ? say("more", { n: number(total - items.length) }, total - items.length) : "";
  }

  circles.list = function () {
    if (!this.data) return ["located", "unplaced"].forEach((name) => fill(name, [], 0));
    const { title, words, stage, unplaced } = this.data;
    const shown = [...title.keys()].filter((index) => this.by === "amount" || stage[index] === this.stage);
    const items = shown.slice(0, MOST).map((index) => {
      const button = element("button", { type: "button", class: "site-show", "data-circle": index }, body(title[index], words[index]));
      button.addEventListener("click", () => this.choose(index));
      return row(button, this.page(this.data, index), title[index]);
    });
    fill("located", items, shown.length);
    const without = [...unplaced.title.keys()].filter((index) => this.by === "amount" || unplaced.stage[index].includes(this.stage));
    const total = this.by === "amount" ? unplaced.count : without.length;
    fill("unplaced", without.slice(0, MOST).map((index) => row(element("div", { class: "site-show" }, body(unplaced.title[index], unplaced.words[index])), this.page(unplaced, index), unplaced.title[index])), total);
  };

  // What the search found: by its code, or a school in use where the site lies.
  circles.find = function ({ code, place }) {
    if (!this.data) return -1;
    const { lon, lat } = this.data;
    const by = (fits) => [...lon.keys()].filter(fits).sort((a, b) => (this.data.stage ? (this.data.stage[b] === this.stage) - (this.data.stage[a] === this.stage) : 0))[0] ?? -1;
    const found = by((index) => this.data.code[index] === code);
    return found < 0 && place ? by((index) => Math.abs(lon[index] - place[0]) < 1e-5 && Math.abs(lat[index] - place[1]) < 1e-5) : found;
  };

  circles.choose = function (index) {
    const { stage } = this.data;
    if (stage && stage[index] !== this.stage) document.querySelector(`[name=areas-measure][value="${CSS.escape(stage[index])}"]`)?.click();
    const place = L.latLng(this.place(index));
    this.map.setView(place, Math.max(this.map.getZoom(), Math.min(NEAR, this.map.getMaxZoom())), { animate: false });
    this.popup(index).setLatLng(place).openOn(this.map);
    const box = document.querySelector("[data-map-stage]");
    if (box.getBoundingClientRect().bottom < 80) box.scrollIntoView({ block: "start", behavior: SchoolWorks.reducedMotion ? "auto" : "smooth" });
  };

  if (SchoolWorks.current?.data) SchoolWorks.current.list();
})();
