// A gRPC client of the official library that sends bytes as they are.
import { Client, Metadata, compressionAlgorithms, credentials } from '@grpc/grpc-js'

const asIs = bytes => bytes

/** A client; `call(method, message, metadata)` resolves to { code, details, message }. */
export function grpc(context, port, { gzip = false } = {}) {
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), {
    'grpc.max_send_message_length': -1, 'grpc.max_receive_message_length': -1,
    ...(gzip ? { 'grpc.default_compression_algorithm': compressionAlgorithms.gzip } : {}),
  })
  context.after(() => client.close())
  return {
    client,
    call: (method, message, headers = {}, service = 'milvus.proto.milvus.MilvusService') => {
      const metadata = new Metadata()
      for (const [name, value] of Object.entries(headers)) metadata.set(name, value)
      return new Promise(resolve => {
        client.makeUnaryRequest(`/${service}/${method}`, asIs, asIs, message, metadata, {}, (error, answer) => {
          resolve({ code: error?.code ?? 0, details: error?.details ?? '', message: answer })
        })
      })
    },
  }
}
