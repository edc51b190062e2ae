// The map's tools: full screen, where am I, measuring, which layers are shown, the address of this view. Fetched when the
// marks stand; nothing of it is needed to read the map.
window.SchoolWorks.readiness.then(function () {
  "use strict";

  const SchoolWorks = window.SchoolWorks;
  const { config, element, map } = SchoolWorks;
  const words = config.words;
  const stage = document.querySelector("[data-map-stage]");

  const ICONS = {
    fullscreen: "M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5",
    locate: "M12 3v3M12 18v3M3 12h3M18 12h3M12 7a5 5 0 1 1 0 10a5 5 0 1 1 0-10z",
    measure: "M3 16L16 3l5 5L8 21zM7 12l2 2M10 9l2 2M13 6l2 2",
    layers: "M12 3l9 5-9 5-9-5zM4 12l8 4.5 8-4.5M4 16l8 4.5 8-4.5",
    link: "M10 14a4 4 0 0 0 6 0l3-3a4 4 0 0 0-6-6l-1 1M14 10a4 4 0 0 0-6 0l-3 3a4 4 0 0 0 6 6l1-1",
  };

  function icon(path) {
    const space = "http://www.w3.org/2000/svg";
    const svg = document.createElementNS(space, "svg");
    const shape = document.createElementNS(space, "path");
    shape.setAttribute("d", path);
    svg.setAttribute("viewBox", "0 0 24 24");
    svg.setAttribute("class", "tool-icon");
    svg.setAttribute("aria-hidden", "true");
    svg.append(shape);
    return svg;
  }

  const bar = element("div", { class: "map-tools no-print", role: "group", "aria-label": words.tools });

  function tool(name, press, more) {
    const button = element("button", { type: "button", class: "map-tool", title: words[name], "aria-label": words[name], ...more }, icon(ICONS[name]));
    button.addEventListener("click", () => press(button));
    bar.append(button);
    return button;
  }

  // Esc closes what is open on the map, from wherever one is: a row of the list keeps the focus.
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.defaultPrevented) return;
    for (const each of SchoolWorks.grounds) {
      const inside = each.getPane("popupPane").contains(document.activeElement);
      each.closePopup();
      if (inside) each.getContainer().focus({ preventScroll: true });
    }
  });

  // What a tool has to say, for everyone: shown on the map for a while and announced.
  const notice = element("p", { class: "map-notice", role: "status", hidden: true });
  let silence;
  function tell(text, lasting, link = "") {
    clearTimeout(silence);
    notice.replaceChildren(text, link && " ", link);
    notice.hidden = !text;
    if (text && !lasting) silence = setTimeout(() => (notice.hidden = true), 6000);
  }
  SchoolWorks.tell = tell;

  // Full screen: the map with its notices; where the browser cannot (iPhone), the button is not there.
  if (document.fullscreenEnabled) {
    const button = tool("fullscreen", () => (document.fullscreenElement ? document.exitFullscreen() : stage.requestFullscreen()));
    document.addEventListener("fullscreenchange", () => {
      const name = document.fullscreenElement === stage ? "leaveFullscreen" : "fullscreen";
      button.title = words[name];
      button.setAttribute("aria-label", words[name]);
      map.invalidateSize({ animate: false });
    });
  }

  // Where am I: a dot and how exact it is. The position stays in the browser.
  if ("geolocation" in navigator && window.isSecureContext) {
    let here = null;
    tool("locate", () => {
      tell(words.locating, true);
      navigator.geolocation.getCurrentPosition(
        ({ coords }) => {
          const place = [coords.latitude, coords.longitude];
          if (here) here.remove();
          here = L.layerGroup([
            L.circle(place, { radius: coords.accuracy, className: "here-reach", interactive: false, renderer: L.svg() }),
            L.circleMarker(place, { radius: 8, className: "here", interactive: false, renderer: L.svg() }),
          ]).addTo(map);
          map.setView(place, Math.max(map.getZoom(), 14), { animate: !SchoolWorks.reducedMotion });
          tell(SchoolWorks.say("youAreHere", { n: SchoolWorks.number(Math.round(coords.accuracy)) }));
        },
        () => tell(words.notLocated),
        { enableHighAccuracy: true, timeout: 20000, maximumAge: 60000 },
      );
    });
  }

  tool("measure", (button) => SchoolWorks.measure(map, button, tell));

  // Which layers are shown. A layer is a word and the panes that it is drawn in; what is hidden is so in print too.
  const list = element("fieldset", { class: "map-layers", hidden: true }, element("legend", {}, words.layers));
  const button = tool(
    "layers",
    () => {
      list.hidden = !list.hidden;
      button.setAttribute("aria-expanded", String(!list.hidden));
      if (!list.hidden) list.querySelector("input").focus();
    },
    { "aria-expanded": "false" },
  );
  list.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.preventDefault(); // what is open on the map stays
    list.hidden = true;
    button.setAttribute("aria-expanded", "false");
    button.focus();
  });

  function choice({ word, panes, shown = true, toggle, node }) {
    if (node) return list.append(node);
    const box = element("input", { type: "checkbox", checked: shown });
    const show = () => {
      // On every map of the page: two stand side by side.
      for (const name of panes || []) for (const pane of document.querySelectorAll(`.leaflet-${name.replace("Pane", "")}-pane`)) pane.hidden = !box.checked;
    };
    box.addEventListener("change", () => {
      show();
      if (toggle) toggle(box.checked);
    });
    if (!shown) show();
    return list.append(element("label", {}, box, word));
  }

  // The grid of degrees: something to hold on to where there is no base map.
  let grids = [];
  function graticule(on) {
    for (const grid of grids) grid.map.off("moveend", grid.draw), grid.layer.remove();
    grids = on ? SchoolWorks.grounds.map(gridOn) : [];
  }

  function gridOn(map) {
    if (!map.getPane("grid")) map.createPane("grid").style.zIndex = 357;
    map.getPane("grid").ariaHidden = "true";
    const layer = L.layerGroup().addTo(map);
    const renderer = L.svg({ pane: "grid" });
    const style = { renderer, pane: "grid", interactive: false, className: "grid-line" };
    const draw = () => {
      layer.clearLayers();
      const bounds = map.getBounds().pad(0.1);
      const wanted = (bounds.getEast() - bounds.getWest()) / 6;
      const step = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30].find((degrees) => degrees >= wanted) || 45;
      const digits = step < 0.001 ? 4 : step < 0.01 ? 3 : step < 0.1 ? 2 : step < 1 ? 1 : 0;
      const label = (at, text) =>
        L.marker(at, { pane: "grid", interactive: false, keyboard: false, icon: L.divIcon({ className: "grid-label", html: element("span", {}, text), iconSize: null }) }).addTo(layer);
      const inside = map.getBounds();
      for (let lon = Math.ceil(bounds.getWest() / step) * step; lon <= bounds.getEast(); lon += step) {
        L.polyline([[bounds.getSouth(), lon], [bounds.getNorth(), lon]], style).addTo(layer);
        label([inside.getNorth(), lon], `${Math.abs(lon).toFixed(digits)}°${lon < 0 ? "W" : "E"}`);
      }
      for (let lat = Math.ceil(bounds.getSouth() / step) * step; lat <= bounds.getNorth(); lat += step) {
        L.polyline([[lat, bounds.getWest()], [lat, bounds.getEast()]], style).addTo(layer);
        // Not over those of the meridians, along the top.
        if (map.latLngToContainerPoint([lat, inside.getWest()]).y > 20) label([lat, inside.getWest()], `${Math.abs(lat).toFixed(digits)}°${lat < 0 ? "S" : "N"}`);
      }
    };
    map.on("moveend", draw);
    draw();
    return { map, layer, draw };
  }

  // The view's own address: kept in the address bar as the map moves, so that going back and sending it both work.
  function remember() {
    if (config.standalone) return;
    const { lat, lng } = map.getCenter();
    history.replaceState(history.state, "", `#map=${map.getZoom()}/${lat.toFixed(5)}/${lng.toFixed(5)}`);
  }
  map.on("moveend", remember);
  // Going back, or another view's address put into this page: the map follows.
  function follow() {
    const sent = SchoolWorks.sentView();
    if (sent) map.setView(sent.centre, sent.zoom, { animate: false });
  }
  for (const name of ["popstate", "hashchange"]) window.addEventListener(name, follow);
  async function copyLink() {
    remember();
    try {
      await navigator.clipboard.writeText(location.href);
      tell(words.copied);
    } catch {
      tell(words.notCopied);
    }
  }
  if (!config.standalone) tool("link", copyLink, { title: words.copyLink, "aria-label": words.copyLink });

  const once = new Map(SchoolWorks.shown.map((layer) => [layer.word || layer.node, layer]));
  for (const layer of once.values()) choice(layer);
  choice({ word: words.graticule, shown: false, toggle: graticule });
  // Where there is nothing else under the marks - no base map, and no boundary or it lies beyond what is seen - the grid is there
  // without being asked for.
  const gridBox = list.lastChild.firstChild;
  const close = map.getZoom() >= 13;
  const bare = ({ features }) => (close || !features.length) && !map.getPane("tilePane").childElementCount && !document.getElementById("map-right");
  SchoolWorks.ground?.then((found) => bare(found) && gridBox.click(), () => {});
  // Layers that come later stand before the grid too.
  SchoolWorks.showable = (layer) => {
    choice(layer);
    list.append(gridBox.parentElement);
  };

  const control = L.control({ position: "topright" });
  control.onAdd = () => {
    const box = element("div", { class: "map-tool-box" }, bar, list);
    L.DomEvent.disableClickPropagation(box);
    L.DomEvent.disableScrollPropagation(box);
    return box;
  };
  control.addTo(map);
  stage.append(notice);
});
