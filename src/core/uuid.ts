// The form of ids: what has another one is the id of nothing, and PostgreSQL must not be asked for it.

/** Matches a whole UUID, in either case of letters. */
export const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
