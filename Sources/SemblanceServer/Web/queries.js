/** Pictures that the user searches with. They live in this page only: the address names them by a token. */

/** @typedef {{file: Blob, name: string, url: string}} Query */

/** @type {Map<string, Query>} */
const queries = new Map();
const maximumCount = 20;

/** Keeps a picture and returns its token. @param {Blob & {name?: string}} file */
export function keepQuery(file) {
    const token = Math.random().toString(36).slice(2, 10);
    queries.set(token, { file, name: file.name || "Pasted picture", url: URL.createObjectURL(file) });
    forgetOldest();
    return token;
}

/** @returns {Query|null} `null` after the page was loaded anew */
export const findQuery = (token) => queries.get(token) ?? null;

function forgetOldest() {
    if (queries.size <= maximumCount) return;
    const [token, query] = queries.entries().next().value;
    URL.revokeObjectURL(query.url);
    queries.delete(token);
}
