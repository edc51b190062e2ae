// What stands beside the map from the first on: its state, what failed, how much of it is seen. Legend, list and popup follow with the
// words of the sites (sitelist.js).
(function () {
  "use strict";

  const SchoolWorks = window.SchoolWorks;
  const { config, element, number } = SchoolWorks;
  const part = (name) => document.querySelector(`[data-map-${name}]`);

  class Panel {
    // `word`: what it tells of, in the page's words.
    constructor(choose, word = config.words.layerSites) {
      this.choose = choose;
      this.word = word;
      this.located = part("located");
      this.unlocated = part("unlocated");
      this.selected = null;
      this.rows = new Map();
    }

    // "loading", "ready", "empty" and the like.
    state(name) {
      const box = part("state");
      part("stage").dataset.state = name;
      if (name === "ready") return box.replaceChildren();
      const content = [element("p", {}, config.words[name])];
      if (name === "empty" && config.query) {
        content.push(element("a", { class: "button button-quiet", href: location.pathname }, config.words.clear));
      }
      box.replaceChildren(...content);
      return undefined;
    }

    // What the panel tells of could not be loaded: said over the map, with a way to try again.
    fail(error, again) {
      this.state("ready");
      part("stage").dataset.state = "error";
      SchoolWorks.failed(this.word, error, again);
    }

    well() {
      SchoolWorks.well(this.word);
    }

    // Nothing is known any more: no number and no row of before.
    blank() {
      clearTimeout(this.pending);
      this.rows.clear();
      for (const name of ["located", "unlocated", "located-more", "unlocated-more", "located-count", "answer", "summary"]) if (part(name)) part(name).replaceChildren();
      if (part("unlocated-section")) part("unlocated-section").hidden = true;
      if (part("reasons")) part("reasons").hidden = true;
      for (const count of document.querySelectorAll("[data-count], [data-behind-count]")) count.textContent = "";
      for (const row of document.querySelectorAll(".legend-none")) row.classList.remove("legend-none");
    }

    // Announced politely, and only when the words change.
    summary(sites, clusters) {
      const text = SchoolWorks.inView(sites, clusters);
      const box = part("summary");
      clearTimeout(this.pending);
      this.pending = setTimeout(() => box.textContent === text || (box.textContent = text), 250);
    }

    count(total) {
      part("located-count").textContent = number(total);
    }
  }

  SchoolWorks.Panel = Panel;
})();
