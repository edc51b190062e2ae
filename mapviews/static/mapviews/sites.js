// The sites: fetched once as columns, clustered here, drawn as marks, and linked with the list beside the map.
(function () {
  "use strict";

  const SchoolWorks = window.SchoolWorks;
  const { Panel, config } = SchoolWorks;
  const PATIENCE = 30000; // milliseconds until a silent server counts as an error
  const statuses = config.status.map((_, index) => `s${index}`);

  // Columns to objects. A code's place in our own vocabulary stands for it; -1 is none.
  function unpack(columns, vocabulary) {
    const places = (field) => vocabulary[field].map((code) => config[field].findIndex((entry) => entry.code === code));
    const status = places("status");
    const stage = places("stage");
    const precision = places("precision");
    const at = (list, index) => (index < 0 ? -1 : list[index]);
    return columns.code.map((code, i) => {
      const known = at(precision, columns.precision[i]);
      return {
        code,
        title: columns.title[i],
        status: status[columns.status[i]],
        stage: at(stage, columns.stage[i]),
        precision: known,
        approximate: known >= 0 && config.precision[known].approximate,
        progress: columns.progress[i],
        next: columns.next[i] < 0 ? "" : vocabulary.next[columns.next[i]],
        nextDue: columns.next_due[i],
        region: columns.region[i] < 0 ? "" : vocabulary.region[columns.region[i]],
      };
    });
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
      this.sites = unpack(data, data.vocab);
      this.sites.forEach((site, index) => (site.index = index));
      this.unlocated = unpack(data.unlocated, data.vocab);
      this.index = new Supercluster({
        radius: 52,
        extent: 256, // Leaflet's tiles: so the radius is in pixels of the screen
        maxZoom: this.map.getMaxZoom(),
        map: ({ index }) => {
          const counts = {};
          for (const key of statuses) counts[key] = 0;
          counts[statuses[this.sites[index].status]] = 1;
          return counts;
        },
        reduce: (sum, counts) => {
          for (const key of statuses) sum[key] += counts[key];
        },
      });
      this.index.load(
        this.sites.map((site, index) => ({
          type: "Feature",
          properties: { index },
          geometry: { type: "Point", coordinates: [lon[index], lat[index]] },
        })),
      );
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

    // The page may name a first view (a bureau's); otherwise the sites themselves do.
    frame() {
      if (this.sites.length) this.addShowAll();
      if (config.bounds) return;
      if (this.sites.length) this.fitAll(false);
      else this.map.setView([35, 105], 4, { animate: false });
    }

    fitAll(animate) {
      let [west, south, east, north] = [Infinity, Infinity, -Infinity, -Infinity];
      this.sites.forEach((site, i) => {
        west = Math.min(west, this.lon[i]);
        east = Math.max(east, this.lon[i]);
        south = Math.min(south, this.lat[i]);
        north = Math.max(north, this.lat[i]);
      });
      this.map.fitBounds([[south, west], [north, east]], { animate, padding: [32, 32], maxZoom: 14 });
    }

    addShowAll() {
      const control = L.control({ position: "topleft" });
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
      const everyone = [...this.sites, ...this.unlocated];
      const share = Math.max(Panel.UNLOCATED_SHARE, Panel.LIMIT - this.sites.length);
      this.panel.legend(everyone);
      this.panel.count(this.sites.length);
      this.room = Panel.LIMIT - Math.min(this.unlocated.length, share);
      this.panel.listUnlocated(this.unlocated.slice(0, share), this.unlocated.length);
      this.list();
    }

    // All sites, or those in view where there are more than the list can hold.
    list() {
      if (this.room === undefined) return;
      if (this.sites.length <= this.room) {
        if (this.listed) return;
        this.listed = true;
        this.panel.list(this.nearestFirst(), 0);
        return;
      }
      const bounds = this.map.getBounds();
      const inView = this.sites.filter((site, i) => bounds.contains([this.lat[i], this.lon[i]]));
      this.panel.list(inView.slice(0, this.room), this.sites.length - Math.min(inView.length, this.room));
    }

    // What the map opens on comes first in the list too.
    nearestFirst() {
      const bounds = this.map.getBounds();
      const inView = (site) => bounds.contains([this.lat[site.index], this.lon[site.index]]);
      return [...this.sites.filter(inView), ...this.sites.filter((site) => !inView(site))];
    }

    draw() {
      const bounds = this.map.getBounds();
      const margin = bounds.pad(0.15);
      const box = [margin.getWest(), Math.max(-85, margin.getSouth()), margin.getEast(), Math.min(85, margin.getNorth())];
      const found = this.index.getClusters(box, Math.floor(this.map.getZoom()));
      const kept = new Set();
      let sites = 0;
      let clusters = 0;
      for (const feature of found) {
        const [lon, lat] = feature.geometry.coordinates;
        const place = L.latLng(lat, lon);
        const { cluster, cluster_id: id, point_count: total } = feature.properties;
        const key = cluster ? `c${id}` : `s${feature.properties.index}`;
        kept.add(key);
        if (bounds.contains(place)) {
          sites += cluster ? total : 1;
          clusters += cluster ? 1 : 0;
        }
        if (this.drawn.has(key)) continue;
        const layer = cluster ? this.cluster(place, feature.properties) : this.symbol(place, feature.properties.index);
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
      const site = this.sites[index];
      const symbol = new SchoolWorks.Symbol(place, site);
      symbol.selected = index === this.chosen;
      symbol.on("click", () => this.open(index));
      symbol.bindTooltip(() => SchoolWorks.element("span", {}, site.title), { direction: "top", offset: [0, -14] });
      return symbol;
    }

    cluster(place, { cluster_id: id, point_count: total, ...counts }) {
      const marker = SchoolWorks.cluster(place, total, statuses.map((key) => counts[key]));
      marker.on("click", () => {
        const zoom = this.index.getClusterExpansionZoom(id);
        if (zoom <= this.map.getMaxZoom()) {
          this.map.setView(place, zoom, { animate: !SchoolWorks.reducedMotion });
          return;
        }
        const members = this.index.getLeaves(id, 100).map((leaf) => this.sites[leaf.properties.index]);
        this.crowd = L.popup({ maxWidth: 320, minWidth: 240, className: "site-popup" });
        this.crowd.setLatLng(place).setContent(SchoolWorks.crowd(members, (index) => this.open(index))).openOn(this.map);
      });
      return marker;
    }

    // From the list: bring the site into view, near enough to stand alone, then open it.
    choose(index) {
      const place = L.latLng(this.lat[index], this.lon[index]);
      if (!this.drawn.has(`s${index}`)) {
        this.map.setView(place, Math.max(this.map.getZoom(), this.aloneAt(index)), { animate: false });
      } else if (!this.map.getBounds().contains(place)) {
        this.map.panTo(place, { animate: false });
      }
      this.open(index);
      const stage = document.querySelector("[data-map-stage]");
      if (stage.getBoundingClientRect().bottom < 80) {
        stage.scrollIntoView({ block: "start", behavior: SchoolWorks.reducedMotion ? "auto" : "smooth" });
      }
    }

    // The first zoom level at which the site is no longer part of a cluster, or the last one there is.
    aloneAt(index) {
      const [lon, lat] = [this.lon[index], this.lat[index]];
      const last = this.map.getMaxZoom();
      for (let zoom = Math.floor(this.map.getZoom()); zoom < last; zoom++) {
        const near = this.index.getClusters([lon - 1e-6, lat - 1e-6, lon + 1e-6, lat + 1e-6], zoom);
        if (near.some((feature) => feature.properties.index === index)) return zoom;
      }
      return last;
    }

    open(index) {
      const site = this.sites[index];
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
