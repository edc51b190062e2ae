// The filters without a new page: what is chosen narrows the layers at once, the view of the map stays, and the address follows,
// so that going back, sending it, and a page without scripts all say the same.
(function () {
  "use strict";

  const SchoolWorks = window.SchoolWorks;
  const { config } = SchoolWorks;
  const details = document.querySelector("details.filters");
  const form = details && details.querySelector("form");
  if (!form) return;
  const clear = form.querySelector("[data-filters-clear]");

  function chosen() {
    const query = new URLSearchParams();
    for (const [name, value] of new FormData(form)) if (value !== "") query.append(name, value);
    return query.size ? `?${query}` : "";
  }

  function narrow(query) {
    details.toggleAttribute("data-active", query !== "");
    const badge = details.querySelector("[data-filters-on]");
    if (badge) badge.hidden = query === "";
    if (clear) clear.hidden = query === "";
    for (const link of document.querySelectorAll("[data-keeps-query]")) link.search = query;
    document.dispatchEvent(new CustomEvent("schoolworks:query", { detail: query }));
    return SchoolWorks.refresh(query);
  }

  function go() {
    const query = chosen();
    if (query === config.query) return;
    history.pushState(null, "", location.pathname + query + location.hash);
    narrow(query);
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
      for (const field of form.querySelectorAll("input[type=hidden]")) field.remove();
      go();
    });
  }
  window.addEventListener("popstate", () => {
    const query = new URLSearchParams(location.search);
    if (location.search === config.query) return;
    for (const field of form.elements) if (field.name) field.value = query.get(field.name) || "";
    narrow(location.search);
  });
})();
