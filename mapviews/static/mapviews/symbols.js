// Marks on the canvas: shape and colour by status, a glyph for the school stage, dashed and paler where only
// approximately known. Each look is drawn once and then copied, so that thousands of marks stay cheap.
(function () {
  "use strict";

  const SchoolWorks = window.SchoolWorks;
  const { config, element, number, say } = SchoolWorks;
  const SIZE = 30; // CSS pixels, outline and halo included
  const looks = new Map();
  const ratio = Math.max(2, Math.ceil(window.devicePixelRatio || 1));

  function look(status, stage, approximate, selected) {
    const key = `${status} ${stage} ${approximate} ${selected}`;
    if (!looks.has(key)) looks.set(key, draw(config.status[status], config.stage[stage], approximate, selected));
    return looks.get(key);
  }

  function draw(style, stage, approximate, selected) {
    const canvas = element("canvas", { width: SIZE * ratio, height: SIZE * ratio });
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
    if (stage && stage.glyph) {
      pen.setLineDash([]);
      pen.font = `600 11px ${getComputedStyle(document.body).fontFamily}`;
      pen.textAlign = "center";
      pen.textBaseline = "middle";
      pen.fillStyle = approximate ? "#000000" : style.ink; // white would be hard to read on a paled fill
      pen.fillText(stage.glyph, 12, style.glyphY + 0.5);
    }
    return canvas;
  }

  // A CircleMarker that draws its look instead of a circle; the canvas renderer's hit test stays a circle's.
  SchoolWorks.Symbol = L.CircleMarker.extend({
    options: { radius: SIZE / 2, weight: 0, bubblingMouseEvents: false },
    initialize(latLng, site, options) {
      this.site = site;
      this.selected = false;
      L.CircleMarker.prototype.initialize.call(this, latLng, options);
    },
    setSelected(selected) {
      this.selected = selected;
      if (!this._map) return;
      if (selected) this.bringToFront();
      else this.redraw();
    },
    _updatePath() {
      const renderer = this._renderer;
      if (!renderer._drawing || this._empty()) return;
      const { status, stage, approximate } = this.site;
      const size = this.selected ? SIZE * 1.25 : SIZE;
      const image = look(status, stage, approximate, this.selected);
      renderer._ctx.drawImage(image, this._point.x - size / 2, this._point.y - size / 2, size, size);
    },
  });

  // A cluster: a button that says how many and of what status; its ring shows the statuses' shares.
  SchoolWorks.cluster = function (latLng, total, counts) {
    const size = total < 10 ? 40 : total < 100 ? 46 : 54;
    const stops = [];
    let from = 0;
    counts.forEach((count, status) => {
      if (!count) return;
      const to = from + (360 * count) / total;
      stops.push(`${config.status[status].ring} ${from}deg ${to}deg`);
      from = to;
    });
    const ring = element("span", { class: "cluster-ring" });
    ring.style.background = `conic-gradient(${stops.join(",")})`;
    const icon = element("span", { class: "cluster" }, ring, element("span", { class: "cluster-count" }, number(total)));
    const marker = L.marker(latLng, {
      icon: L.divIcon({ html: icon, className: "cluster-icon", iconSize: [size, size] }),
      keyboard: true,
      riseOnHover: true,
    });
    const parts = counts.map((count, status) => count && `${number(count)} ${config.status[status].word}`).filter(Boolean);
    const label = say("clusterLabel", { n: number(total), parts: parts.join(config.words.comma) });
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
