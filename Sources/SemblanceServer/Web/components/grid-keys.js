/** Arrow keys in the grid, whose rows hold different numbers of pictures. */

import { goSimilar } from "./tile.js";

/**
 * @param {KeyboardEvent} event
 * @param {HTMLElement} list
 * @param {import("../route.js").Route} route
 */
export function moveInGrid(event, list, route) {
    const current = event.target.closest(".tile");
    if (!current || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key.toLowerCase() === "s") {
        goSimilar(route, current.dataset.id);
        return;
    }
    const target = neighbour(event.key, current, list);
    if (target === undefined) return;
    event.preventDefault();
    target?.querySelector("a").focus();
}

/** @returns {Element|null|undefined} `undefined` for keys that mean nothing here */
function neighbour(key, current, list) {
    switch (key) {
    case "ArrowLeft": return current.previousElementSibling;
    case "ArrowRight": return current.nextElementSibling;
    case "Home": return list.firstElementChild;
    case "End": return list.lastElementChild;
    case "ArrowUp": return nearestInRow(current, list, -1);
    case "ArrowDown": return nearestInRow(current, list, 1);
    default: return undefined;
    }
}

/** The tile of the next row in a direction whose middle is nearest. */
function nearestInRow(current, list, direction) {
    const tiles = [...list.children];
    const index = tiles.indexOf(current);
    const step = direction < 0 ? tiles.slice(0, index).reverse() : tiles.slice(index + 1);
    const first = step.find((tile) => tile.offsetTop !== current.offsetTop);
    if (!first) return null;
    const middle = (tile) => tile.offsetLeft + tile.offsetWidth / 2;
    return step.filter((tile) => tile.offsetTop === first.offsetTop)
        .reduce((best, tile) =>
            Math.abs(middle(tile) - middle(current)) < Math.abs(middle(best) - middle(current)) ? tile : best);
}
