// More sites than a browser should be sent: the database counts them for the window, again after each move. Clusters, marks, list
// and popups look as they do where the sites are here (sites.js).
(function () {
  "use strict";

  const SchoolWorks = window.SchoolWorks;
  const { Panel, config, element, fetched } = SchoolWorks;
  const NEAR = 15; // the zoom level at which a site chosen from the list is shown

  class Crowd {
    // `url` answers with clusters for a window (mapviews.clusters.clusters).
    constructor(map, url, paint) {
      this.map = map;
      this.url = url;
      this.paint = paint;
      this.panel = new Panel((code) => this.choose(code));
      this.drawn = new Map();
      this.named = new Map();
      this.turn = 0;
      this.ask = this.ask.bind(this);
      this.popup = L.popup({ maxWidth: 300, minWidth: 220, className: "site-popup" });
      map.on("popupclose", (event) => event.popup === this.popup && this.select(null));
    }

    // `overview`: what the sites' own address answers where there are too many (mapviews.clusters.overview).
    start(overview, first) {
      const unlocated = new SchoolWorks.Columns(overview.unlocated.unlocated, overview.unlocated.vocab, false);
      this.panel.tally((field, code) => (field === this.paint ? overview.counts[overview.vocab[field].indexOf(code)] : null));
      this.panel.reasons(null);
      this.panel.count(overview.located);
      this.panel.listUnlocated(unlocated.take([...Array(unlocated.length).keys()]), overview.count - overview.located);
      this.map.on("moveend", this.ask);
      return this.ask(first);
    }

    stop() {
      this.turn++;
      this.sought = this.telling = null;
      this.map.off("moveend", this.ask);
      this.forget();
    }

    forget() {
      for (const layer of this.drawn.values()) layer.remove();
      this.drawn.clear();
      this.named.clear();
    }

    // The window's clusters, from `first` where that was asked for them; an answer that another move has overtaken is dropped.
    async ask(first) {
      const turn = ++this.turn;
      this.panel.well();
      const zoom = Math.floor(this.map.getZoom());
      try {
        const address = SchoolWorks.inWindow(this.url, this.map);
        const data = await (first && first.address === address ? first.answer : fetched(address));
        if (turn === this.turn) this.show(data, zoom);
      } catch (error) {
        if (turn !== this.turn) return;
        this.forget();
        this.telling = null;
        this.panel.list([], 0);
        this.panel.summary(0, 0);
        this.panel.fail(error, this.ask);
      }
    }

    // The marks first; the list of what is in view follows, as where the sites are here.
    show(data, zoom) {
      this.telling = data;
      const bounds = this.map.getBounds();
      const kept = new Set();
      let sites = 0;
      let clusters = 0;
      const put = (key, place, many, make) => {
        kept.add(key);
        if (bounds.contains(place)) {
          sites += many;
          clusters += many > 1 ? 1 : 0;
        }
        if (!this.drawn.has(key)) this.drawn.set(key, make().addTo(this.map));
      };
      this.named.clear();
      const listed = this.learn(data.list);
      for (const { site, place } of this.learn(data.sites)) put(`s${site.code}`, place, 1, () => this.symbol(place, site));
      data.counts.forEach((counts, index) => {
        const place = L.latLng(data.lat[index], data.lon[index]);
        const many = counts.reduce((sum, count) => sum + count, 0);
        put(`c${zoom}/${place.lat}/${place.lng}/${counts}`, place, many, () => this.cluster(place, many, this.inOrder(counts, data.vocab)));
      });
      for (const [key, layer] of this.drawn) {
        if (kept.has(key)) continue;
        if (layer.getElement && layer.getElement() === document.activeElement) this.map.getContainer().focus();
        layer.remove();
        this.drawn.delete(key);
      }
      this.panel.state("ready");
      this.panel.summary(sites, clusters);
      this.map.fire("drawn");
      requestAnimationFrame(() => {
        if (!document.documentElement.dataset.marks) performance.mark("schoolworks:marks");
        document.documentElement.dataset.marks = "drawn";
        setTimeout(() => this.telling === data && this.tell(listed, data.count));
      });
    }

    tell(listed, count) {
      this.panel.list(listed.map(({ site }) => site), Math.max(0, count - listed.length));
      if (this.chosen && this.named.has(this.chosen)) this.select(this.chosen, this.named.get(this.chosen).site);
      if (this.named.has(this.sought)) this.choose(this.sought);
      this.sought = null;
    }

    // What the search found is opened where it is known; else the map goes there, so near that it is, and it is opened then.
    seek(code, place) {
      if (this.named.has(code)) return this.choose(code);
      this.sought = code;
      const zoom = this.map.getZoom();
      const near = zoom >= NEAR && this.map.getBounds().contains(place) ? this.map.getMaxZoom() : Math.max(zoom, NEAR);
      return this.map.setView(place, near, { animate: false });
    }

    // Columns of sites as sites with their places; their code is what the panel knows them by.
    learn(columns) {
      const known = new SchoolWorks.Columns(columns, columns.vocab, true);
      return columns.lon.map((lon, index) => {
        const entry = { site: Object.assign(known.at(index), { index: columns.code[index] }), place: L.latLng(columns.lat[index], lon) };
        this.named.set(entry.site.code, entry);
        return entry;
      });
    }

    // Counts in the order of the page's own vocabulary.
    inOrder(counts, vocabulary) {
      return config[this.paint].map(({ code }) => counts[vocabulary[this.paint].indexOf(code)] || 0);
    }

    symbol(place, site) {
      const symbol = new SchoolWorks.Symbol(place, site, this.paint);
      symbol.selected = site.code === this.chosen;
      symbol.on("click", () => this.open(site.code));
      symbol.bindTooltip(() => element("span", {}, site.title), { direction: "top", offset: [0, -14] });
      return symbol;
    }

    cluster(place, many, counts) {
      const marker = SchoolWorks.cluster(place, many, counts, this.paint);
      marker.on("click", () => {
        const zoom = Math.floor(this.map.getZoom());
        if (zoom < this.map.getMaxZoom()) this.map.setView(place, Math.min(zoom + 2, this.map.getMaxZoom()), { animate: !SchoolWorks.reducedMotion });
        else this.part(place, many);
      });
      return marker;
    }

    // A cluster that no zoom can part: who is in it.
    async part(place, many) {
      this.panel.well();
      const reach = this.map.getMaxZoom();
      const at = this.map.project(place, reach);
      const corner = (by) => this.map.unproject(at.add([by, by]), reach);
      let data;
      try {
        data = await fetched(this.address(L.latLngBounds(corner(-26), corner(26)), reach));
      } catch (error) {
        return SchoolWorks.failed(config.words.layerSites, error, () => this.part(place, many));
      }
      // Held here: the next window forgets those that it does not hold.
      const entries = new Map(this.learn(data.list).map((entry) => [entry.site.code, entry]));
      const content = SchoolWorks.crowd([...entries.values()].map(({ site }) => site), many, (code) => this.open(code, entries.get(code)));
      return L.popup({ maxWidth: 320, minWidth: 240, className: "site-popup" }).setLatLng(place).setContent(content).openOn(this.map);
    }

    // From the list: near enough to be seen, then opened.
    choose(code) {
      if (!this.named.has(code)) return; // of a window that has just gone: the list follows in a moment
      const { place } = this.named.get(code);
      if (!this.drawn.has(`s${code}`)) this.map.setView(place, Math.max(this.map.getZoom(), NEAR), { animate: false });
      else if (!this.map.getBounds().contains(place)) this.map.panTo(place, { animate: false });
      this.open(code);
    }

    open(code, { site, place } = this.named.get(code)) {
      this.select(code, site);
      this.popup.setLatLng(place).setContent(SchoolWorks.popup(site)).openOn(this.map);
    }

    select(code, site = null) {
      for (const [which, selected] of [[this.chosen, false], [code, true]]) {
        const symbol = which && this.drawn.get(`s${which}`);
        if (symbol) symbol.setSelected(selected);
      }
      this.chosen = code;
      this.panel.select(code, Boolean(site), site);
    }
  }

  SchoolWorks.Crowd = Crowd;
})();
