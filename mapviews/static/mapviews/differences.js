// What differs between the two maps of a comparison, as a table below them; and on each a cross where the pointer is on the other.
// Fetched when the marks stand.
(function () {
  "use strict";

  const SchoolWorks = window.SchoolWorks;
  const { config, element, mark, number, say } = SchoolWorks;
  const MOST = 300; // rows
  SchoolWorks.shown.push({ word: config.words.layerSites, panes: ["overlayPane", "markerPane"] });

  function look(paint, site) {
    if (!site) return element("td", { class: "quiet", role: "cell" }, config.words.notThere);
    const entry = config[paint][site[paint]];
    const stage = paint === "status" ? config.stage[site.stage] : null;
    return element("td", { role: "cell" }, mark(entry, stage && stage.glyph, site.approximate), " ", entry.word, paint === "status" ? `\u00a0·\u00a0${site.progress}%` : "");
  }

  SchoolWorks.crosses = function (left, right) {
    for (const [from, to] of [[left, right], [right, left]]) {
      const cross = L.circleMarker([0, 0], { radius: 7, interactive: false, className: "side-cursor", renderer: L.svg() });
      from.on("mousemove", (event) => cross.setLatLng(event.latlng).addTo(to));
      from.on("mouseout", () => cross.remove());
    }
  };

  // Which of a side's marks differ has a ring.
  function pickOut({ sites }, changed) {
    for (const site of sites.sites.take(sites.everyone)) site.differs = changed.has(site.code);
    sites.ring("differs", (index) => sites.sites.at(index).differs, (n, all) => say("different", { n: number(n), all: number(all) }, n));
    for (const [key, layer] of sites.drawn) {
      if (key.startsWith("s")) {
        layer.redraw();
      } else {
        layer.remove();
        sites.drawn.delete(key);
      }
    }
    sites.draw();
  }

  if (!document.querySelector("[data-differences-count]").textContent) SchoolWorks.answer(config.words.notCompared); // until it is

  SchoolWorks.differences = function (sides) {
    const [left, right] = sides.map(({ sites }) => {
      const all = [...sites.sites.take(sites.everyone), ...sites.unlocated.take([...Array(sites.unlocated.length).keys()])];
      return new Map(all.map((site) => [site.code, site]));
    });
    const paints = config.sides.map((side) => side.paint);
    const state = (site, paint) => site && `${config[paint][site[paint]].code} ${paint === "status" ? site.progress : ""}`;
    const codes = [...new Set([...left.keys(), ...right.keys()])].sort();
    // Two layers are two readings of a site: of none it can be said that they differ.
    const alike = paints[0] === paints[1];
    const changed = alike ? codes.filter((code) => state(left.get(code), paints[0]) !== state(right.get(code), paints[1])) : codes;
    for (const side of sides) pickOut(side, new Set(alike ? changed : []));
    const row = document.querySelector("[data-differs-count]");
    row.closest("section").hidden = !alike;
    row.textContent = number(changed.length);
    const rows = changed.slice(0, MOST).map((code) => {
      const [before, after] = [left.get(code), right.get(code)];
      const href = config.projectPath.replace("CODE", encodeURIComponent(code));
      const title = (after || before).title;
      return element("tr", { role: "row" }, element("th", { scope: "row", role: "rowheader" }, ...SchoolWorks.chinese(title)), look(paints[0], before), look(paints[1], after),
        element("td", { role: "cell" }, element("a", { class: "site-link", href }, config.words.details, element("span", { class: "unseen" }, " ", title))));
    });
    const lost = codes.filter((code) => [left, right].some((side) => side.has(code) && side.get(code).index === undefined));
    const unplaced = document.querySelector("[data-differences-unplaced]");
    unplaced.hidden = !lost.length;
    unplaced.querySelector("[data-count]").textContent = number(lost.length);
    unplaced.querySelector("ul").replaceChildren(...lost.slice(0, MOST).map((code) =>
      element("li", {}, element("a", { class: "site-link", href: config.projectPath.replace("CODE", encodeURIComponent(code)) }, ...SchoolWorks.chinese((right.get(code) || left.get(code)).title)))));
    const table = document.querySelector("[data-differences]");
    table.hidden = !rows.length;
    table.querySelector("tbody").replaceChildren(...rows);
    for (const side of config.sides) {
      document.querySelector(`[data-side-head="${side.name}"]`).textContent = document.getElementById(`side-${side.name}`).textContent;
    }
    SchoolWorks.answer(
      changed.length
        ? say(alike ? "different" : "readings", { n: number(changed.length), all: number(codes.length) }, changed.length) + (changed.length > MOST ? " " + say("first", { n: MOST }) : "")
        : config.words.same,
    );
  };
})();
