// Townships: coloured on the map by one of several measures, named with their values, and the same figures as a table beside it
// that can be sorted, read aloud and reached by keyboard. Row and cell choose each other. Every word comes with the figures.
(function () {
  "use strict";

  const SchoolWorks = window.SchoolWorks;
  const { Panel, config, element, fetched, say } = SchoolWorks;
  const words = config.words;
  const part = (name) => document.querySelector(`[data-areas-${name}]`);
  const HIGHEST = 5; // classes
  const NARROW = window.matchMedia("(max-width: 59.99em)");

  class Areas {
    constructor(map, cells, figures) {
      this.map = map;
      this.cellsUrl = cells;
      this.figuresUrl = figures;
      this.panel = new Panel(null, words.layerAreas);
      this.drawn = new Map(); // code: its path on the map
      this.labels = new Map();
      this.rows = new Map();
      this.chosen = null;
      this.order = null; // {column, down}: what the reader chose
      map.createPane("areas").style.zIndex = 360;
      map.createPane("areaNames").style.zIndex = 450;
      map.getPane("areaNames").ariaHidden = true;
      this.renderer = L.svg({ pane: "areas", padding: 0.5 });
      map.on("zoomend", () => this.nameCells());
      document.addEventListener("schoolworks:address", ({ detail }) => this.data && this.turn(detail.get("measure")));
    }

    // Which townships are shown depends on the bureau alone, and another bureau is a new page; the figures follow all filters.
    async load() {
      this.panel.well();
      this.panel.state("loading");
      const query = config.query;
      try {
        const figures = fetched(this.figuresUrl + query);
        const cells = this.cells ? null : fetched(this.cellsUrl + query);
        if (cells) cells.catch(() => {}); // told when it is waited for
        const found = await figures;
        if (query !== config.query) return; // the filters have changed meanwhile
        this.cells = this.cells || (await cells);
        this.show(found);
      } catch (error) {
        if (query !== config.query) return;
        this.forget();
        this.panel.fail(error, () => this.load());
        SchoolWorks.ready();
      }
    }

    // The figures are of other filters: they go from map, table and legend.
    forget() {
      this.data = null;
      this.at = new Map();
      this.rows.clear();
      for (const [code, cell] of this.drawn) {
        for (let n = 0; n < HIGHEST; n++) cell.getElement().classList.remove(`area-amount-${n}`, `area-gap-${n}`);
        this.labels.get(code).getElement().querySelector("span span").textContent = "";
      }
      part("table").replaceChildren();
      part("notes").replaceChildren();
      const legend = document.querySelector("[data-areas-legend]");
      if (legend) legend.hidden = true;
      this.panel.blank();
    }

    show(data) {
      this.data = data;
      this.at = new Map(data.rows.map((row, index) => [row.code, index]));
      this.measure = data.measures.find((measure) => measure.key === (this.measure ? this.measure.key : config.measure)) || data.measures[0];
      this.panel.state(data.count ? "ready" : "empty");
      this.caution();
      this.switches();
      if (!this.drawn.size) this.drawCells();
      this.frame();
      this.paint();
      this.table();
      requestAnimationFrame(() => {
        performance.mark("schoolworks:marks");
        document.documentElement.dataset.marks = "drawn";
        SchoolWorks.ready();
      });
    }

    caution() {
      const box = part("caution");
      box.hidden = !this.data.caution;
      box.textContent = this.data.caution;
    }

    frame() {
      if (this.framed || SchoolWorks.placed) return;
      this.framed = true;
      const boxes = [...this.drawn.values()].map((cell) => cell.getBounds());
      if (boxes.length) SchoolWorks.fit(this.map, boxes.reduce((all, box) => all.extend(box), L.latLngBounds(boxes[0])), 0);
      else this.map.setView([35, 105], 4, { animate: false });
    }

    // --- the map ---

    drawCells() {
      const style = (feature) => ({
        renderer: this.renderer,
        pane: "areas",
        className: feature.properties.approximate ? "area area-approximate" : "area",
      });
      L.geoJSON(this.cells, {
        style,
        onEachFeature: (feature, cell) => {
          const { code, name, at } = feature.properties;
          this.drawn.set(code, cell);
          cell.on("click", () => this.choose(code, false));
          cell.bindTooltip(() => element("span", {}, this.sentence(code, name)), { sticky: true });
          const label = element("span", { class: "area-name" }, element("b", {}, name), element("span", {}));
          const icon = L.divIcon({ html: label, className: "area-label", iconSize: null });
          this.labels.set(code, L.marker([at[1], at[0]], { pane: "areaNames", icon, interactive: false, keyboard: false }).addTo(this.map));
        },
      }).addTo(this.map);
      SchoolWorks.shown.push({ word: words.layerAreas, panes: ["areas", "areaNames"] });
    }

    sentence(code, name) {
      const index = this.at.get(code);
      if (index === undefined || !this.data) return name;
      return `${name}: ${this.measure.label[index] || this.measure.none}`;
    }

    // Colour and words of the measure chosen.
    paint() {
      for (const [code, cell] of this.drawn) {
        const index = this.at.get(code);
        const value = index === undefined ? -1 : this.measure.class[index];
        const shape = cell.getElement();
        for (let n = -1; n < HIGHEST; n++) shape.classList.toggle(this.look(n), n === value);
        const label = this.labels.get(code).getElement();
        label.firstElementChild.classList.toggle("area-name-on-dark", /-[34]$/.test(this.look(value)));
        label.querySelector("span span").textContent = index === undefined ? "" : this.measure.label[index];
      }
      const undrawn = !this.drawn.size && this.data.rows.length;
      document.querySelector("[data-map-summary]").textContent = [this.measure.summary || this.data.summary, undrawn && words.notDrawn].filter(Boolean).join(" · ");
      this.nameCells();
      this.legend();
      this.mark();
      document.dispatchEvent(new CustomEvent("schoolworks:measure", { detail: this.measure.key }));
    }

    look(value) {
      if (value < 0) return "area-none";
      return `area-${this.measure.scale}-${this.measure.scale === "gap" ? value : value + HIGHEST - Math.max(this.measure.legend.length, 1)}`;
    }

    // A name stands where its cell has room for it.
    nameCells() {
      for (const [code, cell] of this.drawn) {
        if (!this.labels.get(code).getElement()) return; // the map is only just being placed
        const bounds = cell.getBounds();
        const [a, b] = [bounds.getNorthWest(), bounds.getSouthEast()].map((corner) => this.map.latLngToLayerPoint(corner));
        this.labels.get(code).getElement().hidden = b.x - a.x < 72 || b.y - a.y < 44;
      }
    }

    legend() {
      const box = document.querySelector("[data-map-legend]");
      let section = box.querySelector("[data-areas-legend]");
      if (!section) {
        section = element("section", { "data-areas-legend": true, "aria-labelledby": "legend-areas" });
        box.prepend(section);
      }
      const item = (look, word, count) =>
        element("li", {}, swatch(look), element("span", {}, word), count === undefined ? null : element("span", { class: "number quiet" }, String(count)));
      if (!this.drawn.size) {
        section.hidden = !this.data.rows.length;
        section.replaceChildren(element("h2", { id: "legend-areas" }, this.measure.title), element("p", { class: "quiet" }, words.noCells));
        return;
      }
      section.hidden = false;
      const count = (value) => this.measure.class.filter((found, index) => found === value && !this.data.rows[index].whole).length;
      const list = element("ul", {}, ...this.measure.legend.map((word, value) => item(this.look(value), word, count(value))));
      list.append(item("area-none", this.measure.none, count(-1)));
      if (this.cells.features.some((feature) => feature.properties.approximate)) list.append(item("area-none area-approximate", words.approximateCell));
      section.replaceChildren(element("h2", { id: "legend-areas" }, this.measure.title), list);
    }

    // --- the table and the switch ---

    switches() {
      const box = part("switch");
      const { measures } = this.data;
      if (!box || (this.offered && String(this.offered) === String(measures.map((measure) => measure.word)))) return;
      this.offered = measures.map((measure) => measure.word);
      const choices = measures.map((measure) => {
        const input = element("input", { type: "radio", name: "areas-measure", value: measure.key, checked: measure === this.measure });
        input.addEventListener("change", () => {
          SchoolWorks.choose("measure", measure.key);
          this.turn(measure.key);
        });
        return element("label", {}, input, measure.word);
      });
      box.replaceChildren(element("legend", { class: "unseen" }, words.colourBy), ...choices);
      box.hidden = measures.length < 2;
    }

    // To another measure; where there is none of that name, to the first.
    turn(key) {
      this.measure = this.data.measures.find((measure) => measure.key === key) || this.data.measures[0];
      this.order = null;
      for (const input of part("switch").querySelectorAll("input")) input.checked = input.value === this.measure.key;
      this.paint();
      this.table();
    }

    // The columns of this measure: those that name no measure belong to all. `tight`: those alone for which there is room.
    columns(tight) {
      const found = this.data.columns.map((column, index) => ({ ...column, index })).filter((column) => !column.of || column.of === this.measure.key);
      // On a phone what the map shows comes first.
      const leads = ({ key, main }) => key === this.measure.key || main;
      const kept = tight ? found.filter((column) => leads(column) || !column.narrow.length || column.narrow.includes(this.measure.key)) : found;
      return NARROW.matches ? [...kept.filter(leads), ...kept.filter((column) => !leads(column))] : kept;
    }

    // Nobody has to push it sideways: what does not fit stands with another measure.
    table() {
      this.lay(false);
      const box = part("table");
      if (box.scrollWidth > box.clientWidth) this.lay(true);
      this.mark();
    }

    lay(tight) {
      const columns = this.columns(tight);
      const order = this.order || { column: (columns.find((column) => column.key === this.measure.key || column.main) || columns[0]).index, down: true };
      const value = (row) => (order.column < 0 ? null : row.sort[order.column]);
      const rows = [...this.data.rows].sort((a, b) => {
        if (order.column < 0) return (order.down ? -1 : 1) * a.name.localeCompare(b.name, config.language);
        const [x, y] = [value(a), value(b)];
        if (x === null || y === null) return (x === null) - (y === null);
        return order.down ? y - x : x - y;
      });
      const heading = (word, index) => {
        const button = element("button", { type: "button", class: "table-sort" }, word);
        button.addEventListener("click", () => {
          this.order = { column: index, down: order.column === index ? !order.down : index >= 0 };
          this.table();
          part("table").querySelector(`th:nth-child(${1 + columns.findIndex((column) => column.index === index) + 1}) button`).focus();
        });
        const sorted = order.column === index ? (order.down ? "descending" : "ascending") : null;
        return element("th", { scope: "col", class: index < 0 ? null : "number", "aria-sort": sorted }, button);
      };
      this.rows.clear();
      const body = rows.map((row) => {
        const button = element("button", { type: "button", class: "area-show" }, row.name);
        button.addEventListener("click", () => this.choose(row.code, true));
        const absent = this.drawn.size && !row.whole && !this.drawn.has(row.code) ? element("span", { class: "quiet area-absent", title: words.noCell }, element("span", { "aria-hidden": "true" }, "○"), element("span", { class: "unseen" }, ` ${words.noCell}`)) : null;
        const line = element(
          "tr",
          { "data-area": row.code },
          element("th", { scope: "row" }, button, absent),
          ...columns.map(({ index, link }) => element("td", { class: "number" }, link && !row.whole && row.sort[index] ? this.projects(row, index) : row.words[index])),
        );
        this.rows.set(row.code, line);
        return line;
      });
      const foot = element("tr", {}, element("th", { scope: "row" }, words.sum), ...columns.map(({ index }) => element("td", { class: "number" }, this.data.total[index])));
      part("table").replaceChildren(
        element(
          "table",
          { class: "areas" },
          element("caption", { class: "unseen" }, this.measure.title),
          element("thead", {}, element("tr", {}, heading(words.township, -1), ...columns.map(({ word, index }) => heading(word, index)))),
          element("tbody", {}, ...body),
          element("tfoot", {}, foot),
        ),
      );
      const absent = this.drawn.size ? this.data.rows.filter((row) => !row.whole && !this.drawn.has(row.code)).length : 0;
      const notes = [...this.data.notes];
      if (absent) notes.unshift(`○ ${say("notOnMap", { n: SchoolWorks.number(absent) }, absent)}`);
      part("notes").replaceChildren(...notes.map((note) => element("p", {}, ...SchoolWorks.chinese(note))));
    }

    // A region's code means all that lies in it: what only the county has is found by no filter, so its row has no link.
    projects(row, index) {
      const query = new URLSearchParams(config.query);
      query.set("region", row.code);
      return element("a", { href: config.listPath ? `${config.listPath}?${query}` : config.projectPath.replace("CODE/", `?${query}`) }, row.words[index]);
    }

    // --- choosing ---

    choose(code, move) {
      this.chosen = this.chosen === code ? null : code;
      this.mark();
      const cell = this.drawn.get(this.chosen);
      const row = this.rows.get(this.chosen);
      if (cell && move) {
        if (!this.map.getBounds().contains(cell.getBounds())) this.map.fitBounds(cell.getBounds(), { animate: !SchoolWorks.reducedMotion, maxZoom: this.map.getZoom() });
        const stage = document.querySelector("[data-map-stage]");
        if (stage.getBoundingClientRect().bottom < 80) stage.scrollIntoView({ block: "start", behavior: SchoolWorks.reducedMotion ? "auto" : "smooth" });
      }
      if (row && !move) {
        const box = document.querySelector("[data-map-list]");
        if (box.scrollHeight > box.clientHeight) box.scrollTop = Math.max(0, row.offsetTop - box.clientHeight / 2);
      }
    }

    mark() {
      for (const [code, cell] of this.drawn) {
        const shape = cell.getElement();
        if (shape) shape.classList.toggle("area-chosen", code === this.chosen);
        if (code === this.chosen) cell.bringToFront();
      }
      for (const [code, row] of this.rows) {
        row.classList.toggle("area-row-chosen", code === this.chosen);
        row.querySelector("button").setAttribute("aria-pressed", String(code === this.chosen));
      }
    }
  }

  function swatch(look) {
    const space = "http://www.w3.org/2000/svg";
    const svg = document.createElementNS(space, "svg");
    const shape = document.createElementNS(space, "rect");
    for (const [name, value] of Object.entries({ x: 1, y: 1, width: 26, height: 14, class: `area ${look}` })) shape.setAttribute(name, value);
    for (const [name, value] of Object.entries({ viewBox: "0 0 28 16", class: "swatch", "aria-hidden": "true" })) svg.setAttribute(name, value);
    svg.append(shape);
    return svg;
  }

  SchoolWorks.areas = function (map, cells, figures) {
    const areas = new Areas(map, cells, figures);
    SchoolWorks.townships = areas;
    SchoolWorks.layer(areas);
  };
})();
