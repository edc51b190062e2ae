// Drawing and moving a site and its outline by mouse, finger and keyboard. What is drawn stands as text in the form (draft.js).
(function () {
  "use strict";

  const SchoolWorks = window.SchoolWorks;
  const { config, element, say } = SchoolWorks;
  const { words } = config;
  const HANDLES = 300; // corners more than these are drawn, but edited in the text only

  const latLngs = (rings) => rings.map((ring) => ring.map(([lon, lat]) => [lat, lon]));
  const position = ({ lat, lng }) => [Number(lng.toFixed(7)), Number(lat.toFixed(7))];
  const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

  function pin() {
    const space = "http://www.w3.org/2000/svg";
    const svg = document.createElementNS(space, "svg");
    svg.setAttribute("viewBox", "0 0 24 32");
    for (const [tag, values] of [["path", { d: "M12 31L4.2 16.6a9 9 0 1 1 15.6 0z" }], ["circle", { cx: 12, cy: 12, r: 3.5 }]]) {
      const shape = document.createElementNS(space, tag);
      for (const [name, value] of Object.entries(values)) shape.setAttribute(name, value);
      svg.append(shape);
    }
    return svg;
  }

  class Editor {
    constructor(map) {
      this.map = map;
      this.mode = "site";
      this.selected = -1;
      map.createPane("recorded").style.zIndex = 430;
      map.createPane("draft").style.zIndex = 620;
      this.ghosts = L.layerGroup().addTo(map);
      this.shapes = L.layerGroup().addTo(map);
      this.handles = L.layerGroup().addTo(map);
      this.svg = { recorded: L.svg({ pane: "recorded" }), draft: L.svg({ pane: "draft", padding: 0.5 }) };
      SchoolWorks.shown.push({ word: words.layerRecorded, panes: ["recorded"] }, { word: words.layerDraft, panes: ["draft"] });
      this.facts = document.querySelector("[data-place-facts]");
      this.bar(document.querySelector("[data-place-tools]"));
      this.recorded();
      this.draft = new SchoolWorks.Draft(document.getElementById("place"), () => this.draw());
      map.on("click", (event) => this.pressed(event.latlng));
      map.on("zoomend", () => this.draw());
      document.addEventListener("keydown", (event) => {
        if (!(event.ctrlKey || event.metaKey) || /^(input|textarea|select)$/i.test(event.target.tagName)) return;
        const by = event.key === "z" ? (event.shiftKey ? 1 : -1) : event.key === "y" ? 1 : 0;
        if (by) event.preventDefault(), this.draft.go(by);
      });
      this.draw();
    }

    bar(place) {
      const button = (word, act, more) => {
        const made = element("button", { type: "button", class: "button button-quiet", ...more }, word);
        made.addEventListener("click", act);
        return made;
      };
      this.modes = { site: button(words.modeSite, () => this.turn("site")), footprint: button(words.modeOutline, () => this.turn("footprint")) };
      this.middle = button(words.middle, () => this.pressed(this.map.getCenter(), true));
      this.corner = button(words.addCorner, () => this.addCorner());
      this.drop = button(words.dropCorner, () => this.dropCorner(this.selected));
      this.clear = button(words.dropOutline, () => this.draft.footprint.put([]));
      this.back = button(words.stepBack, () => this.draft.go(-1));
      this.again = button(words.stepAgain, () => this.draft.go(1));
      this.device = "geolocation" in navigator && window.isSecureContext ? button(words.here, () => this.here()) : null;
      place.append(
        element("div", { role: "group", "aria-label": words.whatToDraw, class: "place-modes" }, this.modes.site, this.modes.footprint),
        element("div", { role: "group", "aria-label": words.steps, class: "place-acts" }, this.back, this.again),
        element("div", { role: "group", "aria-label": words.drawing, class: "place-acts" }, this.device, this.middle, this.corner, this.drop, this.clear),
      );
      place.hidden = false;
      this.hint = document.querySelector("[data-place-hint]");
    }

    turn(mode) {
      this.mode = mode;
      this.selected = -1;
      this.draw();
    }

    // What stands in the record: under everything, dashed, not to be moved.
    recorded() {
      const { site, footprint } = config.place;
      if (footprint.length) L.polygon(latLngs(footprint), { pane: "recorded", renderer: this.svg.recorded, className: "recorded-outline", interactive: false }).addTo(this.ghosts);
      if (!site.length) return;
      const icon = L.divIcon({ className: "recorded-site", iconSize: [20, 20], html: element("span", { class: "recorded-dot" }) });
      L.marker(latLngs(site)[0][0], { icon, pane: "recorded", interactive: false, keyboard: false }).addTo(this.ghosts);
    }

    draw() {
      if (!this.draft) return;
      const { site, footprint } = this.draft;
      const focus = document.activeElement && document.activeElement.dataset ? document.activeElement.dataset.corner : undefined;
      this.shapes.clearLayers();
      this.handles.clearLayers();
      this.pin = this.outline = null;
      if (footprint.rings && footprint.rings.length) this.drawOutline(footprint.rings);
      for (const box of [site, footprint]) this.drawCandidates(box);
      if (site.rings && site.rings.length) this.drawSite(site.rings[0][0]);
      this.told();
      if (focus !== undefined) this.focusCorner(this.selected < 0 ? Number(focus) : this.selected);
      this.buttons();
    }

    drawSite(place) {
      const at = L.latLng(place[1], place[0]);
      const movable = this.mode === "site";
      const icon = L.divIcon({ className: "place-pin", iconSize: [44, 44], iconAnchor: [22, 43], html: pin() });
      this.line(at);
      this.pin = L.marker(at, { icon, draggable: movable, keyboard: movable, interactive: movable, pane: "draft", zIndexOffset: 1000, autoPan: true }).addTo(this.handles);
      if (!movable) return;
      this.named(this.pin, words.siteHandle, (marker) => this.draft.site.put([[position(marker.getLatLng())]]), () => this.map.getZoom());
      this.pin.on("drag", (event) => this.line(event.latlng));
      this.pin.on("dragend", () => this.moved(this.pin.getLatLng()));
    }

    moved(latLng, precision = "map_pin", accuracy = "") {
      this.draft.propose(precision, accuracy);
      this.draft.site.put([[position(latLng)]]);
    }

    // From the recorded place to the new one, with the metres on it.
    line(to) {
      if (this.way) this.way.remove();
      this.way = null;
      const from = config.place.site.length ? L.latLng(latLngs(config.place.site)[0][0]) : null;
      if (!from || from.distanceTo(to) < 0.05) return;
      this.way = L.polyline([from, to], { pane: "draft", renderer: this.svg.draft, className: "place-way", interactive: false }).addTo(this.map);
      this.way.bindTooltip(element("span", {}, SchoolWorks.measures.metres(from.distanceTo(to))), { permanent: true, direction: "center", className: "place-metres", pane: "draft" });
      this.way.openTooltip();
    }

    drawOutline(rings) {
      this.outline = L.polygon(latLngs(rings), { pane: "draft", renderer: this.svg.draft, className: "place-outline", interactive: false, fill: rings[0].length > 2 }).addTo(this.shapes);
      if (this.mode !== "footprint" || rings[0].length > HANDLES) return;
      const ring = rings[0];
      ring.forEach(([lon, lat], at) => this.cornerHandle(L.latLng(lat, lon), at, ring.length));
      if (ring.length < 2) return;
      ring.forEach((one, at) => {
        const other = ring[(at + 1) % ring.length];
        if (ring.length === 2 && at) return;
        const ends = [one, other].map(([lon, lat]) => L.latLng(lat, lon));
        const [a, b] = ends.map((end) => this.map.latLngToContainerPoint(end));
        if (a.distanceTo(b) > 72) this.middleHandle(this.map.containerPointToLatLng(a.add(b).divideBy(2)), at + 1);
      });
    }

    cornerHandle(latLng, at, count) {
      const icon = L.divIcon({ className: `place-corner${at === this.selected ? " selected" : ""}`, iconSize: [44, 44] });
      const handle = L.marker(latLng, { icon, draggable: true, keyboard: true, pane: "draft", autoPan: true }).addTo(this.handles);
      this.named(handle, say("cornerHandle", { at: at + 1, n: count }), (marker) => this.moveCorner(at, marker.getLatLng(), true));
      const node = handle.getElement();
      node.dataset.corner = at;
      handle.on("drag", (event) => this.moveCorner(at, event.latlng, false));
      handle.on("dragend", () => ((this.selected = at), this.moveCorner(at, handle.getLatLng(), true)));
      handle.on("click", () => this.select(at));
      handle.on("contextmenu", () => this.dropCorner(at));
      node.addEventListener("focus", () => this.select(at, false));
      node.addEventListener("keydown", (event) => {
        if (event.key === "Delete" || event.key === "Backspace") event.preventDefault(), this.dropCorner(at, true);
        if (event.key === "Insert" || event.key === "+") event.preventDefault(), this.select(at, false), this.addCorner();
      });
    }

    // Between two corners: a press makes a corner of it, a drag one elsewhere.
    middleHandle(latLng, before) {
      const icon = L.divIcon({ className: "place-middle", iconSize: [32, 32] });
      const handle = L.marker(latLng, { icon, draggable: true, keyboard: false, pane: "draft", title: words.newCorner }).addTo(this.handles);
      const insert = (at) => this.put((ring) => ring.splice(before, 0, position(at)), before);
      handle.on("drag", (event) => {
        const ring = this.draft.footprint.rings[0].slice();
        ring.splice(before, 0, position(event.latlng));
        this.outline.setLatLngs(latLngs([ring, ...this.draft.footprint.rings.slice(1)]));
      });
      handle.on("dragend", () => insert(handle.getLatLng()));
      handle.on("click", () => insert(latLng));
    }

    // A handle that is reached by Tab and moved by the arrows: a pixel, with Shift ten. `done` when the keys rest.
    named(handle, label, done) {
      const node = handle.getElement();
      node.setAttribute("aria-label", label);
      node.title = label;
      let resting;
      node.addEventListener("keydown", (event) => {
        const arrow = ARROWS[event.key];
        if (!arrow) return;
        event.preventDefault();
        event.stopPropagation(); // or the map would pan
        const point = this.map.latLngToContainerPoint(handle.getLatLng()).add(L.point(arrow).multiplyBy(event.shiftKey ? 10 : 1));
        handle.setLatLng(this.map.containerPointToLatLng(point));
        handle.fire("drag", { latlng: handle.getLatLng() });
        clearTimeout(resting);
        resting = setTimeout(() => {
          const held = document.activeElement === node;
          done(handle);
          if (held && handle === this.pin) this.pin.getElement().focus();
          else if (held && node.dataset.corner === undefined && this.pin) this.pin.getElement().focus();
        }, 600);
      });
    }

    drawCandidates(box) {
      box.candidates.forEach((each, at) => {
        if (each.chosen) return;
        const [lon, lat] = each.rings[0][0];
        if (each.rings[0].length > 1) L.polygon(latLngs(each.rings), { pane: "draft", renderer: this.svg.draft, className: "place-maybe", interactive: false }).addTo(this.shapes);
        const icon = L.divIcon({ className: "place-letter", iconSize: [28, 28], html: element("span", {}, "ABCDEFG"[at]) });
        L.marker([lat, lon], { icon, pane: "draft", interactive: false, keyboard: false }).addTo(this.shapes);
      });
      const seen = box.candidates.map((each) => each.crs).join();
      if (box.candidates.length && box.seen !== seen + box.text) {
        box.seen = seen + box.text;
        const all = [...box.candidates.flatMap((each) => each.rings[0]), ...config.place.site.flat()];
        this.map.fitBounds(L.latLngBounds(all.map(([lon, lat]) => [lat, lon])).pad(0.3), { animate: false, maxZoom: 16 });
      }
    }

    pressed(latLng, byButton) {
      if (this.map.getContainer().classList.contains("measuring")) return;
      if (this.mode === "site") return this.moved(latLng);
      if ((this.draft.footprint.rings || [[]])[0]?.length >= HANDLES) return;
      this.put((ring) => ring.splice((this.selected < 0 ? ring.length - 1 : this.selected) + 1, 0, position(latLng)), this.selected < 0 ? undefined : this.selected + 1, byButton);
    }

    // Change the outer ring; `selected` is the corner to go on from, the last where none is named.
    put(change, selected, focus) {
      const rings = this.draft.footprint.rings || [];
      const ring = rings.length ? rings[0].slice() : [];
      change(ring);
      this.selected = selected === undefined ? ring.length - 1 : selected;
      this.draft.footprint.put(ring.length ? [ring, ...rings.slice(1)] : []);
      if (focus) this.focusCorner(this.selected);
    }

    moveCorner(at, latLng, done) {
      const rings = this.draft.footprint.rings.map((ring) => ring.slice());
      rings[0][at] = position(latLng);
      if (done) return this.draft.footprint.put(rings);
      this.outline.setLatLngs(latLngs(rings));
      this.told(rings);
    }

    addCorner() {
      const ring = (this.draft.footprint.rings || [])[0] || [];
      if (this.selected < 0 || ring.length < 2) return this.pressed(this.map.getCenter(), true);
      const [one, other] = [ring[this.selected], ring[(this.selected + 1) % ring.length]];
      const half = [Number(((one[0] + other[0]) / 2).toFixed(7)), Number(((one[1] + other[1]) / 2).toFixed(7))];
      const at = this.selected + 1;
      this.put((corners) => corners.splice(at, 0, half), at, true);
    }

    dropCorner(at, focus) {
      const count = ((this.draft.footprint.rings || [])[0] || []).length;
      if (at < 0 || at >= count) return;
      this.put((ring) => ring.splice(at, 1), Math.min(at, count - 2), focus);
    }

    select(at, redraw = true) {
      if (this.selected === at) return;
      this.selected = at;
      for (const handle of this.map.getPane("draft").querySelectorAll("[data-corner]")) handle.classList.toggle("selected", Number(handle.dataset.corner) === at);
      if (redraw) this.focusCorner(at);
      this.buttons();
    }

    focusCorner(at) {
      this.map.getPane("draft").querySelector(`[data-corner="${at}"]`)?.focus({ preventScroll: true });
    }

    buttons() {
      const { draft, mode } = this;
      const ring = (draft.footprint.rings || [])[0] || [];
      for (const [name, button] of Object.entries(this.modes)) button.setAttribute("aria-pressed", String(name === mode));
      this.middle.hidden = mode !== "site";
      if (this.device) this.device.hidden = mode !== "site";
      this.corner.hidden = this.drop.hidden = this.clear.hidden = mode !== "footprint";
      this.drop.disabled = this.selected < 0 || this.selected >= ring.length;
      this.clear.disabled = !ring.length;
      this.back.disabled = draft.at === 0;
      this.again.disabled = draft.at >= draft.steps.length - 1;
      this.hint.textContent = mode === "site" ? words.hintSite : ring.length > HANDLES ? say("hintMany", { n: ring.length }) : words.hintOutline;
    }

    told(drawn) {
      const { site, footprint } = this.draft;
      const { metres, squares, area } = SchoolWorks.measures;
      const from = config.place.site[0];
      const lines = [];
      if (site.rings === null) lines.push(words.siteUnread);
      else if (site.rings.length && from) {
        const moved = L.latLng(from[0][1], from[0][0]).distanceTo(latLngs(site.rings)[0][0]);
        lines.push(moved < 0.05 ? words.siteStays : say("siteMoves", { distance: metres(moved) }));
      } else lines.push(site.rings.length ? words.siteNew : from ? words.siteGone : words.siteNone);
      const rings = drawn || footprint.rings;
      if (rings === null) lines.push(words.outlineUnread);
      else if (rings.length) {
        const size = rings[0].length > 2 ? area(rings[0].map(([lng, lat]) => ({ lng, lat }))) : 0;
        lines.push(say("outlineFacts", { n: SchoolWorks.number(rings[0].length), area: squares(size) }, rings[0].length));
      } else lines.push(config.place.footprint.length ? words.outlineGone : words.outlineNone);
      this.facts.replaceChildren(...lines.map((line) => element("li", {}, line)));
      if (!this.pin && this.way && !(site.rings && site.rings.length)) this.way.remove(), (this.way = null);
    }

    // Where the device is, with how exact it says that is; kept with the place.
    here() {
      SchoolWorks.tell?.(words.locating, true);
      navigator.geolocation.getCurrentPosition(
        ({ coords }) => {
          const accuracy = Math.max(1, Math.min(100000, Math.round(coords.accuracy)));
          this.draft.touched = false;
          this.turn("site");
          this.moved(L.latLng(coords.latitude, coords.longitude), "device", String(accuracy));
          this.map.setView([coords.latitude, coords.longitude], Math.max(this.map.getZoom(), 16), { animate: false });
          SchoolWorks.tell?.(say("hereFound", { n: SchoolWorks.number(accuracy) }));
        },
        () => SchoolWorks.tell?.(words.notLocated),
        { enableHighAccuracy: true, timeout: 30000, maximumAge: 0 },
      );
    }
  }

  SchoolWorks.edit = function (map) {
    SchoolWorks.editor = new Editor(map);
    const stage = document.querySelector("[data-map-stage]");
    stage.dataset.state = "ready";
    document.documentElement.dataset.marks = "drawn";
    SchoolWorks.ready();
  };
})();
