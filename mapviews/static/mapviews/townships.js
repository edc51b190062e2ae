// Townships under the sites of a map that is not about them: faint lines, names where there is room, so that a map without a base
// map says where one is. They come when the marks stand. Close by, where no line may be in view, words say what the middle lies in.

// Names (Leaflet markers with a span) where no mark (place and radius in the map's pixels) lies on them: in the middle, else a little
// below or above. True for those that found no room.
window.SchoolWorks.aside = function (map, labels, marks) {
  const names = labels.map((label) => label.getElement().firstElementChild);
  const sizes = names.map((name) => [name.offsetWidth / 2, name.offsetHeight / 2]); // all read before one is moved
  return labels.map((label, at) => {
    const place = map.latLngToLayerPoint(label.getLatLng());
    const [wide, high] = sizes[at];
    const free = (down) => !marks.some(({ x, y, radius }) => Math.abs(x - place.x) < wide + radius && Math.abs(y - place.y - down) < high + radius);
    const down = [0, 8, -8, 16, -16, 24, -24].find(free);
    names[at].style.top = `${down || 0}px`;
    return down === undefined;
  });
};

window.SchoolWorks.readiness.then(function () {
  "use strict";

  const SchoolWorks = window.SchoolWorks;
  const { config, element, fetched } = SchoolWorks;
  const words = config.words;
  const CLOSE = 13; // zoom from which the words stand there
  if (!SchoolWorks.cells) return;

  // Whether a place lies in a GeoJSON polygon or several: how often a line from it to the east crosses the rings.
  function holds({ type, coordinates }, { lng, lat }) {
    let inside = false;
    for (const polygon of type === "MultiPolygon" ? coordinates : [coordinates]) {
      for (const ring of polygon) {
        for (let at = 0, before = ring.length - 1; at < ring.length; before = at++) {
          const [[x, y], [fromX, fromY]] = [ring[at], ring[before]];
          if (y > lat !== fromY > lat && lng < ((fromX - x) * (lat - y)) / (fromY - y) + x) inside = !inside;
        }
      }
    }
    return inside;
  }

  const named = (features, place) => features.find((feature) => holds(feature.geometry, place))?.properties;

  class Townships {
    constructor(map, cells, counties) {
      Object.assign(this, { map, cells, counties, labels: [] });
      map.createPane("townships").style.zIndex = 355;
      map.createPane("townshipNames").style.zIndex = 356;
      map.getPane("townshipNames").ariaHidden = true;
      const renderer = L.svg({ pane: "townships", padding: 0.5 });
      const className = (feature) => (feature.properties.approximate ? "township township-approximate" : "township");
      L.geoJSON(cells, {
        style: (feature) => ({ renderer, pane: "townships", interactive: false, className: className(feature) }),
        onEachFeature: (feature, cell) => this.label(feature.properties, cell),
      }).addTo(map);
      this.said = element("p", { class: "map-within", hidden: true });
      const control = L.control({ position: "bottomleft" });
      control.onAdd = () => this.said;
      control.addTo(map);
      map.on("zoomend drawn", () => this.name());
      map.on("moveend", () => this.say());
      this.name();
      this.say();
    }

    label({ name, at }, cell) {
      const icon = L.divIcon({ html: element("span", { class: "township-name" }, ...SchoolWorks.chinese(name)), className: "township-label", iconSize: null });
      this.labels.push([cell, L.marker([at[1], at[0]], { pane: "townshipNames", icon, interactive: false, keyboard: false }).addTo(this.map)]);
    }

    // A name stands where its cell has room for it, and where no mark would lie on it.
    name() {
      const roomy = this.labels.filter(([cell, label]) => {
        const bounds = cell.getBounds();
        const [a, b] = [bounds.getNorthWest(), bounds.getSouthEast()].map((corner) => this.map.latLngToLayerPoint(corner));
        const node = label.getElement();
        if (node) node.hidden = b.x - a.x < 96 || b.y - a.y < 64;
        return node && !node.hidden;
      });
      const labels = roomy.map(([, label]) => label);
      SchoolWorks.aside(this.map, labels, this.marks()).forEach((none, at) => (labels[at].getElement().hidden = none));
    }

    // Where this map's marks and clusters stand, in its pixels: what can be pressed, with its ring.
    marks() {
      const found = [];
      this.map.eachLayer((layer) => {
        const { site, options } = layer;
        const size = options.interactive && options.icon && options.icon.options.iconSize;
        if (!site && !size) return;
        const { x, y } = this.map.latLngToLayerPoint(layer.getLatLng());
        found.push({ x, y, radius: size ? size[0] / 2 + 3 : site.behind || site.differs ? 19 : 13 });
      });
      return found;
    }

    say() {
      const middle = this.map.getCenter();
      const [county, township] = [named(this.counties, middle), named(this.cells, middle)];
      const parts = [county && county.name, township && (township.approximate ? SchoolWorks.say("about", township) : township.name)].filter(Boolean);
      this.said.hidden = this.map.getZoom() < CLOSE || !parts.length;
      this.said.replaceChildren(words.within, ...SchoolWorks.chinese(parts.join(" · ")));
    }
  }

  (async function load() {
    SchoolWorks.well(words.layerAreas);
    let cells;
    try {
      cells = (await fetched(SchoolWorks.cells + config.query)).features;
    } catch (error) {
      return SchoolWorks.failed(words.layerAreas, error, load);
    }
    const counties = (await SchoolWorks.ground.catch(() => ({ features: [] }))).features;
    for (const map of SchoolWorks.grounds) new Townships(map, cells, counties);
    if (!cells.length) return;
    // A base map has names and lines of its own.
    const shown = !config.tiles.maps.length || config.standalone;
    SchoolWorks.showable({ word: words.layerAreas, panes: ["townships", "townshipNames"], shown });
  })();
});
