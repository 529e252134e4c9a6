// Calls the functions of the guide's JavaScript sample for `node.py`: one JSON object a line in,
// one out.  It stands beside the extracted sample in a temporary folder.
//
//   {"call": NAME, "arguments": [...]}                       -> {"value": ...}
//   {"time": NAME, "inputs": [[...], ...], "loops": N}       -> {"seconds": N}
//   anything that throws                                     -> {"error": TEXT}

import { createInterface } from 'node:readline'
import { decryptChunk } from './decrypt.mjs'
import { encryptMessage } from './encrypt.mjs'
import { generateEphemeralKeyPair } from './keys.mjs'

const functions = {
  decrypt: (envelope, key) => decryptChunk(envelope, key),
  encrypt: (text, key) => encryptMessage(text, key),
  generate: () => {
    const pair = generateEphemeralKeyPair()
    return [Buffer.from(pair.privateKey).toString('hex'), pair.publicKeyHex]
  },
}

// Keys cross the pipe in hex, and the sample takes bytes: converted before the clock starts.
const prepare = (name, list) =>
  name === 'decrypt' ? [list[0], Uint8Array.from(Buffer.from(list[1], 'hex'))] : list

function answer(request) {
  if (request.call !== undefined) {
    return { value: functions[request.call](...prepare(request.call, request.arguments)) }
  }
  const run = functions[request.time]
  const inputs = request.inputs.map(list => prepare(request.time, list))
  const start = process.hrtime.bigint()
  for (let loop = 0; loop < request.loops; loop++) {
    for (const list of inputs) run(...list)
  }
  return { seconds: Number(process.hrtime.bigint() - start) / 1e9 }
}

for await (const line of createInterface({ input: process.stdin })) {
  let result
  try {
    result = answer(JSON.parse(line))
  } catch (error) {
    result = { error: String(error) }
  }
  process.stdout.write(JSON.stringify(result) + '\n')
}
