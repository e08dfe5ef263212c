/**
 * Lays tiles out in rows of nearly equal height that fill the width exactly. Where a row could end after one tile or
 * the next, it ends where its height is nearer to the target. Until this has run, and while placeholders stand there,
 * CSS alone makes rows that are a little less even.
 */

/** The event that tells of a new target height, which no observer sees. */
export const rowHeightChanged = "semblance-row-height";

/** The last row fills the width only if it grows by no more than this. */
const mostGrowth = 1.25;

/**
 * Keeps a list's rows in order as it changes.
 *
 * @param {HTMLElement} list its tiles carry their shape in `--ratio`
 * @returns {{update: () => void, close: () => void}}
 */
export function justifyRows(list) {
    let width = 0;
    const observer = new ResizeObserver(() => {
        if (Math.abs(list.clientWidth - width) >= 1) update();
    });

    function update() {
        // Out of the page for a while: the widths are kept for the way back.
        if (list.clientWidth === 0) return;
        const tiles = [...list.querySelectorAll(".tile:not(.skeleton)")];
        list.classList.toggle("is-justified", tiles.length > 0);
        // Half a pixel less, so that rounding never sends the last tile to the next line.
        width = list.clientWidth;
        const style = getComputedStyle(list);
        const target = lengthInPixels(style.getPropertyValue("--row-height"));
        const ratios = tiles.map((tile) => Number(tile.style.getPropertyValue("--ratio")));
        const widths = rowWidths(ratios, { width: width - 0.5, gap: Number.parseFloat(style.columnGap) || 0, target });
        tiles.forEach((tile, index) => {
            const text = `${widths[index].toFixed(2)}px`;
            if (tile.style.width !== text) tile.style.width = text;
        });
    }

    observer.observe(list);
    addEventListener(rowHeightChanged, update);
    return {
        update,
        close() {
            observer.disconnect();
            removeEventListener(rowHeightChanged, update);
        },
    };
}

/**
 * @param {number[]} ratios widths as multiples of heights
 * @param {{width: number, gap: number, target: number}} space pixels
 * @returns {number[]} each tile's width in pixels
 */
export function rowWidths(ratios, { width, gap, target }) {
    const heightOf = (row) => (width - gap * (row.length - 1)) / row.reduce((sum, ratio) => sum + ratio, 0);
    const widths = [];
    let row = [];
    const end = (height) => {
        widths.push(...row.map((ratio) => ratio * height));
        row = [];
    };
    for (const ratio of ratios) {
        const heightWith = heightOf([...row, ratio]);
        const heightWithout = row.length > 0 ? heightOf(row) : Infinity;
        const isNearerWithout = heightWith < target && heightWithout / target < target / heightWith;
        if (isNearerWithout) end(heightWithout);
        row.push(ratio);
        if (!isNearerWithout && heightWith <= target) end(heightWith);
    }
    if (row.length > 0) end(heightOf(row) <= target * mostGrowth ? heightOf(row) : target);
    return widths;
}

function lengthInPixels(text) {
    const number = Number.parseFloat(text);
    if (!text.trim().endsWith("rem")) return number;
    return number * Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
}
