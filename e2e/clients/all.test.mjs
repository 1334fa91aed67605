// All clients that are libraries or command lines.
import { after } from 'node:test';
import { libraries } from './libraries.mjs';
import { drive, printTable } from './situations.mjs';

for (const client of libraries) drive(client);
after(printTable);
