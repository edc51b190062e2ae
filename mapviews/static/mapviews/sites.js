// The sites: fetched as columns, marks first and words after, clustered here, drawn as marks, and linked with the list beside the map.
(function () {
  "use strict";

  const SchoolWorks = window.SchoolWorks;
  const { Clusters, Panel, config, fetched } = SchoolWorks;

  // The columns as sites, each made when it is first asked for. Codes are looked up in our own vocabulary; -1 is none.
  // Marks come without words; `learn` adds them, also to the sites already made.
  class Columns {
    constructor(columns, vocabulary, located) {
      const places = (field) => {
        const found = vocabulary[field].map((code) => config[field].findIndex((entry) => entry.code === code));
        if (found.every((place, index) => place === index)) return columns[field]; // the same words, as nearly always
        return columns[field].map((place) => (place < 0 ? -1 : found[place]));
      };
      this.status = places("status");
      this.stage = places("stage");
      this.precision = places("precision");
      if (columns.light) this.light = places("light");
      this.located = located;
      this.length = this.status.length;
      this.made = new Map();
      if (columns.code) this.learn(columns, vocabulary);
    }

    learn(columns, vocabulary) {
      this.columns = columns;
      this.vocabulary = vocabulary;
      const lights = vocabulary.light.map((code) => config.light.findIndex((entry) => entry.code === code));
      this.light = columns.light.map((place) => lights[place]);
      for (const [index, site] of this.made) Object.assign(site, this.words(index));
    }

    at(index) {
      if (!this.made.has(index)) this.made.set(index, this.make(index));
      return this.made.get(index);
    }

    make(index) {
      const precision = this.precision[index];
      return {
        index: this.located ? index : undefined,
        status: this.status[index],
        stage: this.stage[index],
        precision,
        approximate: precision >= 0 && config.precision[precision].approximate,
        light: this.light && this.light[index],
        behind: this.behind && this.behind[index],
        then: this.then,
        ...(this.columns && this.words(index)),
      };
    }

    words(index) {
      const { columns, vocabulary } = this;
      return {
        code: columns.code[index],
        title: columns.title[index],
        light: this.light[index],
        progress: columns.progress[index],
        next: columns.next[index] < 0 ? "" : vocabulary.next[columns.next[index]],
        nextDue: columns.next_due[index],
        region: columns.region[index] < 0 ? "" : vocabulary.region[columns.region[index]],
        // Of the map of lights alone: how late, and why.
        late: columns.late && (vocabulary.late[columns.late[index]] || ""),
      };
    }

    // Another status for each, as of another month: the sites already made change with it.
    repaint(status, behind, then) {
      Object.assign(this, { status, behind, then });
      for (const [index, site] of this.made) Object.assign(site, { status: status[index], behind: behind[index], then });
    }

    take(indexes) {
      return indexes.map((index) => this.at(index));
    }
  }

  class Sites {
    // `paint`: "status" or "light". `panel` and `side` (what is asked for beside the filters) are those of one map of several.
    // `clusters` answers for a window where there are too many to come.
    constructor(map, marks, details, { paint = "status", panel = null, side = "", clusters = "" } = {}) {
      this.map = map;
      this.marksUrl = marks;
      this.detailsUrl = details;
      this.clustersUrl = clusters;
      this.paint = paint;
      this.side = side;
      this.panel = panel || new Panel((index) => this.choose(index));
      this.drawn = new Map();
      this.chosen = null;
      this.popup = L.popup({ maxWidth: 300, minWidth: 220, className: "site-popup" });
      map.on("popupopen", (event) => this.nameCloseButton(event.popup));
      map.on("popupclose", (event) => event.popup === this.popup && this.leave());
    }

    beside(query) {
      return this.side ? `${query || "?"}${query ? "&" : ""}${this.side}` : query;
    }

    // First what the marks need, a fifth of the whole; the words follow while the reader looks.
    async load() {
      this.panel.well();
      this.panel.state("loading");
      const query = config.query;
      try {
        const data = await fetched(this.marksUrl + this.beside(query));
        if (query !== config.query) return; // the filters have changed meanwhile
        this.query = query;
        this.show(data);
      } catch (error) {
        if (query !== config.query) return;
        this.forget();
        this.fail(error, () => this.load());
      }
    }

    // The words of the marks that stand: where the filters have changed since, other marks are on their way, with words of their own.
    async describe() {
      const { query } = this;
      if (query !== config.query) return;
      this.panel.well();
      try {
        const data = await fetched(this.detailsUrl + this.beside(query));
        await SchoolWorks.later; // it holds list and legend
        if (query !== config.query) return;
        if (data.too_many) this.leaveToCrowd(data);
        else if (data.version === this.version) this.tell(data);
        else this.show(data, () => this.tell(data)); // something was written in between: these are all the newer sites
      } catch (error) {
        if (query === config.query) this.fail(error, () => this.describe()); // the marks stand, and are right
      }
    }

    fail(error, again) {
      this.panel.blank();
      this.panel.fail(error, again);
      SchoolWorks.ready();
    }

    // What stands there is of other filters: it goes, and nothing on the page tells of it any more.
    forget() {
      this.clear();
      this.sites = { length: 0 };
      this.lon = this.lat = [];
      this.all = this.clusters = null;
      this.panel.blank();
    }

    clear() {
      for (const layer of this.drawn.values()) layer.remove();
      this.drawn.clear();
      if (this.crowd) this.crowd.stop();
      this.map.closePopup();
      this.told = this.listed = false;
      this.room = undefined;
      this.chosen = this.wanted = null;
    }

    // What is pressed before the words are here is done when they are; of several things the last.
    whenTold(act) {
      if (this.told) act();
      else this.wanted = act;
    }

    // There are too many of them to come here: the database counts them for each window (crowd.js).
    async leaveToCrowd(overview) {
      const query = config.query;
      SchoolWorks.ready();
      if (!this.clustersUrl) {
        this.forget();
        return this.panel.state("tooMany");
      }
      this.clear();
      this.sites = { length: overview.located };
      this.lon = this.lat = [];
      this.all = null;
      this.clusters = null;
      this.reach = L.latLngBounds(overview.bounds);
      this.frame();
      // Asked for while the rest of the script is on its way.
      const address = SchoolWorks.inWindow(this.clustersUrl, this.map);
      const first = { address, answer: fetched(address) };
      first.answer.catch(() => {}); // told when it is waited for
      await SchoolWorks.later;
      if (query !== config.query) return undefined;
      this.crowd = this.crowd || new SchoolWorks.Crowd(this.map, this.clustersUrl, this.paint);
      return this.crowd.start(overview, first);
    }

    show(data, then = () => this.describe()) {
      if (data.too_many) return this.leaveToCrowd(data);
      const { lon, lat } = data;
      this.clear();
      this.version = data.version;
      this.lon = lon;
      this.lat = lat;
      this.sites = new Columns(data, data.vocab, true);
      this.all = null;
      // Few sites stand apart as long as they can be told apart.
      this.clusters = new Clusters(lon, lat, lon.length > 300 ? 52 : 28);
      this.frame();
      this.panel.state(this.sites.length ? "ready" : data.count ? "nowhere" : "empty");
      this.draw();
      // The canvas draws in the frame that this callback belongs to, before it.
      requestAnimationFrame(() => {
        performance.mark("schoolworks:marks");
        document.documentElement.dataset.marks = "drawn";
        setTimeout(then, 0);
        SchoolWorks.ready();
      });
      return undefined;
    }

    // The codes of the located sites in their order, once they are known.
    columns() {
      return this.sites && this.sites.columns && this.sites.columns.code;
    }

    // The page may name a first view (a bureau's); otherwise the sites themselves do, and where there are none their county.
    frame() {
      if (this.sites.length && !this.showAll) this.addShowAll();
      if (this.framed) return this.keepInView();
      this.framed = true;
      this.map.on("moveend", () => this.draw());
      if (SchoolWorks.placed) return undefined;
      if (this.sites.length) this.fitAll(false);
      else if (config.home) SchoolWorks.fit(this.map, config.home, 0);
      else this.map.setView([35, 105], 4, { animate: false });
      return undefined;
    }

    // The filters have changed: the view stays, unless nothing that they left is in it.
    keepInView() {
      const bounds = this.map.getBounds();
      if (!this.clusters) return this.reach.intersects(bounds) || this.fitAll(false);
      if (this.sites.length && !this.everyone.some((index) => bounds.contains([this.lat[index], this.lon[index]]))) this.fitAll(false);
    }

    // All sites' indexes; the first view of a bureau does not need them.
    get everyone() {
      return (this.all = this.all || Array.from(this.lon.keys()));
    }

    // The box around some sites, as Leaflet wants it.
    around(indexes) {
      let [west, south, east, north] = [Infinity, Infinity, -Infinity, -Infinity];
      for (const index of indexes) {
        const lon = this.lon[index];
        const lat = this.lat[index];
        if (lon < west) west = lon;
        if (lon > east) east = lon;
        if (lat < south) south = lat;
        if (lat > north) north = lat;
      }
      return L.latLngBounds([south, west], [north, east]);
    }

    fitAll(animate) {
      if (!this.sites.length) return; // nothing to look at
      SchoolWorks.fit(this.map, this.clusters ? this.around(this.everyone) : this.reach, 32, { animate, maxZoom: 14 });
    }

    addShowAll() {
      const control = (this.showAll = L.control({ position: "bottomright" }));
      control.onAdd = () => {
        const label = config.words.showAll;
        const button = SchoolWorks.element("button", { type: "button", class: "map-show-all", title: label, "aria-label": label }, "⤢");
        L.DomEvent.disableClickPropagation(button);
        button.addEventListener("click", () => this.fitAll(!SchoolWorks.reducedMotion));
        return button;
      };
      control.addTo(this.map);
    }

    draw() {
      if (!this.clusters) return;
      const bounds = this.map.getBounds();
      const margin = bounds.pad(0.15);
      const zoom = Math.floor(this.map.getZoom());
      const kept = new Set();
      let sites = 0;
      let clusters = 0;
      for (const group of this.clusters.at(zoom)) {
        const place = L.latLng(group.lat, group.lon);
        if (!margin.contains(place)) continue;
        const members = this.sites.behind ? group.members.filter((index) => this.sites.status[index] >= 0) : group.members;
        if (!members.length) continue;
        const alone = members.length === 1;
        const key = alone ? `s${members[0]}` : `c${zoom}/${members[0]}`;
        kept.add(key);
        if (bounds.contains(place)) {
          sites += members.length;
          clusters += alone ? 0 : 1;
        }
        if (this.drawn.has(key)) continue;
        const layer = alone ? this.symbol(place, members[0]) : this.cluster(place, members);
        this.drawn.set(key, layer.addTo(this.map));
      }
      for (const [key, layer] of this.drawn) {
        if (kept.has(key)) continue;
        if (layer.getElement && layer.getElement() === document.activeElement) this.map.getContainer().focus();
        layer.remove();
        this.drawn.delete(key);
      }
      this.panel.summary(sites, clusters);
      this.map.fire("drawn");
      if (this.told) this.list();
    }

    symbol(place, index) {
      const site = this.sites.at(index);
      const symbol = new SchoolWorks.Symbol(place, site, this.paint);
      symbol.selected = index === this.chosen;
      symbol.on("click", () => this.whenTold(() => this.open(index)));
      symbol.bindTooltip(() => SchoolWorks.element("span", {}, site.title || config.words.loading), { direction: "top", offset: [0, -14] });
      return symbol;
    }

    cluster(place, members) {
      const counts = config[this.paint].map(() => 0);
      for (const index of members) counts[this.sites[this.paint][index]]++;
      const marker = SchoolWorks.cluster(place, members.length, counts, this.paint);
      marker.on("click", () => {
        const bounds = this.around(members);
        const closer = Math.max(this.map.getBoundsZoom(bounds.pad(0.2)), Math.floor(this.map.getZoom()) + 1);
        if (closer <= this.map.getMaxZoom() && !this.inseparable(bounds)) {
          this.map.setView(bounds.getCenter(), closer, { animate: !SchoolWorks.reducedMotion });
          return;
        }
        this.whenTold(() => {
          const content = SchoolWorks.crowd(this.sites.take(members.slice(0, 100).sort((a, b) => a - b)), members.length, (index) => this.open(index));
          L.popup({ maxWidth: 320, minWidth: 240, className: "site-popup" }).setLatLng(place).setContent(content).openOn(this.map);
        });
      });
      return marker;
    }

    // Whether sites stay one cluster even at the last zoom level.
    inseparable(bounds) {
      const last = this.map.getMaxZoom();
      const [a, b] = [bounds.getNorthWest(), bounds.getSouthEast()].map((corner) => this.map.project(corner, last));
      return a.distanceTo(b) < this.clusters.radius;
    }

    nameCloseButton(popup) {
      const button = popup.getElement().querySelector(".leaflet-popup-close-button");
      if (button) button.setAttribute("aria-label", config.words.close);
    }
  }

  // The address of the clusters in the map's window, and a little beyond (mapviews.clusters.clusters).
  const EDGE = 85; // degrees: where the square of the map ends
  SchoolWorks.inWindow = function (url, map) {
    const query = new URLSearchParams(config.query);
    const clamp = (value, low, high) => Math.min(high, Math.max(low, value));
    const bounds = map.getBounds().pad(0.15);
    // The page's own filter may be a box too: what both hold, or a corner of it where they are apart.
    const [west, south, east, north] = query.has("in_bbox") ? query.get("in_bbox").split(",").map(Number) : [-180, -EDGE, 180, EDGE];
    const box = [clamp(bounds.getWest(), west, east), clamp(bounds.getSouth(), south, north), clamp(bounds.getEast(), west, east), clamp(bounds.getNorth(), south, north)];
    query.set("in_bbox", box.map((degrees) => degrees.toFixed(6)).join(","));
    query.set("zoom", Math.floor(map.getZoom()));
    return `${url}?${query}`;
  };

  SchoolWorks.Columns = Columns;
  SchoolWorks.Sites = Sites;
  // After the addresses of marks and words may come that of the clusters, and words.
  SchoolWorks.sites = function (map, marks, details, ...more) {
    const [clusters, words] = ["string", "object"].map((type) => more.find((given) => typeof given === type));
    const sites = new Sites(map, marks, details, { ...words, clusters });
    SchoolWorks.current = sites;
    SchoolWorks.shown.push({ word: config.words.layerSites, panes: ["overlayPane", "markerPane"] });
    SchoolWorks.layer(sites);
  };
})();
