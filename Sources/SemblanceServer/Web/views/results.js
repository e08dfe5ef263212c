/** What looks like the query: a stored image's neighbours, or those of a picture of the user's own. */

import { searchLike, searchWith, showImage } from "../api.js";
import { gallery } from "../components/gallery.js";
import { sharpURL } from "../components/picture.js";
import { queryPanel, quoted } from "../components/query-panel.js";
import { notify } from "../components/notices.js";
import { emptyState } from "../components/states.js";
import { toolbar } from "../components/toolbar.js";
import { h, icon } from "../dom.js";
import { parseFilter } from "../filter.js";
import { imageTitle, milliseconds, plural } from "../format.js";
import { findQuery } from "../queries.js";
import { contentKey, go } from "../route.js";
import { knowsWords, store } from "../state.js";

const pageSize = 60;

/** @param {{onError: (error: Error) => void, onLoad: () => void}} options */
export function resultsView({ onError, onLoad }) {
    const tools = toolbar({ onFilter: (filter) => go({ ...route, filter, image: null }) });
    const place = h("div.gallery-place");
    const queryPlace = h("div.query-place");
    /** @type {import("../route.js").Route} */
    let route = null;
    let grid = null;
    let panel = null;
    // The model may be known only after the search is shown.
    const unwatch = store.watch(["catalogue", "models"], (state) => {
        if (route) panel?.update(route, knowsWords(state));
    });

    const end = () => go({ catalogue: route.catalogue, filter: route.filter, model: route.model });

    function showPanel(title, url) {
        panel = queryPanel({
            title, url, onClose: end,
            onRegion: (region) => go({ ...route, region, image: null }),
            onWords: (change) => refine({ ...route, ...change, image: null }),
            onMinimum: (minimumScore) => go({ ...route, minimumScore, image: null }, { replacing: true }),
        });
        panel.update(route, knowsWords(store.get()));
        queryPlace.replaceChildren(panel.element);
    }

    /** A search with words alone ends when they are taken away. */
    function refine(next) {
        if (next.view === "text" && !next.words) end();
        else go(next);
    }

    /** Shows the query's picture; for a stored image it has to be looked up first. */
    async function prepareQuery() {
        panel = null;
        if (route.view === "text") {
            showPanel(quoted(route.words), null);
            return;
        }
        if (route.view === "search") {
            const query = findQuery(route.query);
            if (query) showPanel(query.name, query.url);
            return;
        }
        queryPlace.replaceChildren(h("div.query.is-loading", { "aria-hidden": "true" }, h("div.query-stage")));
        const { query } = route;
        try {
            const image = await showImage(route.catalogue, query);
            if (route.query === query) showPanel(imageTitle(image), sharpURL(image));
        } catch {
            // The search itself reports it.
            queryPlace.replaceChildren();
        }
    }

    function page(offset, signal) {
        const common = {
            region: route.region, filter: parseFilter(route.filter), minimumScore: route.minimumScore,
            model: route.model, words: route.words, without: route.without, k: pageSize, offset, signal,
        };
        if (route.view !== "search") return searchLike(route.catalogue, { id: route.query, ...common });
        const { file, name } = findQuery(route.query);
        return searchWith(route.catalogue, { file, name, ...common });
    }

    function load() {
        grid?.close();
        if (route.view === "search" && !findQuery(route.query)) {
            showGone();
            return;
        }
        tools.say("Searching…");
        grid = gallery({
            route, label: "Similar pictures, most similar first",
            loadPage: async (offset, signal) => {
                const found = await page(offset ?? 0, signal).catch(report);
                if (!offset) {
                    tools.say(heading(), summary(found));
                    for (const warning of found.warnings) notify(warning);
                }
                const isLast = found.results.length < pageSize;
                return { images: found.results, next: isLast ? null : (offset ?? 0) + pageSize };
            },
            empty: nothingFound,
            onLoad: (images) => {
                tools.filter.suggest(images);
                onLoad();
            },
        });
        place.replaceChildren(grid.element);
    }

    function report(error) {
        if (error.name !== "AbortError") tools.say("Search");
        onError(error);
        throw error;
    }

    const heading = () => (route.region ? "Most like this part" : "Most similar");

    function summary({ results, took_ms: took, model }) {
        const number = results.length < pageSize ? plural(results.length, "picture") : "Nearest first";
        return `${number} · ${milliseconds(took)} · ${model}`;
    }

    function nothingFound() {
        const isNarrowed = route.filter || route.minimumScore !== null;
        return emptyState({
            title: "Nothing similar enough",
            text: isNarrowed ? "The filter or the least similarity leaves no picture."
                : `“${route.catalogue}” has no picture that this model could compare with.`,
            actions: isNarrowed ? [h("button.button", {
                type: "button", on: { click: () => go({ ...route, filter: "", minimumScore: null }) },
            }, "Show all")] : [],
        });
    }

    /** Own pictures are not kept over a reload. */
    function showGone() {
        tools.say("Search");
        queryPlace.replaceChildren();
        place.replaceChildren(emptyState({
            title: "This search has ended",
            text: "The picture you searched with was in this page only, and the page has been loaded anew. "
                + "Drop it again to repeat the search.",
            actions: [h("button.button", { type: "button", on: { click: end } }, icon("left"), "All pictures")],
        }));
    }

    return {
        element: h("div.view.results", {}, queryPlace, h("div.results-main", {}, tools.element, place)),
        gallery: () => grid,
        filter: tools.filter,
        end,
        update(next) {
            const isSameQuery = ["view", "query", "catalogue"].every((name) => route?.[name] === next[name]);
            const isSame = route !== null && contentKey(next) === contentKey(route);
            route = next;
            tools.filter.setText(route.filter);
            if (!isSameQuery) scrollTo(0, 0);
            if (!isSameQuery) prepareQuery();
            else panel?.update(route, knowsWords(store.get()));
            if (!isSame) load();
        },
        reload: load,
        close() {
            unwatch();
            grid?.close();
        },
        countDown() {},
    };
}

