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
        slip: columns.slip && columns.slip[index],
        reason: columns.slip && (columns.reason[index] < 0 ? "" : vocabulary.reason[columns.reason[index]]),
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
      this.popup = L.popup({ maxWidth: 300, minWidth: 220, autoPanPaddingTopLeft: [16, 16], autoPanPaddingBottomRight: [72, 16], className: "site-popup" });
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
      this.chosen = null;
    }

    // There are too many of them to come here: the database counts them for each window (crowd.js).
    async leaveToCrowd(overview) {
      const query = config.query;
      SchoolWorks.ready();
      if (!this.clustersUrl) {
        this.forget();
        return this.panel.state("tooMany");
      }
      await SchoolWorks.later;
      if (query !== config.query) return undefined;
      this.clear();
      this.sites = { length: overview.located };
      this.lon = this.lat = [];
      this.all = null;
      this.clusters = null;
      this.reach = L.latLngBounds(overview.bounds);
      this.frame();
      this.crowd = this.crowd || new SchoolWorks.Crowd(this.map, this.clustersUrl, this.paint);
      return this.crowd.start(overview);
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

    // What each site is painted as, by its code; -1 is not there. `behind`: whether it gets a ring. `then`: it is another day, of
    // which progress and light are not told. List and legend follow, with those that have no place on the map.
    repaint(status, behind, then) {
      for (const part of [this.sites, this.unlocated]) part.repaint(part.columns.code.map(status), part.columns.code.map(behind), then);
      for (const layer of this.drawn.values()) layer.remove();
      this.drawn.clear();
      this.listUnlocated();
      this.listed = false;
      this.draw();
      this.panel.legend([this.sites, this.unlocated]);
      this.panel.count(this.sites.status.filter((place) => place >= 0).length);
      if (this.chosen === null) return;
      if (this.sites.status[this.chosen] < 0) this.map.closePopup(this.popup);
      else this.popup.setContent(SchoolWorks.popup(this.sites.at(this.chosen)));
    }

    // The page may name a first view (a bureau's); otherwise the sites themselves do.
    frame() {
      if (this.sites.length && !this.showAll) this.addShowAll();
      if (this.framed) return this.keepInView();
      this.framed = true;
      this.map.on("moveend", () => this.draw());
      if (SchoolWorks.placed) return undefined;
      if (this.sites.length) this.fitAll(false);
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
      this.map.fitBounds(this.clusters ? this.around(this.everyone) : this.reach, { animate, padding: [32, 32], maxZoom: 14 });
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

    // The words of the sites: legend, lists, tooltips, popups.
    tell(data) {
      this.told = true;
      this.sites.learn(data, data.vocab);
      this.unlocated = new Columns(data.unlocated, data.vocab, false);
      this.panel.state(this.sites.length ? "ready" : data.count ? "nowhere" : "empty");
      this.panel.legend([this.sites, this.unlocated]);
      this.panel.reasons(data.lost);
      this.panel.count(this.sites.length);
      this.listUnlocated();
      this.list();
      if (this.onlearn) this.onlearn();
    }

    // Those without a place, and how much room they leave to the others.
    listUnlocated() {
      const known = [...this.unlocated.status.keys()].filter((index) => this.unlocated.status[index] >= 0);
      const listed = known.slice(0, Math.max(Panel.UNLOCATED_SHARE, Panel.LIMIT - this.sites.length));
      this.panel.listUnlocated(this.unlocated.take(listed), known.length);
      this.room = Panel.LIMIT - listed.length;
    }

    // All sites, what the map opens on first; or those in view, where there are more than the list can hold.
    list() {
      if (this.room === undefined || this.listed) return;
      const bounds = this.map.getBounds();
      const known = this.sites.behind ? this.everyone.filter((index) => this.sites.status[index] >= 0) : this.everyone;
      const inView = known.filter((index) => bounds.contains([this.lat[index], this.lon[index]]));
      this.listed = known.length <= this.room;
      // What is late comes first where that is the question, else what is in view.
      const all = this.listed ? [...new Set([...inView, ...known])] : inView;
      if (this.paint === "light") all.sort((a, b) => this.slip(b) - this.slip(a));
      const order = all.slice(0, this.room);
      this.panel.list(this.sites.take(order), known.length - order.length);
    }

    // From the columns: of fifty thousand only those that are listed are made sites.
    slip(index) {
      const days = this.sites.columns.slip[index];
      return days === null ? -Infinity : days;
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
      this.list();
    }

    symbol(place, index) {
      const site = this.sites.at(index);
      const symbol = new SchoolWorks.Symbol(place, site, this.paint);
      symbol.selected = index === this.chosen;
      symbol.on("click", () => this.open(index));
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
        if (!this.told) return; // their words are still on their way
        const content = SchoolWorks.crowd(this.sites.take(members.slice(0, 100).sort((a, b) => a - b)), members.length, (index) => this.open(index));
        L.popup({ maxWidth: 320, minWidth: 240, className: "site-popup" }).setLatLng(place).setContent(content).openOn(this.map);
      });
      return marker;
    }

    // Whether sites stay one cluster even at the last zoom level.
    inseparable(bounds) {
      const last = this.map.getMaxZoom();
      const [a, b] = [bounds.getNorthWest(), bounds.getSouthEast()].map((corner) => this.map.project(corner, last));
      return a.distanceTo(b) < this.clusters.radius;
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
      return Math.min(this.map.getMaxZoom(), Math.max(0, Math.floor(Math.log2(this.clusters.radius / nearest)) + 1));
    }

    open(index) {
      const site = this.sites.at(index);
      if (!this.told || site.status < 0) return; // its words are on their way; or in this month it is not there
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
