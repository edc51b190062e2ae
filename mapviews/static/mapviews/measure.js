// Measuring on the map: a line of points with its length, and the area that it encloses from the third point on. Great circles
// on the sphere, as L.CRS.Earth measures; within 0.3 % of the ellipsoid.
(function () {
  "use strict";

  const SchoolWorks = window.SchoolWorks;
  const { config, element, say } = SchoolWorks;
  const RADIUS = 6371008.8; // metres, mean (IUGG)
  let under = null;

  function length(points) {
    let metres = 0;
    for (let at = 1; at < points.length; at++) metres += points[at - 1].distanceTo(points[at]);
    return metres;
  }

  // Of a polygon on the sphere (Chamberlain and Duquette, 2007), in square metres.
  function area(points) {
    const rad = Math.PI / 180;
    let sum = 0;
    points.forEach((point, at) => {
      const next = points[(at + 1) % points.length];
      sum += (next.lng - point.lng) * rad * (2 + Math.sin(point.lat * rad) + Math.sin(next.lat * rad));
    });
    return Math.abs((sum * RADIUS * RADIUS) / 2);
  }

  const metres = (value) => (value < 1000 ? `${Math.round(value)} m` : `${(value / 1000).toFixed(value < 10000 ? 2 : 1)} km`);
  const squares = (value) => (value < 100000 ? `${SchoolWorks.number(Math.round(value))} m²` : `${(value / 1e6).toFixed(2)} km²`);
  SchoolWorks.measures = { length, area, metres, squares };

  class Measuring {
    constructor(map, button, tell) {
      Object.assign(this, { map, button, tell, points: [] });
      const pane = map.getPane("measure") || map.createPane("measure");
      pane.style.zIndex = 640;
      this.line = L.polygon([], { pane: "measure", renderer: L.svg({ pane: "measure" }), interactive: false, className: "measure-line" }).addTo(map);
      this.dots = L.layerGroup().addTo(map);
      const back = element("button", { type: "button", class: "button button-quiet" }, config.words.undo);
      const done = element("button", { type: "button", class: "button" }, config.words.endMeasure);
      back.addEventListener("click", () => this.back());
      done.addEventListener("click", () => this.end());
      this.box = element("div", { class: "measure-box" }, (this.words = element("p", { role: "status" }, config.words.measureHint)), back, done);
      L.DomEvent.disableClickPropagation(this.box);
      map.getContainer().append(this.box);
      this.add = (event) => {
        this.points.push(event.latlng);
        this.draw();
      };
      this.key = (event) => event.key === "Escape" && this.end();
      map.on("click", this.add);
      document.addEventListener("keydown", this.key);
      map.getContainer().classList.add("measuring");
      button.setAttribute("aria-pressed", "true");
    }

    back() {
      this.points.pop();
      this.draw();
    }

    draw() {
      const { points } = this;
      this.line.setLatLngs(points);
      this.line.setStyle({ fill: points.length > 2 });
      this.dots.clearLayers();
      for (const point of points) L.circleMarker(point, { pane: "measure", renderer: this.line.options.renderer, radius: 5, className: "measure-dot", interactive: false }).addTo(this.dots);
      const values = { length: metres(length(points)), area: points.length > 2 ? squares(area(points)) : "" };
      this.words.textContent = points.length < 2 ? config.words.measureHint : say(points.length > 2 ? "measuredArea" : "measured", values);
    }

    end() {
      this.map.off("click", this.add);
      document.removeEventListener("keydown", this.key);
      this.map.getContainer().classList.remove("measuring");
      this.line.remove();
      this.dots.remove();
      this.box.remove();
      this.button.setAttribute("aria-pressed", "false");
      under = null;
      this.button.focus();
    }
  }

  SchoolWorks.measure = function (map, button, tell) {
    if (under) under.end();
    else under = new Measuring(map, button, tell);
  };
})();
