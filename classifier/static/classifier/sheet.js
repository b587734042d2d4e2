// Sheets of logos to label: keys on the chosen tile, and its larger view.
"use strict";

const allTiles = () => [...document.querySelectorAll("[data-sheet] [data-tile]")];
const largerView = () => document.querySelector("[data-larger-view]");
let shown = 0; // the tile that the larger view shows

function moveTo(tiles, index) {
  const tile = tiles[Math.max(0, Math.min(index, tiles.length - 1))];
  tile.focus();
  tile.scrollIntoView({ block: "nearest" });
}

function tilesPerRow(tiles) {
  const top = tiles[0].offsetTop;
  return tiles.filter((tile) => tile.offsetTop === top).length;
}

function showLarger(tiles, index) {
  const view = largerView();
  if (!view || !tiles.length) return;
  shown = Math.max(0, Math.min(index, tiles.length - 1));
  const small = tiles[shown].querySelector("[data-larger]"), large = view.querySelector("img");
  large.src = small.src;
  large.style.background = small.style.background;
  view.querySelector("[data-caption]").textContent = tiles[shown].getAttribute("aria-label");
  if (!view.open) view.showModal();
}

// The button that a key presses on a tile, if there is one.
function choiceOf(tile, key) {
  const found = key === "Enter" ? "[data-current]" : `[data-key="${CSS.escape(key)}"]`;
  return tile.querySelector(found);
}

function onSheetKey(event) {
  const tiles = allTiles(), view = largerView(), larger = Boolean(view?.open);
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input, select, textarea, summary, a")) return;
  if (event.target.closest("button") && (!larger || event.key === "Enter")) return;
  if (event.key === "u") {
    document.querySelector("[data-undo]")?.click();
    return;
  }
  if (!tiles.length) return;
  const index = larger ? shown : tiles.findIndex((tile) => tile.contains(event.target));
  const go = (next) => (larger ? showLarger(tiles, next) : moveTo(tiles, next));
  const row = larger ? 1 : tilesPerRow(tiles);
  const steps = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: row, ArrowUp: -row };
  if (event.key in steps) {
    event.preventDefault();
    go(index < 0 ? 0 : index + steps[event.key]);
    return;
  }
  if (index < 0) return;
  if (event.key === "v") {
    if (larger) view.close();
    else showLarger(tiles, index);
    return;
  }
  const button = choiceOf(tiles[index], event.key);
  if (!button) return;
  event.preventDefault();
  go(index + 1);
  button.click();
}

document.addEventListener("DOMContentLoaded", () => {
  document.addEventListener("keydown", onSheetKey);
  document.addEventListener("click", (event) => {
    if (event.target.matches?.("[data-larger]")) {
      showLarger(allTiles(), allTiles().findIndex((tile) => tile.contains(event.target)));
    } else if (event.target === largerView()) {
      event.target.close(); // beside the picture
    }
  });
  largerView()?.addEventListener("close", () => moveTo(allTiles(), shown));
});
