// breaks: house/package-home
import { decodeJwt } from 'jose';

export const claimsOf = (token: string): unknown => decodeJwt(token);
