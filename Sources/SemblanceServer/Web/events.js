/**
 * Server-sent events read through `fetch`, because `EventSource` cannot carry an API key.
 */

import { request, showJob } from "./api.js";

const finalStates = ["succeeded", "failed", "cancelled"];

/** @param {import("./api.js").Job} job */
export const isFinal = (job) => finalStates.includes(job.state);

/**
 * Follows a job to its end. A connection that breaks is taken up again; the job itself goes on meanwhile.
 *
 * @param {string} id
 * @param {(job: import("./api.js").Job) => void} onChange called with each state, the final one included
 * @returns {Promise<import("./api.js").Job>} the job in its final state
 */
export async function followJob(id, onChange) {
    for (;;) {
        const last = await follow(id, onChange);
        if (last !== null) return last;
        await new Promise((resolve) => setTimeout(resolve, 1000));
    }
}

/** One connection: the final job, or `null` if it broke before that. */
async function follow(id, onChange) {
    try {
        const response = await request(`/v1/jobs/${encodeURIComponent(id)}/events`);
        for await (const data of eventData(response.body)) {
            const job = JSON.parse(data);
            onChange(job);
            if (isFinal(job)) return job;
        }
        const job = await showJob(id);
        onChange(job);
        return isFinal(job) ? job : null;
    } catch (error) {
        if (error.status > 0 && error.status < 500) throw error;
        return null;
    }
}

/** The `data` of each event of a stream. */
async function* eventData(body) {
    const reader = body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
        const { value, done } = await reader.read();
        if (done) return;
        const blocks = (rest + value.replace(/\r\n?/g, "\n")).split("\n\n");
        rest = blocks.pop();
        for (const block of blocks) {
            const lines = block.split("\n").filter((line) => line.startsWith("data:"));
            if (lines.length) yield lines.map((line) => line.slice(5).trimStart()).join("\n");
        }
    }
}
