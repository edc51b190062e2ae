// Months under the sites: one document holds every change of status; the page's site layer is repainted, nothing is fetched
// while the months play. Three ways of telling: what happened (beyond today as expected), what was promised, what was known then.
window.SchoolWorks.readiness.then(function () {
  "use strict";

  const SchoolWorks = window.SchoolWorks;
  const { config, fetched, number, say } = SchoolWorks;
  const part = (name) => document.querySelector(`[data-timeline${name ? "-" + name : ""}]`);
  const PACE = 700; // milliseconds a month
  const REST = 300; // until the month stands in the address: a slider passes many
  const counted = (text) => Number(text.slice(0, 4)) * 12 + Number(text.slice(5)) - 1; // "2023-06": months since the year 0

  // `month`, `now`, `from` and `to` are months since the year 0, so that another document moves none of them.
  class Timeline {
    constructor(map, path, knownPath) {
      Object.assign(this, { map, path, knownPath, ...sent(), told: {}, late: {} });
      this.sites = SchoolWorks.current;
      this.form = part("");
      this.form.elements.way.value = this.way;
      this.slider = part("month");
      this.slider.addEventListener("input", () => this.go(this.from + Number(this.slider.value)));
      part("back").addEventListener("click", () => this.go(this.month - 1));
      part("forward").addEventListener("click", () => this.go(this.month + 1));
      part("play").addEventListener("click", () => this.play(!this.playing));
      this.form.addEventListener("change", (event) => event.target.name === "way" && this.choose(event.target.value));
      this.form.addEventListener("submit", (event) => event.preventDefault());
      this.sites.onlearn = () => this.paint();
      document.addEventListener("schoolworks:address", ({ detail }) => this.follow(detail));
    }

    async load() {
      const query = config.query;
      this.told = {};
      SchoolWorks.well(config.words.layerMonths);
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
        // The sites stand as they are today; the slider would move nothing.
        this.play(false);
        this.form.hidden = true;
        part("figures").textContent = "";
        SchoolWorks.failed(config.words.layerMonths, error, () => this.load());
      }
    }

    // What a document tells, by code: [month, place in config.status (-1: nothing), place in `reached`] of each change, and the
    // months in which being behind begins, ends, begins, … The slider reaches at least to where the reader stands.
    take(data, ways) {
      const first = counted(data.from);
      const place = data.vocab.status.map((code) => config.status.findIndex((entry) => entry.code === code));
      this.order = data.vocab.reached;
      const by = (column) => new Map(data.code.map((code, at) => [code, column[at]]));
      for (const way of ways) {
        const steps = data[way].map((flat) => {
          const found = [];
          for (let at = 0; at < flat.length; at += 3) found.push([first + flat[at], flat[at + 1] < 0 ? -1 : place[flat[at + 1]], flat[at + 2]]);
          return found;
        });
        this.told[way] = by(steps);
      }
      this.late[ways[0]] = by(data.behind.map((months) => months.map((month) => first + month)));
      if (ways[0] === "known") return;
      this.now = first + data.now;
      this.month = this.month ?? this.now;
      Object.assign(this, { from: first, to: first + data.months - 1 });
      this.reach();
    }

    reach() {
      this.from = Math.min(this.from, this.month);
      this.to = Math.max(this.to, this.month);
      this.slider.max = this.to - this.from;
    }

    // Going back: the address has another month, or another way.
    follow(query) {
      if (this.now === undefined) return;
      clearTimeout(this.resting);
      this.play(false);
      this.month = query.get("month") ? counted(query.get("month")) : this.now;
      this.reach();
      this.form.elements.way.value = query.get("way") || "happened";
      this.tell(this.form.elements.way.value);
    }

    async fetchKnown() {
      const query = config.query;
      const data = await fetched(this.knownPath + query);
      if (query === config.query) this.take(data, ["known"]); // else of other filters, which ask for their own
    }

    async tell(way) {
      const before = this.way;
      this.way = way;
      SchoolWorks.well(config.words.layerMonths);
      if (way === "known" && !this.told.known) {
        part("figures").textContent = config.words.loading;
        try {
          await this.fetchKnown();
        } catch (error) {
          if (this.way !== way) return;
          // The map still tells what it told before, and so does the choice.
          this.choose(before);
          SchoolWorks.failed(config.words.layerMonths, error, () => this.choose(way));
          return;
        }
      }
      this.paint();
    }

    choose(way) {
      this.form.elements.way.value = way;
      SchoolWorks.choose("way", way);
      return this.tell(way);
    }

    go(month) {
      this.month = Math.max(this.from, Math.min(this.to, month));
      this.paint();
      clearTimeout(this.resting);
      this.resting = setTimeout(() => SchoolWorks.choose("month", text(this.month)), REST);
    }

    play(on) {
      clearInterval(this.playing);
      this.playing = null;
      const button = part("play");
      if (on) {
        if (this.month >= this.to) this.go(this.from);
        this.playing = setInterval(() => {
          this.go(this.month + 1);
          if (this.month >= this.to) this.play(false);
        }, PACE);
      }
      button.textContent = config.words[on ? "pause" : "play"];
      button.setAttribute("aria-pressed", String(Boolean(on)));
      part("figures").setAttribute("aria-live", on ? "off" : "polite"); // a month every moment would be read to no end
    }

    // What a way tells of a site at the end of a month: its status (place in config.status; -1: nothing) and how far it had come.
    at(way, code, month) {
      const steps = (this.told[way] && this.told[way].get(code)) || [];
      let found = way === "happened" || (way === "promised" && steps.length) ? [0, 0] : [-1, -1];
      for (const [since, ...then] of steps) if (since <= month) found = then;
      return found;
    }

    behind(code, month) {
      const changes = (this.late[this.way] && this.late[this.way].get(code)) || [];
      return changes.filter((since) => since <= month).length % 2 === 1;
    }

    paint() {
      const { sites, month, way } = this;
      if (month === null || !sites.told || !this.told[way] || !this.told.happened) return;
      const codes = [...this.told.happened.keys()]; // those without a place count too
      const late = (code) => this.behind(code, month);
      const row = document.querySelector("[data-behind-count]");
      if (row) sites.ring("behind", (index) => sites.sites.behind[index], (n) => `${row.previousElementSibling.textContent} ${number(n)}`);
      sites.repaint((code) => this.at(way, code, month)[0], late, way !== "happened" || month !== this.now);
      this.slider.value = month - this.from;
      const title = name(month);
      const beyond = month > this.now && { happened: config.words.expected, known: config.words.knownNow }[way];
      const words = beyond ? `${title} · ${beyond}` : title;
      part("name").textContent = words;
      this.slider.setAttribute("aria-valuetext", words);
      part("back").disabled = month <= this.from;
      part("forward").disabled = month >= this.to;
      this.figures(codes, month, title);
      if (row) row.textContent = number(codes.filter(late).length);
    }

    // "June 2023: begun 4 (promised 6) · accepted 1 (promised 2) · in use 1 (promised 2)." Of what nobody promised it says so.
    figures(codes, month, title) {
      const reached = (way, status) => codes.filter((code) => this.at(way, code, month)[1] >= this.order.indexOf(status)).length;
      const way = this.way === "promised" ? "happened" : this.way;
      const unpromised = codes.filter((code) => !(this.told.promised.get(code) || []).length).length;
      const promises = unpromised < codes.length;
      const figure = (status) =>
        say(promises ? "reached" : "reachedAlone", { status: config.words["reached_" + status], n: number(reached(way, status)), promised: number(reached("promised", status)) });
      const figures = ["under_construction", "accepted", "in_use"].map(figure).join(" · ");
      const without = unpromised ? " " + (promises ? say("unpromised", { n: number(unpromised) }, unpromised) : config.words.nothingPromised) : "";
      part("figures").textContent = say("monthFigures", { month: title, figures }) + (this.way === "promised" ? without : "");
    }
  }

  function name(month) {
    const options = { year: "numeric", month: "long", timeZone: "UTC" };
    return new Intl.DateTimeFormat(config.language, options).format(new Date(Date.UTC(Math.floor(month / 12), month % 12, 1)));
  }

  function text(month) {
    return `${Math.floor(month / 12)}-${String((month % 12) + 1).padStart(2, "0")}`;
  }

  // The way and the month that the address asks for, which the server has read, if there is one: not of a static edition. Addresses
  // sent before the month was a parameter have it behind the view of the map. Null: today's.
  function sent() {
    const query = new URLSearchParams(config.standalone ? "" : location.search);
    const known = /^(?:199|20\d)\d-(?:0[1-9]|1[0-2])$/;
    const asked = [config.month, query.get("month"), location.hash.split("/").pop()].find((month) => known.test(month));
    const way = ["promised", "known"].find((each) => each === query.get("way")) || config.way;
    return { way, month: asked ? counted(asked) : null };
  }

  SchoolWorks.layer(new Timeline(...SchoolWorks.months));
});
