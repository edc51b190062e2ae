// The sites: fetched once as columns, clustered here, drawn as marks, and linked with the list beside the map.
(function () {
  "use strict";

  const SchoolWorks = window.SchoolWorks;
  const { Panel, config } = SchoolWorks;
  const PATIENCE = 30000; // milliseconds until a silent server counts as an error

  // How many sites of each status a cluster holds, packed three to a number (17 bits each, so up to 131,071 sites):
  // adding two clusters is then three additions, not one per status.
  const SLOTS = ["a", "b", "c"];
  const PER_SLOT = 3;
  const BASE = 2 ** 17;
  const packed = (status) => ({ [SLOTS[Math.floor(status / PER_SLOT)]]: BASE ** (status % PER_SLOT) });
  const unpacked = (sums) =>
    config.status.map((_, status) => {
      const slot = sums[SLOTS[Math.floor(status / PER_SLOT)]];
      return Math.floor(slot / BASE ** (status % PER_SLOT)) % BASE;
    });

  // The columns as sites, each made when it is first asked for. Codes are looked up in our own vocabulary; -1 is none.
  class Columns {
    constructor(columns, vocabulary, located) {
      const places = (field) => {
        const found = vocabulary[field].map((code) => config[field].findIndex((entry) => entry.code === code));
        return columns[field].map((place) => (place < 0 ? -1 : found[place]));
      };
      this.status = places("status");
      this.stage = places("stage");
      this.precision = places("precision");
      this.columns = columns;
      this.vocabulary = vocabulary;
      this.located = located;
      this.length = columns.code.length;
      this.made = new Map();
    }

    at(index) {
      if (!this.made.has(index)) this.made.set(index, this.make(index));
      return this.made.get(index);
    }

    make(index) {
      const { columns, vocabulary } = this;
      const precision = this.precision[index];
      return {
        index: this.located ? index : undefined,
        code: columns.code[index],
        title: columns.title[index],
        status: this.status[index],
        stage: this.stage[index],
        precision,
        approximate: precision >= 0 && config.precision[precision].approximate,
        progress: columns.progress[index],
        next: columns.next[index] < 0 ? "" : vocabulary.next[columns.next[index]],
        nextDue: columns.next_due[index],
        region: columns.region[index] < 0 ? "" : vocabulary.region[columns.region[index]],
      };
    }

    take(indexes) {
      return indexes.map((index) => this.at(index));
    }
  }

  class Sites {
    constructor(map, path) {
      this.map = map;
      this.url = path + config.query;
      this.panel = new Panel((index) => this.choose(index));
      this.drawn = new Map();
      this.chosen = null;
      this.popup = L.popup({ maxWidth: 300, minWidth: 220, autoPanPadding: [16, 16], className: "site-popup" });
      map.on("popupopen", (event) => this.nameCloseButton(event.popup));
      map.on("popupclose", (event) => event.popup === this.popup && this.leave());
    }

    async load() {
      this.panel.state("loading");
      const patience = new AbortController();
      const timer = setTimeout(() => patience.abort(), PATIENCE);
      try {
        const response = await fetch(this.url, { signal: patience.signal });
        if (!response.ok) throw new Error(String(response.status));
        this.show(await response.json());
      } catch (error) {
        console.warn("sites:", error.message);
        this.panel.state("error", () => this.load());
      } finally {
        clearTimeout(timer);
      }
    }

    show(data) {
      const { lon, lat } = data;
      this.lon = lon;
      this.lat = lat;
      this.sites = new Columns(data, data.vocab, true);
      this.unlocated = new Columns(data.unlocated, data.vocab, false);
      this.everyone = lon.map((_, index) => index);
      this.radius = this.sites.length > 300 ? 52 : 28;
      this.levels = new Map();
      const shares = config.status.map((_, status) => ({ a: 0, b: 0, c: 0, ...packed(status) }));
      this.features = this.everyone.map((index) => {
        const { a, b, c } = shares[this.sites.status[index]];
        const geometry = { type: "Point", coordinates: [lon[index], lat[index]] };
        return { type: "Feature", properties: { index, a, b, c }, geometry };
      });
      this.frame();
      this.panel.state(this.sites.length ? "ready" : this.unlocated.length ? "nowhere" : "empty");
      this.draw();
      this.map.on("moveend", () => this.draw());
      // The canvas draws in the frame that this callback belongs to, before it.
      requestAnimationFrame(() => {
        performance.mark("schoolworks:marks");
        document.documentElement.dataset.marks = "drawn";
        setTimeout(() => this.describe(), 0);
      });
    }

    // The clusters of one zoom level, made when the map first gets there: the whole pyramid would take ten times as
    // long, and most of its levels are never looked at. Few sites stand apart as long as they can be told apart.
    level(zoom) {
      if (!this.levels.has(zoom)) {
        const index = new Supercluster({
          radius: this.radius,
          extent: 256, // Leaflet's tiles: so the radius is in pixels
          minZoom: zoom,
          maxZoom: zoom + 1, // clusters of clusters: so that two seldom overlap
          reduce: (sums, more) => {
            sums.a += more.a;
            sums.b += more.b;
            sums.c += more.c;
          },
        });
        this.levels.set(zoom, index.load(this.features));
      }
      return this.levels.get(zoom);
    }

    // The page may name a first view (a bureau's); otherwise the sites themselves do.
    frame() {
      if (this.sites.length) this.addShowAll();
      if (config.bounds) return;
      if (this.sites.length) this.fitAll(false);
      else this.map.setView([35, 105], 4, { animate: false });
    }

    // The box around some sites, as Leaflet wants it.
    around(indexes) {
      let [west, south, east, north] = [Infinity, Infinity, -Infinity, -Infinity];
      for (const index of indexes) {
        west = Math.min(west, this.lon[index]);
        east = Math.max(east, this.lon[index]);
        south = Math.min(south, this.lat[index]);
        north = Math.max(north, this.lat[index]);
      }
      return L.latLngBounds([south, west], [north, east]);
    }

    fitAll(animate) {
      this.map.fitBounds(this.around(this.everyone), { animate, padding: [32, 32], maxZoom: 14 });
    }

    addShowAll() {
      const control = L.control({ position: "bottomright" });
      control.onAdd = () => {
        const label = config.words.showAll;
        const button = SchoolWorks.element("button", { type: "button", class: "map-show-all", title: label, "aria-label": label }, "⤢");
        L.DomEvent.disableClickPropagation(button);
        button.addEventListener("click", () => this.fitAll(!SchoolWorks.reducedMotion));
        return button;
      };
      control.addTo(this.map);
    }

    // Everything that is not needed for the first marks.
    describe() {
      const share = Math.max(Panel.UNLOCATED_SHARE, Panel.LIMIT - this.sites.length);
      const listed = Math.min(this.unlocated.length, share);
      this.panel.legend([this.sites, this.unlocated]);
      this.panel.count(this.sites.length);
      this.panel.listUnlocated(this.unlocated.take([...Array(listed).keys()]), this.unlocated.length);
      this.room = Panel.LIMIT - listed;
      this.list();
    }

    // All sites, what the map opens on first; or those in view, where there are more than the list can hold.
    list() {
      if (this.room === undefined || this.listed) return;
      const bounds = this.map.getBounds();
      const inView = this.everyone.filter((index) => bounds.contains([this.lat[index], this.lon[index]]));
      this.listed = this.sites.length <= this.room;
      const order = this.listed ? [...new Set([...inView, ...this.everyone])] : inView.slice(0, this.room);
      this.panel.list(this.sites.take(order), this.sites.length - order.length);
    }

    draw() {
      const bounds = this.map.getBounds();
      const margin = bounds.pad(0.15);
      const box = [margin.getWest(), Math.max(-85, margin.getSouth()), margin.getEast(), Math.min(85, margin.getNorth())];
      const zoom = Math.floor(this.map.getZoom());
      const found = this.level(zoom).getClusters(box, zoom);
      const kept = new Set();
      let sites = 0;
      let clusters = 0;
      for (const feature of found) {
        const [lon, lat] = feature.geometry.coordinates;
        const place = L.latLng(lat, lon);
        const { cluster, cluster_id: id, point_count: total } = feature.properties;
        const key = cluster ? `c${zoom}/${id}` : `s${feature.properties.index}`;
        kept.add(key);
        if (bounds.contains(place)) {
          sites += cluster ? total : 1;
          clusters += cluster ? 1 : 0;
        }
        if (this.drawn.has(key)) continue;
        const layer = cluster ? this.cluster(place, zoom, feature.properties) : this.symbol(place, feature.properties.index);
        this.drawn.set(key, layer.addTo(this.map));
      }
      for (const [key, layer] of this.drawn) {
        if (kept.has(key)) continue;
        if (layer.getElement && layer.getElement() === document.activeElement) this.map.getContainer().focus();
        layer.remove();
        this.drawn.delete(key);
      }
      this.panel.summary(sites, clusters);
      this.list();
    }

    symbol(place, index) {
      const site = this.sites.at(index);
      const symbol = new SchoolWorks.Symbol(place, site);
      symbol.selected = index === this.chosen;
      symbol.on("click", () => this.open(index));
      symbol.bindTooltip(() => SchoolWorks.element("span", {}, site.title), { direction: "top", offset: [0, -14] });
      return symbol;
    }

    cluster(place, zoom, properties) {
      const { cluster_id: id, point_count: total } = properties;
      const marker = SchoolWorks.cluster(place, total, unpacked(properties));
      marker.on("click", () => {
        const leaves = this.level(zoom).getLeaves(id, Infinity);
        const members = leaves.map((leaf) => leaf.properties.index);
        const bounds = this.around(members);
        const closer = Math.max(this.map.getBoundsZoom(bounds.pad(0.2)), Math.floor(this.map.getZoom()) + 1);
        if (closer <= this.map.getMaxZoom() && !this.inseparable(bounds)) {
          this.map.setView(bounds.getCenter(), closer, { animate: !SchoolWorks.reducedMotion });
          return;
        }
        const content = SchoolWorks.crowd(this.sites.take(members.slice(0, 100)), members.length, (index) => this.open(index));
        L.popup({ maxWidth: 320, minWidth: 240, className: "site-popup" }).setLatLng(place).setContent(content).openOn(this.map);
      });
      return marker;
    }

    // Whether sites stay one cluster even at the last zoom level.
    inseparable(bounds) {
      const last = this.map.getMaxZoom();
      const [a, b] = [bounds.getNorthWest(), bounds.getSouthEast()].map((corner) => this.map.project(corner, last));
      return a.distanceTo(b) < this.radius;
    }

    // From the list: bring the site into view, near enough to stand alone, then open it.
    choose(index) {
      const place = L.latLng(this.lat[index], this.lon[index]);
      if (!this.drawn.has(`s${index}`)) {
        let zoom = Math.max(this.map.getZoom(), this.aloneAt(index));
        do this.map.setView(place, zoom, { animate: false });
        while (!this.drawn.has(`s${index}`) && ++zoom <= this.map.getMaxZoom());
      } else if (!this.map.getBounds().contains(place)) {
        this.map.panTo(place, { animate: false });
      }
      this.open(index);
      const stage = document.querySelector("[data-map-stage]");
      if (stage.getBoundingClientRect().bottom < 80) {
        stage.scrollIntoView({ block: "start", behavior: SchoolWorks.reducedMotion ? "auto" : "smooth" });
      }
    }

    // The zoom level from which on no other site is within a cluster's reach, or the last one there is.
    aloneAt(index) {
      const places = (at) => this.map.project([this.lat[at], this.lon[at]], 0);
      const own = places(index);
      let nearest = Infinity;
      for (const other of this.everyone) if (other !== index) nearest = Math.min(nearest, own.distanceTo(places(other)));
      return Math.min(this.map.getMaxZoom(), Math.max(0, Math.floor(Math.log2(this.radius / nearest)) + 1));
    }

    open(index) {
      const site = this.sites.at(index);
      this.mark(this.chosen, false);
      this.chosen = index;
      this.mark(index, true);
      this.panel.select(index, true, site);
      this.popup.setLatLng([this.lat[index], this.lon[index]]).setContent(SchoolWorks.popup(site)).openOn(this.map);
    }

    leave() {
      this.mark(this.chosen, false);
      this.chosen = null;
      this.panel.select(null, false);
    }

    mark(index, selected) {
      const symbol = index === null ? null : this.drawn.get(`s${index}`);
      if (symbol) symbol.setSelected(selected);
    }

    nameCloseButton(popup) {
      const button = popup.getElement().querySelector(".leaflet-popup-close-button");
      if (button) button.setAttribute("aria-label", config.words.close);
    }
  }

  SchoolWorks.sites = function (map, path) {
    const sites = new Sites(map, path);
    SchoolWorks.current = sites;
    sites.load();
  };
})();
