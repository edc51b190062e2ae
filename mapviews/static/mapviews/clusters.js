// Which sites stand together at a zoom level. Greedy, one level at a time and only when it is looked at: the pyramid of
// all levels costs ten times as much (docs/decisions/0008). Nothing here knows Leaflet, the page or what a site is.
(function () {
  "use strict";

  const TILE = 256; // pixels of the world at zoom 0
  const ROW = 2 ** 26; // more cells than the world has in a row at the last zoom level

  class Clusters {
    // `lon`, `lat`: lists of degrees. Sites nearer than `radius` pixels are drawn together.
    constructor(lon, lat, radius) {
      this.radius = radius;
      this.x = Float64Array.from(lon, (degrees) => degrees / 360 + 0.5); // Web Mercator, the world as 0…1
      this.y = Float64Array.from(lat, (degrees) => {
        const sine = Math.sin((degrees * Math.PI) / 180);
        return Math.min(1, Math.max(0, 0.5 - (0.25 * Math.log((1 + sine) / (1 - sine))) / Math.PI));
      });
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
      for (let index = 0; index < this.x.length; index++) {
        const [x, y] = [this.x[index], this.y[index]];
        const cell = Math.floor((2 * x) / reach) * ROW + Math.floor((2 * y) / reach);
        const group = cells.get(cell);
        if (group) add(group, x, y, index);
        else cells.set(cell, { x, y, members: [index] });
      }
      return join(join([...cells.values()], reach), reach);
    }
  }

  function add(group, x, y, index) {
    const weight = 1 / (group.members.push(index));
    group.x += (x - group.x) * weight;
    group.y += (y - group.y) * weight;
  }

  // Each group, the largest first, joins the nearest larger one within reach or stands for itself.
  function join(groups, reach) {
    const cells = new Map();
    const standing = [];
    const cell = (x, y) => x * ROW + y;
    for (const group of groups.sort((a, b) => b.members.length - a.members.length)) {
      const [column, row] = [Math.floor(group.x / reach), Math.floor(group.y / reach)];
      let nearest = null;
      let distance = reach * reach;
      for (let x = column - 1; x <= column + 1; x++) {
        for (let y = row - 1; y <= row + 1; y++) {
          for (const other of cells.get(cell(x, y)) || []) {
            const apart = (other.at.x - group.x) ** 2 + (other.at.y - group.y) ** 2;
            if (apart < distance) [nearest, distance] = [other, apart];
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
