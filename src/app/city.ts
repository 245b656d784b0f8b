// Where the city's platform is and how to speak to it: CITY_URL, else the sandbox's simulated city.
import { GatewayError } from '../core/errors.js';
import type { Environment } from '../platform/environment.js';

export interface City {
  readonly url: string;
  readonly token: string;
}

/** Gives the city of the environment, else the given simulated one; undefined where nothing is to be forwarded. */
export function cityOf(environment: Environment, simulated: City | undefined): City | undefined {
  const { cityUrl, cityToken } = environment;
  if (cityUrl === undefined) return simulated;
  if (cityToken === undefined && simulated === undefined)
    throw new GatewayError(
      'city.not-configured',
      'CITY_URL is set, but CITY_TOKEN is not: the city asks for a token.',
      {
        detailZh: '已设置 CITY_URL，但未设置 CITY_TOKEN。',
      },
    );
  return { url: cityUrl, token: cityToken ?? simulated?.token ?? '' };
}
