"use strict";
// Charts take their colours from the page, and are drawn anew when the reader's scheme changes.
const specs = JSON.parse(document.getElementById("specs").textContent);
const dark = matchMedia("(prefers-color-scheme: dark)");

function look() {
  const styles = getComputedStyle(document.documentElement);
  const colour = (name) => styles.getPropertyValue(name).trim();
  const ink = colour("--ink"), soft = colour("--soft"), line = colour("--line");
  const text = { labelColor: soft, titleColor: soft, labelFontSize: 12, titleFontSize: 12, titleFontWeight: "normal" };
  return {
    background: "transparent",
    font: styles.getPropertyValue("font-family") || getComputedStyle(document.body).fontFamily,
    view: { stroke: null },
    axis: { ...text, gridColor: line, domainColor: line, tickColor: line },
    legend: { labelColor: ink, labelFontSize: 12, symbolBaseFillColor: soft, symbolBaseStrokeColor: soft, columns: innerWidth < 520 ? 1 : 0 },
    header: { labelColor: ink },
  };
}

function draw() {
  for (const [name, spec] of Object.entries(specs)) {
    const at = document.getElementById(`chart-${name}`);
    if (!at) continue;
    const { config, ...rest } = spec;
    const options = { actions: false, ast: true, renderer: "canvas", defaultStyle: false, config: look(), tooltip: { disableDefaultStyle: true, theme: "custom" } };
    vegaEmbed(at, rest, options).catch((error) => { at.textContent = `This chart cannot be drawn: ${error.message}`; });
  }
}
draw();
dark.addEventListener("change", draw);
