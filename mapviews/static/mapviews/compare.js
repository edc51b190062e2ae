// Two maps side by side that move together: each with the sites of its own day and paint, and below them what differs.
(function () {
  "use strict";

  const SchoolWorks = window.SchoolWorks;
  const { config, element, mark, number, say } = SchoolWorks;
  const MOST = 300; // rows

  // What a map of one has beside it (`Panel`), for one of two: only its own line of state.
  class Side {
    constructor(name) {
      this.box = document.querySelector(`[data-side="${name}"] [data-side-state]`);
    }
    state(name) {
      const words = { loading: config.words.loading, error: config.words.sideFailed, empty: config.words.empty, nowhere: config.words.nowhere, tooMany: config.words.tooMany };
      if (words[name]) this.box.textContent = words[name];
    }
    summary(sites, clusters) {
      this.box.textContent = SchoolWorks.inView(sites, clusters);
    }
    legend() {}
    reasons() {}
    count() {}
    list() {}
    listUnlocated() {}
    select() {}
  }

  // Both maps at the same place, whichever is moved; and a cross where the pointer is on the other.
  function together(left, right) {
    let moving = false;
    const follow = (from, to) => () => {
      if (moving) return;
      moving = true;
      to.setView(from.getCenter(), from.getZoom(), { animate: false });
      moving = false;
    };
    left.on("move zoomend", follow(left, right));
    right.on("move zoomend", follow(right, left));
    for (const [from, to] of [[left, right], [right, left]]) {
      const cross = L.circleMarker([0, 0], { radius: 7, interactive: false, className: "side-cursor", renderer: L.svg() });
      from.on("mousemove", (event) => cross.setLatLng(event.latlng).addTo(to));
      from.on("mouseout", () => cross.remove());
    }
  }

  function look(paint, site) {
    if (!site) return element("td", { class: "quiet" }, config.words.notThere);
    const entry = config[paint][site[paint]];
    const stage = paint === "status" ? config.stage[site.stage] : null;
    return element("td", {}, mark(entry, stage && stage.glyph, site.approximate), " ", entry.word, paint === "status" ? ` · ${site.progress}%` : "");
  }

  function differences(sides) {
    const [left, right] = sides.map(({ sites }) => {
      const all = [...sites.sites.take(sites.everyone), ...sites.unlocated.take([...Array(sites.unlocated.length).keys()])];
      return new Map(all.map((site) => [site.code, site]));
    });
    const paints = config.sides.map((side) => side.paint);
    const told = (site, paint) => site && `${config[paint][site[paint]].code} ${paint === "status" ? site.progress : ""}`;
    const codes = [...new Set([...left.keys(), ...right.keys()])].sort();
    const changed = paints[0] === paints[1] ? codes.filter((code) => told(left.get(code), paints[0]) !== told(right.get(code), paints[1])) : codes;
    const rows = changed.slice(0, MOST).map((code) => {
      const [before, after] = [left.get(code), right.get(code)];
      const href = config.projectPath.replace("CODE", encodeURIComponent(code));
      const title = (after || before).title;
      return element("tr", {}, element("th", { scope: "row" }, ...SchoolWorks.chinese(title)), look(paints[0], before), look(paints[1], after),
        element("td", {}, element("a", { class: "site-link", href }, config.words.details, element("span", { class: "unseen" }, " ", title))));
    });
    const table = document.querySelector("[data-differences]");
    table.hidden = !rows.length;
    table.querySelector("tbody").replaceChildren(...rows);
    for (const side of config.sides) {
      document.querySelector(`[data-side-head="${side.name}"]`).textContent = document.getElementById(`side-${side.name}`).textContent;
    }
    document.querySelector("[data-differences-count]").textContent = changed.length
      ? say("different", { n: number(changed.length), all: number(codes.length) }, changed.length) + (changed.length > MOST ? " " + say("more", { n: number(changed.length - MOST) }) : "")
      : config.words.same;
  }

  SchoolWorks.compare = function (map, marks, details, lightMarks, lightDetails, outline) {
    const other = L.map("map-right", { ...map.options, renderer: undefined, layers: [] });
    SchoolWorks.baseMap(other);
    SchoolWorks.map = map;
    SchoolWorks.outline(other, outline);
    together(map, other);
    const sides = config.sides.map((side, at) => {
      const paths = side.paint === "light" ? [lightMarks, lightDetails] : [marks, details];
      const sites = new SchoolWorks.Sites(at ? other : map, ...paths, { paint: side.paint, panel: new Side(side.name), side: side.query });
      return { sites };
    });
    for (const side of sides) {
      side.sites.onlearn = () => {
        side.told = true;
        if (sides.every((one) => one.told)) differences(sides);
      };
      SchoolWorks.layer({
        load() {
          side.told = false;
          return side.sites.load();
        },
      });
    }
    SchoolWorks.sides = sides.map((side) => side.sites);
    SchoolWorks.current = sides[0].sites;
  };
})();
