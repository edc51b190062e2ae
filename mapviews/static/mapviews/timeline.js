// Months under the sites: one document holds every change of status; the page's site layer is repainted, nothing is fetched
// while the months play. Three ways of telling: what happened (beyond today as expected), what was promised, what was known then.
(function () {
  "use strict";

  const SchoolWorks = window.SchoolWorks;
  const { config, fetched, number, say } = SchoolWorks;
  const part = (name) => document.querySelector(`[data-timeline${name ? "-" + name : ""}]`);
  const PACE = 700; // milliseconds a month
  const ORDER = ["proposed", "approved", "tendering", "under_construction", "accepted", "in_use"];

  class Timeline {
    constructor(map, path, knownPath) {
      Object.assign(this, { map, path, knownPath, way: "happened", month: null, told: {} });
      this.sites = SchoolWorks.current;
      this.form = part("");
      this.slider = part("month");
      this.statuses = config.status.map((status) => ORDER.indexOf(status.code));
      this.slider.addEventListener("input", () => this.go(Number(this.slider.value)));
      part("back").addEventListener("click", () => this.go(this.month - 1));
      part("forward").addEventListener("click", () => this.go(this.month + 1));
      part("play").addEventListener("click", () => this.play(!this.playing));
      this.form.addEventListener("change", (event) => event.target.name === "way" && this.tell(event.target.value));
      this.form.addEventListener("submit", (event) => event.preventDefault());
      this.sites.onlearn = () => this.paint();
    }

    async load() {
      const query = config.query;
      this.told = {};
      try {
        const data = await fetched(this.path + query);
        if (query !== config.query) return;
        this.take(data, ["happened", "promised"]);
        if (this.way === "known") await this.fetchKnown();
        if (query !== config.query) return;
        this.form.hidden = false;
        this.paint();
      } catch (error) {
        if (query !== config.query) return;
        console.warn("timeline:", error.message);
        part("figures").textContent = config.words.timelineError;
      }
    }

    // Months count from the first of the first document; another document's are moved to it.
    take(data, ways) {
      const [year, month] = data.from.split("-").map(Number);
      const first = year * 12 + month - 1;
      if (this.first === undefined || ways.length > 1) this.first = first;
      const shift = first - this.first;
      const place = data.vocab.status.map((code) => config.status.findIndex((entry) => entry.code === code));
      for (const way of ways) {
        const steps = data[way].map((flat) => {
          const found = [];
          for (let at = 0; at < flat.length; at += 2) found.push([flat[at] + shift, flat[at + 1] < 0 ? -1 : place[flat[at + 1]]]);
          return found;
        });
        this.told[way] = new Map(data.code.map((code, at) => [code, steps[at]]));
      }
      if (ways.length > 1) {
        this.now = data.now;
        this.slider.max = data.months - 1;
        if (this.month === null) this.month = this.sentMonth() ?? data.now;
        this.month = Math.min(this.month, data.months - 1);
      }
    }

    sentMonth() {
      const sent = /\/(\d{4})-(\d{2})$/.exec(location.hash);
      return sent ? Math.max(0, Number(sent[1]) * 12 + Number(sent[2]) - 1 - this.first) : null;
    }

    async fetchKnown() {
      const query = config.query;
      const data = await fetched(this.knownPath + query);
      if (query === config.query) this.take(data, ["known"]); // else of other filters, which ask for their own
    }

    async tell(way) {
      this.way = way;
      if (way === "known" && !this.told.known) {
        part("figures").textContent = config.words.loading;
        try {
          await this.fetchKnown();
        } catch (error) {
          if (this.way === way) part("figures").textContent = config.words.timelineError;
          return;
        }
      }
      this.paint();
    }

    go(month) {
      this.month = Math.max(0, Math.min(Number(this.slider.max), month));
      this.paint();
    }

    play(on) {
      clearInterval(this.playing);
      this.playing = null;
      const button = part("play");
      if (on) {
        if (this.month >= Number(this.slider.max)) this.go(0);
        this.playing = setInterval(() => {
          this.go(this.month + 1);
          if (this.month >= Number(this.slider.max)) this.play(false);
        }, PACE);
      }
      button.textContent = config.words[on ? "pause" : "play"];
      button.setAttribute("aria-pressed", String(Boolean(on)));
      part("figures").setAttribute("aria-live", on ? "off" : "polite"); // a month every moment would be read to no end
    }

    // The status (its place in config.status) that a way tells of a site at the end of a month; -1: nothing yet.
    at(way, code, month) {
      const steps = this.told[way] && this.told[way].get(code);
      let status = way === "known" ? -1 : 0;
      for (const [since, place] of steps || []) if (since <= month) status = place;
      return status;
    }

    name(month) {
      const at = this.first + month;
      const options = { year: "numeric", month: "long", timeZone: "UTC" };
      return new Intl.DateTimeFormat(config.language, options).format(new Date(Date.UTC(Math.floor(at / 12), at % 12, 1)));
    }

    behind(code, month) {
      const promised = this.told.promised.get(code);
      if (!promised || !promised.length) return false;
      const is = this.statuses[this.at("happened", code, month)];
      return is >= 0 && is < this.statuses[this.at("promised", code, month)];
    }

    paint() {
      const { sites, month } = this;
      if (month === null || !sites.told || !this.told[this.way] || !this.told.happened) return;
      const codes = [...this.told.happened.keys()]; // those without a place count too
      const late = (code) => this.way !== "promised" && this.behind(code, month);
      sites.repaint((code) => this.at(this.way, code, month), late, this.way !== "happened" || month !== this.now);
      this.slider.value = month;
      const title = this.name(month);
      const words = month > this.now ? `${title} · ${config.words.expected}` : title;
      part("name").textContent = words;
      this.slider.setAttribute("aria-valuetext", words);
      part("back").disabled = month <= 0;
      part("forward").disabled = month >= Number(this.slider.max);
      this.figures(codes, month, title);
      const row = document.querySelector("[data-behind-count]");
      if (row) row.textContent = number(codes.filter(late).length);
      const address = location.hash.replace(/\/\d{4}-\d{2}$/, "");
      if (address) {
        const at = this.first + month;
        SchoolWorks.suffix = `/${Math.floor(at / 12)}-${String((at % 12) + 1).padStart(2, "0")}`;
        history.replaceState(history.state, "", address + SchoolWorks.suffix);
      }
    }

    // "June 2023: begun 4 (promised 6) · accepted 1 (promised 2) · in use 1 (promised 2)."
    figures(codes, month, title) {
      const reached = (way, status) => codes.filter((code) => this.statuses[this.at(way, code, month)] >= ORDER.indexOf(status)).length;
      const way = this.way === "promised" ? "happened" : this.way;
      const promises = codes.some((code) => (this.told.promised.get(code) || []).length);
      const figure = (status) =>
        say(promises ? "reached" : "reachedAlone", { status: config.words["reached_" + status], n: number(reached(way, status)), promised: number(reached("promised", status)) });
      part("figures").textContent = say("monthFigures", { month: title, figures: ["under_construction", "accepted", "in_use"].map(figure).join(" · ") });
    }
  }

  SchoolWorks.timeline = function (map, path, knownPath) {
    SchoolWorks.readiness.then(() => SchoolWorks.layer(new Timeline(map, path, knownPath)));
  };
})();
