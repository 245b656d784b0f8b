// How the gateway shows itself to the city's platform.

/** Gives the header that carries a token; none where the city is reached without one (by network or certificate). */
export function bearerToken(token: string): Record<string, string> {
  return token === '' ? {} : { authorization: `Bearer ${token}` };
}
