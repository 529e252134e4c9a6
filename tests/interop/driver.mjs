// Calls the functions of the guide's JavaScript sample for `node.py`.  It stands beside the
// extracted sample and `serve.mjs` in a temporary folder.

import { decryptChunk } from './decrypt.mjs'
import { encryptMessage } from './encrypt.mjs'
import { generateEphemeralKeyPair } from './keys.mjs'
import { serve } from './serve.mjs'

const functions = {
  decrypt: (envelope, key) => decryptChunk(envelope, key),
  encrypt: (text, key) => encryptMessage(text, key),
  generate: () => {
    const pair = generateEphemeralKeyPair()
    return [Buffer.from(pair.privateKey).toString('hex'), pair.publicKeyHex]
  },
}

// Keys cross the pipe in hex, and the sample takes bytes.
const prepare = (name, list) =>
  name === 'decrypt' ? [list[0], Uint8Array.from(Buffer.from(list[1], 'hex'))] : list

await serve(functions, prepare)
