/** What several components show at once. Values are replaced, never changed in place. */

/**
 * @template State
 * @param {State} initial
 */
export function createStore(initial) {
    let state = initial;
    const listeners = new Set();
    return {
        /** @returns {State} */
        get: () => state,
        /** @param {Partial<State>} change */
        set(change) {
            const before = state;
            state = { ...state, ...change };
            for (const listener of [...listeners]) listener(state, before);
        },
        /**
         * Calls `listener` at once and whenever one of the named members is replaced.
         *
         * @param {(keyof State)[]} members
         * @param {(state: State) => void} listener
         * @returns {() => void} ends it
         */
        watch(members, listener) {
            const watcher = (now, before) => {
                if (members.some((member) => now[member] !== before[member])) listener(now);
            };
            listeners.add(watcher);
            listener(state);
            return () => listeners.delete(watcher);
        },
    };
}

/** The page's one store. */
export const store = createStore({
    /** @type {import("./api.js").Catalogue[]} */
    catalogues: [],
    /** @type {import("./api.js").CatalogueDetail|null} */
    catalogue: null,
    /** @type {import("./api.js").Model[]} */
    models: [],
    /** @type {import("./route.js").Route|null} */
    route: null,
    /** @type {import("./updates.js").Update|null} the update that runs or ended last */
    update: null,
});

/** Whether that model knows words, so that texts can be searched with. */
export function knowsWords(state) {
    const id = currentModel(state);
    return state.models.some((model) => model.id === id && model.text);
}

/** The model that a search uses now. */
export function currentModel({ route, catalogue, models }) {
    return route?.model ?? catalogue?.model ?? models.find((model) => model.default)?.id ?? null;
}
