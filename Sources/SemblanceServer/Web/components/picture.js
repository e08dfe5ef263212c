/** Pictures from the API. With a key they are fetched, because `<img src>` cannot carry one. */

import { hasKey } from "../access.js";
import { request } from "../api.js";
import { h } from "../dom.js";

const nearness = new IntersectionObserver(loadNear, { rootMargin: "600px" });
/** @type {WeakMap<HTMLImageElement, string>} */
const waiting = new WeakMap();

/** Formats that browsers show; the others are shown by their thumbnail. */
const shown = new Set(["jpeg", "png", "webp", "gif", "avif"]);

/**
 * An `<img>` that fades in, and says so by the class `broken` if it cannot be shown.
 *
 * @param {string} url
 * @param {{alt?: string, width?: number, height?: number, eager?: boolean}} [options]
 */
export function picture(url, { alt = "", width, height, eager = false } = {}) {
    const image = h("img.picture", { alt, width, height, decoding: "async", draggable: "false" });
    image.addEventListener("load", () => image.classList.add("loaded"));
    image.addEventListener("error", () => image.classList.add("broken"));
    if (hasKey() && !url.startsWith("blob:")) {
        waiting.set(image, url);
        if (eager) load(image);
        else nearness.observe(image);
    } else {
        if (!eager) image.loading = "lazy";
        image.src = url;
    }
    return image;
}

/** The sharpest URL of an image that a browser can show. @param {import("../api.js").Image} image */
export function sharpURL(image) {
    return shown.has(image.format ?? "") && image.bytes < 30_000_000 ? image.original_url : image.thumbnail_url;
}

/** Opens an original in a new tab, with the key where there is one. */
export async function openOriginal(image) {
    if (!hasKey()) {
        open(image.original_url, "_blank", "noopener");
        return;
    }
    const tab = open("", "_blank");
    const url = URL.createObjectURL(await fetchBlob(image.original_url));
    if (tab) tab.location.href = url;
}

function loadNear(entries) {
    for (const { target, isIntersecting } of entries) {
        if (!isIntersecting) continue;
        nearness.unobserve(target);
        load(target);
    }
}

async function load(image) {
    try {
        const url = URL.createObjectURL(await fetchBlob(waiting.get(image)));
        image.addEventListener("load", () => URL.revokeObjectURL(url), { once: true });
        image.src = url;
    } catch {
        image.classList.add("broken");
    }
}

const fetchBlob = async (url) => (await request(url)).blob();
