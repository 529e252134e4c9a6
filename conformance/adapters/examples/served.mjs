// What the JavaScript adapters share: the loop, and stand-ins for the network.
//
// An adapter translates and does nothing else.  What an implementation prints belongs to what it
// shows, and is kept apart from the replies; what it throws is its refusal, in its own words.

import { createInterface } from 'node:readline'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

export class Unsupported extends Error {}

export class Refused extends Error {
  constructor(native, released) {
    super(native)
    this.released = released
  }
}

export const native = error => (error instanceof Error ? `${error.name}: ${error.message}` : String(error))

const write = process.stdout.write.bind(process.stdout)
let printed = ''
process.stdout.write = text => (printed += text, true)

// Returns what a call printed on standard output, and what it returned or threw.
export async function watched(call) {
  printed = ''
  try {
    return { value: await call(), printed }
  } catch (error) {
    return { error, printed }
  }
}

export async function serve(hello, operations) {
  for await (const line of createInterface({ input: process.stdin })) {
    const reply = { id: null }
    try {
      const { id, op, in: given } = JSON.parse(line)
      reply.id = id
      if (op === 'hello') reply.ok = hello
      else if (op === 'bye') reply.ok = {}
      else if (operations[op] === undefined) reply.unsupported = op
      else reply.ok = await operations[op](given)
    } catch (error) {
      if (reply.id === null) reply.error = { message: String(error) }
      else if (error instanceof Unsupported) reply.unsupported = error.message
      else if (error instanceof Refused) reply.reject = { native: error.message, released: error.released }
      else reply.reject = { native: native(error) }
    }
    write(JSON.stringify(reply) + '\n')
    if (reply.id !== null && JSON.parse(line).op === 'bye') process.exit(0)
  }
}

// Imports an entry of a package that is installed in `root`, by the manifest of the package.
export function installed(root, name, entry = '.') {
  const folder = join(root, 'node_modules', name)
  const { exports, main } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const found = exports?.[entry] ?? main
  const file = found.import ?? found.default ?? found
  return import(pathToFileURL(join(folder, file)))
}

// Runs a call while `fetch` answers with what `answer(url, options)` returns.
export async function withFetch(answer, call) {
  const real = globalThis.fetch
  globalThis.fetch = async (url, options) => answer(String(url), options)
  try {
    return await call()
  } finally {
    globalThis.fetch = real
  }
}

export const bytes = hex => Uint8Array.from(Buffer.from(hex, 'hex'))

// The pieces of a stream; see `stream.open` in vectors/OPERATIONS.md.
export function pieces(given) {
  let raw = Buffer.from(given.stream, 'hex')
  for (const { at, hex, times } of given.insert ?? []) {
    const middle = Buffer.from(hex.repeat(times), 'hex')
    raw = Buffer.concat([raw.subarray(0, at), middle, raw.subarray(at)])
  }
  const cuts = [...(given.cuts ?? [])]
  if (given.piece_size) for (let at = given.piece_size; at < raw.length; at += given.piece_size) cuts.push(at)
  let start = 0
  return [...cuts, raw.length].map(end => Uint8Array.from(raw.subarray(start, (start = end))))
}

// A response whose body arrives in these pieces.
export function response(parts, contentType) {
  const queue = parts.filter(part => part.length > 0)
  const body = new ReadableStream({
    pull(controller) {
      if (queue.length > 0) controller.enqueue(queue.shift())
      else controller.close()
    },
  })
  return new Response(body, { headers: contentType === undefined ? {} : { 'Content-Type': contentType } })
}

export const released = text => (text === '' ? [] : [{ kind: 'content', text }])

export const textOf = given =>
  given.text_utf16 !== undefined
    ? Buffer.from(given.text_utf16, 'hex').swap16().toString('utf16le')
    : given.text.repeat(given.repeat ?? 1)

// The body of an attestation answer.
export const answerOf = given =>
  given.answer_bytes !== undefined
    ? Buffer.from(given.answer_bytes, 'hex')
    : Buffer.from(given.answer + ' '.repeat(given.padding ?? 0), 'utf8')

// The headers of the protocol, as `request.build` wants them.
export const protocolHeaders = headers =>
  Object.entries(headers)
    .map(([name, value]) => [name.toLowerCase(), value])
    .filter(([name]) => !['authorization', 'content-type'].includes(name))
    .sort(([one], [other]) => (one < other ? -1 : 1))
