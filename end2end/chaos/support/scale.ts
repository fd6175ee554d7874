// How much a check does: the full figure in `make verify`, a short one in `make test`.

export const full = Boolean(process.env.VERIFY);

export const scale = (inFull: number, inShort: number): number => (full ? inFull : inShort);
