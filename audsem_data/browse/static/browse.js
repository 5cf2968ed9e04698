"use strict";
const clipPane = document.getElementById("clip"), list = document.getElementById("list");
const filters = document.getElementById("filters"), said = document.getElementById("said");
const narrow = matchMedia("(max-width: 820px)");
let saying = 0;

function say(text) {
  said.textContent = text;
  clearTimeout(saying);
  saying = setTimeout(() => { said.textContent = ""; }, 2500);
}

async function piece(address) {
  const answer = await fetch(address, { headers: { Accept: "text/html" } });
  const text = await answer.text();
  if (!answer.ok) throw new Error(text.trim());
  return new DOMParser().parseFromString(text, "text/html").body;
}

// The list follows the filters while they are typed; an answer that came too late is dropped.
let asked = 0;
async function refresh(address) {
  const mine = ++asked;
  try {
    const body = await piece(`/list?${address}`);
    if (mine !== asked) return;
    list.replaceChildren(...body.childNodes);
    mark();
  } catch (error) { say(error.message); }
}
function wanted() {
  const values = [...new FormData(filters)].filter(([, value]) => value !== "");
  return new URLSearchParams(values).toString();
}
let typing = 0;
if (filters && filters.getAttribute("action") === "/") {
  const follow = () => {
    clearTimeout(typing);
    typing = setTimeout(() => { history.replaceState(null, "", `/?${wanted()}`); refresh(wanted()); }, 150);
  };
  filters.addEventListener("input", follow);
  filters.addEventListener("submit", (event) => { event.preventDefault(); follow(); });
}

const shown = () => clipPane.querySelector("article.clip");
const links = () => [...document.querySelectorAll("ol.rows a")];
const linkOf = (key) => links().find((link) => link.dataset.key === key);

function mark() {
  const key = shown()?.dataset.key;
  for (const link of links()) link.toggleAttribute("aria-current", false);
  const link = key && linkOf(key);
  if (link) { link.setAttribute("aria-current", "true"); link.scrollIntoView({ block: "nearest" }); }
}

async function open(key) {
  try {
    const body = await piece(`/clip/${encodeURIComponent(key)}`);
    clipPane.replaceChildren(...body.childNodes);
    clipPane.scrollTop = 0;
    bindPlayers(clipPane);
    document.body.classList.add("showing");
    mark();
  } catch (error) { say(error.message); }
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("ol.rows a, .pages a");
  if (link && !event.metaKey && !event.ctrlKey && list) {
    event.preventDefault();
    if (link.dataset.key) open(link.dataset.key);
    else if (filters.getAttribute("action") === "/") { refresh(link.search.slice(1)); document.querySelector(".found").scrollTop = 0; }
    else location.href = `${location.pathname}${link.search}`;
  }
  const button = event.target.closest("[data-verdict]");
  if (button) decide(button.getAttribute("aria-pressed") === "true" ? null : button.dataset.verdict);
  if (event.target.closest(".back")) document.body.classList.remove("showing");
});

async function decide(verdict, quiet) {
  const clip = shown();
  if (!clip) return;
  const key = clip.dataset.key, comment = clip.querySelector("textarea").value;
  try {
    const answer = await fetch("/review", {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRF-Token": document.querySelector("meta[name=csrf]").content },
      body: JSON.stringify({ clip_id: key, verdict, comment }),
    });
    if (!answer.ok) throw new Error((await answer.text()).trim());
    clip.querySelectorAll("[data-verdict]").forEach((one) => one.setAttribute("aria-pressed", String(one.dataset.verdict === verdict)));
    const link = linkOf(key);
    if (link) link.className = verdict || "";
    if (!quiet) say(verdict ? `kept: ${verdict.replace("_", " ")}` : "kept: no decision");
  } catch (error) { say(`not kept: ${error.message}`); }
}
const verdict = () => shown()?.querySelector("[data-verdict][aria-pressed=true]")?.dataset.verdict ?? null;

document.addEventListener("change", (event) => { if (event.target.matches(".review textarea")) decide(verdict()); });

// Attempts are read when they are asked for: there may be many, and long ones.
document.addEventListener("toggle", async (event) => {
  const box = event.target;
  if (!box.matches?.("details.attempts") || !box.open || box.dataset.read) return;
  box.dataset.read = "yes";
  try { box.querySelector("div").replaceChildren(...(await piece(box.dataset.from)).childNodes); }
  catch (error) { say(error.message); }
}, true);

function step(by) {
  const all = links(), here = all.findIndex((link) => link.dataset.key === shown()?.dataset.key);
  const next = all[Math.min(Math.max(here + by, 0), all.length - 1)];
  if (next && next.dataset.key !== shown()?.dataset.key) open(next.dataset.key);
}

const keys = {
  j: () => step(1),
  k: () => step(-1),
  " ": () => { const audio = shown()?.querySelector("audio"); if (audio) audio.paused ? audio.play() : audio.pause(); },
  a: () => decide("accept"),
  r: () => decide("reject"),
  n: () => decide("no_sound"),
  u: () => decide(null),
  c: () => shown()?.querySelector("textarea").focus(),
  "/": () => filters?.querySelector("input").focus(),
};
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") { event.target.blur?.(); toggleHelp(false); return; }
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, select, textarea")) return;
  if (event.key === " " && event.target.matches("button, summary, a, audio")) return;
  const act = keys[event.key];
  if (act) { event.preventDefault(); act(); }
});

const help = document.getElementById("help"), keyList = document.getElementById("keys");
function toggleHelp(open) { keyList.hidden = !open; help.setAttribute("aria-expanded", String(open)); }
help.addEventListener("click", () => toggleHelp(keyList.hidden));
if (new URLSearchParams(location.search).has("clip") && narrow.matches) document.body.classList.add("showing");
mark();
