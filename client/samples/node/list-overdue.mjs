// Lists the overdue actions of every plan that the caller's agreement covers,
// over mutual TLS. Needs nothing of Concordat but its proto archive.
//
//   node list-overdue.mjs --target HOST:PORT --ca FILE --cert FILE --key FILE \
//     --protos FOLDER [--purpose PURPOSE] [--on YYYY-MM-DD]
//
// --protos is the unpacked archive; --on the day, in Europe/London, that due
// dates are judged by (today, if left out). Exits with 0, with 1 when the call
// was refused or failed, with 2 when the arguments are wrong.
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

import grpc from '@grpc/grpc-js';
import protoLoader from '@grpc/proto-loader';

const PROTOS = [
  'concordat/v1/plan_service.proto',
  'concordat/v1/audit.proto', // the receipt
  'google/rpc/status.proto', // what an error carries
  'google/rpc/error_details.proto',
];
const DEADLINE_SECONDS = 15;

/** Reads the command line; throws when an argument is missing or malformed. */
function readArguments() {
  const option = { type: 'string' };
  const { values } = parseArgs({
    options: {
      target: option, ca: option, cert: option, key: option, protos: option,
      purpose: option, on: option,
    },
  });
  for (const name of ['target', 'ca', 'cert', 'key', 'protos']) {
    if (!values[name]) throw new Error(`--${name} is missing`);
  }
  if (values.on && !/^\d{4}-\d{2}-\d{2}$/.test(values.on)) {
    throw new Error('--on must be a date such as 2018-11-30');
  }
  return values;
}

/** google.type.Date from and to YYYY-MM-DD. */
function toDate(text) {
  const [year, month, day] = text.split('-').map(Number);
  return { year, month, day };
}
function fromDate(date) {
  if (!date) return '-';
  const pad = (number, width) => String(number).padStart(width, '0');
  return `${pad(date.year, 4)}-${pad(date.month, 2)}-${pad(date.day, 2)}`;
}

/** Calls `method` once; resolves to the reply and its trailing metadata. */
function callOnce(client, method, request, metadata) {
  return new Promise((resolve, reject) => {
    let reply;
    const deadline = new Date(Date.now() + DEADLINE_SECONDS * 1000);
    const call = client[method](request, metadata, { deadline }, (error, value) => {
      if (error) reject(error);
      reply = value;
    });
    call.on('status', (status) => {
      if (status.code === grpc.status.OK) resolve({ reply, trailers: status.metadata });
    });
  });
}

/** The google.rpc.ErrorInfo of an error; undefined when it carries none. */
function errorInfo(definitions, error) {
  const [bytes] = error.metadata?.get('grpc-status-details-bin') ?? [];
  if (!bytes) return undefined;
  const { details } = definitions['google.rpc.Status'].deserialize(bytes);
  const any = details.find(({ type_url: url }) => url?.endsWith('/google.rpc.ErrorInfo'));
  return any && definitions['google.rpc.ErrorInfo'].deserialize(any.value);
}

/** The receipt that names the call's record in the audit log. */
function receiptOf(definitions, metadata) {
  const [bytes] = metadata?.get('concordat-receipt-bin') ?? [];
  return bytes && definitions['concordat.v1.Receipt'].deserialize(bytes);
}

async function listOverdue(options, definitions) {
  const api = grpc.loadPackageDefinition(definitions).concordat.v1;
  const credentials = grpc.credentials.createSsl(
    readFileSync(options.ca), readFileSync(options.key), readFileSync(options.cert));
  const client = new api.PlanService(options.target, credentials);
  const metadata = new grpc.Metadata();
  if (options.purpose) metadata.set('concordat-purpose', options.purpose);

  const request = { parent: 'plans/-', overdue: true };
  if (options.on) request.on = toDate(options.on);
  let count = 0;
  let receipt;
  try {
    do {
      const { reply, trailers } = await callOnce(client, 'listActions', request, metadata);
      for (const action of reply.actions) {
        const rag = action.rag?.effective.replace('_', ' ') ?? '-';
        const overdue = action.overdue ? 'overdue' : 'not overdue';
        console.log([action.name, fromDate(action.due?.date), rag, overdue].join('\t'));
      }
      count += reply.actions.length;
      receipt = receiptOf(definitions, trailers);
      request.page_token = reply.next_page_token;
    } while (request.page_token);
  } finally {
    client.close();
  }
  console.log(`${count} overdue; receipt ${receipt ? receipt.index : 'missing'}`);
}

let options;
try {
  options = readArguments();
} catch (error) {
  console.error(`list-overdue: ${error.message}`);
  process.exit(2);
}
const definitions = protoLoader.loadSync(PROTOS, {
  includeDirs: [options.protos], keepCase: true, defaults: true, enums: String, longs: String,
});
try {
  await listOverdue(options, definitions);
} catch (error) {
  const info = errorInfo(definitions, error);
  const receipt = receiptOf(definitions, error.metadata);
  console.error(`list-overdue: ${info?.reason ?? grpc.status[error.code] ?? 'failed'}: ` +
    `${error.details ?? error.message}${receipt ? ` (receipt ${receipt.index})` : ''}`);
  process.exitCode = 1;
}
