/**
 * The server's /v1 API. Every call throws an `APIError` with a sentence for people.
 *
 * @typedef {{name: string, model: string, created_at: string, image_count: number}} Catalogue
 * @typedef {Catalogue & {byte_count: number, embedding_counts: Object<string, number>}} CatalogueDetail
 * @typedef {{id: string, name: string, format: string, width: number, height: number, bytes: number,
 *   metadata: Object, created_at: string, original_url: string, thumbnail_url: string}} Image
 * @typedef {Image & {score: number, distance: number}} Match
 * @typedef {{id: string, family: string, dimension: number, text: boolean, licence: string, bytes: number|null, summary: string,
 *   state: "missing"|"available"|"loaded", default: boolean}} Model
 * @typedef {{id: string, kind: string, catalogue: string, model: string, state: string, total: number, done: number,
 *   failed: number, skipped: number, reason: string|null, result: Object|null, created_at: string,
 *   started_at: string|null, ended_at: string|null}} Job
 * @typedef {{path: string, code: string, message: string}} Failure
 */

import { authorisation, requestKey } from "./access.js";

/** Headings for people; the server's own titles are HTTP's. */
const titles = {
    400: "The server could not use that",
    401: "A key is needed",
    403: "Not allowed",
    404: "Not found",
    409: "That exists already",
    413: "Too large",
    415: "Not a picture that can be read",
    422: "The picture could not be read",
    429: "Too much at once",
    500: "Something went wrong on the server",
    503: "The server is busy",
    507: "The server's disk is full",
};

/** Where the status says too little. */
const titlesOfCodes = {
    "invalid-text": "These words cannot be searched with",
    "model-text-unsupported": "This model knows no words",
};

/** A request that failed. `status` is 0 if the server did not answer. */
export class APIError extends Error {
    constructor({ status, code, title, detail }) {
        super(detail);
        this.status = status;
        this.code = code;
        this.title = title;
    }

    get isUnreachable() {
        return this.status === 0;
    }

    static unreachable() {
        return new APIError({
            status: 0,
            code: "unreachable",
            title: "The server does not answer",
            detail: "Check that “semblance serve” is still running. This page goes on by itself once it is back.",
        });
    }

    /** @param {number} status @param {string} text the body, problem JSON or not */
    static from(status, text) {
        let problem = {};
        try {
            problem = JSON.parse(text) ?? {};
        } catch {
            // A proxy's page, say; the status has to do.
        }
        return new APIError({
            status,
            code: problem.code ?? "unknown",
            title: titlesOfCodes[problem.code] ?? titles[status] ?? "That did not work",
            detail: problem.detail ?? `The server answered with status ${status} and no explanation.`,
        });
    }
}

/** Asks for the key when the server wants one, then sends the request again. */
export async function request(path, options = {}) {
    for (;;) {
        const response = await send(path, options);
        if (response.status !== 401) return succeeded(response);
        const error = APIError.from(401, await response.text());
        if (!(await requestKey(error.message))) throw error;
    }
}

async function send(path, { method = "GET", body, signal, headers = {} }) {
    try {
        return await fetch(path, { method, body, signal, headers: { ...headers, ...authorisation() } });
    } catch (error) {
        if (error.name === "AbortError") throw error;
        throw APIError.unreachable();
    }
}

async function succeeded(response) {
    if (response.ok) return response;
    throw APIError.from(response.status, await response.text());
}

async function json(path, { value, ...options } = {}) {
    const withBody = value === undefined ? options : {
        ...options, body: JSON.stringify(value), headers: { "Content-Type": "application/json" },
    };
    const response = await request(path, withBody);
    return response.status === 204 ? null : response.json();
}

const cataloguePath = (name) => `/v1/catalogues/${encodeURIComponent(name)}`;
const imagePath = (catalogue, id) => `${cataloguePath(catalogue)}/images/${encodeURIComponent(id)}`;

