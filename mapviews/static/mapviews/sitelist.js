// The half of the map that can be read and reached by keyboard: legend, the list of the same sites, the popup. Fetched when the marks
// stand, as its words are.
(function () {
  "use strict";

  const SchoolWorks = window.SchoolWorks;
  const { config, day, element, mark, number, say } = SchoolWorks;
  const panel = SchoolWorks.Panel.prototype;
  const LIMIT = 200; // rows rendered at once; the rest is counted
  const UNLOCATED_SHARE = 50;
  const part = (name) => document.querySelector(`[data-map-${name}]`);

  function words(site) {
    const stage = config.stage[site.stage];
    return [config.status[site.status].word, stage && stage.word, site.region].filter(Boolean).join(" · ");
  }

  // Of another day only place and status are told: progress, light and next step are today's.
  function progress(site) {
    if (site.then) return null;
    const label = `${site.progress}%`;
    return element(
      "span",
      { class: "site-progress" },
      element("progress", { max: 100, value: site.progress, "aria-label": config.words.progress }),
      element("span", { class: "number", "aria-hidden": "true" }, label),
    );
  }

  // What is behind says so; what is in order, or measured by nothing, does not take up room but on the map whose question it is.
  function light(site) {
    const shown = config.light[site.light];
    if (!shown || site.then || (site.late === undefined && (shown.code === "green" || shown.code === "none"))) return null;
    return element("span", { class: "site-light" }, mark(shown), [shown.word, site.late].filter(Boolean).join(" · "));
  }

  function nextStep(site) {
    if (!site.next || site.then) return null;
    const values = { milestone: site.next, day: site.nextDue ? day(site.nextDue) : "" };
    return element("p", { class: "site-next" }, say(site.nextDue ? "next" : "nextUndated", values));
  }

  function details(site) {
    const href = config.projectPath.replace("CODE", encodeURIComponent(site.code));
    return element("a", { class: "site-link", href }, config.words.details, element("span", { class: "unseen" }, " ", ...SchoolWorks.chinese(site.title)));
  }

  function siteMark(site) {
    const stage = config.stage[site.stage];
    return mark(config.status[site.status], stage && stage.glyph, site.approximate);
  }

  // The popup's content: every word is a text node.
  SchoolWorks.popup = function (site) {
    const precision = config.precision[site.precision];
    return element(
      "div",
      { class: "popup" },
      element("h3", {}, ...SchoolWorks.chinese(site.title)),
      element("p", { class: "popup-status" }, siteMark(site), words(site)),
      light(site),
      progress(site),
      nextStep(site),
      precision && precision.approximate ? element("p", { class: "popup-precision" }, precision.word) : null,
      details(site),
    );
  };

  // A cluster that no zoom can part: its sites to choose from.
  SchoolWorks.crowd = function (sites, total, choose) {
    const list = element("ul", { class: "crowd" });
    for (const site of sites) {
      const button = element("button", { type: "button" }, siteMark(site), ...SchoolWorks.chinese(site.title));
      button.addEventListener("click", () => choose(site.index));
      list.append(element("li", {}, button));
    }
    return element("div", { class: "popup" }, element("h3", {}, say("crowd", { n: number(total) }, total)), list);
  };

  // `groups` are columns of sites; every row of the legend shows how many of them it stands for.
  panel.legend = function (groups) {
    this.tally((field, code) => {
      const place = config[field].findIndex((entry) => entry.code === code);
      return groups.reduce((sum, group) => sum + group[field].filter((value) => value === place).length, 0);
    });
  };

  // How many sites a row of the legend stands for, by its field and code; null is not known. Those of the field that the question is
  // about stand beside it too, in a line, where the page has room for one (MapView.answer).
  panel.tally = function (count) {
    const box = part("answer");
    const parts = [];
    let all = 0;
    for (const row of document.querySelectorAll("[data-legend]")) {
      const [field, code] = row.dataset.legend.split(":");
      const sites = count(field, code);
      row.querySelector("[data-count]").textContent = sites === null ? "" : number(sites);
      row.classList.toggle("legend-none", sites === 0);
      if (!sites || !box || field !== box.dataset.mapAnswer) continue;
      parts.push(`${config[field].find((entry) => entry.code === code).word} ${number(sites)}`);
      all += sites;
    }
    if (box) box.textContent = all ? say("answer", { n: number(all), parts: parts.join(" · ") }, all) : "";
  };

  // {reason: days}, the most first: what the sites' days were lost to, where the page asks for it.
  panel.reasons = function (lost) {
    const box = part("reasons");
    if (!box) return;
    box.hidden = !lost;
    const most = Math.max(1, ...Object.values(lost || {}));
    const rows = Object.entries(lost || {}).map(([reason, days]) =>
      element(
        "li",
        {},
        element("span", {}, config.reason[reason]),
        element("progress", { max: most, value: days, "aria-hidden": "true" }),
        element("span", { class: "number" }, say("days", { n: number(days) }, days)),
      ),
    );
    box.querySelector("ul").replaceChildren(...(rows.length ? rows : [element("li", {}, config.words.nothingLost)]));
  };

  panel.row = function (site) {
    const item = element("li", { class: "site" });
    const body = [
      element("span", { class: "site-title" }, ...SchoolWorks.chinese(site.title)),
      element("span", { class: "site-words" }, words(site)),
      light(site),
    ].filter(Boolean);
    if (site.index === undefined) {
      item.append(element("div", { class: "site-show" }, siteMark(site), element("span", { class: "site-body" }, ...body)));
    } else {
      const button = element("button", { type: "button", class: "site-show", "data-site": site.code });
      button.append(siteMark(site), element("span", { class: "site-body" }, ...body));
      button.addEventListener("click", () => this.choose(site.index));
      item.append(button);
      this.rows.set(site.index, item);
    }
    item.append(element("div", { class: "site-side" }, progress(site), details(site)));
    return item;
  };

  // The sites to show (all, or those in view where there are too many), and how many more there are.
  panel.list = function (sites, more) {
    const focused = document.activeElement && document.activeElement.dataset.site;
    this.rows.clear();
    this.located.replaceChildren(...sites.map((site) => this.row(site)));
    part("located-more").textContent = more ? say("more", { n: number(more) }, more) : "";
    if (focused) {
      const again = this.located.querySelector(`[data-site="${CSS.escape(focused)}"]`);
      if (again) again.focus({ preventScroll: true });
    }
    this.select(this.selected, false);
  };

  panel.listUnlocated = function (sites, total) {
    part("unlocated-section").hidden = total === 0;
    part("unlocated-count").textContent = number(total);
    this.unlocated.replaceChildren(...sites.map((site) => this.row(site)));
    part("unlocated-more").textContent = total > sites.length ? say("more", { n: number(total - sites.length) }, total - sites.length) : "";
  };

  panel.select = function (index, scroll = true, site = null) {
    this.selected = index;
    if (site && !this.rows.has(index)) this.located.prepend(this.row(site));
    for (const [key, item] of this.rows) {
      const chosen = key === index;
      item.classList.toggle("site-selected", chosen);
      const button = item.firstElementChild;
      if (chosen) button.setAttribute("aria-current", "true");
      else button.removeAttribute("aria-current");
      // Only the list scrolls: the page stays where the reader is.
      if (chosen && scroll) {
        const box = part("list");
        if (box.scrollHeight > box.clientHeight) {
          const top = item.offsetTop - box.offsetTop;
          if (top < box.scrollTop || top + item.offsetHeight > box.scrollTop + box.clientHeight) box.scrollTop = top - 8;
        }
      }
    }
  };

  Object.assign(SchoolWorks.Panel, { LIMIT, UNLOCATED_SHARE });
})();
