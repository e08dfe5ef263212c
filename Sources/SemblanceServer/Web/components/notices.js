/** Short messages at the foot of the page. Errors stay until they are closed; the rest leave by themselves. */

import { h, icon } from "../dom.js";

const visibleFor = 5000;

/** @param {string} text @param {{isError?: boolean, action?: {label: string, run: () => void}}} [options] */
export function notify(text, { isError = false, action } = {}) {
    const notice = h("div.notice", {},
        h("span", {}, text),
        action && h("button.text-button", { type: "button", on: { click: () => { notice.remove(); action.run(); } } },
            action.label),
        h("button.icon-button", { type: "button", "aria-label": "Close", on: { click: () => notice.remove() } },
            icon("close")));
    notice.classList.toggle("is-error", isError);
    document.querySelector("#notices").append(notice);
    if (!isError) setTimeout(() => notice.remove(), visibleFor);
}

/** @param {Error} error */
export function notifyError(error) {
    if (error.name !== "AbortError") notify(error.message, { isError: true });
}
