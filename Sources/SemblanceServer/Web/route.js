/**
 * The page's address: `#/demo`, `#/demo/like/<image id>`, `#/demo/search/<token>` and `#/demo/text`, each with the
 * parameters `filter`, `region`, `min`, `model`, `words`, `without` and `image` (the picture that is open in front).
 *
 * @typedef {Object} Route
 * @property {string|null} catalogue
 * @property {"browse"|"like"|"search"|"text"} view
 * @property {string|null} query an image's id for `like`, an upload's token for `search`
 * @property {string} filter
 * @property {number[]|null} region x, y, width, height in fractions
 * @property {number|null} minimumScore
 * @property {string} words what the pictures should show; alone for `text`, beside the picture for `like` and `search`
 * @property {string} without what they should not show
 * @property {string|null} model `null` is the catalogue's own
 * @property {string|null} image
 */

/** @returns {Route} */
export function parseRoute(hash) {
    const [path, parameters = ""] = hash.replace(/^#\/?/, "").split("?");
    const [catalogue, view, query] = path.split("/").map(decode);
    const values = new URLSearchParams(parameters);
    const words = values.get("words") ?? "";
    const isPicture = (view === "like" || view === "search") && query;
    const isSearch = isPicture || (view === "text" && words);
    return {
        catalogue: catalogue || null,
        view: isSearch ? view : "browse",
        query: isPicture ? query : null,
        words: isSearch ? words : "",
        without: isSearch ? values.get("without") ?? "" : "",
        filter: values.get("filter") ?? "",
        region: parseRegion(values.get("region")),
        minimumScore: parseScore(values.get("min")),
        model: values.get("model"),
        image: values.get("image"),
    };
}

/** @param {Partial<Route>} route */
export function formatRoute(route) {
    const isText = route.view === "text" && Boolean(route.words);
    const view = route.query ? [route.view, route.query] : isText ? ["text"] : [];
    const path = [route.catalogue, ...view].map(encodeURIComponent);
    const values = new URLSearchParams();
    if (route.filter) values.set("filter", route.filter);
    if (route.query && route.region) values.set("region", route.region.map((value) => +value.toFixed(4)).join(","));
    if (view.length && route.minimumScore !== null && route.minimumScore !== undefined) {
        values.set("min", String(route.minimumScore));
    }
    if (view.length && route.words) values.set("words", route.words);
    if (view.length && route.without) values.set("without", route.without);
    if (route.model) values.set("model", route.model);
    if (route.image) values.set("image", route.image);
    const parameters = values.toString();
    return `#/${path.join("/")}${parameters ? `?${parameters}` : ""}`;
}

/** What decides which pictures the grid shows: equal keys need no new request. */
export function contentKey(route) {
    return formatRoute({ ...route, image: null });
}

/** Goes to a route as a new step of the history, or in place of the present one. */
export function go(route, { replacing = false } = {}) {
    const hash = formatRoute(route);
    if (hash === location.hash) return;
    if (replacing) {
        history.replaceState(history.state, "", hash);
        dispatchEvent(new HashChangeEvent("hashchange"));
    } else {
        location.hash = hash;
    }
}

function decode(text) {
    try {
        return decodeURIComponent(text);
    } catch {
        return text;
    }
}

function parseRegion(text) {
    const values = (text ?? "").split(",").map(Number);
    const isRegion = values.length === 4 && values.every((value) => value >= 0 && value <= 1) && values[2] > 0
        && values[3] > 0;
    return isRegion ? values : null;
}

function parseScore(text) {
    const value = Number.parseFloat(text ?? "");
    return Number.isFinite(value) ? Math.min(1, Math.max(-1, value)) : null;
}
