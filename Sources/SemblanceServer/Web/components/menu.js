/** A button with a panel under it, on the browser's own popovers: a press outside or Escape closes it. */

import { h, icon } from "../dom.js";

let count = 0;

/**
 * @param {{kind: string, label: string, build: (close: () => void) => Node[]}} options `build` makes the panel's
 *   content each time it opens
 * @returns {{element: HTMLElement, setContent: (...nodes: Node[]) => void, close: () => void}}
 */
export function menu({ kind, label, build }) {
    count += 1;
    const id = `menu-${count}`;
    const content = h("span.menu-content");
    const button = h(`button.menu-button.${kind}-button`, {
        type: "button", popovertarget: id, "aria-haspopup": "true",
    }, h("span.visually-hidden", {}, `${label}: `), content, icon("chevron"));
    const panel = h(`div.menu-panel.${kind}-panel`, { id, popover: "auto", role: "group", "aria-label": label });
    const close = () => panel.hidePopover();
    panel.addEventListener("beforetoggle", (event) => {
        if (event.newState === "open") panel.replaceChildren(...build(close));
    });
    panel.addEventListener("toggle", (event) => {
        if (event.newState !== "open") return;
        place(panel, button);
        panel.querySelector("[aria-current], :checked, a, button, input")?.focus({ preventScroll: true });
    });
    panel.addEventListener("keydown", moveFocus);
    addEventListener("resize", () => { if (panel.matches(":popover-open")) place(panel, button); });
    return {
        element: h("div.menu", {}, button, panel),
        setContent: (...nodes) => content.replaceChildren(...nodes),
        close,
    };
}

/** Under the button, within the window. */
function place(panel, button) {
    const box = button.getBoundingClientRect();
    const left = Math.min(box.left, innerWidth - panel.offsetWidth - 12);
    panel.style.left = `${Math.max(12, left)}px`;
    panel.style.top = `${box.bottom + 6}px`;
}

/** Arrow keys walk through the panel's rows. */
function moveFocus(event) {
    if (!["ArrowDown", "ArrowUp"].includes(event.key) || event.target.matches("input, select")) return;
    const rows = [...event.currentTarget.querySelectorAll(".menu-row")];
    const index = rows.indexOf(document.activeElement) + (event.key === "ArrowDown" ? 1 : -1);
    rows[(index + rows.length) % rows.length]?.focus();
    event.preventDefault();
}
