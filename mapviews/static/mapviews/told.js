// The sites once their words are here: legend and lists are told, one is chosen from the list, or opened. Fetched when the marks stand.
(function () {
  "use strict";

  const SchoolWorks = window.SchoolWorks;
  const { Columns, Panel } = SchoolWorks;
  const sites = SchoolWorks.Sites.prototype;

  // The words of the sites: legend, lists, tooltips, popups.
  sites.tell = function (data) {
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
    const act = this.wanted;
    this.wanted = null;
    if (act) act();
  };

  // Those without a place, and how much room they leave to the others.
  sites.listUnlocated = function () {
    const known = [...this.unlocated.status.keys()].filter((index) => this.unlocated.status[index] >= 0);
    const listed = known.slice(0, Math.max(Panel.UNLOCATED_SHARE, Panel.LIMIT - this.sites.length));
    this.panel.listUnlocated(this.unlocated.take(listed), known.length);
    this.room = Panel.LIMIT - listed.length;
  };

  // All sites, what the map opens on first; or those in view, where there are more than the list can hold.
  sites.list = function () {
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
  };

  // From the columns: of fifty thousand only those that are listed are made sites.
  sites.slip = function (index) {
    const days = this.sites.columns.slip[index];
    return days === null ? -Infinity : days;
  };

  // What each site is painted as, by its code; -1 is not there. `behind`: whether it gets a ring. `then`: it is another day, of
  // which progress and light are not told. List and legend follow, with those that have no place on the map.
  sites.repaint = function (status, behind, then) {
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
  };

  // Some sites have a ring: a cluster that holds one of them has it too, and says how many. `words(n, all)`. Clusters are made anew
  // whenever the map moves.
  sites.ring = function (kind, has, words) {
    this.cluster = (place, members) => {
      const marker = sites.cluster.call(this, place, members);
      const ringed = members.filter(has).length;
      if (!ringed) return marker;
      return marker.on("add", () => {
        const button = marker.getElement();
        button.classList.add(`cluster-${kind}`);
        button.title += " " + words(ringed, members.length);
        button.setAttribute("aria-label", button.title);
      });
    };
  };

  // From the list: bring the site into view, near enough to stand alone, then open it.
  sites.choose = function (index) {
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
  };

  // What the search found: the map goes there at once, and opens it, as soon as it is known here.
  sites.seek = function (code, place) {
    if (this.crowd && !this.clusters) return this.crowd.seek(code, place);
    const near = () => this.map.setView(place, Math.max(this.map.getZoom(), 15), { animate: false });
    if (!this.told) near();
    return this.whenTold(() => {
      const index = this.columns().indexOf(code);
      if (index < 0) near();
      else this.choose(index);
    });
  };

  // The zoom level from which on no other site is within a cluster's reach, or the last one there is.
  sites.aloneAt = function (index) {
    const places = (at) => this.map.project([this.lat[at], this.lon[at]], 0);
    const own = places(index);
    let nearest = Infinity;
    for (const other of this.everyone) if (other !== index) nearest = Math.min(nearest, own.distanceTo(places(other)));
    return Math.min(this.map.getMaxZoom(), Math.max(0, Math.floor(Math.log2(this.clusters.radius / nearest)) + 1));
  };

  sites.open = function (index) {
    const site = this.sites.at(index);
    if (!this.told || site.status < 0) return; // its words are on their way; or in this month it is not there
    this.mark(this.chosen, false);
    this.chosen = index;
    this.mark(index, true);
    this.panel.select(index, true, site);
    this.popup.setLatLng([this.lat[index], this.lon[index]]).setContent(SchoolWorks.popup(site)).openOn(this.map);
  };

  sites.leave = function () {
    this.mark(this.chosen, false);
    this.chosen = null;
    this.panel.select(null, false);
  };

  sites.mark = function (index, selected) {
    const symbol = index === null ? null : this.drawn.get(`s${index}`);
    if (symbol) symbol.setSelected(selected);
  };
})();
