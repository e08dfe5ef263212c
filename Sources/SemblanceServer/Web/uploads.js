/** Sends an update's files in one streamed request, with progress. `fetch` reports none for uploads; this does. */

import { authorisation, requestKey } from "./access.js";
import { APIError, uploadPath } from "./api.js";

/**
 * @param {string} catalogue created by the server if it is missing
 * @param {import("./files.js").Candidate[]} pictures
 * @param {{model: string|null, onProgress: (sent: number, total: number) => void, signal: AbortSignal}} options
 * @returns {Promise<import("./api.js").Job>} the job that indexes them
 */
export async function uploadPictures(catalogue, pictures, options) {
    for (;;) {
        const { status, text } = await post(uploadPath(catalogue), form(pictures, options.model), options);
        if (status >= 200 && status < 300) return JSON.parse(text).job;
        const error = APIError.from(status, text);
        if (status !== 401 || !(await requestKey(error.message))) throw error;
    }
}

function form(pictures, model) {
    const form = new FormData();
    if (model) form.append("model", model);
    for (const { file, path } of pictures) form.append("files", file, path);
    return form;
}

function post(path, body, { onProgress, signal }) {
    return new Promise((resolve, reject) => {
        const exchange = new XMLHttpRequest();
        exchange.open("POST", path);
        for (const [name, value] of Object.entries(authorisation())) exchange.setRequestHeader(name, value);
        exchange.upload.addEventListener("progress", (event) => onProgress(event.loaded, event.total));
        exchange.addEventListener("load", () => resolve({ status: exchange.status, text: exchange.responseText }));
        exchange.addEventListener("error", () => reject(APIError.unreachable()));
        exchange.addEventListener("abort", () => reject(new DOMException("The upload was stopped.", "AbortError")));
        signal.addEventListener("abort", () => exchange.abort(), { once: true });
        exchange.send(body);
    });
}
