/** Modal dialogs on the browser's own `<dialog>`: focus stays inside, Escape closes, focus returns. */

import { h, icon } from "../dom.js";

/**
 * Shows a dialog and waits for its end.
 *
 * @template Value
 * @param {string} kind a CSS class
 * @param {string} label
 * @param {(close: (value?: Value) => void) => (Node|null|false)[]} build
 * @returns {Promise<Value|undefined>} `undefined` if it was dismissed
 */
export function showDialog(kind, label, build) {
    return new Promise((resolve) => {
        let result;
        const close = (value) => {
            result = value;
            dialog.close();
        };
        const dialog = h(`dialog.${kind}`, { "aria-label": label });
        dialog.append(...build(close).filter(Boolean));
        dialog.addEventListener("close", () => {
            dialog.remove();
            resolve(result);
        });
        closeOnBackdrop(dialog, () => dialog.close());
        document.body.append(dialog);
        dialog.showModal();
    });
}

/** A press that starts and ends on the backdrop closes; a drag out of the dialog does not. */
export function closeOnBackdrop(dialog, close) {
    let startedOutside = false;
    dialog.addEventListener("pointerdown", (event) => { startedOutside = event.target === dialog; });
    dialog.addEventListener("click", (event) => {
        if (startedOutside && event.target === dialog) close();
    });
}

/** The button at a dialog's corner. */
export function closeButton(close) {
    return h("button.icon-button.dialog-close", { type: "button", "aria-label": "Close", on: { click: () => close() } },
        icon("close"));
}

/**
 * Asks before something that cannot be undone.
 *
 * @param {{title: string, text: string, action: string}} question
 * @returns {Promise<boolean>}
 */
export async function confirm({ title, text, action }) {
    const answer = await showDialog("prompt", title, (close) => [
        h("h2", {}, title),
        h("p", {}, text),
        h("div.prompt-actions", {},
            h("button.button", { type: "button", autofocus: true, on: { click: () => close(false) } }, "Keep it"),
            h("button.button.solid.danger", { type: "button", on: { click: () => close(true) } }, action)),
    ]);
    return answer === true;
}
