/** Builds elements without ever parsing text as HTML, so names and metadata can hold anything. */

const namespace = "http://www.w3.org/2000/svg";

/**
 * Makes an element.
 *
 * @param {string} selector a tag with classes, such as `button.button.solid`
 * @param {Object<string, any>} [properties] `on` holds event listeners, `data` the data attributes, `vars` CSS custom
 *   properties; `null`, `undefined` and `false` leave an attribute out, `true` sets it empty
 * @param {...(Node|string|null|false|Array)} children
 * @returns {HTMLElement}
 */
export function h(selector, properties = {}, ...children) {
    const [tag, ...classes] = selector.split(".");
    const element = document.createElement(tag);
    if (classes.length) element.classList.add(...classes);
    for (const [name, value] of Object.entries(properties)) apply(element, name, value);
    element.append(...children.flat(2).filter((child) => child !== null && child !== undefined && child !== false));
    return element;
}

function apply(element, name, value) {
    if (value === null || value === undefined || value === false) return;
    if (name === "on") {
        for (const [event, listener] of Object.entries(value)) element.addEventListener(event, listener);
    } else if (name === "data") {
        Object.assign(element.dataset, value);
    } else if (name === "vars") {
        for (const [key, text] of Object.entries(value)) element.style.setProperty(`--${key}`, text);
    } else {
        element.setAttribute(name, value === true ? "" : value);
    }
}

/** Strokes of the icons, on a grid of 24. */
const strokes = {
    add: "M12 5v14M5 12h14",
    alert: "M12 8v5M12 16.5v.01M10.3 4.2 2.7 17.4A2 2 0 0 0 4.4 20.4h15.2a2 2 0 0 0 1.7-3L13.7 4.2a2 2 0 0 0-3.4 0Z",
    check: "m5 12.5 4.5 4.5L19 7.5",
    chevron: "m7 10 5 5 5-5",
    close: "M6 6l12 12M18 6 6 18",
    filter: "M4 6h16M7 12h10M10 18h4",
    folder: "M3 7.5A1.5 1.5 0 0 1 4.5 6h4l2 2.5h9A1.5 1.5 0 0 1 21 10v7.5a1.5 1.5 0 0 1-1.5 1.5h-15"
        + "A1.5 1.5 0 0 1 3 17.5Z",
    key: "M14.5 9.5a4.5 4.5 0 1 0-4 6.5l1.5-1.5h2V12h2.5L20 8.5V4h-3.6ZM8 14.5v.01",
    left: "m14.5 6-6 6 6 6",
    model: "M12 3 4 7.3v9.4L12 21l8-4.3V7.3ZM4 7.3l8 4.4 8-4.4M12 11.7V21",
    open: "M14 4h6v6M20 4l-9 9M18 14v4.5a1.5 1.5 0 0 1-1.5 1.5h-11A1.5 1.5 0 0 1 4 18.5v-11A1.5 1.5 0 0 1 5.5 6H10",
    picture: "M4.5 4.5h15v15h-15ZM4.5 15.5l4-4 4.5 4.5 2.5-2.5 4 4M15 9v.01",
    region: "M8 4H5.5A1.5 1.5 0 0 0 4 5.5V8M16 4h2.5A1.5 1.5 0 0 1 20 5.5V8M8 20H5.5A1.5 1.5 0 0 1 4 18.5V16"
        + "M16 20h2.5a1.5 1.5 0 0 0 1.5-1.5V16M9 9h6v6H9Z",
    right: "m9.5 6 6 6-6 6",
    search: "M11 4.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13ZM15.8 15.8l4.2 4.2",
    similar: "M5.5 3.5h8a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2h-8a2 2 0 0 1-2-2v-8a2 2 0 0 1 2-2Z"
        + "M18.5 9a2 2 0 0 1 2 2v7.5a2 2 0 0 1-2 2H11a2 2 0 0 1-2-2",
    trash: "M4.5 7h15M9.5 7V4.5h5V7M6.5 7l.8 12a1.5 1.5 0 0 0 1.5 1.4h6.4a1.5 1.5 0 0 0 1.5-1.4l.8-12"
        + "M10 11v5.5M14 11v5.5",
    upload: "M12 15.5V4.5M7.5 8.5 12 4l4.5 4.5M4.5 15v3A1.5 1.5 0 0 0 6 19.5h12a1.5 1.5 0 0 0 1.5-1.5v-3",
};

/**
 * @param {keyof typeof strokes} name
 * @returns {SVGElement} a decoration: the element around it carries the label
 */
export function icon(name) {
    const svg = document.createElementNS(namespace, "svg");
    const attributes = {
        class: "icon", viewBox: "0 0 24 24", fill: "none", stroke: "currentColor", "stroke-width": "1.7",
        "stroke-linecap": "round", "stroke-linejoin": "round", "aria-hidden": "true",
    };
    for (const [key, value] of Object.entries(attributes)) svg.setAttribute(key, value);
    const path = document.createElementNS(namespace, "path");
    path.setAttribute("d", strokes[name]);
    svg.append(path);
    return svg;
}

/** The product's mark: a square and its likeness. */
export function mark() {
    return h("img.mark", { src: "/web/mark.svg", alt: "", width: 26, height: 26 });
}

/** Whether a key press belongs to a field or button rather than to the page. */
export function isTyping(event) {
    const fields = "input, textarea, select, [contenteditable]";
    return event.target instanceof Element && event.target.closest(fields) !== null;
}
