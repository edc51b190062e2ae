// What every map script uses: the page's data, its words, a way to build elements from text (never from markup), and the
// ground under the data: base map if there is one, county outlines, scale, attribution.
(function () {
  "use strict";

  const SchoolWorks = (window.SchoolWorks = window.SchoolWorks || {});
  const config = JSON.parse(document.getElementById("map-config").textContent);
  SchoolWorks.config = config;

  // The words of the page's language; %(name)s is filled in. `count` picks the form for one or for many.
  SchoolWorks.say = function (key, values, count) {
    const words = config.words;
    const chosen = count === 1 && words[key + "_one"] !== undefined ? words[key + "_one"] : words[key];
    return chosen.replace(/%\((\w+)\)s/g, (whole, name) => (values && name in values ? String(values[name]) : whole));
  };

  // Both languages group by comma; a NumberFormat would cost more to make than all the rest of this file.
  SchoolWorks.number = (value) => String(value).replace(/\B(?=(\d{3})+$)/g, ",");

  SchoolWorks.day = function (iso) {
    const options = { dateStyle: "long", timeZone: "UTC" };
    return new Intl.DateTimeFormat(config.language, options).format(new Date(iso + "T00:00:00Z"));
  };

  // element("a", {href: …, class: …}, "text", otherElement): text becomes text nodes.
  SchoolWorks.element = function (tag, attributes, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) {
      if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value === true ? "" : value);
    }
    element.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
    return element;
  };

  // The same mark as mapviews.templatetags.marks draws, for lists, legend and popups.
  SchoolWorks.mark = function (style, glyph, approximate) {
    const space = "http://www.w3.org/2000/svg";
    const make = (tag, attributes) => {
      const node = document.createElementNS(space, tag);
      for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
      return node;
    };
    const svg = make("svg", {
      class: approximate ? "mark mark-approximate" : "mark",
      viewBox: "-1 -1 26 26",
      "aria-hidden": "true",
      focusable: "false",
    });
    svg.append(make("path", { d: style.path, class: "mark-halo" }));
    svg.append(make("path", { d: style.path, class: "mark-shape", fill: style.fill, stroke: style.stroke }));
    if (glyph) {
      const text = make("text", { x: 12, y: style.glyphY, fill: style.ink, class: "mark-glyph" });
      text.textContent = glyph;
      svg.append(text);
    }
    return svg;
  };

  SchoolWorks.reducedMotion = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  if (SchoolWorks.reducedMotion) {
    L.Map.mergeOptions({ zoomAnimation: false, fadeAnimation: false, markerZoomAnimation: false, inertia: false });
  }
  // Leaflet's attribution is written as markup; ours is text.
  L.Map.mergeOptions({ attributionControl: false });
  // Bottom right: near the thumb, and out of the way of popups, which open upwards.
  L.Control.Zoom.mergeOptions({ position: "bottomright", zoomInTitle: config.words.zoomIn, zoomOutTitle: config.words.zoomOut });

  // Beside a wide map the filters stand open; on a phone they wait behind one line.
  const filters = document.querySelector("details.filters");
  if (filters && window.matchMedia("(min-width: 60em)").matches) filters.open = true;

  function attribution(map, lines) {
    const control = L.control({ position: "bottomright" });
    control.onAdd = () => SchoolWorks.element("div", { class: "map-attribution" }, lines.join(" · "));
    control.addTo(map);
  }

  SchoolWorks.baseMap = function (map) {
    if (config.bounds) map.fitBounds(config.bounds, { animate: false });
    L.control.scale({ imperial: false }).addTo(map);
    const { url, attribution: owner, reviewNumber } = config.tiles;
    if (url) L.tileLayer(url, { maxZoom: map.getMaxZoom() }).addTo(map);
    const lines = [owner, reviewNumber].filter(Boolean);
    if (lines.length) attribution(map, lines);
  };

  SchoolWorks.outline = async function (map, path) {
    map.createPane("outline").style.zIndex = 350;
    const renderer = L.svg({ pane: "outline", padding: 0.5 });
    const style = { renderer, pane: "outline", interactive: false, className: "county" };
    try {
      const response = await fetch(path + config.query);
      if (!response.ok) throw new Error(String(response.status));
      L.geoJSON(await response.json(), { style, interactive: false }).addTo(map);
    } catch (error) {
      console.warn("county outline:", error.message); // the sites stand without it; their own error is shown
    }
  };
})();
