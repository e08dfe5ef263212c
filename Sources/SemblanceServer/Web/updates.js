/**
 * One update of a catalogue: upload, then the server's job. It outlives the panel that shows it, and a job that runs
 * when the page is loaded is taken up again.
 *
 * @typedef {Object} Update
 * @property {string} catalogue
 * @property {"uploading"|"indexing"|"ended"} stage
 * @property {number} sent bytes
 * @property {number} size bytes
 * @property {number} pictureCount
 * @property {number} leftOut files that do not look like pictures
 * @property {number} startedAt milliseconds
 * @property {import("./api.js").Job|null} job
 * @property {{rate: number, secondsLeft: number|null}|null} pace pictures a second
 * @property {Error|null} error
 * @property {(() => Promise<void>)|null} retry sends the same pictures again; those that arrived are skipped
 */

import { cancelJob, listJobs } from "./api.js";
import { followJob, isFinal } from "./events.js";
import { store } from "./state.js";
import { uploadPictures } from "./uploads.js";

let uploadControl = new AbortController();

/** Whether an upload is on its way that closing the page would stop. */
export const isUploading = () => store.get().update?.stage === "uploading";

/** Whether an update has still to end. */
export const isUpdating = () => ["uploading", "indexing"].includes(store.get().update?.stage);

function change(values) {
    store.set({ update: { ...store.get().update, ...values } });
}

/**
 * @param {string} catalogue
 * @param {import("./files.js").Selection} selection
 * @param {string|null} model
 */
export async function startUpdate(catalogue, selection, model) {
    uploadControl = new AbortController();
    const size = selection.pictures.reduce((sum, { file }) => sum + file.size, 0);
    store.set({
        update: {
            catalogue, stage: "uploading", sent: 0, size, pictureCount: selection.pictures.length,
            leftOut: selection.others, startedAt: performance.now(), job: null, pace: null, error: null,
            retry: () => startUpdate(catalogue, selection, model),
        },
    });
    try {
        const job = await uploadPictures(catalogue, selection.pictures, {
            model, signal: uploadControl.signal, onProgress: (sent, total) => change({ sent, size: total }),
        });
        await followUpdate(job);
    } catch (error) {
        change({ stage: "ended", error: error.name === "AbortError" ? null : error });
    }
}

/** Takes up the oldest job that is at work on the server, if there is one. */
export async function resumeUpdate() {
    const jobs = [...await listJobs("running"), ...await listJobs("queued")];
    if (jobs.length === 0 || isUpdating()) return;
    const job = jobs.at(-1);
    store.set({
        update: {
            catalogue: job.catalogue, stage: "indexing", sent: 0, size: 0, pictureCount: job.total, leftOut: 0,
            startedAt: performance.now(), job, pace: null, error: null, retry: null,
        },
    });
    await followUpdate(job).catch((error) => change({ stage: "ended", error }));
}

async function followUpdate(job) {
    const paced = createPace();
    await followJob(job.id, (now) => {
        change({ job: now, stage: isFinal(now) ? "ended" : "indexing", pace: paced(now) });
    });
}

/** Stops the upload, or asks the server to stop the job; what is indexed by then stays. */
export async function cancelUpdate() {
    const { update } = store.get();
    if (update.stage === "uploading") uploadControl.abort();
    else if (update.job) await cancelJob(update.job.id);
}

/** Starts an update that failed once more. */
export const retryUpdate = () => store.get().update?.retry?.();

/** Forgets an update that has ended. */
export const dismissUpdate = () => store.set({ update: null });

/** Rate and time left over the last ten seconds: what a person can plan by, without jumping about. */
function createPace() {
    const samples = [];
    return (job) => {
        const finished = job.done + job.failed + job.skipped;
        samples.push({ at: performance.now(), finished });
        while (samples.length > 2 && samples[0].at < performance.now() - 10_000) samples.shift();
        const seconds = (samples.at(-1).at - samples[0].at) / 1000;
        const rate = seconds > 0.4 ? (finished - samples[0].finished) / seconds : 0;
        if (rate <= 0) return null;
        return { rate, secondsLeft: job.total > finished ? (job.total - finished) / rate : null };
    };
}
