"use strict";
// One sound at a time; a line runs over the spectrogram, and the second that is heard is marked.
function bindPlayers(root) {
  for (const card of root.querySelectorAll("[data-seconds]")) bindPlayer(card);
}

function bindPlayer(card) {
  const audio = card.querySelector("audio"), seen = card.querySelector(".seen");
  if (!audio || !seen) return;
  const line = seen.querySelector(".now"), cells = card.querySelectorAll(".seconds > *");
  const length = () => (Number.isFinite(audio.duration) && audio.duration) || Number(card.dataset.seconds);
  // A cell is as wide as its second is long: the last one may be short.
  cells.forEach((cell) => { cell.style.flexGrow = Math.max(0, Math.min(1, Number(card.dataset.seconds) - Number(cell.dataset.second))); });
  const show = () => {
    line.style.left = `${(100 * audio.currentTime) / length()}%`;
    const second = Math.floor(audio.currentTime);
    cells.forEach((cell) => cell.classList.toggle("on", !audio.paused && Number(cell.dataset.second) === second));
  };
  const run = () => { show(); if (!audio.paused) requestAnimationFrame(run); };
  audio.addEventListener("play", () => {
    document.querySelectorAll("audio").forEach((other) => { if (other !== audio) other.pause(); });
    card.classList.add("playing");
    run();
  });
  audio.addEventListener("seeked", show);
  seen.addEventListener("click", (event) => {
    const box = seen.getBoundingClientRect();
    audio.currentTime = (length() * (event.clientX - box.left)) / box.width;
    audio.play();
  });
  cells.forEach((cell) => cell.addEventListener("click", () => { audio.currentTime = Number(cell.dataset.second); audio.play(); }));
}
bindPlayers(document);
