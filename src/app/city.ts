// Where the city's platform is and how to speak to it: CITY_URL, else the sandbox's simulated city.
import type { Environment } from '../platform/environment.js';

export interface City {
  readonly url: string;
  /** Empty where the city is reached without a token. */
  readonly token: string;
}

/** Gives the city of the environment, else the given simulated one; undefined where nothing is to be forwarded. */
export function cityOf(environment: Environment, simulated: City | undefined): City | undefined {
  const { cityUrl, cityToken } = environment;
  return cityUrl === undefined ? simulated : { url: cityUrl, token: cityToken ?? '' };
}
