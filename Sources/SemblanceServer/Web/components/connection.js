/** The banner while the server does not answer. It asks again until the server is back. */

import { isReachable } from "../api.js";
import { h } from "../dom.js";

const interval = 2000;
let timer = 0;

/** @param {() => void} onReturn */
export function showUnreachable(onReturn) {
    const banner = document.querySelector("#banner");
    if (timer) return;
    banner.replaceChildren(h("strong", {}, "The server does not answer."),
        h("span", {}, "Trying again until it is back…"));
    banner.hidden = false;
    timer = setInterval(async () => {
        if (!(await isReachable())) return;
        clearInterval(timer);
        timer = 0;
        banner.hidden = true;
        onReturn();
    }, interval);
}