/** Path that an update's files are sent to. */
export const uploadPath = (catalogue) => `${cataloguePath(catalogue)}/images`;

/** @returns {Promise<Catalogue[]>} */
export const listCatalogues = async () => (await json("/v1/catalogues")).catalogues;

/** @returns {Promise<CatalogueDetail>} */
export const showCatalogue = (name) => json(cataloguePath(name));

/** @returns {Promise<Catalogue>} */
export const createCatalogue = (name, model) =>
    json("/v1/catalogues", { method: "POST", value: model ? { name, model } : { name } });

/** @returns {Promise<Model[]>} */
export const listModels = async () => (await json("/v1/models")).models;

/** @returns {Promise<{images: Image[], total: number, next_cursor: string|null}>} */
export function listImages(catalogue, { cursor, filter, limit = 60, signal }) {
    const parameters = new URLSearchParams({ limit: String(limit) });
    if (cursor) parameters.set("cursor", cursor);
    if (filter) parameters.set("filter", filter);
    return json(`${cataloguePath(catalogue)}/images?${parameters}`, { signal });
}

/** @returns {Promise<Image>} */
export const showImage = (catalogue, id) => json(imagePath(catalogue, id));

export const deleteImage = (catalogue, id) => json(imagePath(catalogue, id), { method: "DELETE" });

/**
 * Searches with a stored image, with words, or with both.
 *
 * @param {{id?: string|null, words?: string, without?: string, region?: number[]|null, filter?: Object|null,
 *   minimumScore?: number|null, model?: string|null, k: number, offset: number, signal?: AbortSignal}} query
 * @returns {Promise<{model: string, took_ms: number, warnings: string[], results: Match[]}>}
 */
export function searchLike(catalogue, { id, words, without, region, filter, minimumScore, model, k, offset, signal }) {
    const query = [
        ...(id ? [region ? { image_id: id, region } : { image_id: id }] : []),
        ...(words ? [{ text: words }] : []),
        ...(without ? [{ text: without, weight: -1 }] : []),
    ];
    const value = { query, k, offset };
    if (filter) value.filter = filter;
    if (minimumScore !== null && minimumScore !== undefined) value.min_score = minimumScore;
    if (model) value.model = model;
    return json(`${cataloguePath(catalogue)}/search`, { method: "POST", value, signal });
}

/** Searches with a picture of the user's own; otherwise as `searchLike`. */
export function searchWith(catalogue, {
    file, name, words, without, region, filter, minimumScore, model, k, offset, signal,
}) {
    const form = new FormData();
    if (words) form.append("text", words);
    if (without) form.append("minus_text", without);
    form.append("k", String(k));
    form.append("offset", String(offset));
    if (region) form.append("region", region.join(","));
    if (filter) form.append("filter", JSON.stringify(filter));
    if (minimumScore !== null && minimumScore !== undefined) form.append("min_score", String(minimumScore));
    if (model) form.append("model", model);
    form.append("image", file, name);
    return json(`${cataloguePath(catalogue)}/search`, { method: "POST", body: form, signal });
}

/** @returns {Promise<Job[]>} */
export const listJobs = async (state) => (await json(`/v1/jobs?lane=ingest&state=${state}&limit=20`)).jobs;

/** @returns {Promise<Job>} */
export const showJob = (id) => json(`/v1/jobs/${encodeURIComponent(id)}`);

/** @returns {Promise<Job>} */
export const cancelJob = (id) => json(`/v1/jobs/${encodeURIComponent(id)}/cancel`, { method: "POST" });

/** @returns {Promise<Failure[]>} */
export const listFailures = async (id, { offset, limit }) =>
    (await json(`/v1/jobs/${encodeURIComponent(id)}/failures?offset=${offset}&limit=${limit}`)).failures;

/** Whether the server answers at all. */
export async function isReachable() {
    try {
        await fetch("/healthz", { cache: "no-store" });
        return true;
    } catch {
        return false;
    }
}
