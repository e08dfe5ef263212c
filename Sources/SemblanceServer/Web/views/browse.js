/** The whole catalogue, or what a filter leaves of it, when there is no query. */

import { listImages } from "../api.js";
import { gallery } from "../components/gallery.js";
import { emptyState } from "../components/states.js";
import { toolbar } from "../components/toolbar.js";
import { h, icon } from "../dom.js";
import { bytes, plural } from "../format.js";
import { contentKey, go } from "../route.js";
import { store } from "../state.js";

/** @param {{onUpdate: () => void, onError: (error: Error) => void, onLoad: () => void}} options */
export function browseView({ onUpdate, onError, onLoad }) {
    const tools = toolbar({ onFilter: (filter) => go({ ...route, filter, image: null }) });
    const place = h("div.gallery-place");
    /** @type {import("../route.js").Route} */
    let route = null;
    let grid = null;
    let total = 0;

    function say() {
        const { catalogue } = store.get();
        const size = catalogue?.name === route.catalogue && !route.filter ? ` · ${bytes(catalogue.byte_count)}` : "";
        const what = route.filter ? `${plural(total, "picture")} with ${route.filter}` : plural(total, "picture");
        tools.say(route.catalogue, `${what}${size}`);
    }

    function load() {
        grid?.close();
        tools.say(route.catalogue);
        const filter = route.filter;
        grid = gallery({
            route, label: `Pictures in ${route.catalogue}`,
            loadPage: async (cursor, signal) => {
                const page = await listImages(route.catalogue, { cursor, filter, signal }).catch(report);
                total = page.total;
                tools.setBare(total === 0 && !filter);
                say();
                return { images: page.images, next: page.next_cursor };
            },
            empty: () => (filter ? nothingMatches() : nothingYet()),
            onLoad: (images) => {
                tools.filter.suggest(images);
                onLoad();
            },
            explain: (error) => (error.code === "catalogue-unknown" ? notMadeYet() : null),
        });
        place.replaceChildren(grid.element);
    }

    function report(error) {
        if (error.name !== "AbortError") tools.setBare(grid.images.length === 0 && !route.filter);
        onError(error);
        throw error;
    }

    function updateButton() {
        return h("button.button.solid", { type: "button", on: { click: onUpdate } },
            icon("upload"), "Update Catalogue");
    }

    function nothingYet() {
        return emptyState({
            title: "No pictures yet",
            text: `Add a folder to “${route.catalogue}”: its pictures are indexed and can be searched at once.`,
            actions: [updateButton()],
        });
    }

    /** An update makes the catalogue as well. */
    function notMadeYet() {
        return emptyState({
            title: `There is no catalogue “${route.catalogue}” yet`,
            text: "Add a folder of pictures to make it, or choose another one above.",
            actions: [updateButton()],
        });
    }

    function nothingMatches() {
        return emptyState({
            title: "No picture meets the filter",
            text: "Conditions are exact: letters count as they are written, and all conditions must hold.",
            actions: [h("button.button", { type: "button", on: { click: () => go({ ...route, filter: "" }) } },
                "Clear the filter")],
        });
    }

    store.watch(["catalogue"], () => { if (route && grid?.images.length) say(); });

    return {
        element: h("div.view.browse", {}, tools.element, place),
        gallery: () => grid,
        filter: tools.filter,
        update(next) {
            // The model makes no difference to what is in the catalogue.
            const isSame = route !== null
                && contentKey({ ...next, model: null }) === contentKey({ ...route, model: null });
            route = next;
            tools.filter.setText(route.filter);
            if (!isSame) load();
        },
        reload: load,
        close: () => grid?.close(),
        /** One image less. */
        countDown() {
            total -= 1;
            say();
        },
    };
}
