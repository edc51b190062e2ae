// A project's own map: outline and site; for insiders photos, with the way they look, and findings. One document for all three
// layers; each mark stands in the list beside the map too, and opens from there.
(function () {
  "use strict";

  const SchoolWorks = window.SchoolWorks;
  const { config, element, say } = SchoolWorks;
  const words = config.words;
  const section = document.querySelector("[data-own-map]");
  const list = section.querySelector("[data-own-list]");
  section.hidden = false; // before Leaflet measures it

  let asked = null;
  const drawers = [];
  const whole = (path) => (asked = asked || SchoolWorks.fetched(path.replace("CODE", encodeURIComponent(config.own))));

  function layer(name, word, draw) {
    SchoolWorks[name] = function (map, path) {
      const load = async () => {
        try {
          const data = await whole(path);
          if (draw(map, data)) (SchoolWorks.showable || ((layer) => SchoolWorks.shown.push(layer)))({ word, panes: [name] });
        } catch (error) {
          if (name === "footprint") SchoolWorks.failed(words.ownData, error, again); // once for all three
        }
        if (name === "findings") SchoolWorks.ready();
      };
      drawers.push(load);
      return load();
    };
  }

  function again() {
    asked = null;
    return Promise.all(drawers.map((load) => load()));
  }

  function pane(map, name, order) {
    if (!map.getPane(name)) map.createPane(name).style.zIndex = order;
    return name;
  }

  function svg(tag, attributes, ...children) {
    const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
    node.append(...children);
    return node;
  }

  // A disc with a sign; a camera whose way is known throws a beam.
  function icon(kind, sign, direction) {
    const parts = [];
    if (direction !== null && direction !== undefined) parts.push(svg("path", { class: "own-beam", d: "M16 16L6 -14A32 32 0 0 1 26 -14z", transform: `rotate(${Number(direction)} 16 16)` }));
    parts.push(svg("circle", { class: "own-disc", cx: 16, cy: 16, r: 12 }), svg("path", { class: "own-sign", d: sign }));
    return svg("svg", { class: `own-icon ${kind}`, viewBox: "0 0 32 32", "aria-hidden": "true", focusable: "false" }, ...parts);
  }
  const CAMERA = "M10 13h3l1.5-2h3l1.5 2h3v8H10zM18.5 16.8a2.5 2.5 0 1 1-5 0a2.5 2.5 0 1 1 5 0";
  const ALARM = "M16 10v7M16 21v.5";
  const DONE = "M11 16l4 4 6-8";

  // Marks of one spot lie around it: the first on it, the next six in a ring, and so on. Pixels from the spot.
  const spots = new Map();
  function beside(place) {
    const key = place.map((degrees) => degrees.toFixed(5)).join(" "); // about a metre
    const before = spots.get(key) || 0;
    spots.set(key, before + 1);
    if (!before) return [0, 0];
    const ring = Math.ceil(before / 6);
    const angle = ((before - 1) % 6) * (Math.PI / 3) + (ring - 1) * (Math.PI / 6);
    return [Math.round(34 * ring * Math.sin(angle)), Math.round(-34 * ring * Math.cos(angle))];
  }

  // A mark on the map and its twin in the list: the same picture, the same words, the same popup.
  function both(map, where, place, label, said, kind, sign, direction, content) {
    const [right, down] = beside(place);
    const marker = L.marker(place, {
      pane: where, keyboard: true, title: label, alt: label,
      icon: L.divIcon({ className: "own-mark", html: icon(kind, sign, direction), iconSize: [32, 32], iconAnchor: [16 - right, 16 - down], popupAnchor: [right, down - 8] }),
    }).addTo(map);
    marker.getElement().setAttribute("aria-label", label);
    marker.bindPopup(content, { maxWidth: 320, minWidth: 220, className: "site-popup" });
    const button = element("button", { type: "button", class: "own-item" }, icon(kind, sign, null), element("span", {}, label, element("br"), element("span", { class: "quiet" }, said)));
    button.addEventListener("click", () => {
      if (!map.getBounds().contains(place)) map.setView(place, map.getZoom(), { animate: false });
      marker.openPopup();
    });
    marker.on("popupopen", () => {
      button.setAttribute("aria-current", "true");
      const close = marker.getPopup().getElement().querySelector(".leaflet-popup-close-button");
      if (close) close.setAttribute("aria-label", words.close);
    });
    marker.on("popupclose", () => button.removeAttribute("aria-current"));
    list.append(element("li", {}, button));
  }

  layer("footprint", words.layerFootprint, (map, { site, footprint }) => {
    const where = pane(map, "footprint", 420);
    if (footprint) L.geoJSON(footprint, { pane: where, interactive: false, style: { renderer: L.svg({ pane: where }), className: "own-footprint" } }).addTo(map);
    if (site) {
      const at = (field) => config[field].findIndex((entry) => entry.code === site[field]);
      const known = { status: at("status"), stage: at("stage"), approximate: site.approximate };
      const symbol = new SchoolWorks.Symbol([site.lat, site.lon], known, "status", { pane: where, renderer: L.canvas({ pane: where }) }).addTo(map);
      symbol.bindTooltip(() => element("span", {}, site.title), { direction: "top", offset: [0, -14] });
      list.append(element("li", { class: "own-item" }, SchoolWorks.mark(config.status[known.status], "", site.approximate), element("span", {}, words.ownSite, element("br"), element("span", { class: "quiet" }, site.precision))));
    }
    return footprint || site;
  });

  const picture = ({ url, caption, day }, title) =>
    element("figure", {}, element("img", { src: url, alt: caption || title, loading: "lazy" }), element("figcaption", {}, `${title ? `${title} · ` : ""}${SchoolWorks.day(day)}`));

  layer("photos", words.layerPhotos, (map, { photos }) => {
    const where = pane(map, "photos", 610);
    const ways = words.ownWays.split("|");
    for (const photo of photos) {
      const looks = photo.direction === null ? "" : say("ownPhotoLooks", { way: ways[Math.round(photo.direction / 45) % 8] });
      const label = photo.caption || words.ownPhoto;
      const said = [SchoolWorks.day(photo.day), looks, photo.published ? "" : words.ownUnpublished].filter(Boolean).join(" · ");
      both(map, where, [photo.lat, photo.lon], label, said, "own-photo", CAMERA, photo.direction, () =>
        element("div", { class: "popup" }, element("h3", {}, label),
          element("div", { class: "own-pictures" }, ...(photo.pair ? [picture(photo.pair[0], words.ownBefore), picture(photo.pair[1], words.ownAfter)] : [picture(photo, "")])),
          element("p", { class: "quiet" }, said), element("p", {}, element("a", { href: photo.page }, words.details))));
    }
    return photos.length;
  });

  layer("findings", words.layerFindings, (map, { site, footprint, photos, findings }) => {
    const where = pane(map, "findings", 620);
    // Where the site is only about here, what was seen on it says better where to look.
    const seen = [...photos, ...findings].map(({ lat, lon }) => [lat, lon]);
    if (seen.length && site && site.approximate && !footprint) map.fitBounds(L.latLngBounds(seen).pad(0.3), { maxZoom: 18, animate: false });
    for (const finding of findings) {
      const label = say("ownFinding", { n: finding.number });
      const state = [finding.severity, finding.state, finding.overdue ? words.ownOverdue : ""].filter(Boolean).join(" · ");
      both(map, where, [finding.lat, finding.lon], `${label}: ${finding.text}`, state, finding.open ? "own-finding" : "own-finding own-finding-done", finding.open ? ALARM : DONE, null, () =>
        element("div", { class: "popup" }, element("h3", {}, label), element("p", {}, finding.text), finding.where ? element("p", {}, finding.where) : null,
          element("p", { class: "quiet" }, [state, say("ownDeadline", { day: SchoolWorks.day(finding.deadline) })].join(" · ")),
          element("p", {}, element("a", { href: finding.page }, words.details))));
    }
    return findings.length;
  });
})();
