// Clients from npm that install in seconds; `make e2e-clients` drives all of them.
import { after } from 'node:test';
import { libraries } from './clients/libraries.mjs';
import { drive, printTable } from './clients/situations.mjs';

for (const client of libraries.filter(({ quick }) => quick)) drive(client);
after(printTable);
