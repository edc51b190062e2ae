/* S-curves, drawn by ECharts into SVG when the reader comes near. Colours are those of the style sheet. */
"use strict";

{
  const phone = matchMedia("(max-width: 47.99em)");
  const PRINTED = 680; // pixels: the width between the margins of A4

  let library; // fetched once, for whichever curve comes first
  function load(address) {
    library ??= new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = address;
      script.onload = resolve;
      script.onerror = reject;
      document.head.append(script);
    });
    return library;
  }

  // Colour, dash and width together: the curves differ in grey, too.
  const STYLES = {
    planned: { color: "var(--edge)", type: [9, 5], width: 2.5 },
    actual: { color: "var(--accent)", type: "solid", width: 4 },
    forecast: { color: "var(--accent)", type: [2, 5], width: 3.2, cap: "round" },
  };

  const LINES = {
    today: { color: "var(--ink)", type: "solid", width: 2 },
    needed: { color: "var(--bad)", type: [6, 4], width: 2 },
  };

  function options(data, description) {
    const words = { color: "var(--quiet)", fontSize: 12, fontFamily: "inherit" };
    const ticks = data.ticks.filter((tick) => !(phone.matches && tick.more));
    const wordAt = new Map(ticks.map((tick) => [tick.at, tick.word]));
    const at = ticks.map((tick) => tick.at);
    return {
      animation: false,
      aria: { enabled: true, label: { description }, decal: { show: true } },
      grid: { left: 44, right: 16, top: 8 + 16 * data.lines.length, bottom: 44 },
      // The pointer only: its words are in the output beside the slider, where no finger covers them.
      tooltip: { trigger: "axis", showContent: false, axisPointer: { type: "line", lineStyle: { color: "var(--ink)", type: "solid" } } },
      xAxis: {
        type: "value", min: data.first, max: data.last,
        axisLine: { lineStyle: { color: "var(--edge)" } },
        axisTick: { show: true, customValues: at, lineStyle: { color: "var(--edge)" } },
        axisLabel: { ...words, customValues: at, lineHeight: 16, hideOverlap: true, formatter: (value) => wordAt.get(value) ?? "" },
        axisPointer: { label: { show: false } },
        splitLine: { show: false },
      },
      yAxis: {
        type: "value", min: 0, max: 100, interval: 25,
        axisLabel: { ...words, formatter: "{value}%" },
        axisPointer: { show: false },
        splitLine: { lineStyle: { color: "var(--line)" } },
      },
      series: Object.entries(data.curves).map(([name, values]) => ({
        type: "line",
        name: data.labels[name],
        data: values.map((value, i) => [data.days[i], value]),
        lineStyle: STYLES[name],
        showSymbol: false,
        silent: true,
        emphasis: { disabled: true },
        z: name === "actual" ? 4 : 3,
        markLine: name !== "planned" ? undefined : {
          silent: true, symbol: "none", animation: false,
          data: data.lines.map((line, i) => ({
            xAxis: line.at,
            lineStyle: LINES[line.kind],
            // Each on its own level: the two days may be close.
            label: { ...words, color: "var(--ink)", formatter: line.word, position: "end", distance: 4 + 16 * i, align: line.end ? "right" : "left" },
          })),
        },
      })),
    };
  }

  function reading(data, index) {
    const values = Object.entries(data.curves).filter(([, curve]) => curve[index] !== null);
    return [data.words[index], ...values.map(([name, curve]) => `${data.labels[name]} ${curve[index]}%`)].join(" · ");
  }

  function nearest(days, moment) {
    return days.reduce((best, day, i) => (Math.abs(day - moment) < Math.abs(days[best] - moment) ? i : best), 0);
  }

  function draw(root, part) {
    const data = JSON.parse(root.querySelector("script").textContent);
    const slider = root.querySelector("input");
    const output = root.querySelector("output");
    const figure = part("figure");
    part("reader").hidden = false;
    const chart = window.echarts.init(figure, null, { renderer: "svg" });
    const standing = root.querySelector(".scurve-standing")?.textContent ?? "";
    const set = () => chart.setOption(options(data, standing), true);
    set();

    function say(index) {
      output.textContent = reading(data, index);
      slider.setAttribute("aria-valuetext", output.textContent);
    }
    function point(index) {
      const value = Object.values(data.curves).map((curve) => curve[index]).find((v) => v !== null) ?? 0;
      const [x, y] = chart.convertToPixel("grid", [data.days[index], value]);
      chart.dispatchAction({ type: "updateAxisPointer", currTrigger: "mousemove", x, y });
    }
    slider.addEventListener("input", () => { say(Number(slider.value)); point(Number(slider.value)); });
    chart.on("updateAxisPointer", (event) => {
      const moment = event.axesInfo?.[0]?.value;
      if (moment === undefined) return;
      slider.value = nearest(data.days, moment);
      say(Number(slider.value));
    });
    say(Number(slider.value));

    new ResizeObserver(() => chart.resize()).observe(figure);
    phone.addEventListener("change", set);
    addEventListener("beforeprint", () => {
      chart.resize({ width: PRINTED });
      chart.getZr().flush(); // now: the printer does not wait for the next frame
    });
    addEventListener("afterprint", () => chart.resize({ width: "auto" }));
    root.dataset.drawn = "yes";
  }

  async function start(root, part) {
    part("waiting").hidden = false;
    try {
      await load(root.dataset.library);
      draw(root, part);
    } catch {
      part("figure").hidden = true;
      part("failed").hidden = false;
    }
    part("waiting").hidden = true;
  }

  // A sheet printed before the curve was drawn gets its numbers instead.
  function printNumbers(root, part) {
    if (root.dataset.drawn) return;
    const numbers = root.querySelector("details");
    const [open, hidden] = [numbers.open, part("figure").hidden];
    numbers.open = part("figure").hidden = true;
    addEventListener("afterprint", () => {
      numbers.open = open;
      part("figure").hidden = hidden;
    }, { once: true });
  }

  for (const root of document.querySelectorAll("[data-scurve]")) {
    const part = (name) => root.querySelector(`[data-${name}]`);
    addEventListener("beforeprint", () => printNumbers(root, part));
    part("without").hidden = true;
    part("figure").hidden = false; // keeps the room, so that nothing moves when the curve comes
    new IntersectionObserver((entries, observer) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      observer.disconnect();
      start(root, part);
    }, { rootMargin: "400px" }).observe(root);
  }
}
