/** The grid of pictures: rows of equal height that fill the width, loaded page by page as one scrolls. */

import { h } from "../dom.js";
import { moveInGrid } from "./grid-keys.js";
import { justifyRows } from "./rows.js";
import { errorState } from "./states.js";
import { tile } from "./tile.js";

/** Shapes of the placeholders while the first page loads. */
const skeletonRatios = [1.3, 1, 0.8, 1.5, 1, 1.2, 0.75, 1, 1.4, 1, 0.9, 1.3, 1, 1.6, 0.8, 1, 1.2, 1];

/**
 * @template Cursor
 * @param {Object} options
 * @param {import("../route.js").Route} options.route
 * @param {string} options.label
 * @param {(cursor: Cursor|null, signal: AbortSignal) => Promise<{images: Object[], next: Cursor|null}>}
 *   options.loadPage
 * @param {() => Node} options.empty what stands there when there is nothing
 * @param {(images: Object[]) => void} [options.onLoad] all images so far, after each page
 * @param {(error: Error) => Node|null} [options.explain] what stands there for an error that is not one to try again
 */
export function gallery({ route, label, loadPage, empty, onLoad = () => {}, explain = () => null }) {
    const control = new AbortController();
    const images = [];
    let cursor = null;
    let isLoading = false;
    let hasMore = true;

    const list = h("ul.gallery", { "aria-label": label, "aria-busy": "true" }, skeletons(18));
    const foot = h("div.gallery-foot");
    const element = h("section.gallery-section", {}, list, foot);
    const rows = justifyRows(list);
    const nearEnd = new IntersectionObserver((entries) => {
        if (entries.some((entry) => entry.isIntersecting)) loadMore();
    }, { rootMargin: "900px" });
    list.addEventListener("keydown", (event) => moveInGrid(event, list, route));

    async function loadMore() {
        if (isLoading || !hasMore) return;
        isLoading = true;
        foot.replaceChildren();
        try {
            const page = await loadPage(cursor, control.signal);
            show(page);
        } catch (error) {
            if (error.name !== "AbortError") fail(error);
        }
        isLoading = false;
        list.setAttribute("aria-busy", "false");
        if (hasMore) observeEnd();
    }

    /** Observing anew reports at once if the end is still near. */
    function observeEnd() {
        nearEnd.unobserve(foot);
        nearEnd.observe(foot);
    }

    function show(page) {
        if (images.length === 0) list.replaceChildren();
        const known = new Set(images.map((image) => image.id));
        const fresh = page.images.filter((image) => !known.has(image.id));
        images.push(...fresh);
        list.append(...fresh.map((image) => tile(image, route)));
        rows.update();
        cursor = page.next;
        hasMore = page.next !== null;
        if (images.length === 0 && !hasMore) element.replaceChildren(empty());
        onLoad(images);
    }

    function fail(error) {
        hasMore = false;
        if (images.length === 0) list.replaceChildren();
        foot.replaceChildren(explain(error) ?? errorState(error, retry));
    }

    function retry() {
        hasMore = true;
        if (images.length === 0) list.replaceChildren(...skeletons(18));
        loadMore();
    }

    loadMore();
    return {
        element,
        images,
        loadMore,
        /** Whether nothing could be loaded, so that it is worth trying again. */
        hasFailed: () => foot.querySelector(".is-error") !== null,
        retry,
        remove(id) {
            const index = images.findIndex((image) => image.id === id);
            if (index >= 0) images.splice(index, 1);
            list.querySelector(`[data-id="${CSS.escape(id)}"]`)?.remove();
            rows.update();
            if (images.length === 0 && !hasMore) element.replaceChildren(empty());
        },
        focus(id) {
            list.querySelector(`[data-id="${CSS.escape(id)}"] a`)?.focus();
        },
        close() {
            control.abort();
            nearEnd.disconnect();
            rows.close();
        },
    };
}

function skeletons(number) {
    return skeletonRatios.slice(0, number).map((ratio) =>
        h("li.tile.skeleton", { "aria-hidden": "true", vars: { ratio } },
            h("span.tile-picture"), h("span.skeleton-line")));
}
