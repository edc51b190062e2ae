// What every map script uses: the page's data, its words, a way to build elements from text (never from markup), the
// ground under the data (base map if there is one, county outlines, scale, attribution), and the marks on it. How data comes is
// in asking.js.
(function () {
  "use strict";

  const SchoolWorks = (window.SchoolWorks = window.SchoolWorks || {});
  const config = JSON.parse(document.getElementById("map-config").textContent);
  SchoolWorks.config = config;

  // Layers whose data the page's filters narrow: each has load(), which fetches with `config.query` and draws anew.
  const layers = [];
  SchoolWorks.layer = function (layer) {
    layers.push(layer);
    return layer.load();
  };

  // The filters have changed: every layer draws anew, the map and the view of it stay.
  SchoolWorks.refresh = function (query) {
    config.query = query;
    return Promise.all(layers.map((layer) => layer.load()));
  };

  // A parameter of the page's own, chosen on the map: from now on part of its address, of its filters' form, and of what is taken along.
  SchoolWorks.choose = function (name, value) {
    if (config.standalone) return;
    const address = new URL(location.href);
    address.searchParams.set(name, value);
    history.replaceState(history.state, "", address);
    const form = document.querySelector("details.filters form");
    if (form) {
      let field = form.querySelector(`input[type=hidden][name="${name}"]`);
      if (!field) form.append((field = SchoolWorks.element("input", { type: "hidden", name })));
      field.value = value;
    }
    document.dispatchEvent(new CustomEvent("schoolworks:own"));
  };

  // The words of the page's language; %(name)s is filled in. `count` picks the form for one or for many.
  SchoolWorks.say = function (key, values, count) {
    const words = config.words;
    const chosen = count === 1 && words[key + "_one"] !== undefined ? words[key + "_one"] : words[key];
    return chosen.replace(/%\((\w+)\)s/g, (whole, name) => (values && name in values ? String(values[name]) : whole));
  };

  // Both languages group by comma; a NumberFormat would cost more to make than all the rest of this file.
  SchoolWorks.number = (value) => String(value).replace(/\B(?=(\d{3})+$)/g, ",");

  // What can be seen of the map, for who does not see it.
  SchoolWorks.inView = function (sites, clusters) {
    const counted = (key, n) => SchoolWorks.say(key, { n: SchoolWorks.number(n) }, n);
    const words = { sites: counted("sites", sites), clusters: counted("clusters", clusters) };
    return SchoolWorks.say(clusters ? "summary" : "summarySites", words);
  };

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
    if (style.sign) svg.append(make("path", { d: style.sign, class: "light-glyph", stroke: approximate ? "#1d2429" : style.ink }));
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
  L.Popup.mergeOptions({ autoPanPaddingTopLeft: [16, 16], autoPanPaddingBottomRight: [72, 16] }); // the tools stay in reach (search.js)
  // Bottom right: near the thumb, and out of the way of popups, which open upwards.
  L.Control.Zoom.mergeOptions({ position: "bottomright", zoomInTitle: config.words.zoomIn, zoomOutTitle: config.words.zoomOut });

  // Beside a wide map the filters stand open, as the page comes, so that it is laid out once; on a phone they wait behind one
  // line, and the style sheet hides them until this is said.
  for (const filters of document.querySelectorAll("details.filters")) {
    filters.open = window.matchMedia("(min-width: 60em)").matches;
    filters.dataset.settled = "";
  }

  function attribution(map, lines) {
    const control = L.control({ position: "bottomleft" });
    control.onAdd = () => SchoolWorks.element("div", { class: "map-attribution", "data-credit": config.tiles.reviewNumber }, lines.join(" · "));
    control.addTo(map);
  }

  // "#map=zoom/lat/lon" of an address that somebody sent, before the page's own first view.
  function sentView() {
    const [, zoom, lat, lon] = (/^#map=([\d.]+)\/(-?[\d.]+)\/(-?[\d.]+)(?:\/[\d-]+)?$/.exec(location.hash) || []).map(Number);
    return zoom <= 22 && Math.abs(lat) <= 85 && Math.abs(lon) <= 180 ? { zoom, centre: [lat, lon] } : null;
  }

  SchoolWorks.sentView = sentView;

  // What can be shown and hidden: its word and the panes that it is drawn in (the tools' list of layers, `showable` once it is here).
  SchoolWorks.shown = [];
  SchoolWorks.grounds = [];

  // What is fitted into view is clear of the tools that come over the map later, and in its middle: as much is kept free on the left
  // as they take on the right. On a phone, where they take a good part, half a zoom level more would be lost.
  SchoolWorks.fit = function (map, bounds, edge, options) {
    const narrow = map.getSize().x < 600;
    if (narrow) map.options.zoomSnap = 0.25;
    const side = edge + 56;
    map.fitBounds(bounds, { animate: false, paddingTopLeft: narrow ? [edge, side] : [side, edge], paddingBottomRight: [side, edge], ...options });
  };

  SchoolWorks.baseMap = function (map) {
    SchoolWorks.map = map;
    const sent = sentView();
    if (sent) map.setView(sent.centre, sent.zoom, { animate: false });
    else if (config.extent) map.fitBounds(L.latLngBounds(config.bounds).pad(-0.01), { animate: false }); // what a screen showed fits it again
    else if (config.bounds) SchoolWorks.fit(map, config.bounds, 0);
    SchoolWorks.placed = Boolean(sent || config.bounds);
    SchoolWorks.grounds.push(map); // its base map comes later (basemap.js)
    // On paper the map has another width: it is drawn for that one.
    window.matchMedia("print").addEventListener("change", () => map.invalidateSize({ animate: false }));
    const { maps, reviewNumber } = config.tiles;
    const lines = [maps.length && maps[0].attribution, reviewNumber].filter(Boolean);
    if (lines.length) attribution(map, lines);
    L.control.scale({ imperial: false }).addTo(map); // after the attribution, to stand above it
  };

  // What only adorns the map waits until the data's layer calls `ready`, drawn or failed.
  const readiness = new Promise((resolve) => (SchoolWorks.ready = resolve));
  SchoolWorks.readiness = readiness;

  // As `|chinese` in the templates: what is Chinese says so, for voices and fonts of pages in another language.
  SchoolWorks.chinese = (text) => (text || "").split(/(\p{sc=Han}[^A-Za-z,]*)/u).map((part, at) => (at % 2 ? SchoolWorks.element("span", { lang: "zh" }, part) : part));

  // The second file: what nobody can have pressed before the marks stand.
  SchoolWorks.later = readiness.then(
    () =>
      new Promise((resolve) => {
        if (config.standalone) document.documentElement.dataset.standalone = "";
        // In a file that was taken along it stands further down.
        if (!config.later) return document.readyState === "loading" ? document.addEventListener("DOMContentLoaded", resolve) : resolve();
        const load = () => {
          const row = SchoolWorks.waitFor(); // on a bad line the page says what it waits for
          SchoolWorks.well(config.words.later);
          const script = SchoolWorks.element("script", { src: config.later });
          const styles = SchoolWorks.element("link", { rel: "stylesheet", href: config.laterSheet });
          script.addEventListener("load", resolve);
          script.addEventListener("error", () => SchoolWorks.failed(config.words.later, { key: "brokenOff" }, load));
          for (const end of ["load", "error"]) script.addEventListener(end, row.over);
          styles.onload = styles.onerror = () => document.head.append(script);
          // Both at once; the script runs when its looks are here.
          document.head.append(styles, SchoolWorks.element("link", { rel: "preload", as: "script", href: config.later }));
        };
        load();
      }),
  );
  // What is drawn stands in words beside the map: who listens would hear a picture without a name.
  L.Renderer.addInitHook(function () {
    this.once("add", () => (this._container.ariaHidden = true));
  });

  SchoolWorks.tools = function () {}; // the layer of that name only brings its files

  SchoolWorks.outline = async function (map, path, cells) {
    SchoolWorks.cells = SchoolWorks.cells || cells; // townships.js
    await readiness;
    map.createPane("outline").style.zIndex = 350;
    const word = config.words.layerCounty;
    SchoolWorks.shown.push({ word, panes: ["outline"] });
    const renderer = L.svg({ pane: "outline", padding: 0.5 });
    const style = { renderer, pane: "outline", interactive: false, className: "county" };
    const draw = () =>
      (SchoolWorks.ground = SchoolWorks.fetched(path + config.query)).then(
        (found) => L.geoJSON(found, { style, interactive: false }).addTo(map),
        (error) => SchoolWorks.failed(word, error, draw),
      );
    return draw();
  };

  // Circles are in the second file: called by name from here, drawn when that is here.
  SchoolWorks.circles = (...given) => SchoolWorks.later.then(() => SchoolWorks.circles(...given));

  // Marks on the canvas: shape and colour by status, a glyph for the school stage, dashed and paler where only
  // approximately known. Each look is drawn once and then copied, so that thousands of marks stay cheap.
  const SIZE = 30; // CSS pixels, outline and halo included
  const looks = new Map();
  const ratio = Math.max(2, Math.ceil(window.devicePixelRatio || 1));

  // `paint`: what colour and shape stand for, "status" or "light".
  function look(paint, value, stage, approximate, selected) {
    const key = `${paint} ${value} ${stage} ${approximate} ${selected}`;
    if (!looks.has(key)) looks.set(key, draw(config[paint][value], config.stage[stage], approximate, selected));
    return looks.get(key);
  }

  function draw(style, stage, approximate, selected) {
    const canvas = SchoolWorks.element("canvas", { width: SIZE * ratio, height: SIZE * ratio });
    const pen = canvas.getContext("2d");
    const shape = new Path2D(style.path);
    pen.scale((SIZE * ratio) / 30, (SIZE * ratio) / 30);
    pen.translate(3, 3); // the shape's 24 units in the middle of 30
    pen.lineJoin = "round";
    pen.strokeStyle = selected ? "#ffbf47" : "#ffffff";
    pen.lineWidth = selected ? 6 : 3.5;
    pen.stroke(shape);
    pen.fillStyle = "#ffffff";
    pen.fill(shape);
    pen.globalAlpha = approximate ? 0.55 : 1;
    pen.fillStyle = style.fill;
    pen.fill(shape);
    pen.globalAlpha = 1;
    if (approximate) pen.setLineDash([3, 2]);
    pen.strokeStyle = style.stroke;
    pen.lineWidth = 1.6;
    pen.stroke(shape);
    pen.setLineDash([]);
    if (style.sign) {
      // A light says what it is by a sign of its own, where a status has the school's stage.
      pen.strokeStyle = approximate ? "#1d2429" : style.ink; // as with the glyph
      pen.lineWidth = 2.6;
      pen.lineCap = "round";
      pen.stroke(new Path2D(style.sign));
    } else if (stage && stage.glyph && style.glyphY) {
      pen.font = `600 11px ${getComputedStyle(document.body).fontFamily}`;
      pen.textAlign = "center";
      pen.textBaseline = "middle";
      pen.fillStyle = approximate ? "#000000" : style.ink; // white would be hard to read on a paled fill
      pen.fillText(stage.glyph, 12, style.glyphY + 0.5);
    }
    return canvas;
  }

  // A ring around the mark: dashed for what is behind its promise, whole for what differs between two days.
  function ring(pen, { x, y }, radius, ink, dash) {
    pen.save();
    for (const [colour, width] of [["#ffffff", 4], [ink, 2.5]]) {
      pen.beginPath();
      pen.arc(x, y, radius, 0, 2 * Math.PI);
      pen.strokeStyle = colour;
      pen.lineWidth = width;
      pen.setLineDash(width < 4 ? dash : []);
      pen.stroke();
    }
    pen.restore();
  }

  // A CircleMarker that draws its look instead of a circle; the canvas renderer's hit test stays a circle's.
  SchoolWorks.Symbol = L.CircleMarker.extend({
    options: { radius: SIZE / 2, weight: 0, bubblingMouseEvents: false },
    initialize(latLng, site, paint, options) {
      this.site = site;
      this.paint = paint;
      this.selected = false;
      L.CircleMarker.prototype.initialize.call(this, latLng, options);
    },
    setSelected(selected) {
      this.selected = selected;
      if (!this._map) return;
      if (selected) this.bringToFront();
      else this.redraw();
    },
    // What is drawn anew when this is, with its ring.
    _updateBounds() {
      L.CircleMarker.prototype._updateBounds.call(this);
      this._pxBounds = this._pxBounds.pad(0.25);
    },
    _updatePath() {
      const renderer = this._renderer;
      if (!renderer._drawing || this._empty()) return;
      const { stage, approximate } = this.site;
      const size = this.selected ? SIZE * 1.25 : SIZE;
      const image = look(this.paint, this.site[this.paint], stage, approximate, this.selected);
      const pen = renderer._ctx;
      pen.drawImage(image, this._point.x - size / 2, this._point.y - size / 2, size, size);
      if (this.site.behind) ring(pen, this._point, size / 2 + 2, "#d55e00", [5, 3]);
      if (this.site.differs) ring(pen, this._point, size / 2 + 2, "#1d2429", []);
    },
  });

  // A cluster: a button that says how many of what; its ring shows their shares, by status or by light (`paint`).
  SchoolWorks.cluster = function (latLng, total, counts, paint) {
    const size = [44, 46, 54, 62, 66, 74, 84][String(total).length - 1] || 92; // the number fits
    const stops = [];
    let from = 0;
    const looks = config[paint || "status"];
    counts.forEach((count, value) => {
      if (!count) return;
      const to = from + (360 * count) / total;
      stops.push(`${looks[value].ring} ${from}deg ${to}deg`);
      from = to;
    });
    const ring = SchoolWorks.element("span", { class: "cluster-ring" });
    ring.style.background = `conic-gradient(${stops.join(",")})`;
    const icon = SchoolWorks.element("span", { class: "cluster" }, ring, SchoolWorks.element("span", { class: "cluster-count" }, SchoolWorks.number(total)));
    const marker = L.marker(latLng, {
      icon: L.divIcon({ html: icon, className: "cluster-icon", iconSize: [size, size] }),
      keyboard: true,
      riseOnHover: true,
    });
    const parts = counts.map((count, value) => count && `${SchoolWorks.number(count)} ${looks[value].word}`).filter(Boolean);
    const label = SchoolWorks.say("clusterLabel", { n: SchoolWorks.number(total), parts: parts.join(config.words.comma) });
    marker.on("add", () => {
      const button = marker.getElement();
      button.setAttribute("aria-label", label);
      button.title = label;
      button.addEventListener("keydown", (event) => {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault(); // Space would scroll the page, and Leaflet makes no click of either
        marker.fire("click");
      });
    });
    return marker;
  };
})();
