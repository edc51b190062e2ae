// Search by name - Chinese, English, pinyin, initials: a combobox (WAI-ARIA) over the map. The server knows the spellings; a map
// that was taken along looks through its own list. Choosing moves the map there and opens the site.
window.SchoolWorks.readiness.then(function () {
  "use strict";

  const SchoolWorks = window.SchoolWorks;
  const { config, element, map, say } = SchoolWorks;
  const words = config.words;
  const stage = document.querySelector("[data-map-stage]");
  if (!config.searchUrl || !stage) return;

  const input = element("input", {
    type: "search", class: "map-search-box", role: "combobox", "aria-expanded": "false", "aria-controls": "map-search-found",
    "aria-autocomplete": "list", "aria-label": words.searchLabel, placeholder: words.search, maxlength: 60, autocomplete: "off",
    autocapitalize: "off", spellcheck: "false", enterkeyhint: "search",
  });
  const list = element("ul", { id: "map-search-found", class: "map-search-found", role: "listbox", "aria-label": words.searchLabel, hidden: true });
  const said = element("p", { class: "unseen", role: "status" });
  const box = element("div", { class: "map-search no-print" }, input, list, said);

  const WAIT = 200; // milliseconds of rest before it asks
  let options = [];
  let active = -1;
  let waiting;
  let asked = "";

  function close() {
    clearTimeout(waiting);
    asked = "";
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
    point(-1);
  }

  function point(to) {
    if (options[active]) options[active].node.setAttribute("aria-selected", "false");
    active = to;
    const option = options[to];
    if (!option) return input.removeAttribute("aria-activedescendant");
    option.node.setAttribute("aria-selected", "true");
    option.node.scrollIntoView({ block: "nearest" });
    return input.setAttribute("aria-activedescendant", option.node.id);
  }

  function show(found) {
    options = [
      ...found.sites.map((site) => ({ ...site, name: site.title, beside: [site.region, site.place ? "" : words.searchNoPlace].filter(Boolean).join(" · ") })),
      ...found.townships.map((town) => ({ ...town, name: town.name, township: true, beside: [words.searchTownship, town.place ? "" : words.searchNoPlace].filter(Boolean).join(" · ") })),
    ];
    active = -1;
    input.removeAttribute("aria-activedescendant");
    list.replaceChildren(
      ...options.map((option, index) => {
        option.node = element("li", { id: `map-search-${index}`, role: "option", "aria-selected": "false" },
          element("span", { class: "map-search-name" }, option.name), element("span", { class: "quiet" }, option.beside));
        option.node.addEventListener("pointerdown", (event) => event.preventDefault()); // the box keeps the focus
        option.node.addEventListener("click", () => {
          choose(option);
          input.blur(); // a finger goes on with the map: box and keyboard make way
        });
        return option.node;
      }),
    );
    const more = found.more ? element("li", { role: "presentation", class: "map-search-more quiet" }, words.searchMore) : null;
    if (more) list.append(more);
    if (!options.length) list.append(element("li", { role: "presentation", class: "map-search-more" }, words.searchNothing));
    said.textContent = options.length ? say("searchFound", { n: options.length }, options.length) : words.searchNothing;
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
  }

  // A file that was taken along has nobody to ask: it holds every spelling, and folds what is typed as the server does
  // (projects_api/spelling.py).
  let names = null;
  async function among(typed) {
    const { sites, townships } = await (names = names || SchoolWorks.fetched(config.searchUrl));
    const plain = typed.toLowerCase().normalize("NFKD").replace(/\p{M}/gu, "").normalize("NFC").replace(/['’`·•]/g, "");
    const parts = plain.split(/\s+/).filter(Boolean).slice(0, 8);
    const wanted = parts.length ? parts : [typed]; // signs alone are in no name
    const fits = (columns) => [...columns.code.keys()].filter((at) => wanted.every((word) => columns.spelled[at].includes(word)));
    const row = (columns) => (at) => Object.fromEntries(Object.entries(columns).map(([name, column]) => [name, column[at]]));
    const begins = (at) => sites.spelled[at].includes(`\n${wanted[0]}`);
    const found = fits(sites).sort((a, b) => begins(b) - begins(a));
    return { sites: found.slice(0, 10).map(row(sites)), more: found.length > 10, townships: fits(townships).slice(0, 5).map(row(townships)) };
  }

  async function ask(typed) {
    const query = new URLSearchParams(config.query);
    query.set("q", [query.get("q"), typed].filter(Boolean).join(" ").slice(0, 200));
    asked = String(query);
    SchoolWorks.well(words.searchLabel);
    try {
      const found = config.standalone ? await among(typed) : await SchoolWorks.fetched(`${config.searchUrl}?${query}`);
      if (asked === String(query)) show(found); // else something else was typed meanwhile, or left
    } catch (error) {
      if (asked !== String(query)) return;
      close();
      SchoolWorks.failed(words.searchLabel, error, () => ask(typed));
    }
  }

  function choose(option) {
    input.value = option.name;
    close();
    if (!option.place) {
      const twin = document.querySelector(`[data-map-unlocated] [data-site="${CSS.escape(option.code)}"]`);
      (twin || document.querySelector("[data-circles-unplaced-section]"))?.scrollIntoView({ block: "nearest" });
      // Of many without a place the list has the first only: its page is one press away from here too.
      const link = option.township ? "" : element("a", { href: config.projectPath.replace("CODE", encodeURIComponent(option.code)) }, words.details);
      // It stays until the reader goes on with the map.
      const over = () => map.off("click movestart", over) && SchoolWorks.tell("");
      map.on("click movestart", over);
      return SchoolWorks.tell(say("searchUnlocated", { name: option.name }), true, link);
    }
    const place = [option.place[1], option.place[0]];
    const sites = option.township ? null : SchoolWorks.current;
    if (sites && sites.seek) return sites.seek(option.code, place);
    const index = sites ? sites.find(option) : -1;
    if (index >= 0) return sites.choose(index);
    return map.setView(place, Math.max(map.getZoom(), option.township ? 12 : 15), { animate: !SchoolWorks.reducedMotion });
  }

  input.addEventListener("input", () => {
    clearTimeout(waiting);
    const typed = input.value.trim();
    if (!typed) return close();
    waiting = setTimeout(() => ask(typed), WAIT);
  });
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return; // pinyin on its way to being Chinese
    const open = !list.hidden;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : -1;
      if (open && options.length) point((active + step + options.length) % options.length);
      else if (!open && input.value.trim()) ask(input.value.trim());
    } else if (event.key === "Enter" && open && options.length) {
      event.preventDefault();
      choose(options[Math.max(active, 0)]);
    } else if (event.key === "Escape" && (open || input.value)) {
      event.preventDefault();
      event.stopPropagation();
      if (!open) input.value = "";
      close();
    }
  });
  // At rest it is small, not to lie over the county; with the focus there is room to say what can be typed (tools.css).
  input.addEventListener("focus", () => (input.placeholder = words.searchHint));
  input.addEventListener("blur", () => {
    input.placeholder = words.search;
    close();
  });

  const control = L.control({ position: "topleft" });
  control.onAdd = () => {
    L.DomEvent.disableClickPropagation(box);
    L.DomEvent.disableScrollPropagation(box);
    return box;
  };
  control.addTo(map);
  // A popup opens below the box: its title and its way out would lie under it.
  L.Popup.mergeOptions({ autoPanPaddingTopLeft: [16, Math.ceil(box.getBoundingClientRect().bottom - map.getContainer().getBoundingClientRect().top) + 12] });
});
