// The filters without a new page: what is chosen narrows the layers at once, the view of the map stays, and the address follows,
// so that going back, sending it, and a page without scripts all say the same.
(function () {
  "use strict";

  const SchoolWorks = window.SchoolWorks;
  const { config, element } = SchoolWorks;
  const details = document.querySelector("details.filters");
  const form = details && details.querySelector("form");
  if (!form) return;
  const clear = form.querySelector("[data-filters-clear]");

  const own = new Set(config.own || []); // the page's own parameters: part of its address, no filters
  const text = (query) => (String(query) ? `?${query}` : "");

  function chosen() {
    const [filters, address] = [new URLSearchParams(), new URLSearchParams()];
    for (const [name, value] of new FormData(form)) {
      if (value === "") continue;
      address.append(name, value);
      if (!own.has(name)) filters.append(name, value);
    }
    return { filters: text(filters), address: text(address) };
  }

  function narrow(query) {
    details.toggleAttribute("data-active", query !== "");
    const badge = details.querySelector("[data-filters-on]");
    if (badge) badge.hidden = query === "";
    if (clear) clear.hidden = query === "";
    for (const link of document.querySelectorAll("[data-keeps-query]")) {
      const address = new URLSearchParams(query);
      if ("ofToday" in link.dataset) for (const name of ["as_of", "on"]) address.delete(name); // maps without a past
      link.search = address;
    }
    document.dispatchEvent(new CustomEvent("schoolworks:query", { detail: query }));
    return SchoolWorks.refresh(query);
  }

  function go() {
    const { filters, address } = chosen();
    if (filters === config.query) return;
    history.pushState(null, "", location.pathname + address + location.hash);
    narrow(filters);
  }

  // Another bureau has other divisions and years to choose from: that is a new page.
  form.addEventListener("change", (event) => {
    if (event.target.name === "bureau") form.requestSubmit();
    else go();
  });
  form.addEventListener("submit", (event) => {
    if (new FormData(form).get("bureau") !== (new URLSearchParams(config.query).get("bureau") || "")) return;
    event.preventDefault();
    go();
  });
  if (clear) {
    clear.addEventListener("click", (event) => {
      if (new URLSearchParams(config.query).get("bureau")) return; // as with any other change of bureau
      event.preventDefault();
      for (const field of form.elements) if (field.name && field.type !== "hidden") field.value = "";
      for (const field of form.querySelectorAll("input[type=hidden]")) if (!own.has(field.name)) field.remove();
      go();
    });
  }
  window.addEventListener("popstate", () => {
    const query = new URLSearchParams(location.search);
    for (const field of form.querySelectorAll("input[type=hidden]")) if (!own.has(field.name)) field.remove();
    for (const field of form.elements) if (field.name && !own.has(field.name)) field.value = query.getAll(field.name).join(",");
    // What no control of the form shows (a box, a day) was taken away by clearing: it comes back too.
    const shown = new Set([...form.elements].map((field) => field.name));
    for (const [name, value] of query) if (!shown.has(name) && !own.has(name)) form.append(element("input", { type: "hidden", name, value }));
    // The page's own parameters: who shows them follows, then who reads them from the address.
    for (const field of form.elements) if (own.has(field.name)) field.value = query.get(field.name) || "";
    document.dispatchEvent(new CustomEvent("schoolworks:address", { detail: query }));
    const { filters } = chosen();
    if (filters !== config.query) narrow(filters);
    document.dispatchEvent(new CustomEvent("schoolworks:own"));
  });

  // What was chosen before this file was here counts too.
  const touched = (field) =>
    field.options ? field.selectedIndex !== Math.max(0, [...field.options].findIndex((option) => option.defaultSelected)) : field.value !== field.defaultValue;
  if ([...form.elements].some((field) => field.name && field.type !== "hidden" && touched(field))) go();
})();
