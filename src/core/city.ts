// The city's platform among the destinations: notices come from it and are answered to it, its readers' key sees what
// its entry allows, and what a batch tells of its delivery is told of it. Others get records alone.

/** Its id in `config/destinations.yaml`. */
export const CITY = 'city';
