// breaks: nothing
export const city = 'simulated';
