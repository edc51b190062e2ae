// Which sites stand together at a zoom level. Greedy, one level at a time and only when it is looked at: the pyramid of
// all levels costs ten times as much (docs/decisions/0008). It runs once, before the browser has optimised anything: plain
// loops, small whole numbers as keys. Nothing here knows Leaflet, the page or what a site is.
(function () {
  "use strict";

  const TILE = 256; // pixels of the world at zoom 0

  class Clusters {
    // `lon`, `lat`: lists of degrees. Sites nearer than `radius` pixels are drawn together.
    constructor(lon, lat, radius) {
      this.radius = radius;
      this.x = new Float64Array(lon.length); // Web Mercator, the world as 0…1
      this.y = new Float64Array(lon.length);
      for (let index = 0; index < lon.length; index++) {
        const sine = Math.sin((lat[index] * Math.PI) / 180);
        this.x[index] = lon[index] / 360 + 0.5;
        this.y[index] = Math.min(1, Math.max(0, 0.5 - (0.25 * Math.log((1 + sine) / (1 - sine))) / Math.PI));
      }
      this.levels = new Map();
    }

    // All groups of a whole zoom level, each site in exactly one: [{ members: [index, …], lon, lat }, …].
    at(zoom) {
      if (!this.levels.has(zoom)) this.levels.set(zoom, this.gather(this.radius / (TILE * 2 ** zoom)).map(placed));
      return this.levels.get(zoom);
    }

    // Cells of half a reach first, so that what follows deals with few groups; then twice, because a group's middle
    // moves as it grows and may come within reach of the next.
    gather(reach) {
      const cells = new Map();
      const { x, y } = this;
      const scale = 2 / reach;
      const west = least(x);
      const north = least(y);
      const columns = Math.floor((1 - west) * scale) + 2;
      for (let index = 0; index < x.length; index++) {
        const cell = Math.floor((y[index] - north) * scale) * columns + Math.floor((x[index] - west) * scale);
        const group = cells.get(cell);
        if (!group) {
          cells.set(cell, { x: x[index], y: y[index], members: [index] });
          continue;
        }
        const weight = 1 / group.members.push(index);
        group.x += (x[index] - group.x) * weight;
        group.y += (y[index] - group.y) * weight;
      }
      return join(join([...cells.values()], reach), reach);
    }
  }

  function least(values) {
    let found = 1;
    for (let index = 0; index < values.length; index++) if (values[index] < found) found = values[index];
    return found;
  }

  // Each group, the largest first, joins the nearest larger one within reach or stands for itself.
  function join(groups, reach) {
    const cells = new Map();
    const standing = [];
    const columns = Math.floor(1 / reach) + 3;
    const cell = (x, y) => y * columns + x;
    for (const group of groups.sort((a, b) => b.members.length - a.members.length)) {
      const column = Math.floor(group.x / reach);
      const row = Math.floor(group.y / reach);
      let nearest = null;
      let distance = reach * reach;
      for (let x = column - 1; x <= column + 1; x++) {
        for (let y = row - 1; y <= row + 1; y++) {
          const near = cells.get(cell(x, y));
          if (!near) continue;
          for (const other of near) {
            const apart = (other.at.x - group.x) ** 2 + (other.at.y - group.y) ** 2;
            if (apart >= distance) continue;
            nearest = other;
            distance = apart;
          }
        }
      }
      if (nearest) {
        nearest.parts.push(group);
        continue;
      }
      const seed = { at: group, parts: [group] };
      standing.push(seed);
      const key = cell(column, row);
      if (cells.has(key)) cells.get(key).push(seed);
      else cells.set(key, [seed]);
    }
    return standing.map(({ parts }) => (parts.length === 1 ? parts[0] : united(parts)));
  }

  function united(parts) {
    const members = [].concat(...parts.map((part) => part.members));
    const middle = (axis) => parts.reduce((sum, part) => sum + part[axis] * part.members.length, 0) / members.length;
    return { x: middle("x"), y: middle("y"), members };
  }

  function placed({ x, y, members }) {
    const lat = (Math.atan(Math.sinh(Math.PI * (1 - 2 * y))) * 180) / Math.PI;
    return { members, lon: (x - 0.5) * 360, lat };
  }

  (window.SchoolWorks = window.SchoolWorks || {}).Clusters = Clusters;
})();
