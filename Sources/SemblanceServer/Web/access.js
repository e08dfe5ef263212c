/** The API key, for servers that want one. It stays in this tab (sessionStorage) and goes with it. */

const storageName = "semblance-api-key";

/** @type {Promise<boolean>|null} one question at a time, however many requests wait for its answer */
let question = null;
/** @type {((reason: string, wasRefused: boolean) => Promise<string|null>)|null} */
let ask = null;

/** The page says how to ask; the answer is a key, or `null` if the user would rather not. */
export function askForKeyWith(prompt) {
    ask = prompt;
}

export const hasKey = () => sessionStorage.getItem(storageName) !== null;

/** @returns {Object<string, string>} headers for a request */
export function authorisation() {
    const key = sessionStorage.getItem(storageName);
    return key === null ? {} : { Authorization: `Bearer ${key}` };
}

/**
 * @param {string} reason what the server said
 * @returns {Promise<boolean>} whether it is worth trying again
 */
export function requestKey(reason) {
    question ??= answer(reason).finally(() => { question = null; });
    return question;
}

async function answer(reason) {
    const key = ask === null ? null : await ask(reason, hasKey());
    if (key === null) return false;
    sessionStorage.setItem(storageName, key);
    return true;
}
