// breaks: import-x/no-extraneous-dependencies
import { Redis } from 'ioredis';

export const client = Redis;
