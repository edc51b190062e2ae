// The ground: tiles by address, or a PMTiles file that this server holds, drawn here in a quiet style. One that does not answer is
// said to be silent and leaves the map as it is without one.
window.SchoolWorks.readiness.then(function () {
  "use strict";

  const SchoolWorks = window.SchoolWorks;
  const { config, element, grounds } = SchoolWorks;
  const { maps, drawer, reviewNumber } = config.tiles;
  if (!maps.length) return;
  const words = config.words;
  const ENOUGH = 4; // tiles that fail, with none that comes

  const said = element("p", { class: "map-base-state", role: "status", hidden: true });
  let drawn = []; // the layers of the base map chosen, over all maps of the page
  let chosen = null;

  function fails() {
    said.textContent = words.baseFails;
    said.hidden = false;
    for (const map of grounds) map.getContainer().classList.remove("map-with-base");
    SchoolWorks.failed(words.layerBase, { key: "baseFails" }, () => show(chosen));
  }

  function answers() {
    said.hidden = true;
    SchoolWorks.well(words.layerBase);
    for (const map of grounds) map.getContainer().classList.add("map-with-base");
  }

  // Counts what comes and what does not, of one choice of base map.
  function watch(layer, ours) {
    let failed = 0;
    layer.on("tileload", () => ((failed = 0), chosen === ours && answers()));
    layer.on("tileerror", () => ++failed === ENOUGH && chosen === ours && fails());
    return layer;
  }

  let loading;
  function library() {
    loading = loading || new Promise((resolve, reject) => {
      const script = element("script", { src: drawer });
      script.onload = () => resolve(window.protomapsL);
      script.onerror = () => ((loading = null), reject(new Error("no drawer")));
      document.head.append(script);
    });
    return loading;
  }

  async function show(base) {
    chosen = base;
    said.hidden = true;
    SchoolWorks.well(words.layerBase);
    for (const layer of drawn) layer.remove();
    drawn = [];
    for (const map of grounds) map.getContainer().classList.remove("map-with-base");
    for (const line of document.querySelectorAll(".map-attribution")) line.textContent = [base && base.attribution, reviewNumber].filter(Boolean).join(" · ");
    if (!base) return;
    try {
      let make = base.urls.map((url) => (map) => L.tileLayer(url, { maxZoom: map.getMaxZoom(), maxNativeZoom: 18, subdomains: base.servers }));
      if (base.file) {
        const [painter, head] = await Promise.all([library(), fetch(base.file, { headers: { Range: "bytes=0-126" } })]);
        if (!head.ok) throw new Error(String(head.status));
        const deepest = new Uint8Array(await head.arrayBuffer())[101];
        make = [() => painter.leafletLayer({ url: new URL(base.file, location.href).href, maxDataZoom: deepest, attribution: "", ...style(painter) })];
      }
      if (chosen !== base) return;
      for (const map of grounds) drawn.push(...make.map((one) => watch(one(map), base).addTo(map)));
    } catch (error) {
      if (chosen === base) fails();
    }
  }

  // --- the style of files: water, green, roads, names; the layers and kinds are Protomaps' and those of make_basemap ---

  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const LIGHT = { water: "#c9dfea", green: "#dfead6", built: "#e9e4dc", building: "#ddd6cb", border: "#a79aa8", casing: "#cfc9bf", road: "#ffffff", main: "#f7e3b0", rail: "#b5b5b5", ink: "#3f4a52", inkWater: "#33657f", halo: "#ffffff" };
  const DARK = { water: "#1c3543", green: "#22352a", built: "#2b2f31", building: "#363b3e", border: "#75687a", casing: "#14191c", road: "#4a5257", main: "#6e5f3a", rail: "#5d6468", ink: "#c9d2d8", inkWater: "#8fbdd4", halo: "#14191c" };
  const NAMES = config.language.startsWith("zh") ? ["name:zh-Hans", "name:zh", "name", "name:en"] : ["name:en", "name", "name:zh-Hans"];
  const MAIN = new Set(["highway", "motorway", "trunk", "primary", "major_road", "medium_road", "secondary"]);
  const GREEN = new Set(["park", "forest", "wood", "grass", "farmland", "orchard", "garden", "nature_reserve", "scrub", "meadow", "recreation_ground", "cemetery", "pitch", "golf_course", ""]);

  function style(painter) {
    const c = dark.matches ? DARK : LIGHT;
    const { PolygonSymbolizer, LineSymbolizer, CenteredTextSymbolizer, LineLabelSymbolizer, exp } = painter;
    const kind = (feature) => String(feature.props.kind || "");
    const fill = (dataLayer, colour, filter, minzoom) => ({ dataLayer, minzoom, filter, symbolizer: new PolygonSymbolizer({ fill: colour }) });
    const line = (dataLayer, color, stops, filter, minzoom, more) => ({ dataLayer, minzoom, filter, symbolizer: new LineSymbolizer({ color, width: exp(1.4, stops), ...more }) });
    const area = (test) => (zoom, feature) => feature.geomType === 3 && (!test || test(kind(feature)));
    const way = (test) => (zoom, feature) => feature.geomType === 2 && (!test || test(kind(feature)));
    const main = (name) => MAIN.has(name);
    const minor = (name) => !MAIN.has(name) && name !== "rail";
    const sans = getComputedStyle(document.body).fontFamily;
    const text = (size, weight, colour = c.ink) => ({ labelProps: NAMES, fill: colour, stroke: c.halo, width: 2.5, lineHeight: 1.2, font: `${weight} ${size}px ${sans}` });
    const LETTERED = { town: [13, 600], city: [15, 600], county: [15, 600], village: [12, 400] };
    const place = (names, minzoom, size, weight) => ({ dataLayer: "places", minzoom, filter: (zoom, feature) => names.includes(String(feature.props.kind_detail || feature.props.kind || "village")), symbolizer: new CenteredTextSymbolizer(text(size, weight)) });
    return {
      paintRules: [
        fill("landuse", c.built, area((name) => !GREEN.has(name))),
        fill("landuse", c.green, area((name) => GREEN.has(name))),
        fill("landcover", c.green, area((name) => GREEN.has(name))),
        fill("water", c.water, area()),
        line("water", c.water, [[8, 0.5], [14, 2.5], [18, 8]], way()),
        fill("buildings", c.building, area(), 14),
        line("boundaries", c.border, [[6, 0.6], [14, 1.6]], way(), undefined, { dash: [4, 3] }),
        line("roads", c.rail, [[9, 0.5], [14, 1.4]], way((name) => name === "rail"), 9),
        line("roads", c.casing, [[12, 0], [13, 1.6], [18, 15]], way(minor), 12),
        line("roads", c.casing, [[6, 0.8], [12, 3], [18, 22]], way(main)),
        line("roads", c.road, [[12, 0], [13, 1], [18, 12]], way(minor), 12),
        line("roads", c.main, [[6, 0.5], [12, 2], [18, 18]], way(main)),
      ],
      labelRules: [
        place(["city", "county", "locality"], 6, ...LETTERED.city),
        place(["town", "township"], 9, ...LETTERED.town),
        place(["village", "hamlet", "neighbourhood"], 13, ...LETTERED.village),
        { dataLayer: "roads", minzoom: 13, filter: way(main), symbolizer: new LineLabelSymbolizer(text(11, 400)) },
        { dataLayer: "roads", minzoom: 15, filter: way(minor), symbolizer: new LineLabelSymbolizer(text(11, 400)) },
        { dataLayer: "water", minzoom: 11, filter: area(), symbolizer: new CenteredTextSymbolizer(text(11, 400, c.inkWater)) },
      ],
    };
  }
  dark.addEventListener("change", () => chosen && chosen.file && show(chosen));

  // --- the choice, in the tools' list of layers ---

  function radio(base, word) {
    const box = element("input", { type: "radio", name: "base-map", checked: base === maps[0] });
    box.addEventListener("change", () => show(base));
    return element("label", {}, box, word);
  }
  const choices = element("fieldset", { class: "map-bases" }, element("legend", {}, words.layerBase), ...maps.map((base) => radio(base, base.word)), radio(null, words.layerNoBase), said);
  SchoolWorks.shown.push({ node: choices });
  show(maps[0]);
});
