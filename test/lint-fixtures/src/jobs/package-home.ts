// breaks: house/package-home
import axios from 'axios';

export const fetchPage = (url: string): Promise<unknown> => axios.get(url);
