// breaks: house/package-home
import type { AxiosInstance } from 'axios';

export const use = (client: AxiosInstance): string => client.getUri();
