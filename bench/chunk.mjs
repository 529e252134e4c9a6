// Opens streamed chunks by an npm package for `peers.py`.
//
//   node chunk.mjs FOLDER/package.json NAME
//
// FOLDER has the package in its node_modules.  Its `decryptChunk` is what its own client calls for
// each chunk; it answers with a promise.

import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { serve } from '../tests/interop/serve.mjs'

const folder = join(dirname(process.argv[2]), 'node_modules', process.argv[3])
const { exports } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
const { decryptChunk } = await import(pathToFileURL(join(folder, exports['.'].import)))

// Keys cross the pipe in hex, and the packages take bytes.
const prepare = (name, [envelope, key]) => [Uint8Array.from(Buffer.from(key, 'hex')), envelope]

await serve({ decrypt: decryptChunk }, prepare)
