"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const root = document.documentElement;
const at = (id) => document.getElementById(id);
const panes = { primal: at("primal"), adjoint: at("adjoint") };
let stage = data.stages.length - 1;
let graph = false;
let held = "";
const place = { primal: -1, adjoint: -1 };

function make(tag, attributes, html) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) if (value !== "") node.setAttribute(name, value);
  if (html !== undefined) node.innerHTML = html;
  return node;
}

function row(number, html, key, state, kept) {
  const line = make("div", { class: "row", role: "option", "data-k": key, "data-state": state });
  line.append(make("span", { class: "n" }, String(number)), make("span", { class: "t" }, html || " "));
  if (kept) line.append(make("span", { class: "kept", title: "kept for the reverse sweep" }, ""));
  if (kept) line.lastChild.textContent = kept;
  return line;
}

function light(key) {
  for (const node of document.querySelectorAll(".lit")) node.classList.remove("lit");
  if (key) for (const node of document.querySelectorAll(`[data-k="${key}"]`)) node.classList.add("lit");
  about(key);
}

function about(key) {
  const line = data.primal.find((one) => one.k === key && key);
  const box = at("about");
  box.replaceChildren();
  if (!line) {
    box.textContent = "Point at a line, or walk with the arrows.";
    return;
  }
  const head = make("div", {});
  head.append(make("b", {}, `line ${line.n}`));
  const state = make("span", { class: line.state });
  state.textContent = line.state;
  head.append(state);
  const list = make("ul", {});
  for (const text of line.about) {
    const item = make("li", {});
    item.textContent = text;
    list.append(item);
  }
  box.append(head, list);
}

function follow(name, key) {
  const other = name === "primal" ? "adjoint" : "primal";
  const partner = key && panes[other].querySelector(`[data-k="${key}"]`);
  if (partner) partner.scrollIntoView({ block: "nearest" });
}

function drawPrimal() {
  panes.primal.replaceChildren(...data.primal.map((one) => row(one.n, one.html, one.k, one.state, one.kept)));
}

function drawStage() {
  const now = data.stages[stage];
  at("stage").value = stage;
  at("stagename").textContent = now.name === "code" ? "adjoint: the generated code" : now.name;
  for (const button of at("names").querySelectorAll("button"))
    button.setAttribute("aria-current", String(button.textContent === now.name));
  at("view").hidden = !now.graph;
  at("view").textContent = graph ? "text" : "graph";
  place.adjoint = -1;
  if (graph && now.graph) panes.adjoint.innerHTML = now.graph;
  else panes.adjoint.replaceChildren(...now.lines.map(([html, key, kept], k) => row(k + 1, html, key, "", kept)));
  light(held);
}

function hold(key) {
  held = held === key ? "" : key;
  for (const node of document.querySelectorAll(".held")) node.classList.remove("held");
  if (held) for (const node of document.querySelectorAll(`.row[data-k="${held}"]`)) node.classList.add("held");
  light(held);
}

function walk(name, step) {
  const rows = [...panes[name].querySelectorAll(".row")];
  if (!rows.length) return;
  place[name] = Math.min(Math.max(place[name] + step, 0), rows.length - 1);
  for (const node of document.querySelectorAll(".now")) node.classList.remove("now");
  const line = rows[place[name]];
  line.classList.add("now");
  line.scrollIntoView({ block: "nearest" });
  light(line.dataset.k || "");
  follow(name, line.dataset.k);
}

function turn(step) {
  stage = Math.min(Math.max(stage + step, 0), data.stages.length - 1);
  drawStage();
}

function theme(name) {
  root.dataset.theme = name;
}

for (const name of ["primal", "adjoint"]) {
  const pane = panes[name];
  pane.addEventListener("mouseover", (event) => {
    const line = event.target.closest("[data-k]");
    light(line ? line.dataset.k : held);
    if (line) follow(name, line.dataset.k);
  });
  pane.addEventListener("mouseleave", () => light(held));
  pane.addEventListener("click", (event) => {
    const line = event.target.closest("[data-k]");
    if (line) hold(line.dataset.k);
  });
  pane.addEventListener("keydown", (event) => {
    const steps = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1, PageDown: 12, PageUp: -12, Home: -1e6, End: 1e6 };
    if (event.key in steps) {
      walk(name, steps[event.key]);
      event.preventDefault();
    } else if (event.key === "Enter" && place[name] >= 0) {
      hold(panes[name].querySelectorAll(".row")[place[name]].dataset.k || "");
    }
  });
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "t") at("theme").click();
  else if (event.key === "g") at("view").click();
  else if (event.target !== at("stage") && event.key === "ArrowRight") turn(1);
  else if (event.target !== at("stage") && event.key === "ArrowLeft") turn(-1);
});
at("theme").addEventListener("click", () => theme(root.dataset.theme === "dark" ? "light" : "dark"));
at("view").addEventListener("click", () => {
  if (at("view").hidden) return;
  graph = !graph;
  drawStage();
});
at("stage").max = data.stages.length - 1;
at("stage").addEventListener("input", (event) => {
  stage = Number(event.target.value);
  drawStage();
});
data.stages.forEach((one, k) => {
  const item = make("li", {});
  const button = make("button", { type: "button" });
  button.textContent = one.name;
  button.addEventListener("click", () => {
    stage = k;
    drawStage();
  });
  item.append(button);
  at("names").append(item);
});
for (const [name, bytes, what, key] of data.stored) {
  const line = make("tr", { "data-k": key });
  for (const text of [name, bytes, what]) {
    const cell = make("td", {});
    cell.textContent = text;
    line.append(cell);
  }
  line.addEventListener("mouseover", () => light(key));
  line.addEventListener("mouseleave", () => light(held));
  at("stored").append(line);
}
if (!data.stored.length) at("stored").append(make("tr", {}, "<td>nothing</td>"));
for (const text of data.warnings) {
  const item = make("li", {});
  item.textContent = text;
  at("warnings").append(item);
}
at("cost").textContent = data.cost;
const asked = new URLSearchParams(location.hash.slice(1));
theme(asked.get("theme") || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light"));
if (asked.has("stage")) stage = Math.max(0, data.stages.findIndex((one) => one.name === asked.get("stage")));
graph = asked.has("graph");
drawPrimal();
drawStage();
if (asked.has("line")) hold(asked.get("line"));
root.dataset.ready = "true";
