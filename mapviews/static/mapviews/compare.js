// Two maps side by side that move together, each with the sites of its own day and paint. What differs stands below them, once
// both are told (differences.js).
(function () {
  "use strict";

  const SchoolWorks = window.SchoolWorks;
  const { config, element } = SchoolWorks;

  // What a map of one has beside it (`Panel`), for one of two: only its own line of state.
  class Side {
    constructor(name) {
      this.name = name;
      this.box = document.querySelector(`[data-side="${name}"] [data-side-state]`);
    }
    state(name) {
      const words = { loading: config.words.loading, empty: config.words.empty, nowhere: config.words.nowhere, tooMany: config.words.tooMany };
      if (words[name]) this.box.textContent = words[name];
    }
    summary(sites, clusters) {
      if (this.failed) return; // the words of its marks did not come: that stays said
      this.box.textContent = SchoolWorks.inView(sites, clusters);
    }
    fail(error, again) {
      this.failed = true;
      this.box.replaceChildren(element("span", {}, SchoolWorks.sentence([document.getElementById(`side-${this.name}`).textContent], SchoolWorks.why(error))), SchoolWorks.again(again));
    }
    // What differs is known of two sides only.
    blank() {
      document.querySelector("[data-differences]").hidden = true;
      SchoolWorks.answer(config.words.notCompared);
    }
    well() {
      this.failed = false;
    }
    legend() {}
    reasons() {}
    count() {}
    list() {}
    listUnlocated() {}
    select() {}
  }

  // How many differ: above the maps, and over the table of them.
  SchoolWorks.answer = (words) => {
    for (const name of ["map-summary", "differences-count"]) document.querySelector(`[data-${name}]`).textContent = words;
  };

  // Both maps at the same place, whichever is moved; and a cross where the pointer is on the other (differences.js).
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
  }

  SchoolWorks.compare = function (map, marks, details, lightMarks, lightDetails, outline) {
    const other = L.map("map-right", { ...map.options, renderer: undefined, layers: [] });
    SchoolWorks.baseMap(other);
    SchoolWorks.map = map;
    SchoolWorks.outline(other, outline);
    together(map, other);
    SchoolWorks.later.then(() => SchoolWorks.crosses(map, other));
    const sides = config.sides.map((side, at) => {
      const paths = side.paint === "light" ? [lightMarks, lightDetails] : [marks, details];
      const sites = new SchoolWorks.Sites(at ? other : map, ...paths, { paint: side.paint, panel: new Side(side.name), side: side.query });
      return { sites };
    });
    for (const side of sides) {
      side.sites.onlearn = () => {
        side.told = true;
        SchoolWorks.later.then(() => sides.every((one) => one.told) && SchoolWorks.differences(sides));
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
