// breaks: import-x/no-extraneous-dependencies
import nock from 'nock';

export const intercept = nock;
