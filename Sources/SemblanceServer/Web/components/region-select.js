/** A box that is drawn, moved and resized on a picture: the part that a search looks for. */

import { h } from "../dom.js";

/** Boxes narrower than this share of the picture are a slip of the hand. */
const leastSide = 0.04;
const keyStep = 0.02;
const corners = ["nw", "ne", "sw", "se"];

/** @typedef {{x: number, y: number, width: number, height: number}} Box fractions of the picture */

/**
 * @param {HTMLElement} picture
 * @param {{region: number[]|null, onChange: (region: number[]|null) => void}} options `onChange` is called on release
 */
export function regionSelect(picture, { region, onChange }) {
    const outline = h("div.region-box", {
        tabindex: "0", role: "application", "aria-roledescription": "region", "aria-describedby": "region-help",
    }, corners.map((corner) => h(`span.region-handle.is-${corner}`, { data: { corner } })));
    const frame = h("div.region-frame", {}, picture, outline);
    /** @type {Box|null} */
    let box = null;
    let announced = null;

    function draw(next) {
        box = next;
        outline.hidden = box === null;
        if (!box) return;
        for (const [name, value] of Object.entries(box)) outline.style.setProperty(`--${name}`, value.toFixed(4));
        const percent = (value) => `${Math.round(value * 100)}%`;
        outline.setAttribute("aria-label", `Part of the picture: ${percent(box.width)} by ${percent(box.height)}, from `
            + `${percent(box.x)} left, ${percent(box.y)} top`);
    }

    function announce() {
        const values = box && [box.x, box.y, box.width, box.height];
        if (JSON.stringify(values) === JSON.stringify(announced)) return;
        announced = values;
        onChange(values);
    }

    function point(event) {
        const area = frame.getBoundingClientRect();
        return {
            x: clamp((event.clientX - area.left) / area.width),
            y: clamp((event.clientY - area.top) / area.height),
        };
    }

    frame.addEventListener("pointerdown", (event) => {
        if (event.button !== 0) return;
        event.preventDefault();
        frame.setPointerCapture(event.pointerId);
        const before = box;
        const change = gesture(event.target, box, point(event));
        const move = (moved) => draw(change(point(moved)));
        const end = (released) => {
            frame.removeEventListener("pointermove", move);
            frame.removeEventListener("pointerup", end);
            frame.removeEventListener("pointercancel", end);
            const isTooSmall = box && (box.width < leastSide || box.height < leastSide);
            // A press without a drag outside the box takes it away; a cancelled one changes nothing.
            if (released.type === "pointercancel") draw(before);
            else if (isTooSmall) draw(null);
            announce();
        };
        frame.addEventListener("pointermove", move);
        frame.addEventListener("pointerup", end);
        frame.addEventListener("pointercancel", end);
        if (!before) frame.classList.add("was-used");
        if (event.target === frame || event.target === picture) draw(change(point(event)));
    });

    outline.addEventListener("keydown", (event) => {
        const next = keyed(event, box);
        if (next === undefined) return;
        event.preventDefault();
        event.stopPropagation();
        draw(next);
        if (next === null) announce();
    });
    outline.addEventListener("keyup", (event) => { if (event.key.startsWith("Arrow")) announce(); });

    const set = (values) => {
        announced = values;
        draw(values && { x: values[0], y: values[1], width: values[2], height: values[3] });
    };
    set(region);
    return {
        element: frame,
        set,
        /** For the keyboard: a box in the middle, focused. */
        start() {
            if (!box) draw({ x: 0.25, y: 0.25, width: 0.5, height: 0.5 });
            outline.focus();
            announce();
        },
    };
}

const clamp = (value, least = 0, most = 1) => Math.min(most, Math.max(least, value));

const between = (a, b) => ({
    x: Math.min(a.x, b.x), y: Math.min(a.y, b.y), width: Math.abs(a.x - b.x), height: Math.abs(a.y - b.y),
});

/** What a drag does, by where it starts: on a corner it resizes, in the box it moves, elsewhere it draws anew. */
function gesture(target, box, start) {
    const corner = target.dataset?.corner;
    if (corner) {
        const anchor = {
            x: corner.includes("w") ? box.x + box.width : box.x,
            y: corner.includes("n") ? box.y + box.height : box.y,
        };
        return (point) => between(anchor, point);
    }
    if (target.closest?.(".region-box")) {
        return (point) => ({
            ...box,
            x: clamp(box.x + point.x - start.x, 0, 1 - box.width),
            y: clamp(box.y + point.y - start.y, 0, 1 - box.height),
        });
    }
    return (point) => between(start, point);
}

/** Arrows move, with Shift they resize, Delete and Escape take the box away. */
function keyed({ key, shiftKey }, box) {
    if (key === "Escape" || key === "Delete" || key === "Backspace") return null;
    const direction = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[key];
    if (!direction) return undefined;
    const [x, y] = direction.map((sign) => sign * keyStep);
    if (shiftKey) {
        return {
            ...box,
            width: clamp(box.width + x, leastSide, 1 - box.x),
            height: clamp(box.height + y, leastSide, 1 - box.y),
        };
    }
    return { ...box, x: clamp(box.x + x, 0, 1 - box.width), y: clamp(box.y + y, 0, 1 - box.height) };
}
