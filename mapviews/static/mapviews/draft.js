// What is being drawn: a site and an outline, as text in the form's boxes. The boxes are the truth: what the map draws is written
// into them, what is typed or pasted there is read by the server (coordinates/) and drawn. Every step can be taken back.
(function () {
  "use strict";

  const SchoolWorks = window.SchoolWorks;
  const { config, element } = SchoolWorks;
  const { words } = config;
  const QUIET = 500; // milliseconds without a key until a text is read

  const shown = (value) => String(Number(value.toFixed(7)));
  // Rings of [longitude, latitude], a site being one ring of one: as lines of text, and back from GeoJSON.
  const asText = (rings) => rings.map((ring) => ring.map(([lon, lat]) => `${shown(lon)}, ${shown(lat)}`).join("\n")).join("\n\n");
  const ringsOf = ({ type, coordinates }) => (type === "Point" ? [[coordinates]] : coordinates.map((ring) => ring.slice(0, -1)));
  const plain = (text) => text.replace(/\r\n/g, "\n").trim();

  class Box {
    constructor(draft, name, shape) {
      Object.assign(this, { draft, name, shape });
      this.area = document.getElementById(name);
      this.system = document.getElementById(`${name}_crs`);
      this.out = document.querySelector(`[data-reading="${name}"]`);
      this.recorded = config.place[name]; // rings
      this.rings = this.recorded;
      this.candidates = [];
      this.area.addEventListener("input", () => this.typed());
      this.area.addEventListener("paste", () => {
        // Pasted numbers are of another system than the map's own, or may be: it has to be said anew.
        if (this.system.dataset.by === "map") this.system.value = this.system.dataset.by = "";
      });
      this.system.addEventListener("change", () => {
        this.system.dataset.by = "";
        this.read();
      });
    }

    get text() {
      return plain(this.area.value);
    }

    get changed() {
      return this.text !== asText(this.recorded);
    }

    typed() {
      clearTimeout(this.waiting);
      this.waiting = setTimeout(() => this.read(), QUIET);
    }

    // From the map: WGS84, written down at once and looked at by the server when the hand rests.
    put(rings) {
      this.rings = rings;
      this.candidates = [];
      this.area.value = asText(rings);
      this.system.value = this.changed && rings.length ? "WGS84" : "";
      this.system.dataset.by = "map";
      this.say();
      this.draft.commit();
      if (rings.length && this.changed && !(this.shape === "Polygon" && rings[0].length < 3)) this.typed();
      else clearTimeout(this.waiting);
    }

    async read() {
      clearTimeout(this.waiting);
      const turn = (this.turn = (this.turn || 0) + 1); // an answer that another text has overtaken is dropped
      const byMap = this.system.dataset.by === "map";
      if (!this.text || !this.changed) {
        this.candidates = [];
        this.say();
        return this.settle(this.text ? this.recorded : []);
      }
      const body = { bureau: config.place.bureau, text: this.text, crs: this.system.value, shape: this.shape };
      let data;
      try {
        data = await SchoolWorks.asked("/api/v1/coordinates/", {
          method: "POST",
          headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": this.draft.token },
          body: JSON.stringify(body),
        });
      } catch (error) {
        if (turn !== this.turn) return;
        this.candidates = [];
        this.say(error.told || [SchoolWorks.why(error), words.notRead], true);
        if (!error.told) this.out.append(SchoolWorks.again(() => this.read()));
        else if (!byMap) this.settle(null);
        return;
      }
      if (turn !== this.turn) return;
      const chosen = data.candidates.find((each) => each.chosen);
      this.candidates = byMap ? [] : data.candidates.map((each) => ({ ...each, rings: ringsOf(each.wgs84) }));
      this.say(byMap ? [] : data.notes.map((each) => each.message), false, data.refused);
      if (!byMap) this.settle(chosen ? ringsOf(chosen.wgs84) : null, chosen && chosen.crs);
    }

    // What the text means now; null where nobody can say yet.
    settle(rings, crs) {
      const same = JSON.stringify(rings) === JSON.stringify(this.rings);
      this.rings = rings;
      // Metres come from a survey, GCJ-02 and BD-09 from a pin on a map; degrees of a GPS may be anything.
      if (crs && this.name === "site") this.draft.propose(crs.startsWith("EPSG:45") ? "surveyed" : crs.startsWith("EPSG") || crs === "WGS84" ? null : "map_pin");
      if (same) this.draft.changed();
      else this.draft.commit();
    }

    say(lines = [], wrong = false, refused = []) {
      const parts = [];
      if (lines.length) parts.push(element("ul", { class: wrong ? "reading-notes field-error" : "reading-notes" }, ...lines.map((line) => element("li", {}, line))));
      if (this.candidates.length) {
        const from = this.name === "site" && this.recorded.length ? this.recorded[0][0] : null;
        parts.push(element("ul", { class: "readings" }, ...this.candidates.map((each, at) => this.candidate(each, at, from))));
      }
      if (refused.length && !wrong) parts.push(element("ul", { class: "reading-notes quiet" }, ...refused.map((each) => element("li", {}, `${each.name}: ${each.message}`))));
      this.out.replaceChildren(...parts);
    }

    candidate(each, at, from) {
      const [lon, lat] = each.rings[0][0];
      const facts = [`${shown(lon)}, ${shown(lat)}`];
      if (from) facts.push(SchoolWorks.say("fromRecorded", { distance: SchoolWorks.measures.metres(L.latLng(from[1], from[0]).distanceTo([lat, lon])) }));
      if (each.area_m2) facts.push(SchoolWorks.measures.squares(each.area_m2));
      const take = each.chosen ? element("span", { class: "badge" }, words.taken) : element("button", { type: "button", class: "button button-quiet" }, words.take);
      if (!each.chosen) {
        take.setAttribute("aria-label", `${words.take}: ${each.name}`);
        take.addEventListener("click", () => {
          this.system.value = [...this.system.options].some((option) => option.value === each.crs) ? each.crs : "EPSG:4490";
          this.system.dataset.by = "";
          this.read();
          this.system.focus();
        });
      }
      const letter = element("span", { class: "reading-letter", "aria-hidden": "true" }, "ABCDEFG"[at]);
      return element("li", { class: each.chosen && "chosen" }, letter, element("span", {}, element("strong", {}, each.name), element("br"), element("span", { class: "number" }, facts.join(" · "))), take);
    }
  }

  class Draft {
    constructor(form, changed) {
      this.form = form;
      this.changed = changed;
      this.token = form.querySelector("[name=csrfmiddlewaretoken]").value;
      this.precision = document.getElementById("location_precision");
      this.accuracy = document.getElementById("accuracy");
      this.site = new Box(this, "site", "Point");
      this.footprint = new Box(this, "footprint", "Polygon");
      this.boxes = [this.site, this.footprint];
      this.steps = [this.state()];
      this.at = 0;
      this.touched = false;
      this.precision.addEventListener("change", () => (this.touched = true));
      form.addEventListener("submit", () => (this.leaving = true));
      window.addEventListener("beforeunload", (event) => this.dirty && !this.leaving && event.preventDefault());
      for (const box of this.boxes) if (box.changed) box.read(); // what came back from a refusal or a preview
    }

    get dirty() {
      return this.boxes.some((box) => box.changed);
    }

    state() {
      const of = (box) => ({ text: box.area.value, crs: box.system.value, by: box.system.dataset.by || "", rings: box.rings, candidates: box.candidates });
      return { site: of(this.site), footprint: of(this.footprint), precision: this.precision.value, accuracy: this.accuracy.value };
    }

    commit() {
      this.steps = [...this.steps.slice(0, this.at + 1), this.state()].slice(-200);
      this.at = this.steps.length - 1;
      this.changed();
    }

    go(by) {
      const step = this.steps[this.at + by];
      if (!step) return;
      this.at += by;
      for (const box of this.boxes) {
        const { text, crs, by: who, rings, candidates } = step[box.name];
        clearTimeout(box.waiting);
        box.area.value = text;
        box.system.value = crs;
        box.system.dataset.by = who;
        Object.assign(box, { rings, candidates });
        box.say();
      }
      this.precision.value = step.precision;
      this.accuracy.value = step.accuracy;
      this.changed();
    }

    // How well the place is known, as far as the way it came says so; what a person chose stands.
    propose(precision, accuracy = "") {
      this.accuracy.value = accuracy;
      if (precision && !this.touched) this.precision.value = precision;
    }
  }

  SchoolWorks.Draft = Draft;
})();
