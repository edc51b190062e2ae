// What is taken along shows what the map shows: the links to file and paper follow the filters, the page's own parameters and, unless
// the reader wants the whole area, the part of the world on the screen.
window.SchoolWorks.readiness.then(function () {
  "use strict";

  const SchoolWorks = window.SchoolWorks;
  const { config, map } = SchoolWorks;
  const box = document.querySelector("[data-take-along]");
  if (!box || config.standalone) return;
  const links = [...box.querySelectorAll("a")];

  // Five decimals of a degree are a metre. What lies beyond the world is cut off.
  function extent() {
    const bounds = map.getBounds();
    const cut = (degrees, most) => Math.max(-most, Math.min(most, degrees)).toFixed(5);
    const [west, east] = [bounds.getWest(), bounds.getEast()].map((degrees) => cut(degrees, 180));
    const [south, north] = [bounds.getSouth(), bounds.getNorth()].map((degrees) => cut(degrees, 90));
    return Number(west) < Number(east) && Number(south) < Number(north) ? [west, south, east, north].join(",") : null;
  }

  function follow(query) {
    const address = new URLSearchParams(query);
    const page = new URLSearchParams(location.search);
    for (const name of config.own || []) if (page.get(name)) address.set(name, page.get(name));
    const shown = box.querySelector("[name=taken]:checked").value === "view" && extent();
    if (shown) address.set("extent", shown);
    for (const link of links) {
      const all = new URLSearchParams(address);
      for (const [name, value] of new URLSearchParams(link.dataset.more)) all.set(name, value);
      link.search = all;
    }
  }

  const now = () => follow(config.query);
  map.on("moveend", now);
  box.addEventListener("change", now);
  document.addEventListener("schoolworks:query", (event) => follow(event.detail)); // before it is the page's
  document.addEventListener("schoolworks:own", now);
  box.querySelector("fieldset").hidden = false;
  now();
});
